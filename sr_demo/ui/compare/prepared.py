"""What is at hand of the samples: the methods' results, and all that a first visit is shown."""

import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sr_demo.comparison import Result
from sr_demo.degradation import CLEAN
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS
from sr_demo.ui.files import PageFiles
from sr_demo.ui.session import Job, Step

SCALE = 4
COLOR_SPACE = "y"


@dataclass(frozen=True)
class Made:
    """One method's result and its PNG."""

    result: Result
    png: bytes


@dataclass(frozen=True)
class Ready:
    """The last step of a whole comparison, and what its files hold."""

    step: Step
    contents: Mapping[str, bytes]  # by the path that a file had

    def given(self, files: PageFiles) -> Step:
        """The same step with files of this page: those that are still there are not written."""
        paths = {old: files.keep_file(Path(old).name, data) for old, data in self.contents.items()}
        step, look = self.step, self.step.look
        look = replace(
            look,
            files={pane: paths[old] for pane, old in look.files.items()},
            heat=look.heat and paths[look.heat],
            invented=look.invented and paths[look.invented],
        )
        shown = {pane: paths[old] for pane, old in step.files.items()}
        return step._replace(files=shown, look=look)


_made: dict[tuple[str, str], Made] = {}  # (sample, method); 29 MB for all
_ready: dict[str, Ready] = {}  # by sample; another 11 MB
_lock = threading.Lock()


def keep(sample: str, method: str, made: Made) -> None:
    """Have a method's result at hand from now on."""
    with _lock:
        _made[sample, method] = made


def made_for(job: Job) -> dict[str, Made]:
    """What is at hand for a job, by method; nothing of a method that has left the table."""
    if not _as_prepared(job):
        return {}
    with _lock:
        found = {name: _made.get((job.picture.name, name)) for name in job.methods}
    return {name: made for name, made in found.items() if made and name in METHODS}


def ready_for(job: Job) -> Ready | None:
    """All that a first visit to this sample is shown, if it was made before by these methods."""
    with _lock:
        ready = _ready.get(job.picture.name)
    if ready is None or not (_as_prepared(job) and _whole(job)):
        return None
    made = {result.method for result in ready.step.comparison.results}
    return ready if made == {*job.methods} else None


def remember(job: Job, step: Step) -> None:
    """Have what a first visit to a sample was shown at hand for the next one."""
    if not (_as_prepared(job) and _whole(job)):
        return
    look = step.look
    paths = {*step.files.values(), *look.files.values(), look.heat, look.invented} - {None}
    made = {step.files[name]: at_hand.png for name, at_hand in made_for(job).items()}
    with suppress(FileNotFoundError):  # the page has left meanwhile, and its files with it
        contents = {str(path): Path(str(path)).read_bytes() for path in paths - made.keys()}
        with _lock:
            _ready[job.picture.name] = Ready(step, made | contents)


def _as_prepared(job: Job) -> bool:
    clean = job.picture.sample and job.has_original and job.degradation == CLEAN
    return clean and (job.scale, job.color_space) == (SCALE, COLOR_SPACE)


def _whole(job: Job) -> bool:
    """With every method and nothing else, looked at where samples are looked at."""
    return list(job.methods) == available(SCALE) and job.box is None and not job.added


def forget() -> None:
    """Let go of all of it."""
    with _lock:
        _made.clear()
        _ready.clear()
