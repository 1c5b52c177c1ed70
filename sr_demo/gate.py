"""The gate for strangers' files: decoded in a process of its own, in bounded time and memory.

A small file can cost a decoder minutes or gigabytes, and no thread can be stopped inside one. So
`load_untrusted` has the file read by a child (`sr_demo/gate_worker.py`) that the system stops, and
that may be killed. Two children stand ready: a photo of 12 megapixels costs 0.05 s more than in
this process. Whoever opens files of their own uses `sr_demo.images.load_image`.
"""

import atexit
import itertools
import json
import logging
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO, Any

import numpy as np

from sr_demo.images import MAX_PIXELS, ImageError, Loaded, too_slow

log = logging.getLogger(__name__)

LARGE = 16_000_000  # pixels; one picture beyond is decoded at a time: it may take a gigabyte

# CPU time for a file, in seconds. JPEG, PNG and WebP need up to 0.1 s for a megapixel.
SECONDS, SECONDS_PER_MEGAPIXEL = 1.5, 0.25
WALL = 6  # times as long by the clock, for a busy machine, and where no CPU time can be limited
STARTING = 60  # seconds by the clock until a child is ready: 1 s where the machine is idle

# The child takes the package without sr_demo/__init__.py, which would load PyTorch: 0.3 GB, 3 s.
_START = """
import json, sys, types
sys.path[:] = json.loads(sys.argv[1])
package = types.ModuleType("sr_demo")
package.__path__ = [sys.argv[2]]
sys.modules["sr_demo"] = package
from sr_demo import gate_worker
gate_worker.main()
"""

_UNAVAILABLE = "Pictures cannot be read just now: try again in a minute."


class _Later(Exception):
    """The picture is large: it waits for its turn."""


class _Died(Exception):
    """The child ended without an answer."""


def seconds(pixels: int) -> float:
    """CPU time that a file of so many pixels may take."""
    return SECONDS + SECONDS_PER_MEGAPIXEL * pixels / 1e6


class Child:
    """A process that decodes one file after the other. It ends with the process that started it."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", _START, json.dumps(sys.path), str(Path(__file__).parent)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            # One thread, one heap: what a file costs is then what its decoding costs
            env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1",
                              "MALLOC_ARENA_MAX": "1"},
            pipesize=1 << 20,  # where it can be set: fewer turns for 36 MB of pixels
            start_new_session=True,  # Ctrl+C in a terminal is for the parent, from the start
        )  # fmt: skip
        self.ready = self._late = False
        self.usage: dict[str, float] = {}

    def load(self, path: Path, most: int) -> Loaded:
        """Read a picture of at most so many pixels; whatever goes wrong ends the process.

        Raises:
            ImageError: in plain words, for what is no usable picture.
            _Later: for a picture of more pixels.
            _Died: if the child did not outlive the file.
        """
        try:
            with self._killed_after(STARTING):
                self.wait()
            with self._killed_after(WALL * seconds(most)):
                return self._asked(path, most)
        except (ImageError, _Later):
            raise
        except BaseException:  # what it has still to say would be taken for the next answer
            self.stop()
            raise

    def _asked(self, path: Path, most: int) -> Loaded:
        request = {"path": str(path), "most": most, "seconds": SECONDS,
                   "seconds_per_megapixel": SECONDS_PER_MEGAPIXEL}  # fmt: skip
        try:
            self._stdin.write(json.dumps(request).encode() + b"\n")
            self._stdin.flush()
        except OSError as error:
            raise _Died from error
        answer = self._answer()
        self.usage = answer["usage"]
        if answer.get("large"):
            raise _Later
        if "error" in answer:
            raise ImageError(answer["error"])
        height, width = answer["size"]
        pixels = self._array(height, width, 3)
        opacity = self._array(height, width) if answer["opacity"] else None
        return Loaded(pixels, opacity, tuple(answer["changes"]))

    def wait(self) -> None:
        """Return when it is ready."""
        if not self.ready:
            self._answer()
            self.ready = True

    @property
    def ended(self) -> bool:
        """Whether the process is no more."""
        return self.process.poll() is not None

    @property
    def out_of_time(self) -> bool:
        """Whether it ended because a file took too long: by the clock, or by its CPU time."""
        return self._late or self.process.returncode == -getattr(signal, "SIGPROF", 1000)

    def stop(self) -> None:
        """End the process, whatever it does."""
        self.process.kill()
        with suppress(OSError):  # what was still to be written has no reader
            self._stdin.close()
        self._stdout.close()
        self.process.wait()

    @property
    def _stdin(self) -> IO[bytes]:
        assert self.process.stdin is not None
        return self.process.stdin

    @property
    def _stdout(self) -> IO[bytes]:
        assert self.process.stdout is not None
        return self.process.stdout

    def _answer(self) -> dict[str, Any]:
        line = self._stdout.readline()
        if not line.endswith(b"\n"):
            raise _Died
        answer: dict[str, Any] = json.loads(line)
        return answer

    def _array(self, *shape: int) -> np.ndarray:
        array = np.empty(shape, np.uint8)
        rest = array.data.cast("B")
        while rest:
            count = self._stdout.readinto(rest)  # type: ignore[attr-defined]
            if not count:
                raise _Died
            rest = rest[count:]
        return array

    @contextmanager
    def _killed_after(self, limit: float) -> Iterator[None]:
        def kill() -> None:
            self._late = True
            self.process.kill()

        timer = threading.Timer(limit, kill)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()


class Gate:
    """A few children, started when first needed, replaced when they die.

    Args:
        children: how many files are decoded at once.
        patience: seconds to wait for one of them, or for another large picture.
    """

    def __init__(self, children: int = 2, patience: float = 60) -> None:
        self.children, self.patience = children, patience
        self.usage: dict[str, float] = {}  # of the last file: CPU seconds, peak memory in MB
        self.forget()

    def forget(self) -> None:
        """Begin anew without a child, as after a fork: they answer the process they came from."""
        self._large = threading.Semaphore()
        self._number = itertools.count()
        self._idle: queue.PriorityQueue[tuple[int, int, Child | None]] = queue.PriorityQueue()
        for _ in range(self.children):
            self._give_back(None)

    def start(self) -> None:
        """Start the children ahead of the first file, and wait until they are ready."""
        with ExitStack() as stack, suppress(_Died):  # the first file will tell
            for child in [stack.enter_context(self._child()) for _ in range(self.children)]:
                child.wait()

    def load(self, path: str | Path) -> Loaded:
        """As `sr_demo.images.load_image`, in a child.

        Raises:
            ImageError: in plain words, also where the file takes too much time or memory, or too
                many others are being read.
        """
        path = Path(path)
        try:
            return self._load(path, LARGE)
        except _Later:  # the child is free for others while this one waits
            pass
        if not self._large.acquire(timeout=self.patience):
            raise ImageError(
                "Another very large picture is being read: try again in a minute, or reduce "
                f"{path.name} to {LARGE // 1_000_000} megapixels."
            )
        try:
            return self._load(path, MAX_PIXELS)
        finally:
            self._large.release()

    def close(self) -> None:
        """End every child that is idle; the next file starts a new one."""
        for _ in range(self._idle.qsize()):
            *_, child = self._idle.get_nowait()
            if child:
                child.stop()
            self._give_back(None)

    def _load(self, path: Path, most: int) -> Loaded:
        with self._child() as child:
            try:
                return child.load(path, most)
            except _Died as error:
                raise _refusal(child, path.name) from error
            finally:
                self.usage = child.usage

    @contextmanager
    def _child(self) -> Iterator[Child]:
        try:
            *_, child = self._idle.get(timeout=self.patience)
        except queue.Empty:
            raise ImageError(
                "Many pictures are being read just now: try again in a minute."
            ) from None
        try:
            if child is None or child.ended:
                child = _started_after(child)
            if child is None:
                raise ImageError(_UNAVAILABLE)
            yield child
        finally:
            if child and child.ended:
                child = _started_after(child)  # before the next file comes
            self._give_back(child)

    def _give_back(self, child: Child | None) -> None:
        """Whoever comes next gets a ready child before a starting one, and that before none."""
        rank = 2 if child is None else 0 if child.ready else 1
        self._idle.put((rank, next(self._number), child))


def _started_after(dead: Child | None) -> Child | None:
    if dead:
        dead.stop()
    try:
        return Child()
    except OSError:
        log.exception("the process that decodes pictures does not start")
        return None


def _refusal(child: Child, name: str) -> ImageError:
    """What to say of the file that a child did not outlive."""
    if not child.ready:
        log.error("the process that decodes pictures ends before it is ready")
        return ImageError(_UNAVAILABLE)
    if child.out_of_time:
        return too_slow(name)
    return ImageError(
        f"{name} cannot be decoded: it is damaged or of a rare kind; save it anew as PNG or JPEG."
    )


_GATE = Gate()


def load_untrusted(path: str | Path) -> Loaded:
    """As `sr_demo.images.load_image`, for a file that anybody may have made: see `Gate.load`."""
    return _GATE.load(path)


def start() -> None:
    """Start the processes that will read the first files."""
    _GATE.start()


atexit.register(_GATE.close)
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_GATE.forget)
