"""Where methods disagree: there the small picture leaves open what the large one is.

Where all of them give the same pixels, any of them will do; where they differ, a viewer sees what a
method is worth, and none of them is evidence.
"""

from collections.abc import Sequence

import numpy as np
from scipy.ndimage import uniform_filter

from sr_demo.images import luma
from sr_demo.resize import imresize

CELL = 8  # pixels a side
_WINDOW = 12  # cells a side of what is seen at once, when a spot is looked at
_BAND = 32  # rows of cells at a time: bounds the memory that a large picture takes


def disagreement(images: Sequence[np.ndarray]) -> np.ndarray:
    """How far pictures of one place differ.

    Args:
        images: at least one, ``uint8`` RGB ``(H, W, 3)``, all of one size.

    Returns:
        float32 ``(ceil(H / CELL), ceil(W / CELL))``: the range of luma over the pictures, in grey
        levels, averaged over each cell.
    """
    height = images[0].shape[0]
    step = CELL * _BAND
    return np.vstack(
        [_cells([i[top : top + step] for i in images]) for top in range(0, height, step)]
    )


def spots(
    plane: np.ndarray, opacity: np.ndarray | None = None, count: int = 9
) -> list[tuple[int, int]]:
    """The places of most disagreement, each a window apart from those before.

    Args:
        plane: from :func:`disagreement`.
        opacity: ``uint8`` ``(H, W)`` of the picture; a window that is transparent anywhere is no
            spot, unless all are: then those count most that are least so.
        count: at most.

    Returns:
        (x, y) in pixels, the strongest first, down to a quarter of it; none where pictures agree.
    """
    size = [max(1, min(_WINDOW, side // 3)) for side in plane.shape]
    seen = uniform_filter(plane.astype(np.float32), size, mode="nearest")
    if opacity is not None:
        clear = uniform_filter(opaque_cells(opacity).astype(np.float32), size, mode="nearest")
        seen *= clear > 0.999 if clear.max() > 0.999 else clear
    found: list[tuple[int, int]] = []
    strongest = seen.max()
    while len(found) < count and seen.max() > max(0.5, strongest / 4):
        row, column = (int(i) for i in np.unravel_index(seen.argmax(), seen.shape))
        found.append((column * CELL + CELL // 2, row * CELL + CELL // 2))
        top, left = (max(0, i - side) for i, side in zip((row, column), size, strict=True))
        seen[top : row + size[0] + 1, left : column + size[1] + 1] = 0
    return found


def undetermined(image: np.ndarray, scale: int) -> np.ndarray:
    """The part of an enlarged picture that vanishes when it is reduced again, in luma.

    Any other such part, put in its place, would reduce to the same small picture: this one is the
    method's guess. What the reduction keeps is taken off by bicubic enlargement, three times over,
    as back-projection does (Irani and Peleg 1991).

    Args:
        image: ``uint8`` RGB ``(H, W, 3)``, sides multiples of the scale.

    Returns:
        float32 ``(H, W)`` in grey levels, about zero on average.
    """
    rest = luma(image).astype(np.float32)
    for _ in range(3):
        rest = rest - imresize(imresize(rest, 1 / scale), scale)
    return rest


def opaque_cells(opacity: np.ndarray) -> np.ndarray:
    """Which cells are opaque throughout: bool, in the shape of :func:`disagreement`."""
    return _blocks(opacity, 255).min(axis=(1, 3)) == 255


def _cells(images: Sequence[np.ndarray]) -> np.ndarray:
    low = high = luma(images[0]).astype(np.float32)
    for image in images[1:]:
        plane = luma(image).astype(np.float32)
        low, high = np.minimum(low, plane), np.maximum(high, plane)
    return np.asarray(np.nanmean(_blocks(high - low, np.nan), axis=(1, 3)), dtype=np.float32)


def _blocks(plane: np.ndarray, beyond: float) -> np.ndarray:
    height, width = plane.shape
    padded = np.pad(plane, ((0, -height % CELL), (0, -width % CELL)), constant_values=beyond)
    return padded.reshape(padded.shape[0] // CELL, CELL, -1, CELL)
