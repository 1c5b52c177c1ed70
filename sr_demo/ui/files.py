"""Files that the page may load: pictures as PNG, downloads, uploads."""

import hashlib
import os
import re
from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any
from unicodedata import category, normalize

import numpy as np
from gradio.utils import get_upload_folder

from sr_demo.images import ImageError, png_bytes
from sr_demo.storage import write_atomically

_DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\.|$)", re.IGNORECASE)


def keep_png(name: str, pixels: np.ndarray, opacity: np.ndarray | None = None) -> str:
    """Write a picture as a PNG that the page may load; its path."""
    return keep_file(f"{name}.png", png_bytes(pixels, opacity))


def keep_file(name: str, content: bytes) -> str:
    """Write a file that the page may load, in a folder named by its content; its path.

    A file that is there stays as it is, but as young as a new one: another page may be reading it.
    A new one appears whole.
    """
    path = _place(name, content)
    try:
        os.utime(path)
    except FileNotFoundError:
        write_atomically(path, content)
    return str(path)


def _place(name: str, content: bytes) -> Path:
    folder = Path(get_upload_folder(), hashlib.sha256(content).hexdigest())
    return (folder / Path(name).name).resolve()


def delete(path: str | Path) -> None:
    """Delete a file, and the folder that it was alone in."""
    with suppress(OSError):
        Path(path).unlink()
    with suppress(OSError):  # the folder holds more
        Path(path).parent.rmdir()


@dataclass
class PageFiles:
    """The files that one page uses; with it go those that no other page does.

    Attributes:
        lock: held while a file is claimed or deleted; shared by pages that may use the same files.
        paths: of all that it has used.
        left: the page is gone, and nothing is written for it any more.
    """

    lock: Lock = field(default_factory=Lock)
    paths: set[str] = field(default_factory=set)
    left: bool = False

    def use(self, *paths: str) -> None:
        """Claim files, whether they exist or are about to."""
        with self.lock:
            self.paths.update(paths)

    def keep_png(self, name: str, pixels: np.ndarray, opacity: np.ndarray | None = None) -> str:
        """As :func:`keep_png`, for this page."""
        return self.keep_file(f"{name}.png", png_bytes(pixels, opacity))

    def keep_file(self, name: str, content: bytes) -> str:
        """As :func:`keep_file`, for this page."""
        path = str(_place(name, content))
        self.use(path)  # first: from now on no other page that leaves takes it away
        return path if self.left else keep_file(name, content)

    def delete(self, others: Collection[str]) -> None:
        """The page leaves: delete its files, but those that others use; ``lock`` is held."""
        self.left = True
        for path in self.paths.difference(others):
            delete(path)


def file_data(path: str) -> dict[str, Any]:
    """A file that Gradio turns into a URL under its own root path, wherever it is mounted."""
    return {"path": path, "orig_name": Path(path).name, "meta": {"_type": "gradio.FileData"}}


def uploaded(path: Any) -> Path:
    """The path of an uploaded file; refuses any other, for a path is what the browser claims.

    Raises:
        ImageError: for a file that was not uploaded here.
    """
    try:
        resolved = Path(path).resolve()
    except (OSError, RuntimeError, TypeError, ValueError):  # a loop of links, a NUL, no text at all
        resolved = Path()
    if not resolved.is_relative_to(Path(get_upload_folder()).resolve()):
        raise ImageError("This file was not uploaded here: choose a picture again.")
    return resolved


def file_name(text: str) -> str:
    """A short stem for the files made from a picture: letters of any script, no other signs."""
    kept = (c if c in "._" or category(c)[0] in "LMN" else "-" for c in normalize("NFC", text))
    stem = re.sub("-+", "-", "".join(kept)).strip("-.")[:40].rstrip("-.")
    if _DEVICE.match(stem):  # Windows opens a device by its name, whatever follows a dot
        stem = f"picture-{stem}"
    return stem or "picture"
