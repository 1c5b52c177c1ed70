"""A picture in tiles: cut with some surroundings, restored one at a time, put together."""

import threading
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import cast

import numpy as np

from sr_demo.boxes import Box
from sr_demo.foreign.network import ForeignNetwork
from sr_demo.networks import SuperResolver
from sr_demo.resize import imresize
from sr_demo.samples import load_sample

OVERLAP = 16  # of tiles: at most; from there on, the shipped networks change 0.05 grey levels
OVERLAPS = (16, 32, 48, 64)  # of foreign networks' tiles, where it is measured: what is tried
ALIKE = 0.999  # of their values, to be within one grey level of the whole picture's
# Networks learnt to do with zeros beyond one rim, or two at a corner. Of a picture this narrow all
# is rim, on both sides: ESPCN took plain white 42 levels off
TINY = 8
LONG = 4096  # pixels, beyond which a strip is not widened: it would become many times the work

# One tile at a time, whoever asks: two at once would each take twice as long, and twice the memory.
turn = threading.Lock()

Progress = Callable[[float], None]
Run = Callable[[np.ndarray], np.ndarray]  # RGB (H, W, 3) → (H·scale, W·scale, 3) of its dtype


def restored_tiles(
    run: Run, network: SuperResolver, lr: np.ndarray, size: int
) -> Iterator[tuple[float, Box, np.ndarray]]:
    """Finished fraction, place in the result and restored pixels of one tile after the other.

    Args:
        size: LR pixels a side of a tile, of a foreign network with what it sees besides.
    """
    if lr.dtype not in (np.uint8, np.uint16) or lr.shape[2:] != (3,) or lr.size == 0:
        raise ValueError(f"expected a uint8 RGB image (H, W, 3), got {lr.dtype} {lr.shape}")
    scale, overlap, unit = network.scale, min(network.radius, OVERLAP), 1
    sides = list(lr.shape[:2])
    if isinstance(network, ForeignNetwork):  # filled up to what it takes, and cut back at the end
        unit = network.multiple
        sides = [_up(max(side, network.smallest), unit) for side in sides]
        overlap = measured_overlap(run, network) if max(sides) > size else OVERLAP
        size = max(size - 2 * overlap, network.smallest) if max(sides) > size else size
    around = _up(_margin(lr, overlap), unit)
    fill = [(around, around + side - given) for side, given in zip(sides, lr.shape, strict=False)]
    padded = np.pad(lr, (*fill, (0, 0)), "symmetric")
    rows, columns = (_spans_in(unit, side, size, overlap, around) for side in sides)
    total = len(rows) * len(columns)
    places = [(row, column) for row in rows for column in columns]
    for done, ((top, bottom, y, y_end), (left, right, x, x_end)) in enumerate(places, 1):
        bottom, right = min(bottom, lr.shape[0]), min(right, lr.shape[1])
        with turn:
            enlarged = run(padded[y + around : y_end + around, x + around : x_end + around])
            pixels = enlarged[
                (top - y) * scale : (bottom - y) * scale, (left - x) * scale : (right - x) * scale
            ].copy()
        yield done / total, Box(left, top, right - left, bottom - top).scaled(scale), pixels


def measured_overlap(run: Run, network: ForeignNetwork) -> int:
    """How far around a tile a foreign network has to see, tried out once on a part of a photo.

    What a deep network could see is most of a picture. What it does see fades: Real-ESRGAN changes
    10 % of the values beside a seam by more than one grey level at 16 pixels, and 0.07 % at 48.
    """
    if network.overlap is None:
        widths = [_up(width, network.multiple) for width in OVERLAPS]
        height, tile = (_up(max(side, network.smallest), network.multiple) for side in (64, 48))
        photo = imresize(load_sample("motorcycle").pixels, 1 / 4)[40:]
        strip = np.pad(photo, ((0, height), (0, height), (0, 0)), "symmetric")
        strip = strip[:height, : tile + widths[-1] + _up(16, network.multiple)]
        part = slice(tile * network.scale)
        with turn:
            whole = run(strip)[:, part].astype(int)
        for width in widths:
            with turn:
                difference = np.abs(run(strip[:, : tile + width])[:, part] - whole)
            network.overlap = width
            if (difference <= 1).mean() >= ALIKE:
                break
    return cast(int, network.overlap)


def _up(length: int, unit: int) -> int:
    return -(-length // unit) * unit


def _margin(lr: np.ndarray, overlap: int) -> int:
    """How many mirrored pixels to compute a picture with, on each side."""
    shorter, longer = sorted(lr.shape[:2])
    if shorter <= TINY and longer <= LONG:
        return overlap
    return int(shorter < 2)  # the networks' bicubic mirrors two pixels, so it needs two


def spans(length: int, size: int, overlap: int, around: int = 0) -> list[tuple[int, int, int, int]]:
    """About equal parts of an axis, none over ``size``, each with the window to compute it from.

    Args:
        around: how many pixels there are before the first and after the last.

    Returns:
        (start, stop, first, last) of each part and its window. All windows are equally long, as
        compilers prepare for each shape anew, and reach ``overlap`` beyond the part but where the
        image, with what is around it, ends.
    """
    count = -(-length // size)
    cuts = [i * length // count for i in range(count + 1)]
    parts = list(pairwise(cuts))
    end = length + around
    window = max(min(end, b + overlap) - max(-around, a - overlap) for a, b in parts)
    firsts = [min(max(-around, a - overlap), end - window) for a, _ in parts]
    return [(a, b, first, first + window) for (a, b), first in zip(parts, firsts, strict=True)]


def _spans_in(
    unit: int, length: int, size: int, overlap: int, around: int
) -> list[tuple[int, int, int, int]]:
    """As :func:`spans`, all places multiples of the unit, which divides the length."""
    in_units = spans(
        length // unit, max(1, size // unit), _up(overlap, unit) // unit, around // unit
    )
    return [(a * unit, b * unit, first * unit, last * unit) for a, b, first, last in in_units]


def assembled(
    tiles: Iterator[tuple[float, Box, np.ndarray]],
    lr: np.ndarray,
    scale: int,
    progress: Progress | None,
) -> np.ndarray:
    """The whole picture, RGB ``(H·scale, W·scale, 3)``, of the tiles as they come.

    Args:
        lr: the picture that they are made of.
        progress: called with the finished fraction after each; may raise.
    """
    image = np.empty((lr.shape[0] * scale, lr.shape[1] * scale, 3), lr.dtype)
    for fraction, box, pixels in tiles:
        box.crop(image)[:] = pixels
        if progress:
            progress(fraction)
    return image
