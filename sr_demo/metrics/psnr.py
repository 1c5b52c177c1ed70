"""Peak signal-to-noise ratio."""

import math

import numpy as np

from sr_demo.images import luma_difference
from sr_demo.metrics.inputs import inside

PEAK = 255  # grey levels, for Y too, whose own range ends at 235


def psnr(
    reference: np.ndarray, image: np.ndarray, *, border: int = 0, color_space: str = "y"
) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 RGB pictures (H, W, 3); inf when identical.

    Args:
        border: pixels left out on each side; papers on super-resolution leave out the scale.
        color_space: "y", luma of BT.601, or "rgb": the squared error is averaged over the three
            channels before the logarithm.

    Raises:
        ValueError: for different shapes, or a border that leaves nothing.
    """
    reference, image = inside(reference, image, border, color_space)
    # Differences are small integers: float32 holds them exactly, and Y of them to 1e-5.
    difference = np.subtract(reference, image, dtype=np.float32)
    if color_space == "y":
        difference = luma_difference(difference)
    return decibels(float(np.square(difference, out=difference).mean(dtype=np.float64)))


def decibels(squared_error: float) -> float:
    """The PSNR of a mean squared error in grey levels²; infinite for none."""
    return 10 * math.log10(PEAK**2 / squared_error) if squared_error else math.inf
