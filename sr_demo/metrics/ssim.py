"""Structural similarity: a map, and its mean."""

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from sr_demo.images import luma
from sr_demo.metrics.inputs import inside

WINDOW = 11  # pixels a side: a Gaussian of sigma 1.5, cut off at 3.5 sigma
# Places along an axis that are worked on at once. Small enough for a matrix library to stay on one
# core: where others are at work too, its threads wait for each other several times as long.
_TILE = 54


def ssim(
    reference: np.ndarray, image: np.ndarray, *, border: int = 0, color_space: str = "y"
) -> float | None:
    """Structural similarity (Wang et al. 2004) of two uint8 RGB pictures (H, W, 3): 1 when equal.

    An 11×11 Gaussian window of sigma 1.5, K = 0.01 and 0.03, population covariance: the mean of
    :func:`ssim_map`, which is not kept. None where the window fits nowhere.

    Raises:
        ValueError: as :func:`sr_demo.metrics.psnr.psnr`.
    """
    reference, image = inside(reference, image, border, color_space)
    if min(reference.shape[:2]) < WINDOW:
        return None
    strips = [(float(strip.sum()), strip.size) for strip in _strips(reference, image, color_space)]
    return sum(total for total, _ in strips) / sum(size for _, size in strips)


def ssim_map(reference: np.ndarray, image: np.ndarray, *, color_space: str = "y") -> np.ndarray:
    """Structural similarity around each pixel, −1 … 1, at every place where all the window fits.

    Args:
        reference, image: uint8 RGB (H, W, 3).

    Returns:
        float64 (H − 10, W − 10); with color_space="rgb" (3, H − 10, W − 10).

    Raises:
        ValueError: as :func:`ssim`, and for pictures that the window does not fit into.
    """
    reference, image = inside(reference, image, 0, color_space)
    height, width = image.shape[:2]
    if min(height, width) < WINDOW:
        raise ValueError(f"the SSIM window of 11×11 does not fit into {width} × {height} pixels")
    planes = np.concatenate(list(_strips(reference, image, color_space)), axis=1)
    return planes[0] if color_space == "y" else planes


def similarity(x: np.ndarray, y: np.ndarray) -> float:
    """The mean over places and planes of two float stacks of planes (C, H, W), peak 255."""
    height = x.shape[1] - WINDOW + 1
    total = sum(
        float(_similarity(x[:, rows], y[:, rows]).sum())
        for rows in (slice(top, top + _TILE + WINDOW - 1) for top in range(0, height, _TILE))
    )
    return total / (x.shape[0] * height * (x.shape[2] - WINDOW + 1))


def _strips(reference: np.ndarray, image: np.ndarray, color_space: str) -> Iterator[np.ndarray]:
    """The map from top to bottom, (C, up to 54, W − 10): a strip stays in the processor's cache."""
    for top in range(0, len(image) - WINDOW + 1, _TILE):
        rows = slice(top, top + _TILE + WINDOW - 1)
        yield _similarity(_planes(reference[rows], color_space), _planes(image[rows], color_space))


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
    height, width = (length - WINDOW + 1 for length in fields.shape[-2:])
    count = -(-width // _TILE)
    beside = [(0, 0)] * (fields.ndim - 1)
    fields = np.pad(fields, [*beside, (0, count * _TILE - width)])
    tiles = sliding_window_view(fields, _TILE + WINDOW - 1, axis=-1)[..., ::_TILE, :]
    tiles = np.ascontiguousarray(np.moveaxis(tiles, -2, -3))  # (..., count, H, 64)
    means = _BAND[:height, : tiles.shape[-2]] @ tiles @ _BAND.T
    means = np.moveaxis(means, -3, -2).reshape(*fields.shape[:-2], height, count * _TILE)
    return means[..., :width]


def _band() -> np.ndarray:
    """(54, 64): each row holds the window's weights, one place further than the row above."""
    weights = np.exp(-(np.arange(-5.0, 6.0) ** 2) / (2 * 1.5**2))
    padded = np.pad(weights / weights.sum(), (0, _TILE))
    return np.stack([np.roll(padded, place)[:-1] for place in range(_TILE)])


_BAND = _band()
