"""All scores of one restored picture at once, by the conventions of the literature.

Every score is taken on the 8-bit image that the user sees. Those that compare it with the original
leave out `border` pixels (the scale) on each side; luma of BT.601 unless asked for RGB, peak 255.
"""

from dataclasses import dataclass

import numpy as np

from sr_demo.metrics.lr_psnr import lr_psnr
from sr_demo.metrics.niqe import niqe
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import ssim
from sr_demo.storage import CheckpointError


@dataclass(frozen=True)
class Scores:
    """What can be said of one restored picture; None where it cannot be measured.

    psnr     dB against the original, higher is better, infinite when identical
    ssim     against the original, 1 at best
    lr_psnr  dB of the picture, reduced again, against the small image it came from
    niqe     how natural it looks by itself, lower is better
    """

    psnr: float | None
    ssim: float | None
    lr_psnr: float | None
    niqe: float | None = None


def score(
    image: np.ndarray,
    *,
    original: np.ndarray | None = None,
    lr: np.ndarray,
    scale: int,
    color_space: str = "y",
) -> Scores:
    """Score one uint8 RGB picture (H, W, 3) by the papers' conventions, `scale` pixels cropped.

    Without an original there is nothing to compare with, and PSNR and SSIM are None; so they are
    when the crop leaves nothing of a tiny picture.
    """
    return Scores(
        *fidelity(image, original, border=scale, color_space=color_space),
        lr_psnr(image, lr, scale, color_space=color_space),
        naturalness(image),
    )


def fidelity(
    image: np.ndarray, original: np.ndarray | None, *, border: int, color_space: str = "y"
) -> tuple[float | None, float | None]:
    """PSNR and SSIM, each None without an original or when the border leaves nothing."""
    if original is None or min(image.shape[:2]) <= 2 * border:
        return None, None
    return (
        psnr(original, image, border=border, color_space=color_space),
        ssim(original, image, border=border, color_space=color_space),
    )


def naturalness(image: np.ndarray) -> float | None:
    """NIQE of a uint8 RGB picture; None too where the photos' statistics are not at hand.

    The whole picture counts: the border is cropped from the other scores because no method knows
    what lies beyond it, but nothing is compared here, and small pictures have few blocks to lose.
    """
    try:
        return niqe(image)
    except CheckpointError:
        return None
