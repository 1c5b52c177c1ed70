"""Compare pictures by how strongly they wave, not by what each pixel is.

Gabor energies stand in for the first filters of a trained network such as VGG, whose early layers
come out much like them (Krizhevsky et al. 2012, figure 3): oriented waves under a Gaussian, and the
strength of the response without its phase, as complex cells of the eye's cortex (Adelson and Bergen
1985).
"""

import math

import numpy as np
from scipy import fft
from scipy.ndimage import uniform_filter

from sr_demo.images import luma

WAVELENGTHS = (3, 6)  # pixels
ANGLES = (0, 45, 90, 135)  # degrees: direction of the stripes that a filter answers to
POOL = 8  # pixels a side over which an energy is averaged before it is compared
_BANDWIDTH = 0.56  # σ of the window in wavelengths: one octave


def energies(image: np.ndarray) -> np.ndarray:
    """Strength of every wave at every place.

    Args:
        image: uint8 RGB (H, W, 3).

    Returns:
        float (wavelengths, angles, H, W): amplitude in grey levels of the wave of that length whose
        stripes run in that direction (0° = level, counted counter-clockwise), whatever its phase.
    """
    grey = luma(image)
    return np.stack([[_energy(grey, gabor(w, a)) for a in ANGLES] for w in WAVELENGTHS])


def distance(a: np.ndarray, b: np.ndarray) -> float:
    """Root mean square difference of two pictures' `energies`, averaged over `POOL` pixels, ↓.

    In grey levels. The averaging asks how much texture there is at a place, not where each of its
    stripes lies.
    """
    difference = uniform_filter(a - b, (0, 0, POOL, POOL))
    return float(np.sqrt(np.square(difference).mean()))


def gabor(wavelength: float, angle: float) -> np.ndarray:
    """A complex filter, odd and square: answers with 1 to a wave of amplitude 1, to a plane with 0.

    Args:
        wavelength: pixels.
        angle: degrees, of the stripes.
    """
    sigma = _BANDWIDTH * wavelength
    reach = math.ceil(3 * sigma)
    y, x = np.mgrid[-reach : reach + 1, -reach : reach + 1]
    across = math.radians(angle)
    # Rows count downwards, and a wave travels across its stripes.
    phase = 2 * np.pi / wavelength * (x * math.sin(across) + y * math.cos(across))
    window = np.exp(-(x * x + y * y) / (2 * sigma**2))
    window /= window.sum()
    wave = np.exp(1j * phase)
    kernel = window * (wave - (window * wave).sum())
    return kernel / abs((kernel * wave.real).sum())


def _energy(grey: np.ndarray, kernel: np.ndarray) -> np.ndarray:
    # As scipy.signal.fftconvolve, whose import would be a tenth of what the page's takes
    rim = len(kernel) - 1
    padded = np.pad(grey, rim // 2, "symmetric")
    height, width = padded.shape
    sides = fft.next_fast_len(height), fft.next_fast_len(width)
    answer = fft.ifft2(fft.fft2(padded, sides) * fft.fft2(kernel, sides))
    return np.abs(answer[rim:height, rim:width])
