"""How close a restored picture comes to the original, and to the small image it was made from.

Every score is taken on the 8-bit image that the user sees. Those that compare it with the original
follow the conventions of the literature: `border` pixels (the scale) cropped from each side, luma
of BT.601 unless asked for RGB, peak 255.
"""

import math
from dataclasses import dataclass

import numpy as np
from skimage.metrics import structural_similarity

from sr_demo.checkpoints import CheckpointError
from sr_demo.images import luma, luma_difference
from sr_demo.niqe import niqe
from sr_demo.resize import imresize

SPACES = ("y", "rgb")
SSIM_WINDOW = 11  # scikit-image's Gaussian of sigma 1.5, cut off at 3.5 sigma


@dataclass(frozen=True)
class Scores:
    """What can be said of one restored picture; None where it cannot be measured.

    psnr            dB against the original, higher is better, infinite when identical
    ssim            against the original, 1 at best
    lr_consistency  dB of the picture, reduced again, against the small image it came from
    niqe            how natural it looks by itself, lower is better
    """

    psnr: float | None
    ssim: float | None
    lr_consistency: float | None
    niqe: float | None = None


def score(
    image: np.ndarray,
    *,
    original: np.ndarray | None = None,
    lr: np.ndarray,
    scale: int,
    space: str = "y",
) -> Scores:
    """Score one uint8 RGB picture (H, W, 3) by the papers' conventions, `scale` pixels cropped.

    Without an original there is nothing to compare with, and PSNR and SSIM are None; so they are
    when the crop leaves nothing of a tiny picture.
    """
    return Scores(
        *fidelity(image, original, border=scale, space=space),
        lr_consistency(image, lr, scale, space=space),
        naturalness(image),
    )


def fidelity(
    image: np.ndarray, original: np.ndarray | None, *, border: int, space: str = "y"
) -> tuple[float | None, float | None]:
    """PSNR and SSIM, each None without an original or when the border leaves nothing."""
    if original is None or min(image.shape[:2]) <= 2 * border:
        return None, None
    return (
        psnr(original, image, border=border, space=space),
        ssim(original, image, border=border, space=space),
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


def psnr(reference: np.ndarray, image: np.ndarray, *, border: int = 0, space: str = "y") -> float:
    """Peak signal-to-noise ratio in dB of two uint8 RGB pictures (H, W, 3); inf when identical.

    With space="rgb" the squared error is averaged over the three channels before the logarithm.
    Raises ValueError for different shapes or a border that leaves nothing.
    """
    reference, image = _inside(reference, image, border, space)
    # Differences are small integers: float32 holds them exactly, and Y of them to 1e-5.
    difference = np.subtract(reference, image, dtype=np.float32)
    if space == "y":
        difference = luma_difference(difference)
    error = float(np.square(difference, out=difference).mean(dtype=np.float64))
    return 10 * math.log10(255**2 / error) if error else math.inf


def ssim(
    reference: np.ndarray, image: np.ndarray, *, border: int = 0, space: str = "y"
) -> float | None:
    """Structural similarity (Wang et al. 2004) of two uint8 RGB pictures (H, W, 3).

    An 11×11 Gaussian window of sigma 1.5, K = 0.01 and 0.03, population covariance, averaged over
    every place where the whole window fits (and, with space="rgb", over the channels). None when
    it fits nowhere. Raises ValueError as `psnr`.
    """
    reference, image = _inside(reference, image, border, space)
    if min(reference.shape[:2]) < SSIM_WINDOW:
        return None
    if space == "y":
        reference, image = luma(reference), luma(image)
    return float(
        structural_similarity(
            reference,
            image,
            gaussian_weights=True,
            sigma=1.5,
            use_sample_covariance=False,
            data_range=255,
            channel_axis=2 if space == "rgb" else None,
        )
    )


def lr_consistency(image: np.ndarray, lr: np.ndarray, scale: int, *, space: str = "y") -> float:
    """PSNR in dB between `lr` and the picture reduced to its size: does it tell the same story?"""
    return psnr(lr, imresize(image, 1 / scale), space=space)


def _inside(
    reference: np.ndarray, image: np.ndarray, border: int, space: str
) -> tuple[np.ndarray, np.ndarray]:
    if space not in SPACES:
        raise ValueError(f"space is {space!r}, expected one of {SPACES}")
    if reference.shape != image.shape or image.shape[2:] != (3,):
        raise ValueError(f"expected two (H, W, 3) pictures, got {reference.shape}, {image.shape}")
    if reference.dtype != np.uint8 or image.dtype != np.uint8:
        raise ValueError(f"expected uint8 pictures, got {reference.dtype} and {image.dtype}")
    height, width = image.shape[:2]
    if border < 0 or min(height, width) <= 2 * border:
        raise ValueError(f"a border of {border} leaves nothing of {width} × {height} pixels")
    window = slice(border, height - border), slice(border, width - border)
    return reference[window], image[window]


# --- for display ----------------------------------------------------------------------------------


def format_psnr(decibels: float | None) -> str:
    """28.4231 -> "28.42 dB"; infinite -> "identical"; None -> "—"."""
    if decibels is None:
        return "—"
    return "identical" if math.isinf(decibels) else f"{decibels:.2f} dB"


def format_ssim(similarity: float | None) -> str:
    """0.81234 -> "0.8123"; None -> "—"."""
    return "—" if similarity is None else f"{similarity:.4f}"


def format_niqe(distance: float | None) -> str:
    """4.9213 -> "4.92"; None -> "—"."""
    return "—" if distance is None else f"{distance:.2f}"


def format_seconds(seconds: float) -> str:
    """0.0452 -> "45 ms"; 1.23 -> "1.2 s"; 83.4 -> "83 s"."""
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms" if seconds >= 0.0005 else "<1 ms"
    return f"{seconds:.1f} s" if seconds < 9.95 else f"{seconds:.0f} s"
