"""The perception–distortion plane: how close a picture comes, against how natural it looks.

Blau and Michaeli, "The Perception-Distortion Tradeoff", 2018: on average over pictures there is a
curve below which there is no method at all, and along it more natural pictures are further from
their originals. Where it runs for photos is not known: what was measured lies on it or above.
Distortion is the root-mean-square error of luma, in grey levels; naturalness is NIQE, which stands
in for the distance of distributions that the paper speaks of.
"""

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from sr_demo.checkpoints import checkpoints_folder
from sr_demo.comparison import Comparison
from sr_demo.figures.fonts import legible
from sr_demo.figures.palette import colour_of
from sr_demo.methods import METHODS
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.scores import naturalness

TESTSET_MEANS = "testset_means.json"  # beside the checkpoints
X_TITLE = "RMSE of luma, grey levels   (← closer to the original)"
Y_TITLE = "NIQE   (↓ more natural)"
NOT_REACHED = "not reached"
ORIGIN = 0.07  # of the x axis: where the original lies, a little off the edge


@dataclass(frozen=True)
class Point:
    """Where one picture, or the mean over a test set, lies."""

    name: str  # a method, "original", or what it is the mean of
    label: str
    psnr: float  # dB on luma, infinite for the original itself
    niqe: float
    testset: str = ""  # that it is the mean over; "" of one picture

    @property
    def rmse(self) -> float:
        """Root-mean-square error in grey levels."""
        return rmse_of(self.psnr)


@dataclass(frozen=True)
class Plane:
    """All that is drawn of one picture."""

    original: Point
    methods: tuple[Point, ...]
    curves: Mapping[str, Sequence[Point]] = field(default_factory=dict)  # α rising along each
    testset_means: tuple[Point, ...] = ()

    @property
    def front(self) -> list[Point]:
        """The measured points that none beats in both, means too, closest first."""
        best: list[Point] = []
        measured = [*self._own(), *self.testset_means]
        for point in sorted(measured, key=lambda p: (p.rmse, p.niqe)):
            if not best or point.niqe < best[-1].niqe:
                best.append(point)
        return best

    @property
    def testsets(self) -> dict[str, list[Point]]:
        """The means, by the test set, in the order of the methods."""
        found: dict[str, list[Point]] = {}
        for point in self.testset_means:
            found.setdefault(point.testset, []).append(point)
        return found

    def _own(self) -> Iterable[Point]:
        yield from self.methods
        for curve in self.curves.values():
            yield from curve

    @property
    def frame(self) -> "Frame":
        """Axes that hold all points, with some room around them."""
        points = [*self._own(), *self.testset_means]
        near, far = (f(p.rmse for p in points) for f in (min, max))
        room = 0.08 * max(1.0, far - near)
        low, high = (f(p.niqe for p in [*points, self.original]) for f in (min, max))
        above = max(0.5, 0.1 * (high - low))
        start = near - 2 * room
        return Frame(
            start if start > 0.4 * far else 0, far + room, max(0, low - above), high + above
        )


@dataclass(frozen=True)
class Frame:
    """The axes, and where on them something lies, as fractions of their lengths."""

    start: float  # rmse up to which the x axis is squeezed; 0 if it is even all along
    right: float
    bottom: float
    top: float

    def x(self, rmse: float) -> float:
        """0 at the left, 1 at the right. The original would else leave no room for all others."""
        if not self.start:
            return ORIGIN + (1 - ORIGIN) * rmse / self.right
        return float(np.interp(rmse, [0, self.start, self.right], [ORIGIN, 2.5 * ORIGIN, 1]))

    def y(self, niqe: float) -> float:
        """0 at the bottom, 1 at the top."""
        return (niqe - self.bottom) / (self.top - self.bottom)

    @property
    def x_ticks(self) -> list[float]:
        """RMSEs to mark, from the original on."""
        return [0.0, *(tick for tick in _ticks(self.start, self.right) if tick > 0)]

    @property
    def y_ticks(self) -> list[float]:
        """NIQEs to mark."""
        return _ticks(self.bottom, self.top)

    @property
    def psnr_ticks(self) -> list[float]:
        """Whole and half dB for the second axis, not too close to each other."""
        chosen: list[float] = []
        lowest = math.ceil(40 * math.log10(255 / self.right))
        highest = math.floor(40 * math.log10(255 / max(self.start, self.right / 4)))
        for decibels in (half / 2 for half in range(lowest, highest + 1)):
            place = self.x(rmse_of(decibels))
            if not chosen or self.x(rmse_of(chosen[-1])) - place > 0.1:
                chosen.append(decibels)
        return chosen


def rmse_of(psnr: float) -> float:
    """Grey levels of root-mean-square error behind a PSNR in dB."""
    return 255 * 10 ** (-psnr / 20)


def measure(
    name: str, label: str, original: np.ndarray, image: np.ndarray, border: int
) -> Point | None:
    """Where a uint8 RGB picture (H, W, 3) lies; None where it is too small to be measured."""
    decibels, natural = math.inf, naturalness(image)
    if image is not original:
        if min(image.shape[:2]) <= 2 * border:
            return None
        decibels = psnr(original, image, border=border)
    return None if natural is None else Point(name, label, decibels, natural)


def plane_of(comparison: Comparison) -> Plane | None:
    """The plane with the original and every method, without curves.

    None without an original, or where the picture is too small for NIQE.
    """
    original, scale = comparison.original, comparison.scale
    if original is None:
        return None
    end = measure("original", "Original", original, original, scale)
    points = [
        measure(result.method, result.label, original, result.image, scale)
        for result in comparison.results
    ]
    measured = tuple(point for point in points if point)
    return (
        Plane(end, measured, testset_means=read_testset_means(scale)) if end and measured else None
    )


# --- means over test sets --------------------------------------------------------------


def read_testset_means(scale: int, path: Path | None = None) -> tuple[Point, ...]:
    """Means of every method over test sets, as `testset_means_entry` wrote them.

    None without the file.
    """
    path = checkpoints_folder() / TESTSET_MEANS if path is None else path
    if not path.is_file():
        return ()
    sets = json.loads(path.read_text(encoding="utf-8")).get(str(scale), {})
    return tuple(
        Point(
            name, f"{METHODS[name].label}, mean of {testset}", entry["psnr"], entry["niqe"], testset
        )
        for testset, entries in sets.items()
        for name, entry in entries.items()
        if name in METHODS
    )


def testset_means_entry(methods: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, float]]:
    """What the file keeps of one test set, out of "methods" in the benchmark's JSON."""
    return {
        name: {key: round(scores[key], 4) for key in ("psnr", "niqe")}
        for name, scores in methods.items()
        if scores["psnr"] is not None and scores["niqe"] is not None
    }


# --- drawing --------------------------------------------------------------------------------------


def _ticks(low: float, high: float) -> list[float]:
    values = MaxNLocator(6, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [float(value) for value in values if low <= value <= high]


def not_reached(plane: Plane) -> list[tuple[float, float]]:
    """The outline of the shaded part, as fractions: a staircase under the front.

    A dot within it would be more natural than every method's that is at least as close to the
    original. Nothing is shaded closer than the closest of them: only the original lies there.
    """
    edge = [(plane.frame.x(p.rmse), plane.frame.y(p.niqe)) for p in plane.front]
    ends = [*(x for x, _ in edge[1:]), 1.0]
    steps = [(x, y) for (left, y), right in zip(edge, ends, strict=True) for x in (left, right)]
    return [(edge[0][0], 0), *steps, (1, 0)]


def named(plane: Plane) -> list[tuple[Point, str]]:
    """What has its name beside it: each method, the original, and the last mean of a test set."""
    own = [(point, point.label) for point in (*plane.methods, plane.original)]
    means = plane.testsets.items()
    return own + [(points[-1], f"mean of {testset}") for testset, points in means]


def place_labels(
    dots: Sequence[tuple[float, float]],
    sizes: Sequence[tuple[float, float]],
    frame: tuple[float, float],
    others: Sequence[tuple[float, float]] = (),
) -> list[tuple[float, float]]:
    """Left top corners for labels of (width, height) beside their dots, all in pixels.

    Each takes the first of ten places around its dot that covers no dot, no label before it and
    none of the `others`' small dots, and stays inside the frame (width, height); where none is
    free, the one that covers least.
    """
    taken: list[tuple[float, float, float, float]] = [(x - 7, y - 7, 14, 14) for x, y in dots]
    taken += [(x - 3, y - 3, 6, 6) for x, y in others]
    corners = []
    for (x, y), (w, h) in zip(dots, sizes, strict=True):
        beside = [(x + 11, y - h / 2), (x - 11 - w, y - h / 2)]
        around = [(x + 8, y - 8 - h), (x + 8, y + 8), (x - 8 - w, y - 8 - h), (x - 8 - w, y + 8)]
        above = [(x - w / 2, y - 10 - h), (x - w / 2, y + 10)]
        further = [(x + 14, y - 20 - h), (x + 14, y + 20)]
        options = [*beside, *around, *above, *further]
        costs = [
            sum(_shared((*option, w, h), other) for other in taken)
            + 4 * (w * h - _shared((*option, w, h), (0, 0, *frame)))
            for option in options
        ]
        best = options[int(np.argmin(costs))]
        taken.append((*best, w, h))
        corners.append(best)
    return corners


def _shared(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """The area that two boxes (left, top, width, height) share."""
    wide = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    high = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return max(0.0, wide) * max(0.0, high)


CURVES = {"networks": "interpolated networks", "pictures": "interpolated pictures"}
_SIZE = (7.2, 5.0)  # inches
_AXES = (0.09, 0.12, 0.88, 0.75)  # of the figure: left, bottom, width, height
_QUIET = "#666666"


def plane_figure(plane: Plane, title: str = "") -> Figure:
    """The plane for slides and papers, on white."""
    figure = Figure(figsize=_SIZE, dpi=200, facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_axes(_AXES)
    _draw_axes(axes, plane.frame)

    def draw(points: Iterable[Point], style: str, **look: Any) -> None:
        x, y = zip(*((plane.frame.x(p.rmse), plane.frame.y(p.niqe)) for p in points), strict=True)
        axes.plot(x, y, style, clip_on=False, **look)

    axes.fill(*zip(*not_reached(plane), strict=True), color="#f0f0f2", linewidth=0, zorder=0)
    axes.text(0.985, 0.02, NOT_REACHED, ha="right", style="italic", color="#8a8a93", size=10)
    for points in plane.testsets.values():
        draw(points, "-", color=_QUIET, alpha=0.3, lw=0.8)
        for point in points:
            draw([point], "o", color=colour_of(point.name), alpha=0.3, ms=5, mew=0)
    for (kind, label), line in zip(CURVES.items(), ("-", ":"), strict=True):
        if curve := plane.curves.get(kind):
            look = {
                "ms": 3,
                "color": colour_of("interpolation"),
                "label": f"SRResNet → SRGAN, {label}",
            }
            draw(curve, f"o{line}", **look)
    for point in (*plane.methods, plane.original):
        draw([point], "o", color=colour_of(point.name), ms=9, mec="white", mew=1)
    _label_dots(axes, plane)
    if plane.curves:
        axes.legend(frameon=False, fontsize=9, loc="upper left", bbox_to_anchor=(0, 1))
    if title:
        figure.text(0.01, 0.985, title, size=9, color=_QUIET, va="top")
    return figure


def _draw_axes(axes: Axes, frame: Frame) -> None:
    axes.set(xlim=(0, 1), ylim=(0, 1), xlabel=X_TITLE, ylabel=Y_TITLE)
    axes.set_xticks([frame.x(t) for t in frame.x_ticks], [f"{t:g}" for t in frame.x_ticks])
    axes.set_yticks([frame.y(t) for t in frame.y_ticks], [f"{t:g}" for t in frame.y_ticks])
    above = axes.secondary_xaxis("top")
    above.set_xticks(
        [frame.x(rmse_of(t)) for t in frame.psnr_ticks], [f"{t:g}" for t in frame.psnr_ticks]
    )
    above.set_xlabel("PSNR of luma, dB", size=9, color=_QUIET)
    above.tick_params(labelsize=8, colors=_QUIET)
    above.spines["top"].set_visible(False)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    if frame.start:
        axes.text(1.75 * ORIGIN, 0, "//", ha="center", va="center", size=12)


def _label_dots(axes: Axes, plane: Plane) -> None:
    labels = named(plane)
    width, height = (72 * size * part for size, part in zip(_SIZE, _AXES[2:], strict=True))

    def at(p: Point) -> tuple[float, float]:
        return plane.frame.x(p.rmse) * width, (1 - plane.frame.y(p.niqe)) * height

    sizes = [(6.4 * len(text), 11.0) for _, text in labels]
    avoid = [at(p) for curve in (*plane.curves.values(), plane.testset_means) for p in curve]
    corners = place_labels([at(p) for p, _ in labels], sizes, (width, height), avoid)
    for (point, text), (x, y) in zip(labels, corners, strict=True):
        size, colour = (9.0, _QUIET) if point.testset else (10.5, "#222222")
        axes.text(
            x / width, 1 - (y + 5.5) / height, legible(text),
            va="center", size=size, color=colour, parse_math=False,
        )  # fmt: skip


def save_plane(plane: Plane, path: str | Path, title: str = "") -> None:
    """Write `plane_figure` as .png (200 dpi), .svg or .pdf, by the suffix of `path`."""
    with matplotlib.rc_context({"pdf.fonttype": 42, "svg.hashsalt": "sr-demo"}):
        plane_figure(plane, title).savefig(path)
