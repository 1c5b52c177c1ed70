"""What begins a run: on pixels, on pixels for what is to come, against a discriminator."""

import copy
from dataclasses import replace
from pathlib import Path
from typing import Any

from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor

from sr_demo import checkpoints
from sr_demo.interpolation import between_networks
from sr_demo.methods import METHODS, network_class
from sr_demo.networks import SRResNet, SuperResolver
from sr_demo.training.data import Batches, Photos
from sr_demo.training.recipe import AdversarialRecipe, Recipe
from sr_demo.training.run import Provenance, Run, RunConfig, make_accelerator
from sr_demo.training.steps import AdversarialStep, PixelStep
from sr_demo.training.validation import (
    DISTANCE_LAYERS,
    MIN_LR_PSNR,
    PerceptualValidation,
    validate_by_psnr,
)
from sr_demo.training.vgg import VGG, load_weights

PRETRAINING = "pixels"  # folder in a run's


def train_pixels(
    recipe: Recipe,
    photos: Photos,
    config: RunConfig,
    accelerator: Accelerator,
    *,
    start: Path | None = None,
    start_scale: int | None = None,
) -> Path:
    """Train one network on a pixel loss; returns the path of its best checkpoint.

    Args:
        start: folder with a checkpoint of this network to begin from; None begins at random.
        start_scale: that checkpoint's; where it is not the photos', the last layers begin at random
            (as Lim et al. 2017, EDSR, begin ×3 and ×4 from ×2).

    Raises:
        CheckpointError: if there is no such checkpoint.
        DataError: if the processes and micro-batches cannot share a batch.
    """
    set_seed(recipe.seed)
    if start is None:
        network, provenance = _at_random(recipe, photos.scale)
    else:
        network, provenance = _begin_from(recipe.method, start_scale or photos.scale, start)
        network = _at_scale(network, recipe.method, photos.scale, provenance.arguments)
    # What it begins with may be what is shipped: nothing worse shall take its place.
    keeps_start = start is not None and start_scale in (None, photos.scale)
    run = Run(
        recipe,
        photos,
        PixelStep(accelerator, network, recipe),
        validate_by_psnr,
        config,
        accelerator,
        provenance,
        to_beat=network if keeps_start else None,
    )
    return run.finish()


def pretrain(
    recipe: Recipe, photos: Photos, config: RunConfig, micro_batches: int, *, start: Path
) -> None:
    """Train on pixels what :func:`train_adversarial` goes on with; once finished, it stays so.

    Its state and its checkpoint stand in the folder ``PRETRAINING`` of the run's.

    Args:
        micro_batches: in which a batch is processed, where memory is short.
        start: folder with the SRResNet checkpoint of this scale.

    Raises:
        CheckpointError: if there is no such SRResNet.
        DataError: if the processes and micro-batches cannot share a batch.
    """
    set_seed(recipe.seed)
    folder = config.folder / PRETRAINING
    # Of its own: a state on disk holds everything that an accelerator has prepared.
    accelerator = make_accelerator(folder, micro_batches)
    if network_class(recipe.method) is SRResNet:
        network, provenance = _begin_from("srresnet", photos.scale, start)
    else:
        network, provenance = _at_random(recipe, photos.scale)
    Run(
        recipe,
        photos,
        PixelStep(accelerator, network, recipe),
        validate_by_psnr,
        replace(config, folder=folder, checkpoints=folder),
        accelerator,
        provenance,
    ).finish()


def train_adversarial(
    recipe: AdversarialRecipe,
    photos: Photos,
    config: RunConfig,
    accelerator: Accelerator,
    *,
    start: Path,
    vgg_file: Path | None,
) -> Path:
    """Train SRGAN's generator, beginning as SRResNet; returns the path of its best checkpoint.

    Args:
        start: folder with the SRResNet checkpoint of this scale; not read where :func:`pretrain`
            has made one for this run.
        vgg_file: VGG-19's weights; None downloads torchvision's.

    Raises:
        CheckpointError: if there is no such SRResNet.
        DataError: if the processes and micro-batches cannot share a batch.
        VGGError: if VGG's weights cannot be had, or lack a layer of the recipe.
    """
    set_seed(recipe.seed)
    if recipe.pretraining is None:
        network, provenance = _begin_from("srresnet", photos.scale, start)
    else:
        network, provenance = _begin_from(recipe.method, photos.scale, config.folder / PRETRAINING)
    weights = vgg_weights(vgg_file, photos, recipe, accelerator)
    source = vgg_file.name if vgg_file else "torchvision VGG19_Weights.IMAGENET1K_V1"
    first = copy.deepcopy(network).eval()
    vgg = VGG({**recipe.features, **recipe.texture_layers}, weights, recipe.pool)
    distance_vgg = VGG(DISTANCE_LAYERS, weights).to(accelerator.device)
    min_lr_psnr = MIN_LR_PSNR if recipe.degradations is None else None
    validate = PerceptualValidation(distance_vgg, first, min_lr_psnr)
    run = Run(
        recipe,
        photos,
        AdversarialStep(accelerator, network, vgg, recipe),
        validate,
        config,
        accelerator,
        replace(provenance, facts={**provenance.facts, "vgg_weights": source}),
        candidate=lambda averaged: between_networks(first, averaged, recipe.alpha),
    )
    return run.finish()


def _at_random(recipe: Recipe, scale: int) -> tuple[SuperResolver, Provenance]:
    """A new network of the recipe's size."""
    network = network_class(recipe.method)(scale, **recipe.arguments)
    return network, Provenance(dict(recipe.arguments))


def _begin_from(method: str, scale: int, folder: Path) -> tuple[SuperResolver, Provenance]:
    """A checkpoint's network, ready to learn on, and what to remember of it."""
    network = checkpoints.load_network(method, scale, folder).train().requires_grad_()
    card = checkpoints.read_card(checkpoints.checkpoint_path(method, scale, folder))
    facts = {"start": f"{METHODS[method].label} ×{scale} of {card.steps} steps"}
    return network, Provenance(card.arguments, facts)


def _at_scale(
    network: SuperResolver, method: str, scale: int, arguments: dict[str, Any]
) -> SuperResolver:
    """A network for another scale that begins with all layers whose work is the same there."""
    if network.scale == scale:
        return network
    other = network_class(method)(scale, **arguments)
    for name in other.body:
        other.get_submodule(name).load_state_dict(network.get_submodule(name).state_dict())
    return other


def vgg_weights(
    file: Path | None, photos: Photos, recipe: Recipe, accelerator: Accelerator
) -> dict[str, Tensor]:
    """VGG-19's, from a file or downloaded, once on each machine; raises VGGError."""
    with accelerator.local_main_process_first():
        return load_weights(file, lambda: Batches(photos, recipe)[0][1].float() / 255)
