"""Many sharp pictures have the same small one: a number plate that reads as one likes.

A candidate is drawn, and then moved as little as it takes until its reduction is the small picture,
byte for byte: iterative back-projection (Irani and Peleg 1991), here to show how much is open
(Bahat and Michaeli 2020, "Explorable super-resolution"), not to close it.
"""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from sr_demo.resize import imresize

SCALE = 4
TRUTH = "B7S10"  # of which the small picture was made
# What the small picture may as well show in each place
ALIKE = ("B86", "7T1", "S58", "1I7", "0OQ")
CHARACTERS = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789")
HEIGHT, WIDTH, SIZE = 36, 160, 17  # of the plate and of its type, in pixels
DARK, LIGHT, GRAIN = 60.0, 195.0, 2.0  # grey levels; far from 0 and 255, which end all freedom
SPREAD, LOCAL = 25, 95  # rounds by bicubic, which converge fast, and by blocks, which end it


class Reading(NamedTuple):
    """A sharp picture of a text, whose reduction is the small picture."""

    image: np.ndarray  # uint8 RGB (36, 160, 3)
    moved: float  # mean change of a pixel, in grey levels, that made it fit


@lru_cache(maxsize=1)
def small() -> np.ndarray:
    """What was kept of the plate: ``uint8`` RGB ``(9, 40, 3)``, read-only."""
    picture = imresize(_plate(TRUTH), 1 / SCALE)
    picture.flags.writeable = False
    return picture


@lru_cache(maxsize=256)
def reading(text: str) -> Reading:
    """A plate with this text that becomes :func:`small` when reduced.

    Raises:
        ValueError: if the text is not of five capital letters or digits, or if no such picture was
            found within 0 … 255.
    """
    if len(text) != len(TRUTH) or not set(text) <= CHARACTERS:
        raise ValueError(f"A plate has {len(TRUTH)} capital letters or digits.")
    drawn = _plate(text)
    picture, goal = drawn.astype(np.float64), small().astype(np.float64)
    for step in range(SPREAD + LOCAL):
        image = np.rint(picture).astype(np.uint8)
        missing = goal - imresize(image, 1 / SCALE)
        if not missing.any():
            return Reading(image, float(np.abs(image - drawn.astype(np.float64)).mean()))
        if step < SPREAD:
            change = 1.2 * imresize(missing.astype(np.float32), SCALE)
        else:
            change = 0.6 * missing.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
        picture = (picture + change).clip(0, 255)
    raise ValueError(f"“{text}” cannot be drawn so that it fits: another text, please.")


def _plate(text: str) -> np.ndarray:
    """Dark letters on light ground, with the same grain under any text."""
    ink = Image.new("L", (WIDTH, HEIGHT))
    pen, pitch = ImageDraw.Draw(ink), WIDTH / (len(text) + 0.6)
    for place, character in enumerate(text):
        centre = (pitch * (place + 0.8), HEIGHT / 2)
        pen.text(centre, character, 255, ImageFont.load_default(SIZE), anchor="mm")
    grain = np.random.default_rng(0).normal(0, GRAIN, (HEIGHT, WIDTH))
    plane = LIGHT + (DARK - LIGHT) * np.asarray(ink) / 255 + grain
    return np.rint(plane).astype(np.uint8)[..., None].repeat(3, axis=2)
