"""``python -m train distill srgan --scale 4 --data DIR``: the same pictures from smaller features.

A generator may learn features that are large wherever the picture is bright, and cancel them block
by block. float32 does not mind; bfloat16, with 8 bits for the whole sum, rounds the detail away.
"""

import copy
import hashlib
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from sr_demo import checkpoints, storage
from sr_demo.checkpoints import Card
from sr_demo.inference import engine
from sr_demo.inference.rewrites import fast
from sr_demo.networks import ResidualBlock, SRResNet, SubPixelUpsample, SuperResolver
from sr_demo.training.data import Photos
from sr_demo.training.launch import vgg_weights
from sr_demo.training.recipe import Recipe
from sr_demo.training.run import Provenance, Run, RunConfig, round_to_bf16
from sr_demo.training.steps import PixelStep
from sr_demo.training.validation import (
    DISTANCE_LAYERS,
    PerceptualValidation,
    Validate,
    validate_by_psnr,
)
from sr_demo.training.vgg import VGG

GREY = 0.45  # about the mean of photos


def distill(
    recipe: Recipe,
    photos: Photos,
    config: RunConfig,
    accelerator: Accelerator,
    *,
    start: Path,
    vgg_file: Path | None,
) -> Path:
    """Centre a checkpoint's features, and let it learn its own pictures again.

    Args:
        recipe: ``method`` says whose checkpoint it is: srresnet or srgan.
        start: folder with that checkpoint. Its card is kept, with new scores and one line more.
        vgg_file: VGG-19's weights, by which SRGAN is scored; None downloads torchvision's.

    Returns:
        the path of the new checkpoint, in ``config.checkpoints``.

    Raises:
        CheckpointError: if there is no such checkpoint, or the run's state is of another one.
        DataError: if the processes and micro-batches cannot share a batch.
        VGGError: if VGG's weights cannot be had.
    """
    set_seed(recipe.seed)
    teacher = checkpoints.load_network(recipe.method, photos.scale, start)
    file = checkpoints.checkpoint_path(recipe.method, photos.scale, start)
    card = checkpoints.read_card(file)
    _belongs(config.folder, file)
    validate: Validate = validate_by_psnr
    if recipe.method == "srgan":
        weights = vgg_weights(vgg_file, photos, recipe, accelerator)
        validate = PerceptualValidation(VGG(DISTANCE_LAYERS, weights).to(accelerator.device))

    network = centred(cast(SRResNet, teacher)).train().requires_grad_()
    network.act.requires_grad_(False)  # linear it is, and stays
    own = [(lr, engine.restore(teacher, lr)) for lr, _ in config.validation]
    learning = replace(config, checkpoints=config.folder / "best", validation=own,
                       validated_on="former pictures")  # fmt: skip
    train_step = ImitationStep(accelerator, network, recipe, teacher)
    run = Run(recipe, photos, train_step, validate_by_psnr, learning, accelerator,
              Provenance(card.arguments))  # fmt: skip
    path = run.finish()

    if not accelerator.is_main_process:  # whose work is done
        return checkpoints.checkpoint_path(recipe.method, photos.scale, config.checkpoints)
    best = checkpoints.load_network(recipe.method, photos.scale, path.parent)
    # Centred again, for learning has moved it, and rounded again, for that has moved the biases.
    best = round_to_bf16(centred(cast(SRResNet, best))).eval()
    scores = validate(best, config.validation).scores
    named = {f"{config.validated_on} {name}": round(v, 3) for name, v in scores.items()}
    card = replace(_extended(card, checkpoints.read_card(path), recipe), scores=named)
    return checkpoints.save_network(best, card, config.checkpoints)


def _extended(card: Card, learnt: Card, recipe: Recipe) -> Card:
    """The old card, and what was done since."""
    (likeness,) = learnt.scores.values()
    note = (
        f"plain grey moved out of its features, then {learnt.steps} steps at "
        f"{recipe.learning_rate:g} back to its own former pictures ({likeness:.1f} dB)"
    )
    if recipe.neutral:
        note += f", of drawings to the originals ({recipe.neutral:.0%} of patches)"
    hours = round(card.hours + learnt.hours, 2)
    notes = [card.recipe["distilled"], note] if "distilled" in card.recipe else [note]
    recipe_then = {**card.recipe, "distilled": "; then again: ".join(notes)}
    return replace(card, recipe=recipe_then, hours=hours, date=learnt.date)


def _belongs(folder: Path, teacher: Path) -> None:
    """Never resume one checkpoint's distillation for another, whose place the result would take."""
    digest, note = hashlib.sha256(teacher.read_bytes()).hexdigest(), folder / "teacher.sha256"
    if note.is_file() and note.read_text() != digest:
        raise storage.CheckpointError(
            f"{folder.name} in the folder of runs is of another {teacher.name}; begin with --fresh"
        )
    storage.write_atomically(note, digest.encode())


class ImitationStep(PixelStep):
    """Learn what the teacher makes of LR, and of a drawing the original.

    A photo's original is not looked at: its texture is the teacher's to invent. In a drawing there
    is nothing to invent, and whatever the teacher adds to it, a shift of its greys or a mesh on its
    plain ground, is an error.
    """

    def __init__(
        self, accelerator: Accelerator, network: SRResNet, recipe: Recipe, teacher: SuperResolver
    ) -> None:
        super().__init__(accelerator, network, recipe)
        self.teacher = teacher.to(accelerator.device).to(memory_format=torch.channels_last)

    def __call__(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor] | None:
        """As :class:`PixelStep`, with the teacher's pictures in the place of photos' ``hr``."""
        # What is without colour is drawn, or plain, or of a rare photo in black and white.
        drawn = (hr == hr[:, :1]).flatten(1).all(1)
        return super().__call__(lr, torch.where(drawn.view(-1, 1, 1, 1), hr, self._pictures(lr)))

    @torch.no_grad()
    def _pictures(self, lr: Tensor) -> Tensor:
        with self.accelerator.autocast():
            sr = fast(self.teacher)(self.teacher.prepare(lr)).float()
        return (sr.clamp(0, 1) * 255).round().byte()


@torch.no_grad()
def centred(network: SRResNet, grey: float = GREY) -> SRResNet:
    """A copy whose features are zero where the picture is plain grey.

    What they were there is a constant, which the biases can carry. The first PReLU becomes linear,
    with the slope that each channel has at grey, so that brightness shifts nothing else. Apart from
    that, and from the rim, where zeros stand beside the picture, SR is the same.

    Args:
        grey: in [0, 1].
    """
    raw = _flat(network.head, torch.full((3,), grey))
    shallow = network.act(raw)
    stream = [shallow]  # before the first block, and after each
    for block in _blocks(network):
        stream.append(stream[-1] + _flat(block.conv2, block.act(_flat(block.conv1, stream[-1]))))
    fused = shallow + _flat(network.fuse, stream[-1])

    network = copy.deepcopy(network)
    slope = torch.where(raw > 0, 1.0, network.act.weight)
    _shift(network.head, -raw)
    for parameter in network.head.parameters():
        parameter.mul_(slope.view(-1, *[1] * (parameter.dim() - 1)))
    network.act.weight.fill_(1)
    for block, (here, after) in zip(_blocks(network), pairwise(stream), strict=True):
        _shift(block.conv1, _answer(block.conv1, here))
        _shift(block.conv2, here - after)
    _shift(network.fuse, _answer(network.fuse, stream[-1]) + shallow - fused)
    first = cast(SubPixelUpsample, network.upsample[0]).conv
    _shift(first, _answer(first, fused))
    return network


def _blocks(network: SRResNet) -> list[ResidualBlock]:
    return cast(list[ResidualBlock], list(network.blocks))


def _answer(conv: nn.Conv2d, values: Tensor) -> Tensor:
    """What the kernels make of a plane that holds one value in each channel: one value again."""
    return conv.weight.sum(dim=(2, 3)) @ values


def _flat(conv: nn.Conv2d, values: Tensor) -> Tensor:
    return _answer(conv, values) + cast(Tensor, conv.bias)


def _shift(conv: nn.Conv2d, by: Tensor) -> None:
    cast(Tensor, conv.bias).add_(by)
