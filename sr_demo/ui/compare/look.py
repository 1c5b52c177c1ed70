"""Where to look first, and the pixels there as small files: what the first screen loads."""

import io
from collections.abc import Sequence

import matplotlib
import numpy as np
from PIL import Image

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison
from sr_demo.figures.crop_sheet import busiest_box
from sr_demo.images import png_bytes
from sr_demo.samples import TELLING
from sr_demo.ui.session import Job

MAGENTA = np.array([255, 0, 200], np.uint8)
HOT = 40  # grey levels of disagreement that are shown in full
# Output pixels: they fill a pane of the largest windows, where large pictures are seen less closely
SIDE, LARGE_SIDE, LARGE = 296, 584, 1600


def focus_of(job: Job, comparison: Comparison, spots: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """(x, y) in output pixels: a link's crop, a sample's telling place, or where methods disagree.

    As long as that is not known, where there is most detail.

    Args:
        spots: where they disagree, as far as that is known.
    """
    picture = job.picture
    if job.box:
        return job.box.middle
    if picture.sample and picture.name in TELLING:
        x, y = (round(side * job.magnification) for side in TELLING[picture.name])
        return x, y
    return spots[0] if spots else busiest_spot(comparison)


def output_size(comparison: Comparison) -> tuple[int, int]:
    """(height, width) of the methods' outputs."""
    height, width = comparison.lr.shape[:2]
    return height * comparison.scale, width * comparison.scale


def busiest_spot(comparison: Comparison) -> tuple[int, int]:
    """(x, y) in output pixels of the most detailed place, where nothing is known of results."""
    return busiest_box(comparison).middle


def box_around(focus: tuple[int, int], height: int, width: int, scale: int) -> Box:
    """The part that loads first: a square around a place, or less where the picture is smaller.

    Its sides are multiples of the scale, so that it has whole pixels of the input, too.
    """
    most = SIDE if max(height, width) <= LARGE else LARGE_SIDE
    sides = []
    for middle, whole in zip(focus, (width, height), strict=True):
        side = min(most // scale * scale, whole)
        start = min(max(0, middle - side // 2), whole - side) // scale * scale
        sides.append((start, side))
    (left, w), (top, h) = sides
    return Box(left, top, w, h)


def lossless(pixels: np.ndarray, opacity: np.ndarray | None) -> bytes:
    """WebP without loss: a third smaller than PNG. ``uint8`` RGB and, if not None, opacity."""
    image = Image.fromarray(pixels)
    if opacity is not None:
        image.putalpha(Image.fromarray(opacity))
    content = io.BytesIO()
    image.save(content, "WEBP", lossless=True, exact=True, quality=50)
    return content.getvalue()


def heat_png(plane: np.ndarray) -> bytes:
    """A picture of disagreement to be laid over: clear where there is none.

    Args:
        plane: float ``(h, w)`` in grey levels, from ``sr_demo.disagreement``.
    """
    heat = np.clip(plane / HOT, 0, 1)
    colours = matplotlib.colormaps["inferno"](heat, bytes=True)
    return png_bytes(colours[..., :3], (np.sqrt(heat) * 200).astype(np.uint8))


def invented_png(rest: np.ndarray) -> bytes:
    """A picture of what a method adds of its own, to be laid over: the more, the less clear.

    Args:
        rest: float ``(H, W)`` in grey levels, from ``sr_demo.disagreement.undetermined``.
    """
    opacity = np.clip(np.abs(rest) * (255 / HOT), 0, 255).astype(np.uint8)
    return png_bytes(np.broadcast_to(MAGENTA, (*rest.shape, 3)).copy(), opacity)
