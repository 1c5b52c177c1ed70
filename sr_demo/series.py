"""Many pictures and one box: every method on each, one picture in memory at a time."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, compare
from sr_demo.degradation import CLEAN, Degradation
from sr_demo.figures.crop_sheet import busiest_box
from sr_demo.figures.series_sheet import SIDE, Strip
from sr_demo.images import Loaded, load_image
from sr_demo.methods import METHODS
from sr_demo.records import records

Reader = Callable[[Path], Loaded]
Progress = Callable[[int, float, str], None]


@dataclass(frozen=True)
class Skipped:
    """A picture that could not be compared, and why, in plain words."""

    name: str
    reason: str


def compare_series(
    paths: Iterable[Path],
    scale: int,
    methods: Sequence[str],
    *,
    has_original: bool = True,
    color_space: str = "y",
    degradation: Degradation = CLEAN,
    box: Box | None = None,
    read: Reader = load_image,
    progress: Progress | None = None,
    seen: Callable[[Path, Comparison], None] | None = None,
) -> Iterator[Strip | Skipped]:
    """Compare picture after picture.

    Args:
        paths: of the pictures.
        methods: as for :func:`sr_demo.comparison.compare`, as are ``has_original``,
            ``color_space`` and ``degradation``.
        box: in pixels of the results. Where a picture ends before it does, the box is moved inside;
            without one it is the most detailed square of each.
        read: opens a file.
        progress: called with the picture's number, how much of it is done (0 … 1) and the method;
            may raise ``engine.Cancelled`` to stop.
        seen: called with each comparison, which is forgotten then.

    Yields:
        A ``Strip``, or ``Skipped`` where the file is no usable picture.

    Raises:
        CheckpointError: if a method has no usable checkpoint.
    """
    order = sorted(methods, key=lambda name: METHODS[name].cost)  # as they run
    for number, path in enumerate(paths):

        def tick(fraction: float, method: str, number: int = number) -> None:
            if progress:
                progress(number, (order.index(method) + fraction) / len(order), method)

        try:
            loaded = read(path)
            comparison = compare(
                loaded.pixels, scale, methods,
                has_original=has_original, opacity=loaded.opacity,
                color_space=color_space, degradation=degradation, progress=tick,
            )  # fmt: skip
        except (ValueError, OSError) as error:  # the others may still be fine
            yield Skipped(path.name, " ".join(str(error).split()))
            continue
        if seen:
            seen(path, comparison)
        yield strip_of(path.name, comparison, box)


def strip_of(name: str, comparison: Comparison, box: Box | None) -> Strip:
    """What is kept of a comparison; see :func:`compare_series`."""
    height, width = (side * comparison.scale for side in comparison.lr.shape[:2])
    box = busiest_box(comparison) if box is None else box.moved_into(width, height)
    if comparison.original is None:
        small = comparison.lr.repeat(comparison.scale, axis=0).repeat(comparison.scale, axis=1)
        pictures = {"input": small}
    else:
        pictures = {"original": comparison.original}
    pictures |= {result.method: result.image for result in comparison.results}
    return Strip(
        name,
        box,
        {pane: _crop(image, comparison.opacity, box) for pane, image in pictures.items()},
        {result.method: result.scores for result in comparison.results},
        records(name, comparison, box),
    )


def _crop(image: np.ndarray, opacity: np.ndarray | None, box: Box) -> np.ndarray:
    pixels = box.crop(image)
    if opacity is not None:  # on paper
        clear = box.crop(opacity)[..., None] / 255
        pixels = np.rint(pixels * clear + 255 * (1 - clear)).astype(np.uint8)
    if max(pixels.shape[:2]) <= SIDE:
        return pixels.copy()  # not a view, which would keep the whole picture
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    picture.thumbnail((SIDE, SIDE), Image.Resampling.BOX)
    return np.array(picture)
