"""One place, reduced as in the lab and as outside it: what each method makes of that."""

from typing import NamedTuple

import numpy as np

from sr_demo.comparison import upscale
from sr_demo.degradation import SETTINGS, degrade
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.scores import naturalness

SCALE = 4
COMPARED = ("bicubic", "espcn", "srresnet", "srgan", "real_srgan")  # as far as they can run here
HOW = {  # the settings of `sr_demo.degradation` in words
    "clean": "Reduced to a quarter by bicubic: what the networks learnt from.",
    "light": "The same, then saved as JPEG of quality 75.",
    "medium": "Blur of σ 1.2 pixels, reduced, noise of σ 5 grey levels, JPEG of quality 50.",
    "heavy": "Blur of σ 2 pixels, reduced, noise of σ 10 grey levels, JPEG of quality 30.",
}


class Shown(NamedTuple):
    """A picture with its scores."""

    name: str  # "original", "small", or a method
    label: str
    image: np.ndarray  # uint8 RGB, all of one size
    psnr: float | None  # dB; None for the original
    niqe: float | None  # None where the picture is too small


def pictures(original: np.ndarray, setting: str) -> tuple[Shown, ...]:
    """The original, its damaged reduction, and what methods make of it.

    Args:
        original: ``uint8`` RGB ``(H, W, 3)``, both sides multiples of 4.
        setting: a key of ``HOW``.
    """
    small = degrade(original, SCALE, SETTINGS[setting])
    nearest = small.repeat(SCALE, axis=0).repeat(SCALE, axis=1)
    enlarged = {("small", "The small picture"): nearest}
    for name in available(SCALE):
        if name in COMPARED:
            enlarged[name, METHODS[name].label] = upscale(small, name, SCALE)
    return (
        Shown("original", "Original", original, None, naturalness(original)),
        *(
            Shown(name, label, image, psnr(original, image, border=SCALE), naturalness(image))
            for (name, label), image in enlarged.items()
        ),
    )
