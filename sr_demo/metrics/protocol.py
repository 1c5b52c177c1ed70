"""Why papers disagree: how PSNR and SSIM change with the rules that they are measured by.

Four choices that papers make and seldom print. The house's own are the defaults: those of
:mod:`sr_demo.metrics`, which most tables of super-resolution follow.
"""

import math
from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from skimage.metrics import structural_similarity

from sr_demo.images import luma
from sr_demo.resize import imresize

CHOICES = {  # field of Protocol -> its values, the house's first, as printed
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


HOUSE = Protocol()


def measure(
    original: np.ndarray, image: np.ndarray, scale: int, protocol: Protocol = HOUSE
) -> tuple[float | None, float | None]:
    """PSNR in dB and SSIM of two uint8 RGB pictures (H, W, 3) under a protocol.

    None where the border leaves nothing, and for SSIM where the window does not fit. How the small
    picture was made is up to who made the `image`, see :func:`reduce`.
    """
    border = scale if protocol.border == "scale" else 0
    height, width = original.shape[:2]
    if min(height, width) <= 2 * border:
        return None, None
    inside = slice(border, height - border), slice(border, width - border)
    a, b = (_values(picture[inside], protocol.colour) for picture in (original, image))
    error = float(np.square(a - b).mean())
    psnr = 10 * math.log10(255**2 / error) if error else math.inf
    return psnr, _ssim(a, b, protocol.window)


def _values(rgb: np.ndarray, colour: str) -> np.ndarray:
    """float64, (H, W) or (H, W, 3)."""
    if colour == "y":
        return luma(rgb)
    return rgb @ np.array([0.299, 0.587, 0.114]) if colour == "y_full" else rgb.astype(np.float64)


def _ssim(a: np.ndarray, b: np.ndarray, window: str) -> float | None:
    gaussian = window == "gaussian"
    if min(a.shape[:2]) < (11 if gaussian else 7):
        return None
    return float(
        structural_similarity(
            a,
            b,
            win_size=None if gaussian else 7,
            gaussian_weights=gaussian,
            sigma=1.5,
            use_sample_covariance=not gaussian,
            data_range=255,
            channel_axis=2 if a.ndim == 3 else None,
        )
    )


def reduce(original: np.ndarray, scale: int, reduction: str = HOUSE.reduction) -> np.ndarray:
    """The small picture of a uint8 RGB original (H, W, 3) whose sides the scale divides.

    "plain" is `F.interpolate(mode="bicubic")` as it comes: it looks at 4 × 4 pixels however much it
    reduces, so fine detail does not fade but turns into other, false detail.
    """
    if reduction == "antialiased":
        return imresize(original, 1 / scale)
    planes = torch.from_numpy(np.ascontiguousarray(original)).permute(2, 0, 1)[None].float()
    small = F.interpolate(planes, scale_factor=1 / scale, mode="bicubic", align_corners=False)
    return small[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()
