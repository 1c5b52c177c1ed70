"""What each open page is looking at, kept in bounded memory."""

import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from gradio.processing_utils import save_bytes_to_cache
from gradio.utils import get_upload_folder

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, Result
from sr_demo.images import ImageError, Loaded, png_bytes


@dataclass(frozen=True)
class Picture:
    """A picture that someone chose."""

    name: str  # as shown, and the stem of every file made from it
    loaded: Loaded
    sample: bool = False


@dataclass(frozen=True)
class Job:
    """One comparison that was asked for; setting ``stop`` ends it at the next tile."""

    picture: Picture
    loaded: Loaded  # what is compared: the picture, or a small version of a sample
    has_original: bool
    scale: int
    methods: tuple[str, ...]
    color_space: str
    box: Box | None = None  # the crop to begin with, in output pixels
    stop: threading.Event = field(default_factory=threading.Event)

    def same_outputs(self, other: "Job | None") -> bool:
        """Whether a method would give the same pixels in the other job."""
        return (
            other is not None
            and self.picture is other.picture
            and (self.has_original, self.scale) == (other.has_original, other.scale)
        )


@dataclass
class Session:
    """One open page: its picture, its running job, and what came of it."""

    picture: Picture | None = None
    unseen: bool = False  # the page opened at another tab, and there is nothing to compare yet
    waiting: Job | None = None  # asked for, not yet begun
    running: Job | None = None
    job: Job | None = None  # the one whose results are shown
    number: int = 0  # of that job; tells the page's late questions from current ones
    turn: int = 0  # of the last wish; tells the page late news from current ones
    comparison: Comparison | None = None
    outputs: dict[str, Result] = field(default_factory=dict)  # all made so far, shown or not
    color_space: str = "y"  # that the outputs are scored in
    files: dict[str, str] = field(default_factory=dict)  # pane -> PNG in the cache
    box: Box | None = None

    def ask(self, job: Job) -> None:
        """Replace whatever is waiting or running by a new job."""
        self.cancel()
        self.waiting = job

    def cancel(self) -> None:
        self.waiting = None
        # A clock, so that a page that outlives its session is not deaf to the next one.
        self.turn = max(self.turn + 1, time.time_ns() // 1_000_000)
        if self.running:
            self.running.stop.set()

    def begin(self) -> Job | None:
        """Take the waiting job, if it is still wanted."""
        self.running, self.waiting = self.waiting, None
        return self.running

    def show(self, job: Job) -> None:
        """Turn to a job that has started well, and forget results that it outdates."""
        if not job.same_outputs(self.job):
            self.outputs, self.files = {}, {}
            self.box = job.box if self.job is None or job.picture is not self.job.picture else None
        self.job, self.number = job, self.number + 1

    @property
    def bytes(self) -> int:
        """Roughly: the outputs, and as much again for the picture and its original."""
        images = [result.image for result in self.outputs.values()]
        if self.picture:
            images += [self.picture.loaded.pixels] * 2
        return sum(image.nbytes for image in images)


class Shelf:
    """The sessions of all open pages; the longest unused lose their results when space runs out."""

    def __init__(self, max_bytes: int = 2_000_000_000):
        self.max_bytes = max_bytes
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, key: str | None) -> Session:
        with self._lock:
            session = self._sessions.setdefault(key or "", Session())
            self._sessions.move_to_end(key or "")
            for old in self._surplus():
                del self._sessions[old]
            return session

    def _surplus(self) -> Iterator[str]:
        total = 0
        for number, (key, session) in enumerate(reversed(list(self._sessions.items()))):
            total += session.bytes
            if number > 0 and (total > self.max_bytes or number > 1000):
                session.cancel()
                yield key


def keep_png(name: str, pixels: np.ndarray, opacity: np.ndarray | None = None) -> str:
    """Write a picture as a PNG that the page may load; its path."""
    return keep_file(f"{name}.png", png_bytes(pixels, opacity))


def keep_file(name: str, content: bytes) -> str:
    return save_bytes_to_cache(content, name, get_upload_folder())


def uploaded(path: str) -> Path:
    """The path of an uploaded file; refuses any other, for a path is what the browser claims."""
    resolved = Path(path).resolve()
    if not resolved.is_relative_to(Path(get_upload_folder()).resolve()):
        raise ImageError("This file was not uploaded here: choose a picture again.")
    return resolved


def file_name(text: str) -> str:
    """A short, harmless stem for the files made from a picture."""
    return re.sub(r"[^\w.-]+", "-", text, flags=re.ASCII).strip("-.")[:40] or "picture"
