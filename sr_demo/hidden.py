"""Colours under full transparency, which upscaling would bleed into the visible edge."""

from collections.abc import Iterator

import numpy as np
from scipy.ndimage import distance_transform_edt

# Bicubic at ×4 of a picture that was reduced by 4 sees 16 px around a pixel. Within this distance
# the nearest pixel is exact; further away, where only a network's weakest taps reach (SRResNet's
# field is 160 px), it is exact to a block.
NEAR = 32
BLOCK = 16
_TILE = 1024  # side of what is searched at once: 30 MB of indices and distances
_STRIP = 1 << 20  # pixels of the rows of blocks worked on at once


def fill_hidden(pixels: np.ndarray, opacity: np.ndarray) -> bool:
    """Give fully transparent pixels the colour of the nearest visible one, in place.

    Args:
        pixels: uint8 or uint16 (H, W, 3).
        opacity: (H, W); a picture with no visible pixel stays as it is.

    Returns:
        whether anything was changed.
    """
    if opacity.min() > 0 or opacity.max() == 0:
        return False
    _fill_far(pixels, opacity)
    for inside, around in _tiles(*opacity.shape):
        if (opacity[inside] == 0).any() and opacity[around].any():
            _fill_near(pixels, opacity, inside, around)
    return True


def _fill_near(
    pixels: np.ndarray, opacity: np.ndarray, inside: tuple[slice, ...], around: tuple[slice, ...]
) -> None:
    hidden = opacity[around] == 0
    distance, (rows, columns) = distance_transform_edt(hidden, return_indices=True)
    own = tuple(
        slice(i.start - a.start, i.stop - a.start) for i, a in zip(inside, around, strict=True)
    )
    chosen = hidden[own] & (distance[own] <= NEAR)
    colours = pixels[around][rows[own][chosen], columns[own][chosen]]
    pixels[inside][chosen] = colours


def _tiles(height: int, width: int) -> Iterator[tuple[tuple[slice, ...], tuple[slice, ...]]]:
    """Each part of the picture, and that part with all that is near it."""
    for top in range(0, height, _TILE):
        for left in range(0, width, _TILE):
            bottom, right = min(top + _TILE, height), min(left + _TILE, width)
            yield (
                (slice(top, bottom), slice(left, right)),
                (
                    slice(max(0, top - NEAR), min(height, bottom + NEAR)),
                    slice(max(0, left - NEAR), min(width, right + NEAR)),
                ),
            )


def _fill_far(pixels: np.ndarray, opacity: np.ndarray) -> None:
    """Each block's hidden pixels from the nearest block that has a visible one."""
    height, width = opacity.shape
    rows, columns = -(-height // BLOCK), -(-width // BLOCK)
    visible = np.zeros((rows, columns), bool)
    colours = np.zeros((rows, columns, 3), pixels.dtype)
    step = max(1, _STRIP // (BLOCK * width))
    for row in range(0, rows, step):
        part = slice(row, min(row + step, rows))
        visible[part], colours[part] = _blocks(pixels, opacity, part, columns)
    nearest = distance_transform_edt(~visible, return_distances=False, return_indices=True)
    colours = colours[tuple(nearest)]
    for row in range(0, rows, step):
        lines = slice(row * BLOCK, min((row + step) * BLOCK, height))
        wide = colours[row : row + step].repeat(BLOCK, 0).repeat(BLOCK, 1)
        count = lines.stop - lines.start
        hidden = opacity[lines] == 0
        np.copyto(pixels[lines], wide[:count, :width], where=hidden[..., None])


def _blocks(
    pixels: np.ndarray, opacity: np.ndarray, part: slice, columns: int
) -> tuple[np.ndarray, np.ndarray]:
    """Of some rows of blocks: which have a visible pixel, and the colour of their first one."""
    height, width = opacity.shape
    rows = part.stop - part.start
    lines = slice(part.start * BLOCK, min(part.stop * BLOCK, height))
    padded = np.zeros((rows * BLOCK, columns * BLOCK), bool)
    padded[: lines.stop - lines.start, :width] = opacity[lines] > 0
    blocks = padded.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2)
    first = blocks.reshape(rows, columns, BLOCK * BLOCK).argmax(axis=-1)
    down, right = np.divmod(first, BLOCK)
    y = np.minimum(lines.start + np.arange(rows)[:, None] * BLOCK + down, height - 1)
    x = np.minimum(np.arange(columns) * BLOCK + right, width - 1)
    return blocks.any(axis=(2, 3)), pixels[y, x]
