"""Why papers disagree: how PSNR and SSIM change with the rules that they are measured by.

Four choices that papers make and seldom print. The defaults are those of
:mod:`sr_demo.metrics`, which most tables of super-resolution follow.
"""

from dataclasses import dataclass

import numpy as np
import torch.nn.functional as F
from skimage.metrics import structural_similarity

from sr_demo.images import luma
from sr_demo.metrics.psnr import decibels
from sr_demo.metrics.ssim import WINDOW, similarity
from sr_demo.resize import imresize
from sr_demo.tensors import to_floats, to_pixels

CHOICES = {  # field of Protocol -> its values, the default first, as printed
    "colour": {
        "y": "Y, 16 … 235",
        "y_full": "Y, 0 … 255",
        "rgb": "RGB",
    },
    "border": {"scale": "as many pixels as the scale", "none": "nothing"},
    "window": {"gaussian": "Gaussian 11 × 11, σ 1.5", "uniform": "uniform 7 × 7"},
    "reduction": {"antialiased": "MATLAB's bicubic", "plain": "bicubic without antialiasing"},
}


@dataclass(frozen=True)
class Protocol:
    """Rules of measurement; each field takes a key of its entry in `CHOICES`."""

    colour: str = "y"  # MATLAB's luma; "y_full" is JPEG's
    border: str = "scale"  # what is left out on each side
    window: str = "gaussian"  # of SSIM; "uniform" is scikit-image's default
    reduction: str = "antialiased"  # how the small picture was made; "plain" is PyTorch's default

    def __post_init__(self) -> None:
        for name, choices in CHOICES.items():
            if getattr(self, name) not in choices:
                raise ValueError(f"{name} is {getattr(self, name)!r}, not {' or '.join(choices)}")


DEFAULT = Protocol()


def measure(
    original: np.ndarray, image: np.ndarray, scale: int, protocol: Protocol = DEFAULT
) -> tuple[float | None, float | None]:
    """PSNR in dB and SSIM of two uint8 RGB pictures (H, W, 3) under a protocol.

    None where the border leaves nothing, and for SSIM where the window does not fit. How the small
    picture was made is up to who made the `image`, see :func:`degrade`.
    """
    border = scale if protocol.border == "scale" else 0
    height, width = original.shape[:2]
    if min(height, width) <= 2 * border:
        return None, None
    inside = slice(border, height - border), slice(border, width - border)
    a, b = (_values(picture[inside], protocol.colour) for picture in (original, image))
    return decibels(float(np.square(a - b).mean())), _ssim(a, b, protocol.window)


def _values(rgb: np.ndarray, colour: str) -> np.ndarray:
    """float64 planes (C, H, W)."""
    if colour == "rgb":
        return np.moveaxis(rgb, 2, 0).astype(np.float64)
    return (luma(rgb) if colour == "y" else rgb @ np.array([0.299, 0.587, 0.114]))[None]


def _ssim(a: np.ndarray, b: np.ndarray, window: str) -> float | None:
    if min(a.shape[1:]) < (WINDOW if window == "gaussian" else 7):
        return None
    if window == "gaussian":
        return similarity(a, b)
    # scikit-image's own defaults, by scikit-image itself
    return float(structural_similarity(a, b, win_size=7, data_range=255, channel_axis=0))


def degrade(original: np.ndarray, scale: int, reduction: str = DEFAULT.reduction) -> np.ndarray:
    """The small picture of a uint8 RGB original (H, W, 3) whose sides the scale divides.

    "plain" is `F.interpolate(mode="bicubic")` as it comes: it looks at 4 × 4 pixels however much it
    reduces, so fine detail does not fade but turns into other, false detail.
    """
    if reduction == "antialiased":
        return imresize(original, 1 / scale)
    small = F.interpolate(
        to_floats(original), scale_factor=1 / scale, mode="bicubic", align_corners=False
    )
    return to_pixels(small)
