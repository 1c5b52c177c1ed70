"""Pictures of an exact size: enlarged by the next scale, then brought there by the one bicubic."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from sr_demo import interpolation
from sr_demo.boxes import Box
from sr_demo.comparison import upscale
from sr_demo.inference.runnable import available_at
from sr_demo.methods import METHODS, SCALES
from sr_demo.resize import imresize_to

MAX_SIDE = 32_768  # pixels: what most programs take
MAX_PIXELS = 256_000_000  # of the result


@dataclass(frozen=True)
class Size:
    """What was asked for: both sides, or one of them, or the longer one; in pixels."""

    width: int | None = None
    height: int | None = None
    longer: int | None = None

    def __post_init__(self) -> None:
        for side in (self.width, self.height, self.longer):
            if side is not None and not 1 <= side <= MAX_SIDE:
                raise ValueError(f"A side of {side} pixels cannot be made: 1 to {MAX_SIDE} can.")

    def __str__(self) -> str:
        if self.longer:
            return f"max{self.longer}"
        return f"{self.width or ''}x{self.height or ''}"

    def of(self, width: int, height: int) -> tuple[Box, int, int]:
        """What of a picture is used, and the width and height that this becomes.

        Of a picture in other proportions than both sides have, it is the largest part that has
        them, from the middle.
        """
        longer = self.longer and Fraction(self.longer, max(width, height))
        across = longer or (self.width and Fraction(self.width, width))
        down = longer or (self.height and Fraction(self.height, height))
        scale = max(across or 0, down or 0)
        assert scale, "a size has at least one side"
        new = (
            self.width or max(1, round(width * scale)),
            self.height or max(1, round(height * scale)),
        )
        part = min(width, max(1, round(new[0] / scale))), min(height, max(1, round(new[1] / scale)))
        return Box((width - part[0]) // 2, (height - part[1]) // 2, *part), *new


def parse_size(text: str) -> Size:
    """Of "1920x1080", "1920x" or "x1080".

    Raises:
        ValueError: in plain words, for anything else.
    """
    match = re.fullmatch(r"\s*(\d{0,9})\s*[x×X]\s*(\d{0,9})\s*", text)
    if not match or not any(match.groups()):
        raise ValueError(f"“{text}” is no size: give 1920x1080, or one side as 1920x or x1080.")
    width, height = (int(side) if side else None for side in match.groups())
    return Size(width, height)


@dataclass(frozen=True)
class Sized:
    """A picture of the size that was asked for.

    image    of the dtype and with the channels of what it was made from
    changes  what was done beside the enlargement by the method, each a short plain phrase
    """

    image: np.ndarray
    changes: tuple[str, ...]


def upscale_to(
    image: np.ndarray,
    size: Size,
    method: str = "srresnet",
    *,
    alpha: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> Sized:
    """Enlarge one image to an exact size.

    The method enlarges by the smallest scale that reaches the size, or by its largest; MATLAB's
    bicubic does the rest. A picture that is to become smaller is only reduced by it.

    Args:
        image: as for `sr_demo.upscale`, as are all that follow but the size.
        size: what it becomes.
        method: by which it is enlarged.
        alpha: for the method "interpolation" alone.
        progress: called with the finished fraction between tiles.

    Raises:
        ValueError, engine.TooLarge, CheckpointError: as `sr_demo.upscale`.
    """
    part, width, height, changes = _asked(image, size)
    scale = _scale(max(width / part.shape[1], height / part.shape[0]), method)
    if scale > 1:
        part = upscale(part, method, scale, alpha=alpha, progress=progress)
    elif progress:
        progress(1.0)
    return _exactly(part, width, height, changes)


def resize_to(image: np.ndarray, size: Size) -> Sized:
    """Bring a picture to an exact size by MATLAB's bicubic alone.

    Args:
        image: ``(H, W, C)`` uint8 or uint16.
        size: what it becomes.

    Raises:
        ValueError: in plain words, for a size that is too large.
    """
    return _exactly(*_asked(image, size))


def _asked(image: np.ndarray, size: Size) -> tuple[np.ndarray, int, int, list[str]]:
    """The part that is used, the width and height that it becomes, and what that leaves out."""
    box, width, height = size.of(image.shape[1], image.shape[0])
    if width * height > MAX_PIXELS:
        limit = MAX_PIXELS // 1_000_000
        raise ValueError(f"{width}×{height} is too large: ask for {limit} megapixels at most.")
    if (box.width, box.height) == (image.shape[1], image.shape[0]):
        return image, width, height, []
    used = f"the middle, {box.width} × {box.height}, used"
    return np.ascontiguousarray(box.crop(image)), width, height, [used]


def _exactly(image: np.ndarray, width: int, height: int, changes: list[str]) -> Sized:
    made = f"{image.shape[1]} × {image.shape[0]}"
    if image.shape[:2] != (height, width):
        larger = height * width > image.shape[0] * image.shape[1]
        changes = [*changes, f"{'enlarged' if larger else 'reduced'} from {made} by bicubic"]
        image = imresize_to(image, height, width)
    return Sized(image, tuple(changes))


def _scale(factor: float, method: str) -> int:
    """The smallest scale of the method that enlarges by the factor, or its largest; 1 for none."""
    if factor <= 1:
        return 1
    offered = [scale for scale in SCALES if _offered(method, scale)] or [SCALES[-1]]
    return next((scale for scale in offered if scale >= factor), offered[-1])


def _offered(method: str, scale: int) -> bool:
    if method == interpolation.NAME:
        return all(available_at(end, scale) for end in interpolation.ENDS)
    return method not in METHODS or available_at(method, scale)
