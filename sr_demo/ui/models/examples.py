"""What each method typically does well and where it typically fails, shown on the samples.

The places were chosen by looking at all six samples, the small picture, the result and the original
side by side; the sentences say what is seen there with the weights that ship.
"""

import base64
from dataclasses import dataclass

import numpy as np

from sr_demo.boxes import Box
from sr_demo.images import png_bytes
from sr_demo.inference.runnable import engine, network
from sr_demo.methods import METHODS
from sr_demo.networks import SuperResolver
from sr_demo.resize import imresize
from sr_demo.samples import load_sample
from sr_demo.storage import Latest

SCALE = 4
SIDE = 48  # pixels of the original: a multiple of the scale, three side by side on a phone
_REACH = 2  # how far the bicubic of LR looks, in pixels of the small picture


@dataclass(frozen=True)
class Example:
    """A place in a sample, of ``SIDE`` pixels, and what one sees there."""

    sample: str
    left: int
    top: int
    says: str


@dataclass(frozen=True)
class Shown:
    """The same place three times, each ``uint8`` RGB ``(SIDE, SIDE, 3)``."""

    lr: np.ndarray  # every pixel of the small picture repeated
    sr: np.ndarray
    hr: np.ndarray


SUCCESS = {
    "bicubic": Example(
        "rocket", 208, 348, "A smooth sky: little to lose, and nothing is invented."
    ),
    "srcnn": Example("astronaut", 404, 320, "One strong edge is crisp again."),
    "espcn": Example("coffee", 152, 96, "The cup’s rim is as clean as SRCNN’s, for less work."),
    "srresnet": Example("chelsea", 292, 124, "The rim of an eye: thin curves, sharp and clean."),
    "srgan": Example("coffee", 488, 236, "Wood has a grain again: not this grain, a likely one."),
}
FAILURE = {
    "bicubic": Example("coffee", 152, 96, "No edge is sharper than the small picture’s pixels."),
    "srcnn": Example("page", 152, 68, "Letters five pixels high stay smudges."),
    "espcn": Example("motorcycle", 404, 264, "Fins closer than two small pixels run together."),
    "srresnet": Example("chelsea", 180, 12, "Fur is gone: the mean of all hairs is no hair."),
    "srgan": Example("page", 40, 12, "Strokes and cracks that never were on the page."),
}


def example(name: str, chosen: Example) -> Shown:
    """What a method makes of a place, as within the whole picture; made again with new weights.

    Raises:
        CheckpointError: if the method cannot run at ``SCALE``.
    """
    return _made[name, chosen]


def _make(key: tuple[str, Example]) -> Shown:
    name, chosen = key
    pixels = load_sample(chosen.sample).pixels
    height, width = (side // SCALE * SCALE for side in pixels.shape[:2])
    around = _around(name) * SCALE
    left, top = max(0, chosen.left - around), max(0, chosen.top - around)
    right, bottom = (
        min(width, chosen.left + SIDE + around), min(height, chosen.top + SIDE + around)
    )  # fmt: skip
    lr = imresize(np.ascontiguousarray(pixels[top:bottom, left:right]), 1 / SCALE)
    sr = engine(name, SCALE).restore(lr) if METHODS[name].learns else imresize(lr, SCALE)
    box = Box(chosen.left - left, chosen.top - top, SIDE, SIDE)
    repeated = lr.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    hr = Box(chosen.left, chosen.top, SIDE, SIDE).crop(pixels)
    return Shown(box.crop(repeated), box.crop(sr), hr)


def _around(name: str) -> int:
    """How many pixels of the small picture around a place can change it."""
    radius = network(name, SCALE).radius if METHODS[name].learns else _REACH
    return radius + _REACH + 1


def _version(key: tuple[str, Example]) -> SuperResolver | None:
    return network(key[0], SCALE) if METHODS[key[0]].learns else None


_made: Latest[tuple[str, Example], Shown] = Latest(make=_make, version=_version)


def address(pixels: np.ndarray) -> str:
    """A picture as its own address: it is there with the page, pixel for pixel."""
    return f"data:image/png;base64,{base64.b64encode(png_bytes(pixels)).decode()}"
