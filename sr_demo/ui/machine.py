"""How large the machine is, or the part of it to be used; and memory given back to it."""

import ctypes
import os
from contextlib import suppress
from pathlib import Path

# Of a container's limit, by cgroup version 2 and 1; "max", or more than there is, without one
_LIMITS = ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes")
_UNKNOWN = 8_000_000_000  # where a system tells no size


def memory() -> int:
    """Bytes of memory that this process and its children may use."""
    sizes = [size for size in (_physical(), *map(_limit, _LIMITS)) if size]
    return min(sizes, default=_UNKNOWN)


def _physical() -> int | None:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return None


def _limit(path: str) -> int | None:
    try:
        return int(Path(path).read_text(encoding="ascii"))
    except (OSError, ValueError):
        return None


def give_back_memory() -> None:
    """Return freed memory to the system, which glibc alone keeps for its threads' next pictures."""
    with suppress(OSError, AttributeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)
