"""Pictures without colour, drawn on the fly: what photos hardly teach, and the page is given.

Trained on photos alone, a network may turn a checker of black and white pixels darker and greenish:
no photo ever asked for its mean.
"""

from collections.abc import Callable
from math import cos, pi, sin

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sr_demo.images import luma

WORDS = "The quick brown fox jumps over the lazy dog 0123456789 +-=()%&?"


def greyed(rgb: np.ndarray) -> np.ndarray:
    """A photo in black and white: ``uint8`` RGB ``(H, W, 3)`` → the same shape, R = G = B."""
    grey = np.rint((luma(rgb) - 16) * (255 / 219)).clip(0, 255).astype(np.uint8)
    return np.repeat(grey[..., None], 3, axis=2)


def draw(rng: np.random.Generator, side: int, scale: int) -> np.ndarray:
    """A random drawing in shades of grey, ``uint8`` ``(side, side, 3)``.

    Args:
        scale: checks and stripes are so many pixels wide, or a multiple of it: reduced by it, they
            are 1 to 4 pixels wide.
    """
    kind = _KINDS[int(rng.integers(len(_KINDS)))]
    return _in_greys(rng, kind(rng, side, scale))


def draw_small(rng: np.random.Generator, side: int) -> np.ndarray:
    """Checks of single pixels or noise, ``uint8`` ``(side, side, 3)``, as nothing reduced has them.

    Reduced, even checks of black and white keep less than half of their contrast.
    """
    checks = rng.random() < 2 / 3
    return _in_greys(rng, _checkered(rng, side, 1, 1) if checks else _noise(rng, side, 1))


def _in_greys(rng: np.random.Generator, plane: np.ndarray) -> np.ndarray:
    """A plane in [0, 1] between two levels: at random, or black and white."""
    levels = rng.integers(0, 256, 2) if rng.random() < 0.5 else rng.permutation([0, 255])
    grey = levels[0] + (levels[1] - levels[0]) * plane
    return np.repeat(np.rint(grey).astype(np.uint8)[..., None], 3, axis=2)


def _checks(rng: np.random.Generator, side: int, scale: int) -> np.ndarray:
    return _checkered(rng, side, scale * int(rng.integers(1, 5)), scale)


def _checkered(rng: np.random.Generator, side: int, width: int, scale: int) -> np.ndarray:
    rows, columns = (_bars(rng, side, width, scale) for _ in range(2))
    return (rows[:, None] ^ columns).astype(np.float64)


def _stripes(rng: np.random.Generator, side: int, scale: int) -> np.ndarray:
    bars = _bars(rng, side, scale * int(rng.integers(1, 5)), scale)
    stripes = np.broadcast_to(bars, (side, side)).astype(np.float64)
    return stripes.T if rng.random() < 0.5 else stripes


def _bars(rng: np.random.Generator, side: int, width: int, scale: int) -> np.ndarray:
    """Alternately 0 and 1, beginning at a multiple of ``scale``."""
    start = scale * int(rng.integers(2 * width // scale))
    return ((np.arange(side) + start) // width) % 2


def _gradient(rng: np.random.Generator, side: int, scale: int) -> np.ndarray:
    angle = rng.random() * 2 * pi
    y, x = np.mgrid[:side, :side]
    along = cos(angle) * x + sin(angle) * y
    return (along - along.min()) / np.ptp(along)


def _noise(rng: np.random.Generator, side: int, scale: int) -> np.ndarray:
    """As fine as the small picture: from finer noise a network would learn to invent noise."""
    cells = rng.random((-(-side // scale),) * 2)
    return cells.repeat(scale, axis=0).repeat(scale, axis=1)[:side, :side]


def _text(rng: np.random.Generator, side: int, scale: int) -> np.ndarray:
    image = Image.new("L", (side, side))
    pen = ImageDraw.Draw(image)
    size = float(rng.integers(6, 14)) * scale / 2
    top = float(-rng.integers(int(size)))
    while top < side:
        start = int(rng.integers(len(WORDS)))
        line = (WORDS[start:] + WORDS) * 2
        pen.text((0, top), line[:side], 255, ImageFont.load_default(size))
        top += 1.25 * size
    return np.asarray(image) / 255


_KINDS: tuple[Callable[[np.random.Generator, int, int], np.ndarray], ...] = (
    _checks,
    _stripes,
    _gradient,
    _noise,
    _text,
)
