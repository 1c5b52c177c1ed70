"""Two faults of generated pictures that PSNR hardly sees: a checkerboard, and a cast of colour."""

import numpy as np

from sr_demo.images import luma

TILE = 64  # pixels a side
_LATTICE = (TILE // 4, TILE // 2)  # 1/4 and 1/2 cycles per pixel: the beat of ×4 and ×2 shuffles


def checkerboard(image: np.ndarray) -> float | None:
    """How far a grid of 2 or 4 pixels stands out of a uint8 RGB picture (H, W, 3); 1 is none.

    The power spectrum of Y, averaged over 64×64 tiles (mean removed, Hann window) and summed along
    the other axis: the power around 1/4 and 1/2 cycles per pixel over that at the frequencies
    beside them. The largest of the four, two for each axis. Natural pictures and noise are near 1.
    None for a picture smaller than a tile, or without any texture.
    """
    rows, columns = (side // TILE for side in image.shape[:2])
    if not rows or not columns:
        return None
    grey = luma(image[: rows * TILE, : columns * TILE])
    tiles = grey.reshape(rows, TILE, columns, TILE).swapaxes(1, 2)
    tiles = tiles - tiles.mean(axis=(2, 3), keepdims=True)
    window = np.hanning(TILE)
    power = np.square(np.abs(np.fft.fft2(tiles * np.outer(window, window)))).mean(axis=(0, 1))
    if power.sum() < 1e-9:  # nothing but rounding
        return None
    spectra = power.sum(axis=1), power.sum(axis=0)
    return max(_peak(spectrum, k) for spectrum in spectra for k in _LATTICE)


def _peak(spectrum: np.ndarray, k: int) -> float:
    beside = [k - 5, k - 4, k - 3, k + 3, k + 4, k + 5]
    return float(spectrum[k - 1 : k + 2].mean() / spectrum[beside].mean())


def colour_shift(image: np.ndarray, lr: np.ndarray) -> float:
    """Largest difference of the mean R, G or B, in grey levels, of two uint8 RGB pictures.

    The bicubic reduction keeps means, so an enlargement has no reason to change them.
    """
    means = [picture.mean(axis=(0, 1), dtype=np.float64) for picture in (image, lr)]
    return float(np.abs(means[0] - means[1]).max())
