"""How a small picture comes to be: a clean reduction, or one as cameras and websites make it.

Lab methods are trained and scored on pictures reduced by bicubic alone. Real small pictures were
blurred by a lens, took noise from a sensor, and were compressed. `SETTINGS` are three fixed
degrees of that for benchmarks; what networks are trained on is random: `training.degradations`.
"""

import io
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from PIL import Image
from scipy.ndimage import gaussian_filter

from sr_demo.resize import imresize

NOISE_SEED = 0  # the same noise for the same size of picture, so that scores can be repeated
MAX_JPEG_SIDE = 65_500  # libjpeg's


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
            raise ValueError(f"Blur is a σ of 0 to 20 pixels, not {self.blur:g}.")
        if not 0 <= self.noise <= 100:
            raise ValueError(f"Noise is a σ of 0 to 100 grey levels, not {self.noise:g}.")
        if self.jpeg is not None and not 1 <= self.jpeg <= 95:
            raise ValueError(f"JPEG quality is 1 to 95, not {self.jpeg}.")

    def __str__(self) -> str:
        """What `parse` reads: a setting's name, or three numbers."""
        for name, setting in SETTINGS.items():
            if self == setting:
                return name
        return self.numbers

    @property
    def numbers(self) -> str:
        """What `parse` reads, even of a setting: "1.2,5,50"."""
        return f"{self.blur:g},{self.noise:g},{self.jpeg or 0}"

    @property
    def tag(self) -> str:
        """For names of files: "_medium", "_1.2-5-50"; "" for nothing."""
        return "" if self == CLEAN else f"_{self}".replace(",", "-")

    @property
    def words(self) -> str:
        """What happens, for people: "blur σ 1.2, noise σ 5, JPEG 50"; "" for nothing."""
        parts = [f"blur σ {self.blur:g}"] if self.blur else []
        parts += [f"noise σ {self.noise:g}"] if self.noise else []
        parts += [f"JPEG {self.jpeg}"] if self.jpeg else []
        return ", ".join(parts)


CLEAN = Degradation()
SETTINGS = {
    "clean": CLEAN,
    "light": Degradation(jpeg=75),
    "medium": Degradation(blur=1.2, noise=5, jpeg=50),
    "heavy": Degradation(blur=2, noise=10, jpeg=30),
}


def by_bicubic(picture: np.ndarray, scale: int) -> np.ndarray:
    """The reduction that the field's networks are trained and scored on."""
    return imresize(picture, 1 / scale)


def parse(text: str) -> Degradation:
    """A key of `SETTINGS`, or σ of blur, σ of noise and JPEG quality: "1.2,5,50", 0 for none.

    Raises:
        ValueError: in plain words, for anything else.
    """
    if text in SETTINGS:
        return SETTINGS[text]
    try:
        blur, noise, quality = map(float, text.split(","))
    except ValueError:
        short = text if len(text) <= 40 else f"{text[:40]} …"
        raise ValueError(
            f"There is no degradation “{short}”; choose from {', '.join(SETTINGS)}, or give σ of "
            "blur, σ of noise and JPEG quality as 1.2,5,50, with 0 for none."
        ) from None
    if not quality.is_integer():
        raise ValueError(f"JPEG quality is a whole number of 1 to 95, not {quality:g}.")
    return Degradation(blur, noise, int(quality) or None)


def degrade(
    original: np.ndarray,
    scale: int,
    degradation: Degradation = CLEAN,
    reduce: Callable[[np.ndarray, int], np.ndarray] = by_bicubic,
) -> np.ndarray:
    """Blur, reduce by bicubic, add noise, compress.

    Args:
        original: ``uint8`` RGB ``(h · scale, w · scale, 3)``.
        degradation: without one, this is ``imresize(original, 1 / scale)``.
        reduce: another way to reduce by the scale.

    Returns:
        ``uint8`` RGB ``(h, w, 3)``, the same for the same arguments.
    """
    picture = original
    if degradation.blur:
        picture = np.dstack(
            [_blurred(plane, degradation.blur) for plane in np.moveaxis(original, 2, 0)]
        )
    small = reduce(picture, scale)
    if degradation.noise:
        rng = np.random.default_rng(NOISE_SEED)
        small = _to_bytes(small + rng.normal(0, degradation.noise, small.shape))
    return small if degradation.jpeg is None else jpeg(small, degradation.jpeg)


def jpeg(picture: np.ndarray, quality: int) -> np.ndarray:
    """``uint8`` RGB ``(H, W, 3)`` → what is left of it after JPEG of quality 1 … 95."""
    if max(picture.shape[:2]) > MAX_JPEG_SIDE:
        raise ValueError(f"JPEG holds no side of more than {MAX_JPEG_SIDE:,} pixels: leave it out.")
    file = io.BytesIO()
    Image.fromarray(np.ascontiguousarray(picture)).save(file, "JPEG", quality=quality)
    with Image.open(file) as image:
        return np.array(image.convert("RGB"))


def _blurred(plane: np.ndarray, sigma: float) -> np.ndarray:
    return _to_bytes(gaussian_filter(plane.astype(np.float32), sigma, mode="mirror"))


def _to_bytes(values: np.ndarray) -> np.ndarray:
    return np.rint(values).clip(0, 255).astype(np.uint8)
