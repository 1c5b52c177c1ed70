"""What a run tells people: a progress bar, TensorBoard, and one crop as it changes over time."""

import sys
import time
from dataclasses import asdict
from pathlib import Path

import numpy as np
import torch
from accelerate import Accelerator
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor
from tqdm import tqdm

from sr_demo.images import save_png
from sr_demo.resize import imresize
from sr_demo.training.data import Pair
from sr_demo.training.recipe import Recipe
from sr_demo.training.validation import ValidationResult

CROP = 160  # HR pixels a side
COLUMNS = 5  # of a strip, between bicubic and the original


class RunLogger:
    """Logs a run; it never changes what the run does.

    Args:
        step: that the run begins with; a resumed one takes back what the killed one had logged
            beyond it.
    """

    def __init__(
        self, accelerator: Accelerator, recipe: Recipe, scale: int, step: int, quiet: bool
    ) -> None:
        self.accelerator, self.recipe = accelerator, recipe
        self._open_tensorboard(step)
        self.bar = tqdm(
            total=recipe.steps, initial=step, desc=f"{recipe.method} ×{scale}", unit="step",
            disable=quiet or not accelerator.is_main_process, smoothing=0.05,
            mininterval=0.1 if sys.stderr.isatty() else 60,  # a log file needs no animation
        )  # fmt: skip
        self.terms: list[dict[str, Tensor]] = []
        self.learning = self.validation = ""  # the two halves of what stands behind the bar
        self.clock = step, time.monotonic()

    def _open_tensorboard(self, step: int) -> None:
        plain = {
            name: value if isinstance(value, int | float | str) else str(value)
            for name, value in asdict(self.recipe).items()
        }
        self.accelerator.init_trackers(
            "log",
            config=None if step else plain,
            init_kwargs={"tensorboard": {"purge_step": step + 1}} if step else {},
        )

    def resume_clock(self, step: int) -> None:
        """Count images per second from here: pauses to validate or save are left out."""
        self.clock = step, time.monotonic()

    def tick(self, terms: list[dict[str, Tensor]]) -> None:
        """One step is done; its terms wait for `publish`, so that the device need not."""
        self.terms += terms
        self.bar.update()

    def publish(self, step: int, rate: float) -> None:
        """Log the means since the last time, over all processes (all of them must call it)."""
        if not self.terms:  # every step since was skipped, in all processes alike
            return
        names = list(self.terms[0])
        table = torch.stack([torch.stack([terms[name] for name in names]) for terms in self.terms])
        means = self.accelerator.reduce(table.mean(dim=0), "mean").tolist()
        self.terms.clear()
        begun, then = self.clock
        speed = self.recipe.batch * (step - begun) / max(time.monotonic() - then, 1e-9)
        self.resume_clock(step)
        scalars = dict(zip(names, means, strict=True))
        self.accelerator.log({**scalars, "learning rate": rate, "images/s": speed}, step)
        values = ", ".join(f"{name} {value:.3g}" for name, value in scalars.items())
        self.learning = f"{values}, {speed:.0f} images/s"
        self._show()

    def validated(self, step: int, result: ValidationResult, best: bool) -> None:
        """Log scores (on the main process)."""
        # Apart from the losses: the same name may be a score's.
        self.accelerator.log({f"validation/{k}": v for k, v in result.scores.items()}, step)
        values = ", ".join(f"{name} {value:.4g}" for name, value in result.scores.items())
        self.validation = f" | {values}{' (best)' if best else ''}"
        self._show()

    def picture(self, step: int, result: ValidationResult, pair: Pair, folder: Path) -> None:
        """Keep the middle of the first validation picture as it is now (on the main process)."""
        lr, hr = pair
        crops = {
            "bicubic": _middle(imresize(lr, hr.shape[0] // lr.shape[0])),
            f"{step:08d}": _middle(result.first),
            "original": _middle(hr),
        }
        history = folder / "history"
        for name, crop in crops.items():
            save_png(history / f"{name}.png", crop)
        save_png(folder / "strip.png", np.asarray(strip(history)))
        row = np.concatenate(list(crops.values()), axis=1)[None]
        tracker = self.accelerator.get_tracker("tensorboard")
        tracker.log_images({"bicubic | now | original": row}, step, dataformats="NHWC")

    def close(self) -> None:
        """The run is over: leave the bar as it stands."""
        self.bar.close()

    def _show(self) -> None:
        self.bar.set_postfix_str(self.learning + self.validation)


def strip(history: Path) -> Image.Image:
    """Bicubic, the same crop at some steps of the run, and the original, side by side."""
    found = {path.stem: crop for path in history.glob("*.png") if (crop := _crop(path))}
    steps = sorted(name for name in found if name.isdigit())
    # In equal ratios: most of what can be seen changes early.
    chosen = np.unique(np.geomspace(1, len(steps), COLUMNS).round().astype(int)) - 1
    columns = {"bicubic": "bicubic"}
    columns |= {steps[i]: f"step {int(steps[i]):,}" for i in chosen}
    columns |= {"original": "original"}
    crops = [found[name] for name in columns]
    width, height, gap, line = crops[0].width, crops[0].height, 4, 20
    sheet = Image.new("RGB", (len(crops) * (width + gap) - gap, height + line), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(13)
    for i, (crop, caption) in enumerate(zip(crops, columns.values(), strict=True)):
        sheet.paste(crop, (i * (width + gap), line))
        draw.text((i * (width + gap), 2), caption, "black", font)
    return sheet


def _crop(path: Path) -> Image.Image | None:
    """A picture, or None where a kill left a part of one."""
    try:
        with Image.open(path) as image:
            image.load()
            return image
    except (OSError, SyntaxError, ValueError):
        return None


def _middle(image: np.ndarray) -> np.ndarray:
    top, left = (max(0, (side - CROP) // 2) for side in image.shape[:2])
    return image[top : top + CROP, left : left + CROP]
