"""One photo, damaged in five ways that PSNR cannot tell apart."""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from sr_demo.boxes import Box
from sr_demo.images import luma
from sr_demo.metrics.psnr import psnr

TOLERANCE = 0.02  # dB


@dataclass(frozen=True)
class Damaged:
    """One version of the crop."""

    name: str
    label: str
    how: str  # how much of it, in plain words
    image: np.ndarray  # uint8 RGB (H, W, 3)


def gallery(photo: np.ndarray, box: Box) -> tuple[Damaged, ...]:
    """A crop of a photo in five versions of the same PSNR (luma, whole crop), within `TOLERANCE`.

    The shift by one pixel sets the PSNR, for it has nothing to turn; the others are tuned to it.

    Args:
        photo: uint8 RGB (H, W, 3).
        box: of the crop, inside the photo.

    Raises:
        ValueError: in plain words, where the crop is too flat for that.
    """
    crop = box.crop(photo)
    columns = np.maximum(np.arange(box.left, box.right) - 1, 0)
    shifted = photo[box.top : box.bottom, columns]
    target = psnr(crop, shifted)
    if not np.isfinite(target):
        raise ValueError("This place is flat: even shifted it stays the same. Move the box.")
    sigma, blurred = tuned(crop, target, lambda s: blur(crop, s), 30)
    noise_sigma, noisy = tuned(crop, target, _noise(crop), 120)
    faded, grey = tuned(crop, target, _fade(crop), 1)
    quality, error, jpeg = _jpeg(crop, target)
    return (
        Damaged("blur", "Blur", f"Gaussian, σ {sigma:.1f} pixels", blurred),
        Damaged("noise", "Noise", f"σ {noise_sigma:.0f} grey levels", noisy),
        Damaged("jpeg", "JPEG", f"quality {quality}, its error × {error:.2f}", jpeg),
        Damaged("shift", "Shift", "1 pixel to the right", shifted),
        Damaged("contrast", "Contrast", f"{100 * (1 - faded):.0f} % of it left", grey),
    )


def blur(image: np.ndarray, sigma: float) -> np.ndarray:
    """Gaussian blur of a uint8 RGB picture, mirrored at the border; sigma in pixels."""
    return _to_8_bits(gaussian_filter(image.astype(np.float64), (sigma, sigma, 0)))


def tuned(
    image: np.ndarray, target: float, damage: Callable[[float], np.ndarray], most: float
) -> tuple[float, np.ndarray]:
    """The amount of damage, from 0 to `most`, that costs a `target` PSNR (dB), found by bisection.

    Returns:
        the amount, and the picture damaged that much.

    Raises:
        ValueError: if no amount of it comes within `TOLERANCE`.
    """
    low, high = 0.0, most
    for _ in range(40):
        amount = (low + high) / 2
        damaged = damage(amount)
        reached = psnr(image, damaged)
        if abs(reached - target) < TOLERANCE / 4:
            break
        low, high = (amount, high) if reached > target else (low, amount)
    if abs(reached - target) > TOLERANCE:
        raise ValueError("This place is too flat to be damaged alike in every way. Move the box.")
    return amount, damaged


def _noise(crop: np.ndarray) -> Callable[[float], np.ndarray]:
    # Grey noise, always the same: a link must show the same picture again.
    noise = np.random.default_rng(0).standard_normal(crop.shape[:2])[..., None]
    return lambda sigma: _to_8_bits(crop + sigma * noise)


def _fade(crop: np.ndarray) -> Callable[[float], np.ndarray]:
    mean = crop.mean(axis=(0, 1))
    return lambda lost: _to_8_bits(mean + (1 - lost) * (crop - mean))


def _jpeg(crop: np.ndarray, target: float) -> tuple[int, float, np.ndarray]:
    """The quality that comes nearest, then its error a little stronger or weaker to hit it."""
    goal = 255**2 / 10 ** (target / 10)
    files = {quality: _through_jpeg(crop, quality) for quality in range(1, 96)}
    costs = {q: np.square(luma(image) - luma(crop)).mean() for q, image in files.items()}
    quality = min(costs, key=lambda q: abs(costs[q] - goal))
    error = files[quality].astype(np.float64) - crop
    part, image = tuned(crop, target, lambda k: _to_8_bits(crop + k * error), 4)
    return quality, part, image


def _through_jpeg(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(image)).save(file, "JPEG", quality=quality, subsampling=0)
    return np.asarray(Image.open(file))


def _to_8_bits(image: np.ndarray) -> np.ndarray:
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)
