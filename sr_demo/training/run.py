"""A run from its first step to its last: killed at any moment, the same command resumes it."""

import copy
import os
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass, field
from datetime import datetime, timezone
from math import cos, inf, pi
from pathlib import Path
from typing import Any, cast

import torch
from accelerate import Accelerator
from torch import Tensor
from torch.optim.swa_utils import AveragedModel

from sr_demo import checkpoints
from sr_demo.inference import engine
from sr_demo.networks import SuperResolver
from sr_demo.training import curve
from sr_demo.training.data import Batches, Pair, Photos, fingerprint
from sr_demo.training.logging import RunLogger
from sr_demo.training.recipe import DivergedError, Recipe
from sr_demo.training.states import load_state, save_state
from sr_demo.training.steps import TrainStep
from sr_demo.training.validation import (
    Quality,
    Validate,
    ValidationResult,
)

SAVE_EVERY = 120  # seconds between states on disk: the most a kill can cost
LOG_EVERY = 50  # steps
GIVE_UP_AFTER = 10  # steps in a row whose loss or gradients are not finite

Tensors = list[Tensor] | tuple[Tensor, ...]


@dataclass(frozen=True)
class RunConfig:
    """Where a run reads and writes, and how it goes about it; what it learns is in the recipe."""

    # Of its state, TensorBoard logs, curve and pictures; on a disk that all machines share
    folder: Path
    checkpoints: Path  # folder that gets the best weights
    validation: list[Pair]
    data: str  # what the checkpoint says it was trained on
    validated_on: str  # name of the validation pairs, in front of each score
    workers: int = 1  # processes that prepare batches
    quiet: bool = False  # show no progress bar
    keep_states: bool = False  # all of them, not only the newest two


@dataclass(frozen=True)
class Provenance:
    """Where the first weights came from, for the checkpoint's card."""

    arguments: dict[str, Any] = field(default_factory=dict)  # of the network's class
    facts: dict[str, str] = field(default_factory=dict)  # stored beside the recipe


NOTHING_YET = Quality(False, -inf)


@dataclass
class Progress:
    """What a resumed run must know besides weights and optimiser."""

    step: int = 0
    best: Quality = NOTHING_YET
    hours: float = 0.0
    skipped: int = 0  # steps whose loss or gradients were not finite

    def state_dict(self) -> dict[str, Any]:
        """As plain numbers, for the state on disk."""
        feasible, score = self.best
        return {
            "step": self.step,
            "best": score,
            "feasible": feasible,
            "hours": self.hours,
            "skipped": self.skipped,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take over a state, of before too: what was not feasible had a score below -1000 there."""
        score = state["best"]
        feasible = state.get("feasible", score > -1000)
        if "feasible" not in state and not feasible:
            score += 1000
        self.step, self.hours = state["step"], state["hours"]
        self.skipped = state.get("skipped", 0)
        self.best = Quality(feasible, score)


def make_accelerator(folder: Path, micro_batches: int = 1) -> Accelerator:
    """The processes and devices this was launched on, one or many.

    Args:
        folder: of the run.
        micro_batches: in which a batch is processed, where memory is short.
    """
    together = int(os.environ.get("WORLD_SIZE", "1")) > 1
    return Accelerator(
        # Without a device, processes work together only when told that this is meant.
        cpu=together and not torch.accelerator.is_available(),
        mixed_precision="no" if engine.half_precision() is None else "bf16",
        gradient_accumulation_steps=micro_batches,
        log_with="tensorboard",
        project_dir=folder,
    )


# --- the run --------------------------------------------------------------------------------------


class Run:
    """Everything but the step itself: rates, averaged weights, states on disk, checkpoints.

    To construct it is to continue from the newest whole state in ``config.folder``, if there is
    one.

    Args:
        validate: decides which weights are shipped.
        candidate: from the averaged weights to those that are validated and, if they are the best,
            shipped; None takes them as they are.
        to_beat: nothing worse than this network is shipped.

    Raises:
        DataError: if the processes and micro-batches cannot share a batch.
        StateError: if there are states and none can be gone on from.
    """

    def __init__(
        self,
        recipe: Recipe,
        photos: Photos,
        train_step: TrainStep,
        validate: Validate,
        config: RunConfig,
        accelerator: Accelerator,
        provenance: Provenance,
        *,
        candidate: Callable[[SuperResolver], SuperResolver] | None = None,
        to_beat: SuperResolver | None = None,
    ) -> None:
        self.recipe, self.config, self.accelerator = recipe, config, accelerator
        self.train_step, self.validate, self.candidate = train_step, validate, candidate
        self.provenance = provenance
        self.batches = Batches(
            photos,
            recipe,
            accelerator.process_index,
            accelerator.num_processes,
            accelerator.gradient_accumulation_steps,
        )
        self.ema = AveragedModel(train_step.network, multi_avg_fn=averaging(recipe.ema))
        self.progress = Progress()
        self.skipped_in_a_row = 0
        # This order names the files of the state: custom_checkpoint_0 and _1.
        accelerator.register_for_checkpointing(self.ema, self.progress)
        self.fingerprint = fingerprint(photos)
        load_state(accelerator, config.folder, self.fingerprint)
        if to_beat is not None and self.progress.step == 0:
            self.progress.best = validate(to_beat, config.validation).quality
            to_beat.train()
        self.logger = RunLogger(accelerator, recipe, photos.scale, self.progress.step, config.quiet)
        self.path = checkpoints.checkpoint_path(recipe.method, photos.scale, config.checkpoints)
        self.saved = self.ticked = time.monotonic()

    def finish(self) -> Path:
        """Make the steps that are left; returns the path of the best checkpoint.

        Raises:
            DivergedError: after ``GIVE_UP_AFTER`` steps in a row without a finite loss and finite
                gradients; the state on disk is of before the first of them.
            StateError: if a state cannot be written.
        """
        with closing(self.logger):  # whatever ends the run: what is said of it begins a line
            for lr, hr in self.batches.loader(
                self.progress.step, self.recipe.steps, self.config.workers
            ):
                self._learn(lr, hr)
        for tracker in self.accelerator.trackers:  # `end_training` would also part the processes
            tracker.finish()
        return self.path

    def _learn(self, lr: Tensor, hr: Tensor) -> None:
        """One step, and what is due after it."""
        recipe, progress = self.recipe, self.progress
        rate = learning_rate(recipe, progress.step)
        self._step(lr, hr, rate)
        last = progress.step == recipe.steps
        validates = progress.step % recipe.validate_every == 0 or last
        if progress.step % LOG_EVERY == 0 or validates:
            self.logger.publish(progress.step, rate)
        if validates and self.accelerator.is_main_process:
            with self._pause():
                self._validate()
        if self._saving_is_due(last):
            with self._pause():
                self._save()

    def _step(self, lr: Tensor, hr: Tensor, rate: float) -> None:
        # What a step draws is a function of (seed, step), as its batch is.
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.progress.step)
        for optimizer, factor in zip(
            self.train_step.optimizers, self.train_step.rates, strict=True
        ):
            for group in optimizer.param_groups:
                group["lr"] = rate * factor
        micro_batches = self.accelerator.gradient_accumulation_steps
        device = self.accelerator.device
        terms = [
            self.train_step(small.to(device), large.to(device))
            for small, large in zip(lr.chunk(micro_batches), hr.chunk(micro_batches), strict=True)
        ]
        self.progress.step += 1
        if terms[-1] is None:
            self._skipped()
            terms = []
        else:
            self.skipped_in_a_row = 0
            self.ema.update_parameters(self.train_step.network)
        self.logger.tick([term for term in terms if term is not None])

    def _skipped(self) -> None:
        self.progress.skipped += 1
        self.skipped_in_a_row += 1
        if self.skipped_in_a_row == GIVE_UP_AFTER:
            raise DivergedError(
                f"no finite loss and gradients in {GIVE_UP_AFTER} steps up to "
                f"{self.progress.step}; the state from before them is kept: go on from it with a "
                "lower learning rate"
            )

    def _saving_is_due(self, last: bool) -> bool:
        due = last or time.monotonic() - self.saved > SAVE_EVERY
        due = due and not self.skipped_in_a_row  # the newest state is always one to go on from
        if self.accelerator.num_processes == 1:
            return due
        if due:
            self.accelerator.set_trigger()  # clocks differ: all save as soon as one would
        return self.accelerator.check_trigger()

    def _save(self) -> None:
        config, step = self.config, self.progress.step
        save_state(self.accelerator, config.folder, step, self.fingerprint, config.keep_states)
        self.saved = time.monotonic()

    def _validate(self) -> None:
        """Score the averaged weights, and ship them if they are the best so far."""
        progress, config = self.progress, self.config
        averaged = cast(SuperResolver, self.ema.module)
        network = round_to_bf16(self.candidate(averaged) if self.candidate else averaged)
        result = self.validate(network, config.validation)
        best = result.quality > progress.best
        curve.add(config.folder / curve.NAME, progress.step, result.scores)
        if best:
            progress.best = result.quality
            card = self._card(network.scale, result)
            checkpoints.save_network(network, card, config.checkpoints)
            curve.ship(config.folder / curve.NAME, self.path)
        self.logger.validated(progress.step, result, best)
        self.logger.picture(progress.step, result, config.validation[0], config.folder)

    def _card(self, scale: int, result: ValidationResult) -> checkpoints.Card:
        name = self.config.validated_on
        return checkpoints.Card(
            method=self.recipe.method,
            scale=scale,
            arguments=self.provenance.arguments,
            recipe={**asdict(self.recipe), **self.provenance.facts, **self._device()},
            data=self.config.data,
            steps=self.progress.step,
            scores={f"{name} {key}": round(value, 3) for key, value in result.scores.items()},
            hours=round(self.progress.hours, 2),
            date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )

    def _device(self) -> dict[str, str]:
        """What the hours were spent on, where it is no CPU."""
        if self.accelerator.device.type != "cuda":
            return {}
        name = torch.cuda.get_device_name(self.accelerator.device)
        count = self.accelerator.num_processes
        return {"device": name if count == 1 else f"{count} × {name}"}

    @contextmanager
    def _pause(self) -> Iterator[None]:
        """For what writes the hours down, and shall not count in images per second."""
        now = time.monotonic()
        self.progress.hours += (now - self.ticked) / 3600
        self.ticked = now
        yield
        self.logger.resume_clock(self.progress.step)


_LEVELS = {"head.weight": 1 / 255, "tail.weight": 255.0, "tail.bias": 255.0}


@torch.no_grad()
def round_to_bf16(network: SuperResolver) -> SuperResolver:
    """A copy with weights as they will be multiplied: in 16 bits, but for the luma networks.

    So what is validated is what runs, 16-bit arithmetic has little but activations left to round,
    and the file is half as large. The first and the last layer are multiplied in grey levels,
    0 … 255 (`inference/graphs.py`), where other numbers are round; they stay 32 bits in the file.
    """
    network = copy.deepcopy(network)
    if network.channels == 3:
        for name, parameter in network.named_parameters():
            unit = _LEVELS.get(name, 1.0)
            parameter.copy_((parameter * unit).bfloat16().float() / unit)
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
