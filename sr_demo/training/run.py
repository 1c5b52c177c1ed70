"""A run from its first step to its last: killed at any moment, the same command resumes it."""

import copy
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timezone
from math import cos, pi
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from sr_demo import checkpoints
from sr_demo.inference import engine
from sr_demo.interpolation import between_networks
from sr_demo.methods import METHODS, network_class
from sr_demo.networks import SuperResolver
from sr_demo.training.data import Batches, Pair, Photos
from sr_demo.training.logging import Watch
from sr_demo.training.recipe import AdversarialRecipe, Recipe
from sr_demo.training.steps import AdversarialLesson, Lesson, PixelLesson
from sr_demo.training.validation import DISTANCE_LAYERS, Judge, by_perception, by_psnr
from sr_demo.training.vgg import VGG, load_weights

SAVE_EVERY = 120  # seconds between states on disk: the most a kill can cost
LOG_EVERY = 50  # steps

# What a network does before it turns to one scale
BODY = {
    "srcnn": ("extract", "map"),
    "espcn": ("extract", "map"),
    "srresnet": ("head", "act", "blocks", "fuse"),
}

Tensors = list[Tensor] | tuple[Tensor, ...]


@dataclass(frozen=True)
class Places:
    """Where a run reads and writes."""

    run: Path  # resumable state, TensorBoard logs, pictures; on a disk that all machines share
    checkpoints: Path  # the best weights
    validation: list[Pair]
    data: str  # what the checkpoint says it was trained on
    validated_on: str


@dataclass(frozen=True)
class Origin:
    """Where the first weights came from, for the checkpoint's card."""

    arguments: dict[str, Any] = field(default_factory=dict)  # of the network's class
    facts: dict[str, str] = field(default_factory=dict)  # stored beside the recipe


@dataclass
class Progress:
    """What a resumed run must know besides weights and optimiser."""

    step: int = 0
    best: float = float("-inf")
    hours: float = 0.0

    def state_dict(self) -> dict[str, float]:
        return asdict(self)

    def load_state_dict(self, state: dict[str, float]) -> None:
        self.__dict__.update(state)


def machines(run: Path, accumulate: int = 1) -> Accelerator:
    """The processes and devices this was launched on, one or many.

    Args:
        accumulate: parts in which a batch is processed, where memory is short.
    """
    together = int(os.environ.get("WORLD_SIZE", "1")) > 1
    return Accelerator(
        # Without a device, processes work together only when told that this is meant.
        cpu=together and not torch.accelerator.is_available(),
        mixed_precision="no" if engine.half_precision() is None else "bf16",
        gradient_accumulation_steps=accumulate,
        log_with="tensorboard",
        project_dir=run,
    )


def train_pixels(
    recipe: Recipe,
    photos: Photos,
    places: Places,
    accelerator: Accelerator,
    *,
    start: Path | None = None,
    start_scale: int | None = None,
    **options: Any,
) -> Path:
    """Train one network on a pixel loss; returns the path of its best checkpoint.

    Args:
        start: folder with a checkpoint of this network to begin from; None begins at random.
        start_scale: that checkpoint's; where it is not the photos', the last layers begin at random
            (as Lim et al. 2017, EDSR, begin ×3 and ×4 from ×2).
        options: those of :func:`finish`.

    Raises:
        CheckpointError: if there is no such checkpoint.
    """
    set_seed(recipe.seed)
    if start is None:
        network, origin = network_class(recipe.method)(photos.scale), None
    else:
        network, origin = _begin_from(recipe.method, start_scale or photos.scale, start)
        network = _at_scale(network, recipe.method, photos.scale, origin.arguments)
    lesson = PixelLesson(accelerator, network, recipe)
    run = Run(recipe, lesson, by_psnr, places, accelerator, origin)
    if start is not None and start_scale in (None, photos.scale) and run.progress.step == 0:
        # What it began with may be what is shipped: nothing worse shall take its place.
        run.progress.best = by_psnr(network, places.validation).rank
        network.train()
    return run.finish(photos, **options)


def _begin_from(method: str, scale: int, folder: Path) -> tuple[SuperResolver, Origin]:
    """A checkpoint's network, ready to learn on, and what to remember of it."""
    network = checkpoints.load_network(method, scale, folder).train().requires_grad_()
    card = checkpoints.read_card(checkpoints.checkpoint_path(method, scale, folder))
    facts = {"start": f"{METHODS[method].label} ×{scale} of {card.steps} steps"}
    return network, Origin(card.arguments, facts)


def _at_scale(
    network: SuperResolver, method: str, scale: int, arguments: dict[str, Any]
) -> SuperResolver:
    """A network for another scale that begins with all layers whose work is the same there."""
    if network.scale == scale:
        return network
    other = network_class(method)(scale, **arguments)
    for name in BODY[method]:
        other.get_submodule(name).load_state_dict(network.get_submodule(name).state_dict())
    return other


def train_adversarial(
    recipe: AdversarialRecipe,
    photos: Photos,
    places: Places,
    accelerator: Accelerator,
    *,
    start: Path,
    vgg_file: Path | None,
    **options: Any,
) -> Path:
    """Train SRGAN's generator, beginning as SRResNet; returns the path of its best checkpoint.

    Args:
        start: folder with the SRResNet checkpoint of this scale.
        vgg_file: VGG-19's weights; None downloads torchvision's.

    Raises:
        CheckpointError: if there is no such SRResNet.
        VGGError: if VGG's weights cannot be had, or lack a layer of the recipe.
    """
    set_seed(recipe.seed)
    network, origin = _begin_from("srresnet", photos.scale, start)
    weights = vgg_weights(vgg_file, photos, recipe, accelerator)
    vgg = VGG(recipe.features, weights, recipe.pool)
    judge = by_perception(VGG(DISTANCE_LAYERS, weights).to(accelerator.device))
    source = vgg_file.name if vgg_file else "torchvision VGG19_Weights.IMAGENET1K_V1"
    origin = replace(origin, facts={**origin.facts, "vgg_weights": source})
    before = copy.deepcopy(network)
    lesson = AdversarialLesson(accelerator, network, vgg, recipe)
    run = Run(recipe, lesson, judge, places, accelerator, origin)
    run.candidate = lambda trained: between_networks(before, trained, recipe.alpha)
    return run.finish(photos, **options)


def vgg_weights(
    file: Path | None, photos: Photos, recipe: Recipe, accelerator: Accelerator
) -> dict[str, Tensor]:
    """VGG-19's, from a file or downloaded, once on each machine; raises VGGError."""
    with accelerator.local_main_process_first():
        return load_weights(file, lambda: Batches(photos, recipe)[0][1].float() / 255)


class Run:
    """Everything but the step itself: rates, averaged weights, states on disk, checkpoints."""

    def __init__(
        self,
        recipe: Recipe,
        lesson: Lesson,
        judge: Judge,
        places: Places,
        accelerator: Accelerator,
        origin: Origin | None = None,
    ) -> None:
        self.recipe, self.lesson, self.judge = recipe, lesson, judge
        self.places, self.accelerator, self.origin = places, accelerator, origin or Origin()
        self.ema = AveragedModel(lesson.network, multi_avg_fn=averaging(recipe.ema))
        self.progress = Progress()
        # From the averaged weights to those that are judged and, if they are the best, shipped
        self.candidate: Callable[[SuperResolver], SuperResolver] = lambda trained: trained
        accelerator.register_for_checkpointing(self.ema, self.progress)
        load_state(accelerator, places.run)

    def finish(
        self, photos: Photos, workers: int = 1, quiet: bool = False, keep_states: bool = False
    ) -> Path:
        """Make the steps that are left; returns the path of the best checkpoint.

        Args:
            workers: processes that prepare batches.
            quiet: show no progress bar.
            keep_states: all of them, not only the newest.
        """
        accelerator, recipe, progress = self.accelerator, self.recipe, self.progress
        batches = Batches(
            photos,
            recipe,
            accelerator.process_index,
            accelerator.num_processes,
            accelerator.gradient_accumulation_steps,
        )
        self._open_log()
        self.watch = Watch(accelerator, recipe, photos.scale, progress.step, quiet)
        self.saved = self.ticked = time.monotonic()
        for lr, hr in batches.loader(progress.step, recipe.steps, workers):
            rate = learning_rate(recipe, progress.step)
            self._step(lr, hr, rate)
            last = progress.step == recipe.steps
            validates = progress.step % recipe.validate_every == 0 or last
            if progress.step % LOG_EVERY == 0 or validates:
                self.watch.publish(progress.step, rate)
            if validates and accelerator.is_main_process:
                with self._pause():
                    self._validate()
            if self._saving_is_due(last):
                with self._pause():
                    save_state(accelerator, self.places.run, progress.step, keep_states)
                self.saved = time.monotonic()
        self.watch.close()
        accelerator.end_training()
        return checkpoints.checkpoint_path(recipe.method, photos.scale, self.places.checkpoints)

    def _step(self, lr: Tensor, hr: Tensor, rate: float) -> None:
        for optimizer in self.lesson.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
        parts = self.accelerator.gradient_accumulation_steps
        device = self.accelerator.device
        terms = [
            self.lesson.step(small.to(device), large.to(device))
            for small, large in zip(lr.chunk(parts), hr.chunk(parts), strict=True)
        ]
        self.ema.update_parameters(self.lesson.network)
        self.progress.step += 1
        self.watch.tick(terms)

    def _saving_is_due(self, last: bool) -> bool:
        due = last or time.monotonic() - self.saved > SAVE_EVERY
        if self.accelerator.num_processes == 1:
            return due
        if due:
            self.accelerator.set_trigger()  # clocks differ: all save as soon as one would
        return self.accelerator.check_trigger()

    def _validate(self) -> None:
        """Score the averaged weights, and ship them if they are the best so far."""
        progress, places = self.progress, self.places
        network = shippable(self.candidate(cast(SuperResolver, self.ema.module)))
        verdict = self.judge(network, places.validation)
        best = verdict.rank > progress.best
        if best:
            progress.best = verdict.rank
            scores = {f"{places.validated_on} {k}": round(v, 3) for k, v in verdict.scores.items()}
            card = checkpoints.Card(
                method=self.recipe.method,
                scale=network.scale,
                arguments=self.origin.arguments,
                recipe={**asdict(self.recipe), **self.origin.facts},
                data=places.data,
                steps=progress.step,
                scores=scores,
                hours=round(progress.hours, 2),
                date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
            )
            checkpoints.save_network(network, card, places.checkpoints)
        self.watch.verdict(progress.step, verdict, best)
        self.watch.picture(progress.step, verdict, places.validation[0], places.run)

    @contextmanager
    def _pause(self) -> Iterator[None]:
        now = time.monotonic()
        self.progress.hours += (now - self.ticked) / 3600
        self.ticked = now
        yield
        self.watch.resume_clock(self.progress.step)

    def _open_log(self) -> None:
        """Start TensorBoard; a resumed run takes back what the killed one had logged too much."""
        step = self.progress.step
        plain = {
            name: value if isinstance(value, int | float | str) else str(value)
            for name, value in asdict(self.recipe).items()
        }
        self.accelerator.init_trackers(
            "log",
            config=None if step else plain,
            init_kwargs={"tensorboard": {"purge_step": step + 1}} if step else {},
        )


@torch.no_grad()
def shippable(network: SuperResolver) -> SuperResolver:
    """A copy with weights as they will be multiplied: in 16 bits, but for the luma networks.

    So what is judged is what runs, 16-bit arithmetic has little but activations left to round, and
    the file is half as large.
    """
    network = copy.deepcopy(network)
    if network.channels == 3:
        for parameter in network.parameters():
            parameter.copy_(parameter.bfloat16())
    return network


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, flat, then a cosine to zero over the last part of the run."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    flat = recipe.decay_from * recipe.steps
    if step < flat:
        return recipe.learning_rate
    return recipe.learning_rate * 0.5 * (1 + cos(pi * (step - flat) / (recipe.steps - flat)))


def averaging(decay: float) -> Callable[[Tensors, Tensors, Tensor | int], None]:
    """An exponential moving average whose memory is short while the run is young.

    At 0.999 from the first step on, the random start still weighs 5 % after 3,000 steps.
    """

    @torch.no_grad()
    def update(averages: Tensors, currents: Tensors, count: Tensor | int) -> None:
        kept = min(decay, (1 + int(count)) / (10 + int(count)))
        for average, current in zip(averages, currents, strict=True):
            average.lerp_(current, 1 - kept)

    return update


def save_state(accelerator: Accelerator, run: Path, step: int, keep: bool = False) -> None:
    """Write the whole state beside the old one, then switch: a kill leaves one of them intact."""
    partial, final = run / "state.partial", run / f"state-{step:08d}"
    if accelerator.is_main_process:
        shutil.rmtree(partial, ignore_errors=True)
    accelerator.wait_for_everyone()
    accelerator.save_state(str(partial))
    accelerator.wait_for_everyone()
    if accelerator.is_main_process:
        if not final.exists():
            os.replace(partial, final)
        for old in run.glob("state-*"):
            if old != final and not keep:
                shutil.rmtree(old)


def load_state(accelerator: Accelerator, run: Path) -> None:
    """Continue from the newest state, if there is one."""
    states = sorted(run.glob("state-*"))
    if states:
        accelerator.load_state(str(states[-1]))


def shortened(recipe: Recipe) -> Recipe:
    """The same recipe for a dry run: every part of the loop, in seconds."""
    return replace(recipe, steps=4, batch=2, validate_every=2, warmup=1)
