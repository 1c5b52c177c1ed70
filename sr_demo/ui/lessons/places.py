"""Where a lesson looks: a sample and a box in it, as a link names them."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from sr_demo.boxes import Box, box_from
from sr_demo.lessons.texts import FIRST
from sr_demo.samples import SAMPLES, TELLING, load_sample, thumbnail
from sr_demo.ui.asked import sample_of
from sr_demo.ui.files import file_data, keep_png

UNIT = 12  # sides of a box are multiples of every scale
SIDE, LARGEST = 216, 288  # pixels; two blocks of NIQE, and a second or two of work


@dataclass(frozen=True)
class Place:
    """A box in a sample photo."""

    image: str  # name of a sample
    box: Box

    @property
    def photo(self) -> np.ndarray:
        """The whole sample, ``uint8`` RGB, read-only."""
        return photo(self.image)

    @property
    def pixels(self) -> np.ndarray:
        """uint8 RGB, read-only."""
        return self.box.crop(self.photo)

    def answer(self) -> dict[str, Any]:
        """What the page needs to show where it is."""
        small = thumbnail(load_sample(self.image), 320, 480).pixels
        height, width = self.photo.shape[:2]
        file = file_data(keep_png(self.image, small))
        return {
            "image": self.image,
            "crop": list(self.box),
            "photo": {"file": file, "width": width, "height": height},
        }


def place(asked: dict[str, Any], side: int = SIDE) -> Place:
    """The place nearest to what a link or the page asks for; `side` where it asks for none."""
    name = sample_of(asked.get("image")) or FIRST
    height, width = photo(name).shape[:2]
    x, y = TELLING[name]
    box = box_from(asked.get("crop")) or Box(x - side // 2, y - side // 2, side, side)
    w, h = _whole(box.width, width), _whole(box.height, height)
    return Place(name, Box(_inside(box.left, width - w), _inside(box.top, height - h), w, h))


@lru_cache(maxsize=len(SAMPLES))
def photo(name: str) -> np.ndarray:
    """A sample's pixels, shared by all pages: uint8 RGB (H, W, 3), read-only."""
    pixels = load_sample(name).pixels
    pixels.flags.writeable = False
    return pixels


def pane(name: str, label: str, pixels: np.ndarray) -> dict[str, Any]:
    """A picture for the page."""
    height, width = pixels.shape[:2]
    file = file_data(keep_png(name, pixels))
    return {"id": name, "label": label, "file": file, "width": width, "height": height}


def _whole(side: int, most: int) -> int:
    return min(max(side, 2 * UNIT), most, LARGEST) // UNIT * UNIT


def _inside(start: int, most: int) -> int:
    return min(max(start, 0), most)
