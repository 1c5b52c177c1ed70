"""What each open page is looking at, kept in bounded memory."""

import threading
import time
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, Result
from sr_demo.degradation import CLEAN, Degradation
from sr_demo.images import Loaded
from sr_demo.methods import METHODS
from sr_demo.ui.files import PageFiles, file_name
from sr_demo.ui.machine import memory

KEEP = 24 * 3600.0  # seconds that a page is remembered which says nothing
LINGER = 60.0  # seconds after it left: a phone that was locked comes back
MAX_SESSIONS = 1000
ORIGINAL, INPUT = "original", "input"  # panes beside those of the methods


@dataclass(frozen=True)
class Picture:
    """A picture that someone chose."""

    name: str  # as shown, and the stem of every file made from it
    loaded: Loaded
    sample: bool = False
    number: int = 0  # of a page's own pictures, from 1 on


@dataclass(frozen=True, eq=False)
class Added:
    """A result of another program, for one picture reduced or enlarged in one way.

    Attributes:
        name: stands for a method's: "added-1".
        label: as shown, after its file.
        slug: as its files are named.
        loaded: of the size of the methods' outputs.
        job: one of the jobs whose outputs it stands beside.
    """

    name: str
    label: str
    slug: str
    loaded: Loaded
    job: "Job"


@dataclass(frozen=True)
class Job:
    """One comparison that was asked for; setting ``stop`` ends it at the next tile."""

    picture: Picture
    loaded: Loaded  # what is compared: the picture, or a small version of a sample
    has_original: bool
    scale: int
    methods: tuple[str, ...]
    color_space: str
    degradation: Degradation = CLEAN  # of the original, beside its reduction
    traces: tuple[str, ...] = ()  # of what a small picture went through, in words
    box: Box | None = None  # the crop to begin with, in output pixels
    files: PageFiles = field(default_factory=PageFiles)  # of the page that asks for it
    added: tuple[Added, ...] = ()  # what other programs made of the same
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def stem(self) -> str:
        """What the names of all files made by this job begin with: "photo_x4"."""
        return f"{file_name(self.picture.name)}_x{self.scale}{self.degradation.tag}"

    @property
    def panes(self) -> dict[str, str]:
        """Everything that is compared, by its name: as it is printed."""
        own = {name: METHODS[name].label for name in self.methods if name in METHODS}
        return own | {added.name: added.label for added in self.added}

    @property
    def magnification(self) -> float:
        """Output pixels for one of the picture's."""
        if self.has_original:
            return 1.0
        return self.scale * self.loaded.pixels.shape[1] / self.picture.loaded.pixels.shape[1]

    def same_outputs(self, other: "Job") -> bool:
        """Whether a method would give the same pixels in the other job."""
        mine, theirs = ((job.has_original, job.scale, job.degradation) for job in (self, other))
        return self.picture is other.picture and mine == theirs


@dataclass(frozen=True)
class Look:
    """Where to look first: a telling place, and the pixels around it as files that load at once.

    Attributes:
        focus: the place, in output pixels.
        box: the part that the files show, in output pixels; in the input it is as much smaller.
        files: pane → a lossless picture of the part.
        spots: places where methods disagree most, in output pixels.
        heat: a picture of the disagreement, to be laid over; None while methods are missing.
        invented: a picture of what SRGAN adds, likewise.
    """

    focus: tuple[int, int]
    box: Box
    files: Mapping[str, str] = field(default_factory=dict)
    spots: Sequence[tuple[int, int]] = ()
    heat: str | None = None
    invented: str | None = None


NOWHERE = Look((0, 0), Box(0, 0, 0, 0))


class Step(NamedTuple):
    """What there is of a job after one more method."""

    comparison: Comparison  # of the methods that were asked for, as far as they are done
    outputs: Mapping[str, Result]  # these and what earlier jobs made of the same picture
    files: Mapping[str, str]  # pane -> PNG
    look: Look


@dataclass(frozen=True)
class Shown:
    """A comparison as the page shows it, complete as far as it has come; the next step replaces it.

    Attributes:
        number: of the job on this page; tells late questions about an earlier one from others.
        outputs: all results made so far of this picture, shown or not, scored in the comparison's
            color space.
        files: pane → PNG that the page may load.
        look: where to look first.
    """

    job: Job
    number: int
    comparison: Comparison
    outputs: Mapping[str, Result]
    files: Mapping[str, str]
    look: Look = NOWHERE


@dataclass
class Session:
    """One open page: its picture, its running job, and what is shown."""

    picture: Picture | None = None
    own: Picture | None = None  # the latest that was uploaded, for Back and Forward
    unseen: bool = False  # the page opened at another tab, and there is nothing to compare yet
    waiting: Job | None = None  # asked for, not yet begun
    running: Job | None = None
    shown: Shown | None = None
    turn: int = 0  # of the last wish; tells the page late news from current ones
    box: Box | None = None  # the crop, in output pixels of what is shown
    added: tuple[Added, ...] = ()  # of the picture, at any scale
    files: PageFiles = field(default_factory=PageFiles)
    until: float = 0.0  # on the monotonic clock: when it is forgotten, unless it asks for something

    @property
    def latest(self) -> Job | None:
        """The job that was asked for last, as far as one is known."""
        return self.waiting or self.running or (self.shown.job if self.shown else None)

    def upload(self, name: str, loaded: Loaded) -> Picture:
        """Take a picture of the page's own."""
        number = self.own.number + 1 if self.own else max(1, time.time_ns() // 1_000_000)
        self.own = Picture(name, loaded, number=number)
        return self.own

    def ask(self, job: Job) -> None:
        """Replace whatever is waiting or running by a new job, beside which stands what was added.

        That goes when the picture changes, and comes back when the scale does.
        """
        self.cancel()
        self.added = tuple(added for added in self.added if added.job.picture is job.picture)
        fitting = tuple(added for added in self.added if added.job.same_outputs(job))
        self.waiting = job if fitting == job.added else replace(job, added=fitting)

    def cancel(self) -> None:
        """Forget what waits, and stop what runs at its next tile."""
        self.waiting = None
        # A clock, so that a page that outlives its session is not deaf to the next one.
        self.turn = max(self.turn + 1, time.time_ns() // 1_000_000)
        if self.running:
            self.running.stop.set()

    def release(self) -> None:
        """Let go of all pictures and stop all work with them."""
        self.cancel()
        self.picture = self.own = self.running = self.shown = None
        self.added = ()

    def begin(self) -> Job | None:
        """Take the waiting job, if it is still wanted."""
        self.running, self.waiting = self.waiting, None
        return self.running

    def kept(self, job: Job) -> Shown | None:
        """What is shown, if it holds results that the job need not make again."""
        return self.shown if self.shown and job.same_outputs(self.shown.job) else None

    def show(
        self, job: Job, comparison: Comparison, outputs: Mapping[str, Result],
        files: Mapping[str, str], look: Look = NOWHERE,
    ) -> None:  # fmt: skip
        """Turn to a step of a job; results that a new job outdates are forgotten.

        The crop stays at its place of the picture, however large the outputs are.
        """
        before, number = self.shown, 1
        if before is not None:
            number = before.number if before.job is job else before.number + 1
        if before is None or before.job.picture is not job.picture:
            self.box = job.box
        elif self.box and job.magnification != before.job.magnification:
            self.box = self.box.resized(job.magnification / before.job.magnification)
        self.shown = Shown(job, number, comparison, outputs, files, look)

    @property
    def bytes(self) -> int:
        """Roughly: the outputs, and as much again for the picture and its original."""
        images = [result.image for result in self.shown.outputs.values()] if self.shown else []
        images += [added.loaded.pixels for added in self.added]
        images += [self.own.loaded.pixels] if self.own and self.own is not self.picture else []
        if self.picture:
            images += [self.picture.loaded.pixels] * 2
        return sum(image.nbytes for image in images)


class SessionStore:
    """The sessions of all open pages; the longest unused lose their pictures if space is short."""

    def __init__(self, max_bytes: int | None = None):
        """Begin without any.

        Args:
            max_bytes: of pictures in memory; by default 2 GB, or an eighth of a small machine's.
        """
        self.max_bytes = min(2_000_000_000, memory() // 8) if max_bytes is None else max_bytes
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._lock = threading.Lock()

    def __getitem__(self, key: str | None) -> Session:
        key = key or ""
        with self._lock:
            if key not in self._sessions:
                self._sessions[key] = Session(files=PageFiles(self._lock))
            session = self._sessions[key]
            session.until = time.monotonic() + KEEP
            self._sessions.move_to_end(key)
            self._make_room()
            return session

    def leave(self, key: str | None) -> None:
        """A page has gone: stop its work, and forget it soon if it stays away."""
        with self._lock:
            if session := self._sessions.get(key or ""):
                session.cancel()
                session.until = time.monotonic() + LINGER

    def forget(self, now: float | None = None) -> None:
        """Forget the pages that have gone, or have been silent for a day, and delete their files.

        Args:
            now: on the monotonic clock; infinity forgets them all.
        """
        now = time.monotonic() if now is None else now
        with self._lock:
            for key, session in list(self._sessions.items()):
                if session.until <= now:
                    self._drop(key)

    @property
    def shown(self) -> set[str]:
        """The files that comparisons on open pages show."""
        with self._lock:
            shown = [session.shown for session in self._sessions.values()]
        return {path for each in shown if each for path in each.files.values()}

    def _drop(self, key: str) -> None:
        session = self._sessions.pop(key)
        session.release()
        others = (other.files.paths for other in self._sessions.values())
        session.files.delete(set().union(*others))

    def _make_room(self) -> None:
        total = 0
        for number, (key, session) in enumerate(reversed(list(self._sessions.items()))):
            total += session.bytes
            if number >= MAX_SESSIONS:
                self._drop(key)
            elif number > 0 and total > self.max_bytes and session.picture:
                session.release()
