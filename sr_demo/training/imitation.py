"""A finished network learns its own pictures again, with something about it changed.

What is changed, and why, is said by a *manner*: `distillation.py` or `neutral.py`. What is the same
for both stands here: the teacher is the checkpoint, and its card is kept, with a line more.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn

from sr_demo import checkpoints, storage
from sr_demo.checkpoints import Card
from sr_demo.inference import engine
from sr_demo.inference.rewrites import fast
from sr_demo.networks import SuperResolver
from sr_demo.training.data import Photos
from sr_demo.training.launch import vgg_weights
from sr_demo.training.recipe import Recipe
from sr_demo.training.run import Provenance, Run, RunConfig, round_to_bf16
from sr_demo.training.steps import PixelStep, TrainStep, precise_luma
from sr_demo.training.validation import (
    DISTANCE_LAYERS,
    MIN_LR_PSNR,
    PerceptualValidation,
    Validate,
    validate_by_psnr,
)
from sr_demo.training.vgg import VGG


@dataclass(frozen=True)
class Manner:
    """What is changed about a network that learns its own pictures again."""

    fact: str  # under which a card's recipe tells of it
    begin: Callable[[SuperResolver], SuperResolver]  # from the teacher to what learns: a copy
    step: Callable[[Accelerator, SuperResolver, Recipe, SuperResolver], TrainStep]  # last: teacher
    validate: Validate  # on the teacher's pictures
    end: Callable[[SuperResolver], SuperResolver]  # from the best weights to what ships
    note: Callable[[Recipe, Card], str]  # what was done, from the recipe and the card of the best


class TaughtStep(PixelStep):
    """A step on what a teacher makes of LR."""

    def __init__(
        self,
        accelerator: Accelerator,
        network: SuperResolver,
        recipe: Recipe,
        teacher: SuperResolver,
        objective: nn.Module | None = None,
    ) -> None:
        super().__init__(accelerator, network, recipe, objective)
        self.teacher = teacher.to(accelerator.device).to(memory_format=torch.channels_last)

    @torch.no_grad()
    def teachers(self, lr: Tensor) -> Tensor:
        """``(N, 3, H, W)`` ``uint8`` → SR in the networks' colour space, not clamped."""
        with self.accelerator.autocast(), precise_luma(self.teacher, lr.device):
            return fast(self.teacher)(self.teacher.prepare(lr)).float()


def imitate(
    manner: Manner,
    recipe: Recipe,
    photos: Photos,
    config: RunConfig,
    accelerator: Accelerator,
    *,
    start: Path,
    vgg_file: Path | None,
) -> Path:
    """Let a checkpoint's network learn its own pictures again.

    Args:
        recipe: ``method`` says whose checkpoint it is.
        start: folder with that checkpoint. Its card is kept, with new scores and one line more.
        vgg_file: VGG-19's weights, by which what learnt against a discriminator is scored; None
            downloads torchvision's.

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
    if any(name.endswith("VGG distance") for name in card.scores):  # learnt against D
        weights = vgg_weights(vgg_file, photos, recipe, accelerator)
        vgg = VGG(DISTANCE_LAYERS, weights).to(accelerator.device)
        min_lr_psnr = MIN_LR_PSNR if recipe.degradations is None else None
        validate = PerceptualValidation(vgg, min_lr_psnr=min_lr_psnr)

    network = manner.begin(teacher)
    own = [(lr, engine.restore(teacher, lr)) for lr, _ in config.validation]
    learning = replace(config, checkpoints=config.folder / "best", validation=own,
                       validated_on="former pictures")  # fmt: skip
    train_step = manner.step(accelerator, network, recipe, teacher)
    run = Run(recipe, photos, train_step, manner.validate, learning, accelerator,
              Provenance(card.arguments))  # fmt: skip
    path = run.finish()

    if not accelerator.is_main_process:  # whose work is done
        return checkpoints.checkpoint_path(recipe.method, photos.scale, config.checkpoints)
    best = checkpoints.load_network(recipe.method, photos.scale, path.parent)
    best = round_to_bf16(manner.end(best)).eval()
    scores = validate(best, config.validation).scores
    named = {f"{config.validated_on} {name}": round(v, 3) for name, v in scores.items()}
    learnt = checkpoints.read_card(path)
    card = replace(_extended(card, learnt, manner.fact, manner.note(recipe, learnt)), scores=named)
    return checkpoints.save_network(best, card, config.checkpoints)


def likeness(learnt: Card) -> float:
    """PSNR in dB between new and former pictures, by the card of the best weights."""
    return learnt.scores["former pictures PSNR-Y (dB)"]


def _extended(card: Card, learnt: Card, fact: str, note: str) -> Card:
    """The old card, and what was done since."""
    hours = round(card.hours + learnt.hours, 2)
    notes = [card.recipe[fact], note] if fact in card.recipe else [note]
    recipe_then = {**card.recipe, fact: "; then again: ".join(notes)}
    return replace(card, recipe=recipe_then, hours=hours, date=learnt.date)


def _belongs(folder: Path, teacher: Path) -> None:
    """Never resume one checkpoint's run for another, whose place the result would take."""
    digest, note = hashlib.sha256(teacher.read_bytes()).hexdigest(), folder / "teacher.sha256"
    if note.is_file() and note.read_text() != digest:
        raise storage.CheckpointError(
            f"{folder.name} in the folder of runs is of another {teacher.name}; begin with --fresh"
        )
    storage.write_atomically(note, digest.encode())
