"""What a small picture went through before it came here: JPEG's blocks, a sensor's noise.

Thresholds are for few false alarms: of 69 clean small pictures (the samples, Set5, Set14 and 40 of
BSD100, reduced ×4 to about 120 × 80 pixels) none is said to be damaged. At that size the blocks of
JPEG 50 are found in 84 of 100, of JPEG 30 in 91, and noise of σ 5 in all that have colour; larger
pictures tell more. Luma does not tell noise from texture: clean pictures measure up to σ 11 there.
"""

import numpy as np

from sr_demo.images import luma

BLOCK = 8  # pixels a side, of JPEG's blocks and of the tiles that noise is measured in
SIDE = 1024  # pixels: of a larger picture, its middle
MIN_BLOCKS = 6.0  # standard deviations; 5.5 is the most of a clean picture
MIN_NOISE = 2.5  # grey levels; 1.7 is the most of a clean picture
CALM = 20  # percentile of tiles: noise is everywhere, detail is not


def traces(image: np.ndarray) -> tuple[str, ...]:
    """What is seen in a small picture, in words: "JPEG’s blocks", "noise"; empty for a clean one.

    Args:
        image: ``uint8`` RGB ``(H, W, 3)``.
    """
    found = {"JPEG’s blocks": blocks(image) > MIN_BLOCKS, "noise": noise(image) > MIN_NOISE}
    return tuple(name for name, there in found.items() if there)


def blocks(image: np.ndarray) -> float:
    """How surely there is a grid of 8 × 8 pixels from the corner, in standard deviations.

    At a block's edge the step from pixel to pixel is more often larger than those beside it than
    elsewhere. Signs are counted, not sizes, so that a few strong edges weigh no more than others.
    """
    grey = np.rint(luma(_middle(image)))
    return (_grid(grey) + _grid(grey.T)) / 2**0.5


def _grid(grey: np.ndarray) -> float:
    steps = np.abs(np.diff(grey, axis=1))
    if steps.shape[1] < 2 * BLOCK:
        return 0.0
    larger = np.sign(2 * steps[:, 1:-1] - steps[:, :-2] - steps[:, 2:]).mean(axis=0)
    phases = np.array([larger[phase::BLOCK].mean() for phase in range(BLOCK)])
    edges = BLOCK - 2  # the step from pixel 7 to 8 is the seventh that has one before it
    others = np.delete(phases, edges).mean()
    return float((phases[edges] - others) * np.sqrt(larger.size * len(grey) / BLOCK))


def noise(image: np.ndarray) -> float:
    """σ of noise that differs from channel to channel, in grey levels; 0 for grey pictures.

    Immerkær's estimate (1996) of the differences R − G and B − G, where detail nearly cancels and
    noise does not; in the calmest fifth of the tiles that nowhere touch black or white.
    """
    middle = _middle(image)
    inside = np.all((middle > 4) & (middle < 251), axis=2)[1:-1, 1:-1]
    calm = _tiles(inside).min(axis=1)  # all of the pixels
    if calm.sum() < BLOCK:
        return 0.0
    red, green, blue = np.moveaxis(middle.astype(np.float32), 2, 0)
    return min(_sigma(red - green, calm), _sigma(blue - green, calm)) / 2**0.5


def _sigma(plane: np.ndarray, calm: np.ndarray) -> float:
    rows = plane[:-2] - 2 * plane[1:-1] + plane[2:]
    second = rows[:, :-2] - 2 * rows[:, 1:-1] + rows[:, 2:]  # of white noise, 6 σ
    tiles = np.sqrt(np.square(_tiles(second / 6)[calm]).mean(axis=1))
    return float(np.percentile(tiles, CALM))


def _middle(image: np.ndarray) -> np.ndarray:
    """At most ``SIDE`` pixels a side, beginning with a whole block."""
    top, left = (max(0, side - SIDE) // 2 // BLOCK * BLOCK for side in image.shape[:2])
    return image[top : top + SIDE, left : left + SIDE]


def _tiles(plane: np.ndarray) -> np.ndarray:
    """``(H, W)`` → the whole tiles, ``(tiles, pixels)``."""
    rows, columns = (side // BLOCK for side in plane.shape)
    whole = plane[: rows * BLOCK, : columns * BLOCK]
    return whole.reshape(rows, BLOCK, columns, BLOCK).swapaxes(1, 2).reshape(-1, BLOCK * BLOCK)
