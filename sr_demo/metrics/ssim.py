"""How close a restored picture comes to the original, and to the small image it was made from.

Every score is taken on the 8-bit image that the user sees. Those that compare it with the original
follow the conventions of the literature: `border` pixels (the scale) cropped from each side, luma
of BT.601 unless asked for RGB, peak 255.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sr_demo.checkpoints import CheckpointError
from sr_demo.images import luma, luma_difference
from sr_demo.metrics.niqe import niqe
from sr_demo.resize import imresize

COLOR_SPACES = ("y", "rgb")
SSIM_WINDOW = 11  # a Gaussian of sigma 1.5, cut off at 3.5 sigma
# Places along an axis that are worked on at once. Small enough for a matrix library to stay on one
# core: where others are at work too, its threads wait for each other several times as long.
_TILE = 54


def _band() -> np.ndarray:
    """(54, 64): each row holds the window's weights, one place further than the row above."""
    weights = np.exp(-(np.arange(-5.0, 6.0) ** 2) / (2 * 1.5**2))
    padded = np.pad(weights / weights.sum(), (0, _TILE))
    return np.stack([np.roll(padded, place)[:-1] for place in range(_TILE)])


_BAND = _band()


@dataclass(frozen=True)
class Scores:
    """What can be said of one restored picture; None where it cannot be measured.

    psnr            dB against the original, higher is better, infinite when identical
    ssim            against the original, 1 at best
    lr_psnr  dB of the picture, reduced again, against the small image it came from
    niqe            how natural it looks by itself, lower is better
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


def psnr(
    reference: np.ndarray, image: np.ndarray, *, border: int = 0, color_space: str = "y"
) -> float:
    """Peak signal-to-noise ratio in dB of two uint8 RGB pictures (H, W, 3); inf when identical.

    With color_space="rgb" the squared error is averaged over the three channels before the
    logarithm. Raises ValueError for different shapes or a border that leaves nothing.
    """
    reference, image = _inside(reference, image, border, color_space)
    # Differences are small integers: float32 holds them exactly, and Y of them to 1e-5.
    difference = np.subtract(reference, image, dtype=np.float32)
    if color_space == "y":
        difference = luma_difference(difference)
    error = float(np.square(difference, out=difference).mean(dtype=np.float64))
    return 10 * math.log10(255**2 / error) if error else math.inf


def ssim(
    reference: np.ndarray, image: np.ndarray, *, border: int = 0, color_space: str = "y"
) -> float | None:
    """Structural similarity (Wang et al. 2004) of two uint8 RGB pictures (H, W, 3).

    An 11×11 Gaussian window of sigma 1.5, K = 0.01 and 0.03, population covariance, averaged over
    every place where the whole window fits (and, with color_space="rgb", over the channels).
    None when it fits nowhere. Raises ValueError as `psnr`.
    """
    reference, image = _inside(reference, image, border, color_space)
    if min(reference.shape[:2]) < SSIM_WINDOW:
        return None
    height, width = (length - SSIM_WINDOW + 1 for length in reference.shape[:2])
    total = 0.0
    for top in range(0, height, _TILE):  # a strip stays in the processor's cache
        rows = slice(top, min(top + _TILE, height) + SSIM_WINDOW - 1)
        total += _similarity(
            _planes(reference[rows], color_space), _planes(image[rows], color_space)
        ).sum()
    return float(total) / (height * width * (3 if color_space == "rgb" else 1))


def _planes(pixels: np.ndarray, color_space: str) -> np.ndarray:
    """uint8 RGB (H, W, 3) -> float64 (1, H, W) of Y, or (3, H, W)."""
    return (
        luma(pixels)[None] if color_space == "y" else np.moveaxis(pixels, 2, 0).astype(np.float64)
    )


def _similarity(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """SSIM at every place where the window fits: two (C, H, W) -> (C, H - 10, W - 10); H <= 64."""
    mean_x, mean_y, squares, product = _weighted(np.stack([x, y, x * x + y * y, x * y]))
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    of_means, squares_of_means = mean_x * mean_y, mean_x**2 + mean_y**2
    luminance = (2 * of_means + c1) / (squares_of_means + c1)
    return luminance * (2 * (product - of_means) + c2) / (squares - squares_of_means + c2)


def _weighted(fields: np.ndarray) -> np.ndarray:
    """Means over every window that fits, (..., H, W) -> (..., H - 10, W - 10), for H <= 64.

    A band of weights times a tile of pixels: mostly zeros, and still several times quicker than
    eleven passes over the picture, for matrix products are what libraries do best.
    """
    height, width = (length - SSIM_WINDOW + 1 for length in fields.shape[-2:])
    count = -(-width // _TILE)
    beside = [(0, 0)] * (fields.ndim - 1)
    fields = np.pad(fields, [*beside, (0, count * _TILE - width)])
    tiles = sliding_window_view(fields, _TILE + SSIM_WINDOW - 1, axis=-1)[..., ::_TILE, :]
    tiles = np.ascontiguousarray(np.moveaxis(tiles, -2, -3))  # (..., count, H, 64)
    means = _BAND[:height, : tiles.shape[-2]] @ tiles @ _BAND.T
    means = np.moveaxis(means, -3, -2).reshape(*fields.shape[:-2], height, count * _TILE)
    return means[..., :width]


def lr_psnr(image: np.ndarray, lr: np.ndarray, scale: int, *, color_space: str = "y") -> float:
    """PSNR in dB between `lr` and the picture reduced to its size: does it tell the same story?"""
    return psnr(lr, imresize(image, 1 / scale), color_space=color_space)


def _inside(
    reference: np.ndarray, image: np.ndarray, border: int, color_space: str
) -> tuple[np.ndarray, np.ndarray]:
    if color_space not in COLOR_SPACES:
        raise ValueError(f"color_space is {color_space!r}, expected one of {COLOR_SPACES}")
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
