"""The process behind the gate: pictures in by path, pixels out as bytes. See `sr_demo/gate.py`.

A line of JSON on standard input asks for a file; a line of JSON on standard output answers, and
the pixels follow as they lie in memory.
"""

import json
import os
import re
import signal
import sys
import time
from pathlib import Path
from typing import Any, BinaryIO

from PIL import AvifImagePlugin, Image

from sr_demo.images import MAX_PIXELS, ImageError, load_image

try:
    import resource
except ImportError:  # Windows, where the parent's clock is the only limit
    resource = None  # type: ignore[assignment]

MEMORY = 900_000_000  # bytes that a file may take


class _Large(Exception):
    """More pixels than were asked for."""


def main() -> None:
    """Answer requests until there are no more: then the parent has gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the parent
    replies = os.fdopen(os.dup(1), "wb")
    sys.stderr = os.fdopen(os.dup(2), "w")
    for number in (1, 2):  # a library's words must stand neither between the answers nor in a log
        os.dup2(os.open(os.devnull, os.O_WRONLY), number)
    Image.init()
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1  # each would take address space of its own
    _limit_memory()
    _tell(replies, {})
    for line in sys.stdin.buffer:
        _answer(replies, json.loads(line))


def _answer(replies: BinaryIO, request: dict[str, Any]) -> None:
    before = time.process_time()
    arrays = []
    _limit_time(request["seconds"])
    Image.MAX_IMAGE_PIXELS = None  # of the header: `load_image` says how large is too large

    def admit(pixels: int) -> None:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS // 2  # twice this is Pillow's end of any picture within
        if pixels > request["most"]:
            raise _Large
        limit = request["seconds"] + request["seconds_per_megapixel"] * pixels / 1e6
        _limit_time(limit - (time.process_time() - before))

    answer: dict[str, Any]
    try:
        loaded = load_image(Path(request["path"]), admit=admit)
        arrays = [array for array in (loaded.pixels, loaded.opacity) if array is not None]
        answer = {
            "size": loaded.pixels.shape[:2],
            "opacity": loaded.opacity is not None,
            "changes": loaded.changes,
        }
    except _Large:
        answer = {"large": True}
    except ImageError as error:
        answer = {"error": str(error)}
    _limit_time(0)
    _tell(replies, answer | {"usage": _usage(before)})
    for array in arrays:
        replies.write(array.data.cast("B"))
    replies.flush()


def _tell(replies: BinaryIO, answer: dict[str, Any]) -> None:
    replies.write(json.dumps(answer).encode() + b"\n")
    replies.flush()


def _limit_time(seconds: float) -> None:
    """End this process after so much CPU time, also in the middle of a decoder; 0 for no limit."""
    if hasattr(signal, "setitimer"):
        signal.setitimer(signal.ITIMER_PROF, max(seconds, 0.001) if seconds else 0)


def _limit_memory() -> None:
    """Allocations beyond what is there now and `MEMORY` fail, where the system says what is there.

    macOS does not keep to such a limit.
    """
    statm = Path("/proc/self/statm")
    if resource and statm.exists():
        pages = int(statm.read_text().split()[0])
        limit = pages * resource.getpagesize() + MEMORY
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


def _usage(before: float) -> dict[str, float]:
    """What the last file took, and the most memory that this process has ever had."""
    status = Path("/proc/self/status")  # getrusage would count what the parent had at the fork
    peak = re.search(r"VmHWM:\s*(\d+) kB", status.read_text()) if status.exists() else None
    return {
        "seconds": time.process_time() - before,
        "peak_mb": int(peak[1]) * 1024 / 1e6 if peak else 0.0,
    }
