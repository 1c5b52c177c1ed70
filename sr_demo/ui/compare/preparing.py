"""Compare the samples at start-up, as a first visit does: who opens the page sees it at once."""

from collections.abc import Callable

from sr_demo.comparison import stream
from sr_demo.images import Loaded, png_bytes
from sr_demo.inference.engine import Cancelled
from sr_demo.inference.runnable import available, renew
from sr_demo.samples import SAMPLES, load_sample
from sr_demo.ui.compare.prepared import COLOR_SPACE, SCALE, Made, keep, made_for
from sr_demo.ui.compare.run import steps
from sr_demo.ui.machine import give_back_memory
from sr_demo.ui.session import Job, Picture


def prepare(stopped: Callable[[], bool] = lambda: False, names: tuple[str, ...] = ()) -> None:
    """Compare the samples ×4 with the original; a few seconds of work, and no memory kept for it.

    Args:
        stopped: asked between tiles; once it is true, the rest is left.
        names: of samples; by default all.
    """

    def go_on(_fraction: float, _method: str) -> None:
        if stopped():
            raise Cancelled

    try:
        for name in names or SAMPLES:
            _prepare(name, load_sample(name), go_on)
            go_on(1, "")
        renew(SCALE)
        give_back_memory()
    except Cancelled:
        pass


def _prepare(name: str, sample: Loaded, go_on: Callable[[float, str], None]) -> None:
    methods = tuple(available(SCALE))
    job = Job(Picture(name, sample, sample=True), sample, True, SCALE, methods, COLOR_SPACE)
    todo = [method for method in methods if method not in made_for(job)]
    done: set[str] = set()
    for step in stream(sample.pixels, SCALE, todo, color_space=COLOR_SPACE, progress=go_on):
        for result in step.results:
            if result.method not in done:
                done.add(result.method)
                keep(name, result.method, Made(result, png_bytes(result.image)))
    for _ in steps(job, None, go_on):  # which leaves what it shows at hand
        pass
    job.files.delete(())
