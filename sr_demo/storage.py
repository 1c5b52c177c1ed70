"""Files: safetensors read strictly, anything written atomically, values kept while a file stays.

Used for everything that this project writes and trusts: checkpoints, NIQE's statistics, VGG's
weights, reports.
"""

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from threading import Lock, get_ident
from typing import Any, Generic, TypeVar

from safetensors import SafetensorError, safe_open

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_PACKAGED = Path(__file__).resolve().parent / "weights"  # where a wheel has checkpoints/
CHECKPOINTS = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parent.parent / "checkpoints"


class CheckpointError(Exception):
    """A file of weights that is missing or cannot be used; the message says what to do."""


class UnreadableError(Exception):
    """What is wrong with a file, as the end of a sentence that begins with its name."""


def read_safetensors(path: Path, framework: str = "pt") -> tuple[dict[str, str], dict[str, Any]]:
    """The metadata and all tensors of a file; nothing is ever unpickled.

    Args:
        framework: "pt" for ``torch.Tensor``, "np" for ``numpy.ndarray``.

    Raises:
        UnreadableError: if there is no such file, or it is damaged or of another format.
    """
    if not path.is_file():
        raise UnreadableError("is missing")
    try:
        with safe_open(path, framework=framework) as file:
            return file.metadata() or {}, {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UnreadableError(f"is damaged or no safetensors file ({error})") from error


def write_atomically(path: Path, content: bytes) -> Path:
    """Write a whole file, with its folder; a reader sees the old one or the new one, never a part.

    Returns:
        the path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Two threads may write the same file at once, each its own whole copy
    partial = path.with_name(f".{path.name}.{os.getpid()}.{get_ident()}")
    try:
        partial.write_bytes(content)
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def modified(path: Path) -> int | None:
    """Nanoseconds of the last change, or None where there is no file."""
    return path.stat().st_mtime_ns if path.is_file() else None


class Latest(Generic[K, V]):
    """One value a key, made again when its version changes; older versions are let go.

    Args:
        make: the value of a key.
        version: what a value depends on besides its key, such as the time a file was written.
    """

    def __init__(self, make: Callable[[K], V], version: Callable[[K], object]) -> None:
        self._make, self._version = make, version
        self._kept: dict[K, tuple[object, V]] = {}
        self._lock = Lock()

    def __getitem__(self, key: K) -> V:
        version = self._version(key)
        with self._lock:
            if key in self._kept and self._kept[key][0] == version:
                return self._kept[key][1]
        value = self._make(key)  # outside the lock: another key need not wait for it
        with self._lock:
            self._kept[key] = version, value
        return value
