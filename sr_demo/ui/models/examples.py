"""What each method typically does well and where it typically fails, shown on the samples.

The places were chosen by looking at all six samples, the small picture, the result and the original
side by side; the sentences say what is seen there with the weights that ship.
"""

import base64
from dataclasses import dataclass

import numpy as np

from sr_demo.boxes import Box
from sr_demo.degradation import SETTINGS, degrade
from sr_demo.images import crop_to_multiple, png_bytes
from sr_demo.inference.runnable import engine, network
from sr_demo.methods import METHODS
from sr_demo.networks import SuperResolver
from sr_demo.resize import imresize
from sr_demo.samples import load_sample
from sr_demo.storage import Latest

SCALE = 4
SIDE = 48  # pixels of the original: a multiple of the scale, as all places; three fit on a phone
_BICUBIC_REACH = 2  # in pixels of the small picture


@dataclass(frozen=True)
class Example:
    """A place in a sample, of ``SIDE`` pixels, and what one sees there.

    Attributes:
        damage: of the small picture; a key of ``sr_demo.degradation.SETTINGS``.
    """

    sample: str
    left: int
    top: int
    says: str
    damage: str = "clean"


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
    "real_srgan": Example(
        "astronaut", 404, 320, "Noise and JPEG’s specks are gone, the edge is whole.", "medium"
    ),
}
FAILURE = {
    "bicubic": Example("coffee", 152, 96, "No edge is sharper than the small picture’s pixels."),
    "srcnn": Example("page", 152, 68, "Letters five pixels high stay smudges."),
    "espcn": Example("motorcycle", 404, 264, "Fins closer than two small pixels run together."),
    "srresnet": Example("chelsea", 180, 12, "Fur is gone: the mean of all hairs is no hair."),
    "srgan": Example("page", 40, 12, "Strokes and cracks that never were on the page."),
    "real_srgan": Example(
        "page", 152, 68, "Small letters count as damage: a clean page becomes blots."
    ),
}


def example(name: str, chosen: Example) -> Shown:
    """What a method makes of a place, as within the whole picture; made again with new weights.

    Raises:
        CheckpointError: if the method cannot run at ``SCALE``.
    """
    return _made[name, chosen]


def _make(key: tuple[str, Example]) -> Shown:
    name, chosen = key
    hr = crop_to_multiple(load_sample(chosen.sample).pixels, SCALE)
    lr = degrade(hr, SCALE, SETTINGS[chosen.damage])
    left, top, side = chosen.left // SCALE, chosen.top // SCALE, SIDE // SCALE
    reach = _reach(name)
    x, y = max(0, left - reach), max(0, top - reach)
    around = np.ascontiguousarray(lr[y : top + side + reach, x : left + side + reach])
    sr = engine(name, SCALE).restore(around) if METHODS[name].learns else imresize(around, SCALE)
    small = Box(left, top, side, side).crop(lr).repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    inside = Box(chosen.left - x * SCALE, chosen.top - y * SCALE, SIDE, SIDE)
    return Shown(small, inside.crop(sr), Box(chosen.left, chosen.top, SIDE, SIDE).crop(hr))


def _reach(name: str) -> int:
    """How many pixels of the small picture around a place can change it."""
    return (network(name, SCALE).radius if METHODS[name].learns else _BICUBIC_REACH) + 1


def _version(key: tuple[str, Example]) -> SuperResolver | None:
    return network(key[0], SCALE) if METHODS[key[0]].learns else None


_made: Latest[tuple[str, Example], Shown] = Latest(make=_make, version=_version)


def address(pixels: np.ndarray) -> str:
    """A picture as its own address: it is there with the page, pixel for pixel."""
    return f"data:image/png;base64,{base64.b64encode(png_bytes(pixels)).decode()}"
