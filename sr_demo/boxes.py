"""A rectangle of pixels, the same everywhere: in Python, in links, and in what the page sends."""

from typing import Any, NamedTuple

import numpy as np


class Box(NamedTuple):
    """Whole pixels of one picture; immutable, and in JSON the four numbers in this order."""

    left: int
    top: int
    width: int
    height: int

    @property
    def right(self) -> int:
        """The first column beyond."""
        return self.left + self.width

    @property
    def bottom(self) -> int:
        """The first row beyond."""
        return self.top + self.height

    @property
    def middle(self) -> tuple[int, int]:
        """The pixel (x, y) at the centre."""
        return self.left + self.width // 2, self.top + self.height // 2

    def crop(self, image: np.ndarray) -> np.ndarray:
        """The part of an image ``(H, W, ...)`` inside, as a view."""
        return image[self.top : self.bottom, self.left : self.right]

    def scaled(self, factor: int) -> "Box":
        """The same place of the picture enlarged by a whole factor."""
        return Box(*(side * factor for side in self))

    def resized(self, factor: float) -> "Box":
        """The same place of the picture made larger or smaller by any factor, at least a pixel."""
        left, top = round(self.left * factor), round(self.top * factor)
        width = max(1, round(self.width * factor))
        return Box(left, top, width, max(1, round(self.height * factor)))

    def moved_into(self, width: int, height: int) -> "Box":
        """As large inside a picture of that size, as near as can be; smaller only if that is."""
        wide, high = min(self.width, width), min(self.height, height)
        left, top = min(max(0, self.left), width - wide), min(max(0, self.top), height - high)
        return Box(left, top, max(1, wide), max(1, high))

    def clamped(self, width: int, height: int) -> "Box":
        """The part inside a picture of that size, at least the nearest pixel."""
        left, top = min(max(0, self.left), width - 1), min(max(0, self.top), height - 1)
        right, bottom = max(left + 1, self.right), max(top + 1, self.bottom)
        return Box(left, top, min(width, right) - left, min(height, bottom) - top)


def box_from(value: Any) -> Box | None:
    """Four whole numbers out of whatever a browser or a link sends; None where there are none.

    Args:
        value: such as ``[120, 80, 64, 48]`` or ``"120,80,64,48"``.
    """
    if isinstance(value, str):
        value = value.split(",")
    try:
        left, top, width, height = (int(number) for number in value)
    except (TypeError, ValueError, OverflowError):
        return None
    return Box(left, top, width, height)
