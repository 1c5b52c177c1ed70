"""What methods make of the samples, made at start-up: who opens the page sees it at once."""

import threading
from collections.abc import Callable
from dataclasses import dataclass

from sr_demo.comparison import Result, stream
from sr_demo.degradation import CLEAN
from sr_demo.images import png_bytes
from sr_demo.inference.engine import Cancelled
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS
from sr_demo.samples import SAMPLES, load_sample
from sr_demo.ui.session import Job

SCALE = 4
COLOR_SPACE = "y"


@dataclass(frozen=True)
class Made:
    """One method's result and its PNG."""

    result: Result
    png: bytes


_made: dict[tuple[str, str], Made] = {}  # (sample, method); 45 MB for all
_lock = threading.Lock()


def prepare(stopped: Callable[[], bool] = lambda: False, names: tuple[str, ...] = ()) -> None:
    """Compare the samples as a first visit does, ×4 with the original; a few seconds of work.

    Args:
        stopped: asked between tiles; once it is true, the rest is left.
        names: of samples; by default all.
    """

    def go_on(_fraction: float, _method: str) -> None:
        if stopped():
            raise Cancelled

    try:
        for name in names or SAMPLES:
            pixels = load_sample(name).pixels
            todo = [method for method in available(SCALE) if (name, method) not in _made]
            done: set[str] = set()
            for step in stream(pixels, SCALE, todo, color_space=COLOR_SPACE, progress=go_on):
                for result in step.results:
                    if result.method not in done:
                        done.add(result.method)
                        made = Made(result, png_bytes(result.image))
                        with _lock:
                            _made[name, result.method] = made
                go_on(1, "")
    except Cancelled:
        pass


def made_for(job: Job) -> dict[str, Made]:
    """What is at hand for a job, by method; nothing of a method that has left the table."""
    at_hand = job.picture.sample and job.has_original and job.degradation == CLEAN
    if not at_hand or (job.scale, job.color_space) != (SCALE, COLOR_SPACE):
        return {}
    with _lock:
        found = {name: _made.get((job.picture.name, name)) for name in job.methods}
    return {name: made for name, made in found.items() if made and name in METHODS}


def forget() -> None:
    """Let go of all of it."""
    with _lock:
        _made.clear()
