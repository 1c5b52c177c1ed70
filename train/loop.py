"""The pixel-loss loop: batches in, best checkpoint out; killed at any moment, it resumes."""

import os
import shutil
import sys
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timezone
from math import cos, pi
from pathlib import Path

import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch import Tensor, nn
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn
from tqdm import tqdm

from sr_demo import checkpoints, engine
from sr_demo.metrics import psnr
from sr_demo.networks import NETWORKS, SuperResolver
from sr_demo.rewrites import fast
from train.data import Batches, Pair, Photos
from train.losses import PIXEL_LOSSES
from train.recipes import Recipe

SAVE_EVERY = 120  # seconds between states on disk: the most a kill can cost


@dataclass(frozen=True)
class Places:
    """Where a run reads and writes."""

    run: Path  # resumable state and TensorBoard logs
    checkpoints: Path  # the best weights
    validation: list[Pair]
    data: str  # what the checkpoint says it was trained on
    validated_on: str


class PixelObjective(nn.Module):
    """(LR, HR) ``uint8`` batches → the loss, in the network's own colour space."""

    def __init__(self, network: SuperResolver, loss: str) -> None:
        super().__init__()
        self.network, self.loss = network, PIXEL_LOSSES[loss]
        self.restore = fast(network)

    def forward(self, lr: Tensor, hr: Tensor) -> Tensor:
        lr, hr = self.network.prepare(lr), self.network.prepare(hr)
        return self.loss(self.restore(lr).float(), hr)


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


def learning_rate(recipe: Recipe, step: int) -> float:
    """Linear warm-up, flat, then a cosine to zero over the last part of the run."""
    if step < recipe.warmup:
        return recipe.learning_rate * (step + 1) / recipe.warmup
    flat = recipe.decay_from * recipe.steps
    if step < flat:
        return recipe.learning_rate
    return recipe.learning_rate * 0.5 * (1 + cos(pi * (step - flat) / (recipe.steps - flat)))


def validate(network: SuperResolver, pairs: list[Pair]) -> float:
    """Mean PSNR-Y in dB over (LR, HR) pairs, by the conventions of the scores in the app."""
    scores = [
        psnr(hr, engine.restore(network, lr), border=network.scale, space="y") for lr, hr in pairs
    ]
    return sum(scores) / len(scores)


def train_pixels(
    recipe: Recipe, photos: Photos, places: Places, workers: int = 1, quiet: bool = False
) -> Path:
    """Train one network on a pixel loss; returns the path of its best checkpoint."""
    accelerator = Accelerator(
        mixed_precision="no" if engine.half_precision() is None else "bf16",
        log_with="tensorboard",
        project_dir=places.run,
    )
    set_seed(recipe.seed)
    network = NETWORKS[recipe.method](photos.scale)
    network = network.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    ema = AveragedModel(network, multi_avg_fn=get_ema_multi_avg_fn(recipe.ema))
    progress = Progress()
    optimizer = torch.optim.Adam(network.parameters(), betas=(0.9, recipe.beta2))
    objective, optimizer = accelerator.prepare(PixelObjective(network, recipe.loss), optimizer)
    accelerator.register_for_checkpointing(ema, progress)
    accelerator.init_trackers("log", config=asdict(recipe))
    load_state(accelerator, places.run)

    batches = Batches(photos, recipe, accelerator.process_index, accelerator.num_processes)
    bar = tqdm(
        total=recipe.steps, initial=progress.step, desc=f"{recipe.method} ×{photos.scale}",
        disable=quiet or not accelerator.is_main_process, unit="step", smoothing=0.05,
        mininterval=0.1 if sys.stderr.isatty() else 60,  # a log file needs no animation
    )  # fmt: skip
    saved = started = time.monotonic()
    losses: list[Tensor] = []
    for lr, hr in batches.loader(progress.step, recipe.steps, workers):
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(recipe, progress.step)
        loss = objective(lr.to(accelerator.device), hr.to(accelerator.device))
        optimizer.zero_grad()
        accelerator.backward(loss)
        optimizer.step()
        ema.update_parameters(network)
        losses.append(loss.detach())
        progress.step += 1
        bar.update()

        now = time.monotonic()
        last = progress.step == recipe.steps
        if progress.step % recipe.validate_every == 0 or last:
            _report(accelerator, recipe, ema, progress, places, losses, bar)
            losses.clear()
        if now - saved > SAVE_EVERY or last:
            progress.hours += (now - started) / 3600
            saved = started = now
            save_state(accelerator, places.run, progress.step)
    bar.close()
    accelerator.end_training()
    return checkpoints.checkpoint_path(recipe.method, photos.scale, places.checkpoints)


def _report(
    accelerator: Accelerator,
    recipe: Recipe,
    ema: AveragedModel,
    progress: Progress,
    places: Places,
    losses: list[Tensor],
    bar: tqdm,
) -> None:
    """Validate the averaged weights, log, and ship them if they are the best so far."""
    loss = accelerator.reduce(torch.stack(losses).mean(), "mean").item()
    if not accelerator.is_main_process:
        return
    network = ema.module
    score = validate(network, places.validation)
    accelerator.log({"loss": loss, "PSNR-Y (dB)": score}, progress.step)
    if score > progress.best:
        progress.best = score
        card = checkpoints.Card(
            method=recipe.method,
            scale=network.scale,
            arguments={},
            recipe=asdict(recipe),
            data=places.data,
            steps=progress.step,
            scores={f"{places.validated_on} PSNR-Y (dB)": round(score, 3)},
            date=datetime.now(timezone.utc).isoformat(timespec="seconds"),
        )
        checkpoints.save_network(network, card, places.checkpoints)
    bar.set_postfix_str(f"loss {loss:.4g}, {score:.2f} dB (best {progress.best:.2f})")


def save_state(accelerator: Accelerator, run: Path, step: int) -> None:
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
            if old != final:
                shutil.rmtree(old)


def load_state(accelerator: Accelerator, run: Path) -> None:
    """Continue from the newest state, if there is one."""
    states = sorted(run.glob("state-*"))
    if states:
        accelerator.load_state(str(states[-1]))


def shortened(recipe: Recipe) -> Recipe:
    """The same recipe for a dry run: every part of the loop, in seconds."""
    return replace(recipe, steps=4, batch=2, validate_every=2, warmup=1)
