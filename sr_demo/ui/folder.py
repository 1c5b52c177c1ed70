"""The folder with all files that this process serves: swept while it runs, removed as it ends.

Gradio puts uploads where ``GRADIO_TEMP_DIR`` says, beside those of any other Gradio app, and no
file tells whose it is. So each process has a folder of its own there, and may delete whatever is in
it. A lock beside the folder lasts as long as the process, however that ends.
"""

import os
import shutil
import time
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event, Thread

from filelock import FileLock, Timeout
from gradio import mcp
from gradio.utils import get_upload_folder

from sr_demo.ui.files import delete
from sr_demo.ui.session import KEEP, SessionStore

MAX_BYTES = 5_000_000_000
_PULSE = 30.0  # seconds between two sweeps
_SETTING = "GRADIO_TEMP_DIR"


@contextmanager
def own_folder() -> Iterator[Path]:
    """A new folder for Gradio's files, removed at the end; at once those of processes that ended.

    Raises:
        OSError: if no folder can be made.
    """
    shared, before = Path(get_upload_folder(), "sr-demo").resolve(), os.environ.get(_SETTING)
    shared.mkdir(parents=True, exist_ok=True)
    for old in filter(Path.is_dir, shared.iterdir()):
        with suppress(Timeout, OSError), FileLock(_lock(old), timeout=0):
            _remove(old)
    folder = shared / uuid.uuid4().hex
    with FileLock(_lock(folder)):  # before there is a folder, which others may not think dead
        folder.mkdir(mode=0o700)
        os.environ[_SETTING] = mcp.DEFAULT_TEMP_DIR = str(folder)  # agents' files: read at import
        try:
            yield folder
        finally:
            os.environ.pop(_SETTING) if before is None else os.environ.update({_SETTING: before})
            _remove(folder)


def _lock(folder: Path) -> Path:
    return folder.with_suffix(".lock")


def _remove(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    with suppress(OSError):  # Windows keeps a file that is open
        _lock(folder).unlink()


@contextmanager
def swept(folder: Path, sessions: SessionStore) -> Iterator[None]:
    """Sweep the folder every half a minute; the files that are there now are the page's own."""
    ended, own = Event(), _files(folder)

    def work() -> None:
        while not ended.wait(_PULSE):
            sessions.forget()
            sweep(folder, keep=own, shown=sessions.shown)

    thread = Thread(target=work, name="sweep", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def sweep(
    folder: Path,
    *,
    keep: Collection[Path] = (),
    shown: Collection[str] = (),
    max_bytes: int = MAX_BYTES,
) -> None:
    """Delete what is older than a day, and the oldest of what is too much in all.

    Args:
        keep: files that stay.
        shown: paths of files that stay for a day, however much there is.
        max_bytes: that may stay in all, or half of what the disk has room for if that is less.
    """
    ages = {path: _stat(path) for path in _files(folder).difference(keep)}
    files = sorted((stat.st_mtime, path, stat.st_size) for path, stat in ages.items() if stat)
    total = sum(size for _, _, size in files)
    limit = min(max_bytes, (total + shutil.disk_usage(folder).free) // 2)
    old = time.time() - KEEP
    for modified, path, size in files:
        if modified < old or (total > limit and str(path) not in shown):
            delete(path)
            total -= size


def _files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def _stat(path: Path) -> os.stat_result | None:
    with suppress(FileNotFoundError):  # a page has left since
        return path.stat()
    return None
