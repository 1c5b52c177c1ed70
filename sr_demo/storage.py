"""Files: safetensors read strictly, anything written atomically, values kept while a file stays.

Used for everything that this project writes and trusts: checkpoints, NIQE's statistics, VGG's
weights, reports.
"""

import errno
import hashlib
import json
import os
import platform
import re
import sys
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from threading import Lock, get_ident
from types import ModuleType
from typing import Any, Generic, TypeVar

import numpy as np
from safetensors import SafetensorError

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

_PACKAGED = Path(__file__).resolve().parent / "weights"  # where a wheel has checkpoints/
CHECKPOINTS = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parent.parent / "checkpoints"

# Of a safetensors file that is opened at all; ours have at most 3 MB, 90 tensors and a depth of 4
MAX_BYTES = 2**30
MAX_HEADER = 2**20  # bytes
MAX_TENSORS = 4096
MAX_DEPTH = 32  # of brackets in the header, those in the metadata's strings too
_UNSIGNED = "0" * 64  # stands in the place of a file's hash while that is computed
# What parsing a damaged file raises, here and in the library
_DAMAGE = (
    SafetensorError, OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError,
)  # fmt: skip


class CheckpointError(Exception):
    """A file of weights that is missing or cannot be used; the message says what to do."""


class InUseError(Exception):
    """Something that another process works with; the message says which and what to do."""


class UnreadableError(Exception):
    """What is wrong with a file, as the end of a sentence that begins with its name."""


def read_safetensors(path: Path, framework: str = "pt") -> tuple[dict[str, str], dict[str, Any]]:
    """The metadata and all tensors of a file; nothing is ever unpickled.

    A file from :func:`safetensors_bytes` is checked against its own hash. Of others, as they were
    written before there was one, it cannot be told whether a number has changed.

    Args:
        framework: "pt" for ``torch.Tensor``, "np" for ``numpy.ndarray``.

    Returns:
        the metadata, without the hash, and the tensors by name.

    Raises:
        UnreadableError: if there is no such file, it is damaged, of another format or larger than
            any of ours, or holds a number that is infinite or none.
    """
    if not path.is_file():
        raise UnreadableError("is missing")
    try:
        if path.stat().st_size > MAX_BYTES:
            raise UnreadableError("is too large for a file of weights")
        content = path.read_bytes()
        header = _header(content)
        metadata = header.pop("__metadata__", {})
        if "sha256" in metadata:
            digest = json.loads(metadata.pop("sha256"))
            if digest != _digest(content, digest):
                raise UnreadableError("is damaged (its hash is another)")
        tensors: dict[str, Any] = _library(framework).load(content)
        finite = all(_finite(tensor) for tensor in tensors.values())
    except _DAMAGE as error:
        raise UnreadableError(f"is damaged or no safetensors file ({error})") from error
    if not finite:
        raise UnreadableError("is damaged (it holds numbers that are infinite or none)")
    return metadata, tensors


def safetensors_bytes(
    tensors: Mapping[str, Any], metadata: Mapping[str, str], framework: str = "pt"
) -> bytes:
    """A file for :func:`read_safetensors`, with its own SHA-256 as JSON among the metadata.

    The hash is of the whole file, 64 zeros in its own place: metadata, names and shapes count too.

    Args:
        framework: "pt" for ``torch.Tensor``, "np" for ``numpy.ndarray``.
    """
    signed = {**metadata, "sha256": json.dumps(_UNSIGNED)}
    content: bytes = _library(framework).save(tensors, signed)
    return content.replace(_UNSIGNED.encode(), _digest(content, _UNSIGNED).encode(), 1)


def _digest(content: bytes, own: str) -> str:
    """The hash of a file in which ``own`` stands in the place of its hash."""
    end = 8 + int.from_bytes(content[:8], "little")
    digest = hashlib.sha256(content[:end].replace(own.encode(), _UNSIGNED.encode(), 1))
    digest.update(memoryview(content)[end:])
    return digest.hexdigest()


def _header(content: bytes) -> dict[str, Any]:
    """The header as JSON; ValueError, before it is parsed, where it is none of ours."""
    length = int.from_bytes(content[:8], "little")
    if length > MAX_HEADER:
        raise ValueError(f"a header of {length} bytes")
    text, depth = content[8 : 8 + length].decode(), 0
    for bracket in re.findall(r"[][{}]", text):
        depth += 1 if bracket in "[{" else -1
        if depth > MAX_DEPTH:
            raise ValueError(f"a header of more than {MAX_DEPTH} brackets in each other")
    if text.count('"dtype"') > MAX_TENSORS:
        raise ValueError(f"more than {MAX_TENSORS} tensors")
    header: dict[str, Any] = json.loads(text)
    return header


def _library(framework: str) -> ModuleType:
    """Imported when it is needed: what writes other files does not wait for PyTorch."""
    return import_module({"pt": "safetensors.torch", "np": "safetensors.numpy"}[framework])


def _finite(tensor: Any) -> bool:
    if isinstance(tensor, np.ndarray):
        return bool(np.isfinite(tensor).all())
    return bool(tensor.isfinite().all())


def write_atomically(path: Path, content: bytes) -> Path:
    """Write a whole file, with its folder; a reader sees the old one or the new one, never a part.

    A link is followed, and what is no file, such as ``/dev/stdout``, is written to as it is.

    Returns:
        the path.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists() and not path.is_file():
        path.write_bytes(content)
        return path
    target = Path(os.path.realpath(path))
    # Two threads may write the same file at once, each its own whole copy
    partial = target.with_name(f".{target.name}.{os.getpid()}.{get_ident()}")
    try:
        partial.write_bytes(content)
        os.replace(partial, target)
    except OSError as error:
        if error.errno and error.filename in (None, str(partial)):  # name what people know
            error.filename = str(path)
        raise
    finally:
        partial.unlink(missing_ok=True)
    return path


def plain(error: OSError) -> str:
    """What the system refused, and what to do, in words; for people who know no ``errno``."""
    place = "" if error.filename is None else f": {error.filename}"
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return f"the disk is full, make room and try again{place}"
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"no permission, choose another place or change who may write there{place}"
    return f"{error.strerror}{place}" if error.strerror else str(error)


@contextmanager
def locked(path: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of a file, which the system takes back however the process ends.

    Args:
        path: a file for this alone, made if need be; it stays.
        wait: until another process lets it go.

    Raises:
        InUseError: if another process holds it, and ``wait`` is false.
    """
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        try:
            _lock(file, wait)
        except OSError as error:
            if error.errno in (errno.EACCES, errno.EAGAIN, errno.EDEADLK):
                owner = os.read(file, 200).decode(errors="replace").strip() or "another process"
                raise InUseError(
                    f"{path.parent} is in use by {owner}: wait for it, stop it, or choose another "
                    "folder"
                ) from error
            # else the disk has no locks, as some networks' have not: nothing is lost but the check
        os.truncate(file, 0)
        os.write(file, f"process {os.getpid()} on {platform.node()}".encode())
        yield
    finally:
        os.close(file)


if sys.platform == "win32":
    import msvcrt

    def _lock(file: int, wait: bool) -> None:
        os.lseek(file, 2**30, os.SEEK_SET)  # beyond the text, which others shall read
        msvcrt.locking(file, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        os.lseek(file, 0, os.SEEK_SET)
else:
    import fcntl

    def _lock(file: int, wait: bool) -> None:
        # A record lock: unlike flock's, processes that prepare batches do not inherit it, and so
        # cannot outlive a killed run with it
        fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


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
        return self._remade(key, version)

    def renew(self, key: K) -> None:
        """Make its value again; whoever has the old one may keep it."""
        self._remade(key, self._version(key))

    def _remade(self, key: K, version: object) -> V:
        value = self._make(key)  # outside the lock: another key need not wait for it
        with self._lock:
            self._kept[key] = version, value
        return value
