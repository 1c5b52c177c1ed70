"""Files that the page may load: pictures as PNG, downloads, uploads."""

import hashlib
import re
from pathlib import Path
from typing import Any

import numpy as np
from gradio.utils import get_upload_folder

from sr_demo.images import ImageError, png_bytes
from sr_demo.storage import write_atomically


def keep_png(name: str, pixels: np.ndarray, opacity: np.ndarray | None = None) -> str:
    """Write a picture as a PNG that the page may load; its path."""
    return keep_file(f"{name}.png", png_bytes(pixels, opacity))


def keep_file(name: str, content: bytes) -> str:
    """Write a file that the page may load, in a folder named by its content; its path.

    A file that is there stays as it is: another page may be reading it. A new one appears whole.
    """
    folder = Path(get_upload_folder(), hashlib.sha256(content).hexdigest())
    path = (folder / Path(name).name).resolve()
    if not path.is_file():
        write_atomically(path, content)
    return str(path)


def file_data(path: str) -> dict[str, Any]:
    """A file that Gradio turns into a URL under its own root path, wherever it is mounted."""
    return {"path": path, "orig_name": Path(path).name, "meta": {"_type": "gradio.FileData"}}


def uploaded(path: str) -> Path:
    """The path of an uploaded file; refuses any other, for a path is what the browser claims.

    Raises:
        ImageError: for a file that was not uploaded here.
    """
    resolved = Path(path).resolve()
    if not resolved.is_relative_to(Path(get_upload_folder()).resolve()):
        raise ImageError("This file was not uploaded here: choose a picture again.")
    return resolved


def file_name(text: str) -> str:
    """A short, harmless stem for the files made from a picture."""
    return re.sub(r"[^\w.-]+", "-", text, flags=re.ASCII).strip("-.")[:40] or "picture"
