"""How a small picture comes to be: a clean reduction, or one as cameras and websites make it.

Lab methods are trained and scored on pictures reduced by bicubic alone. Real small pictures were
blurred by a lens, took noise from a sensor, and were compressed. `SETTINGS` are three fixed
degrees of that for benchmarks; what networks are trained on is random: `training.degradations`.
"""

import io
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from sr_demo.resize import imresize

NOISE_SEED = 0  # the same noise for the same size of picture, so that scores can be repeated


@dataclass(frozen=True)
class Degradation:
    """What happens to a picture besides its reduction.

    Attributes:
        blur: σ of a Gaussian before the reduction, in pixels of the original; 0 for none.
        noise: σ of Gaussian noise after it, in grey levels, in each channel; 0 for none.
        jpeg: quality 1 … 95 that the small picture is saved with (colour at half the resolution
            as usual); None for a lossless file.

    Raises:
        ValueError: if one of them is out of its range.
    """

    blur: float = 0.0
    noise: float = 0.0
    jpeg: int | None = None

    def __post_init__(self) -> None:
        if not 0 <= self.blur <= 20:
            raise ValueError(f"blur is a σ of 0 to 20 pixels, not {self.blur:g}")
        if not 0 <= self.noise <= 100:
            raise ValueError(f"noise is a σ of 0 to 100 grey levels, not {self.noise:g}")
        if self.jpeg is not None and not 1 <= self.jpeg <= 95:
            raise ValueError(f"JPEG quality is 1 to 95, not {self.jpeg}")


SETTINGS = {
    "clean": Degradation(),
    "light": Degradation(jpeg=75),
    "medium": Degradation(blur=1.2, noise=5, jpeg=50),
    "heavy": Degradation(blur=2, noise=10, jpeg=30),
}


def degrade(
    original: np.ndarray, scale: int, degradation: Degradation = SETTINGS["clean"]
) -> np.ndarray:
    """Blur, reduce by bicubic, add noise, compress.

    Args:
        original: ``uint8`` RGB ``(h · scale, w · scale, 3)``.
        degradation: without one, this is ``imresize(original, 1 / scale)``.

    Returns:
        ``uint8`` RGB ``(h, w, 3)``, the same for the same arguments.
    """
    picture = original
    if degradation.blur:
        sigmas = (degradation.blur, degradation.blur, 0)
        picture = _to_bytes(gaussian_filter(original.astype(np.float32), sigmas, mode="mirror"))
    small = imresize(picture, 1 / scale)
    if degradation.noise:
        rng = np.random.default_rng(NOISE_SEED)
        small = _to_bytes(small + rng.normal(0, degradation.noise, small.shape))
    return small if degradation.jpeg is None else jpeg(small, degradation.jpeg)


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """``uint8`` RGB ``(H, W, 3)`` → what is left of it after JPEG of quality 1 … 95."""
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return np.array(image.convert("RGB"))


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)
