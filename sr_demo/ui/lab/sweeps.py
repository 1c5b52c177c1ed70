"""Steps of one picture along α, computed once and kept: files and numbers, no pixels in memory."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from sr_demo import interpolation
from sr_demo.checkpoints import checkpoint_path
from sr_demo.comparison import upscale
from sr_demo.figures.perception_distortion import CURVES, Plane, Point, measure, plane_of
from sr_demo.storage import modified
from sr_demo.ui.session import Shown

PLANES = 16  # of one sweep that are kept


@dataclass
class Sweep:
    """What is there so far; ``files`` and ``points`` go kind -> α."""

    # Without curves, by what is on it, for pages that share the steps may have added results of
    # their own; None where the picture is too small for one
    planes: dict[tuple[str, ...], Plane | None] = field(default_factory=dict)
    files: dict[str, dict[float, str]] = field(default_factory=lambda: {k: {} for k in CURVES})
    points: dict[str, dict[float, Point]] = field(default_factory=lambda: {k: {} for k in CURVES})
    seconds: float = 0.0  # spent on what is there
    plain: dict[str, str] = field(default_factory=dict)  # method -> PNG; see `protocol.degrade`

    @property
    def missing(self) -> list[float]:
        """The α that are still to be made."""
        done = next(reversed(self.files.values()))  # the kind that is written last
        return [alpha for alpha in interpolation.ALPHAS if alpha not in done]

    @property
    def paths(self) -> list[str]:
        """All files."""
        return [
            *self.plain.values(),
            *(p for files in self.files.values() for p in files.values()),
        ]

    def drawn(self, shown: Shown) -> Plane | None:
        """The plane of what a page shows with its curves, as far as they go."""
        curves = {
            kind: [points[alpha] for alpha in sorted(points)]
            for kind, points in self.points.items()
            if points
        }
        plane = self._plane(shown)
        return plane and replace(plane, curves=curves)

    def _plane(self, shown: Shown) -> Plane | None:
        # The cache names a file by its content, so the same path is the same picture everywhere.
        names = tuple(shown.files.get(r.method, r.method) for r in shown.comparison.results)
        if names not in self.planes:
            while len(self.planes) >= PLANES:
                self.planes.pop(next(iter(self.planes)))
            self.planes[names] = plane_of(shown.comparison)
        return self.planes[names]


class Sweeps:
    """The latest sweeps of all pages. Who looks at the same picture shares one."""

    def __init__(self, limit: int = 64):
        self.limit = limit
        self._kept: OrderedDict[tuple[Any, ...], Sweep] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, shown: Shown) -> Sweep:
        """The sweep of what a page shows, begun where there is none."""
        comparison = shown.comparison
        # The cache names a file by its content, so the same picture has the same path everywhere.
        versions = [
            modified(checkpoint_path(name, comparison.scale)) for name in interpolation.ENDS
        ]
        key = shown.files["original"], shown.files["input"], comparison.scale, *versions
        with self._lock:
            sweep = self._kept.get(key)
            if sweep is not None:
                shown.job.files.use(*sweep.paths)  # they stay when the page leaves that made them
            if sweep is None or not all(Path(path).is_file() for path in sweep.paths):
                sweep = Sweep()
            self._kept[key] = sweep
            self._kept.move_to_end(key)
            while len(self._kept) > self.limit:
                self._kept.popitem(last=False)
        return sweep


def walk(shown: Shown, sweep: Sweep, progress: Callable[[float], None]) -> Iterator[None]:
    """Make what is missing, α after α; `progress` is called between tiles and may raise."""
    comparison = shown.comparison
    ends = tuple(_end(shown, name, progress) for name in interpolation.ENDS)
    started = time.perf_counter() - sweep.seconds
    for alpha, *pictures in interpolation.sweep(
        comparison.lr, comparison.scale, (ends[0], ends[1]), sweep.missing, progress
    ):
        for kind, picture in zip(CURVES, pictures, strict=True):
            name = f"{shown.job.stem}_interpolation-{kind}-{alpha:g}"
            point = measure(f"{alpha:g}", f"α = {alpha:g}", comparison.sharp, picture,
                            comparison.scale)  # fmt: skip
            if point:
                sweep.points[kind][alpha] = point
            path = shown.job.files.keep_png(name, picture, comparison.opacity)
            sweep.files[kind][alpha] = path
        sweep.seconds = time.perf_counter() - started
        yield


def _end(shown: Shown, name: str, progress: Callable[[float], None]) -> np.ndarray:
    if name in shown.outputs:
        return shown.outputs[name].image
    return upscale(shown.comparison.lr, name, shown.comparison.scale, progress=progress)
