"""How much memory a restoration takes, each measured in a process of its own.

A module of its own, as new processes import what they run by name, and cannot import ``__main__``.
"""

import multiprocessing
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.timing import SCALE, photo, timed
from sr_demo.inference import runnable


def memory(names: Sequence[str], megapixels: Sequence[int]) -> list[dict[str, Any]]:
    """Peak above idle of each method at each size, in a process of its own."""
    rows = []
    for size in megapixels:
        for name in names:
            context = multiprocessing.get_context("spawn")
            results = context.SimpleQueue()
            child = context.Process(target=_peak, args=(name, size, results))
            child.start()
            child.join()
            if child.exitcode:
                raise RuntimeError(f"{name} at {size} Mpx ended with code {child.exitcode}")
            rows.append(results.get())
            row = rows[-1]
            print(
                f"  {name:<9} {row['output Mpx']:.1f} Mpx: {row['MB above idle']:.0f} MB above "
                f"idle, {row['seconds per Mpx']:.2f} s per Mpx"
            )
    return rows


def _peak(name: str, megapixels: int, results: Any) -> None:
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5 / SCALE)
    width = height * 4 // 3
    ready, lr = runnable.engine(name, SCALE), photo(height, width)
    ready.restore(lr[:16, :16])
    idle = resident("VmRSS")
    image, seconds = timed(ready.restore, lr)
    peak = resident("VmHWM")  # not getrusage, whose peak is also that of the parent
    mpx = image.shape[0] * image.shape[1] / 1e6
    results.put(
        {
            "method": name, "output Mpx": mpx, "MB above idle": (peak - idle) * 1024 / 1e6,
            "seconds per Mpx": seconds / mpx,
        }
    )  # fmt: skip


def resident(field: str, process: int | str = "self") -> int:
    """A process's memory in kB, now (VmRSS) or at most (VmHWM); Linux alone."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(field))
