"""Faults of generated pictures that PSNR hardly sees: a mesh, missing texture, a cast of colour."""

from typing import NamedTuple

import numpy as np

from sr_demo.images import luma

MESH_TILE = 32  # pixels a side: small enough for flat places to have tiles of their own
SPECTRUM_TILE = 64
FINE = slice(8, 33)  # rings of a 64-pixel tile's spectrum: 1/8 to 1/2 cycle per pixel
FLOOR = 1e-2  # power, far below one grey level: a tile without any texture has no mesh


class Mesh(NamedTuple):
    """Power at the beat of the upsampling over that beside it, of a picture's tiles; 1 is none."""

    mean: float  # geometric, over all tiles
    percentile: float  # the 90th: the tiles where it is most visible


def mesh(image: np.ndarray) -> Mesh | None:
    """How far a grid of 2 or 4 pixels stands out of a uint8 RGB picture (H, W, 3).

    In each 32×32 tile of luma (mean removed, Hann window), along each axis and summed over the
    other: the power at 1/4 and 1/2 cycles per pixel over the mean of that 3 and 4 bins beside. The
    largest of the four. Tile by tile, so that strong texture elsewhere does not hide it.
    None for a picture smaller than a tile.
    """
    power = _tiles(image, MESH_TILE)
    if not len(power):
        return None
    power += FLOOR
    spectra = power.sum(axis=2), power.sum(axis=1)
    peaks = [_peaks(spectrum, k) for spectrum in spectra for k in (MESH_TILE // 4, MESH_TILE // 2)]
    logs = np.log(np.max(peaks, axis=0))
    return Mesh(float(np.exp(logs.mean())), float(np.exp(np.percentile(logs, 90))))


def _peaks(spectrum: np.ndarray, k: int) -> np.ndarray:
    """(tiles, frequencies) -> for each tile, the power at bin k over that beside it."""
    beside = [(k + d) % MESH_TILE for d in (-4, -3, 3, 4)]
    return spectrum[:, k] / spectrum[:, beside].mean(axis=1)


def spectrum_distance(image: np.ndarray, original: np.ndarray) -> float | None:
    """How far a picture's fine texture is from the original's in strength, wherever it lies.

    |ln| of the ratio of the two radial power spectra (luma in 64×64 Hann tiles, mean removed,
    averaged), a mean over 1/8 to 1/2 cycle per pixel: 0.69 is a factor of two. None for pictures
    smaller than a tile, or where one of them has no texture at all.
    """
    ours, theirs = (_radial(picture) for picture in (image, original))
    if ours is None or theirs is None or min(ours.min(), theirs.min()) < 1e-9:
        return None
    return float(np.abs(np.log(ours / theirs)).mean())


def _radial(image: np.ndarray) -> np.ndarray | None:
    """The mean power in each ring of ``FINE``, averaged over tiles."""
    power = _tiles(image, SPECTRUM_TILE)
    if not len(power):
        return None
    frequencies = np.fft.fftfreq(SPECTRUM_TILE) * SPECTRUM_TILE
    rings = np.hypot(frequencies[:, None], frequencies).round().astype(int).ravel()
    sums = np.bincount(rings, weights=power.mean(axis=0).ravel())
    return (sums / np.bincount(rings))[FINE]


def _tiles(image: np.ndarray, side: int) -> np.ndarray:
    """|FFT|² of the whole tiles of luma: ``(tiles, side, side)``; mean removed, Hann window."""
    rows, columns = (length // side for length in image.shape[:2])
    grey = luma(image[: rows * side, : columns * side])
    tiles = grey.reshape(rows, side, columns, side).swapaxes(1, 2).reshape(-1, side, side)
    tiles = tiles - tiles.mean(axis=(1, 2), keepdims=True)
    window = np.hanning(side)
    return np.square(np.abs(np.fft.fft2(tiles * np.outer(window, window))))


def colour_shift(image: np.ndarray, lr: np.ndarray) -> float:
    """Largest difference of the mean R, G or B, in grey levels, of two uint8 RGB pictures.

    The bicubic reduction keeps means, so an enlargement has no reason to change them.
    """
    means = [picture.mean(axis=(0, 1), dtype=np.float64) for picture in (image, lr)]
    return float(np.abs(means[0] - means[1]).max())
