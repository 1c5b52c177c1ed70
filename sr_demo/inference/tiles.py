"""A picture in tiles: cut with some surroundings, restored one at a time, put together."""

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise

import numpy as np

from sr_demo.boxes import Box
from sr_demo.networks import SuperResolver

OVERLAP = 16  # of tiles: at most; from there on, the shipped networks change 0.001 grey levels

# One tile at a time, whoever asks: two at once would each take twice as long, and twice the memory.
turn = threading.Lock()

Progress = Callable[[float], None]
Run = Callable[[np.ndarray], np.ndarray]  # uint8 RGB (H, W, 3) → (H·scale, W·scale, 3)


def restored_tiles(
    run: Run, network: SuperResolver, lr: np.ndarray, size: int
) -> Iterator[tuple[float, Box, np.ndarray]]:
    """Finished fraction, place in the result and restored pixels of one tile after the other."""
    if lr.dtype != np.uint8 or lr.ndim != 3 or lr.shape[2] != 3 or lr.size == 0:
        raise ValueError(f"expected a uint8 RGB image (H, W, 3), got {lr.dtype} {lr.shape}")
    scale, overlap = network.scale, min(network.radius, OVERLAP)
    height, width = lr.shape[:2]
    # The in-network bicubic mirrors two pixels at each border, so it needs two to mirror.
    padded = np.pad(lr, ((0, max(0, 2 - height)), (0, max(0, 2 - width)), (0, 0)), "symmetric")
    rows, columns = (spans(length, size, overlap) for length in padded.shape[:2])
    total = len(rows) * len(columns)
    places = [(row, column) for row in rows for column in columns]
    for done, ((top, bottom, y, y_end), (left, right, x, x_end)) in enumerate(places, 1):
        with turn:
            enlarged = run(padded[y:y_end, x:x_end])
            pixels = enlarged[
                (top - y) * scale : (bottom - y) * scale, (left - x) * scale : (right - x) * scale
            ].copy()
        yield done / total, Box(left, top, right - left, bottom - top).scaled(scale), pixels


def spans(length: int, size: int, overlap: int) -> list[tuple[int, int, int, int]]:
    """About equal parts of an axis, none over ``size``, each with the window to compute it from.

    Returns:
        (start, stop, first, last) of each part and its window. All windows are equally long, as
        compilers prepare for each shape anew, and reach ``overlap`` beyond the part but where the
        image ends.
    """
    count = -(-length // size)
    cuts = [i * length // count for i in range(count + 1)]
    parts = list(pairwise(cuts))
    window = max(min(length, b + overlap) - max(0, a - overlap) for a, b in parts)
    firsts = [min(max(0, a - overlap), length - window) for a, _ in parts]
    return [(a, b, first, first + window) for (a, b), first in zip(parts, firsts, strict=True)]


def assembled(
    tiles: Iterator[tuple[float, Box, np.ndarray]],
    lr: np.ndarray,
    scale: int,
    progress: Progress | None,
) -> np.ndarray:
    """The whole picture, ``uint8`` RGB ``(H·scale, W·scale, 3)``, of the tiles as they come.

    Args:
        lr: the picture that they are made of.
        progress: called with the finished fraction after each; may raise.
    """
    height, width = lr.shape[0] * scale, lr.shape[1] * scale
    image = np.empty((height, width, 3), np.uint8)
    for fraction, box, pixels in tiles:
        box.crop(image)[:] = pixels[: height - box.top, : width - box.left]
        if progress:
            progress(fraction)
    return image
