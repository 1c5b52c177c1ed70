"""``python -m train degradations --data DIR`` shows what networks are given for small pictures."""

import argparse
import sys
import textwrap
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from matplotlib.font_manager import findfont  # Pillow's own has no σ, × or →
from PIL import Image, ImageDraw, ImageFont

from sr_demo.images import ImageError, load_image, save_png
from sr_demo.methods import SCALES
from sr_demo.resize import imresize
from sr_demo.training.data import DataError, image_files
from sr_demo.training.degradations import Degradations, degrade_randomly

SIDE = 48  # LR pixels
ZOOM = 4  # each of them, in the sheet
COLUMNS = 3  # samples in a row
_GAP, _CAPTION = 12, 92  # screen pixels


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; 0 when all went well, 2 when the user has to change something."""
    cli = argparse.ArgumentParser(
        prog="python -m train degradations",
        description="A sheet of random degradations: beside each clean reduction what was made of "
        "it, and by which steps.",
    )
    cli.add_argument("--data", type=Path, required=True, help="folder tree of sharp photos")
    cli.add_argument("--out", type=Path, default=Path("degradations.png"), metavar="FILE")
    cli.add_argument("--scale", type=int, choices=SCALES, default=4)
    cli.add_argument("--count", type=int, default=12, help="samples (default: 12)")
    cli.add_argument("--seed", type=int, default=0)
    arguments = cli.parse_args(argv)
    try:
        pixels = sheet(arguments.data, arguments.scale, max(1, arguments.count), arguments.seed)
        save_png(arguments.out, pixels)
    except (DataError, OSError) as error:
        print(f"python -m train degradations: {error}", file=sys.stderr)
        return 2
    print(f"written: {arguments.out}")
    return 0


def sheet(folder: Path, scale: int, count: int, seed: int = 0) -> np.ndarray:
    """Samples of photos in a folder, clean and degraded, with captions: ``uint8`` RGB.

    Raises:
        DataError: if the folder has no photo that is large enough.
    """
    rng = np.random.default_rng(seed)
    files = [image_files(folder)[i] for i in rng.permutation(len(image_files(folder)))]
    samples: list[np.ndarray] = []
    for file in files:
        if len(samples) == count:
            break
        try:
            photo = load_image(file).pixels
        except ImageError as error:
            print(f"skipped {file.name}: {error}", file=sys.stderr)
            continue
        if min(photo.shape[:2]) >= SIDE * scale:
            samples.append(_sample(photo, scale, rng))
    if not samples:
        raise DataError(f"{folder} has no photo of {SIDE * scale} × {SIDE * scale} pixels or more")
    blank = np.full_like(samples[0], 255)
    samples += [blank] * (-len(samples) % COLUMNS)
    rows = [np.hstack(samples[i : i + COLUMNS]) for i in range(0, len(samples), COLUMNS)]
    return np.vstack(rows)


def _sample(photo: np.ndarray, scale: int, rng: np.random.Generator) -> np.ndarray:
    side = SIDE * scale
    top, left = (int(rng.integers(length - side + 1)) for length in photo.shape[:2])
    hr = photo[top : top + side, left : left + side]
    lr, steps = degrade_randomly(hr, scale, Degradations(), rng)
    shown = SIDE * ZOOM
    width, height = 2 * shown + 3 * _GAP, shown + 2 * _GAP + _CAPTION
    page = Image.new("RGB", (width, height), "white")
    for place, small in enumerate((imresize(hr, 1 / scale), lr)):
        enlarged = Image.fromarray(small.repeat(ZOOM, axis=0).repeat(ZOOM, axis=1))
        page.paste(enlarged, (_GAP + place * (shown + _GAP), _GAP))
    pen, font = ImageDraw.Draw(page), ImageFont.truetype(findfont("DejaVu Sans"), 12)
    text = textwrap.fill(" → ".join(steps), width=62)
    pen.multiline_text((_GAP, shown + 2 * _GAP), text, "#3f3f46", font, spacing=3)
    return np.asarray(page)
