"""What every benchmark needs: a photo, the clock, interleaved rounds, the processor's abilities."""

import platform
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from skimage import data

SCALE = 4
PAUSE = 0.25  # seconds: ONNX Runtime's and OpenMP's idle threads keep a core busy for a while


def timed(work: Callable[..., Any], *arguments: Any) -> tuple[Any, float]:
    """What the work returns, and its seconds."""
    begun = time.perf_counter()
    return work(*arguments), time.perf_counter() - begun


def medians(variants: dict[str, Callable[[], object]], rounds: int) -> dict[str, float]:
    """Median seconds of each variant, after one round to warm up.

    A round runs every variant once, so that whatever else the machine does hits all alike; the
    threads of the one before get time to stop spinning.
    """
    times: dict[str, list[float]] = {name: [] for name in variants}
    for _ in range(rounds + 1):
        for name, work in variants.items():
            time.sleep(PAUSE)
            times[name].append(timed(work)[1])
    return {name: median(values[1:]) for name, values in times.items()}


def matmul_rate(dtype: torch.dtype, rounds: int, side: int = 2048) -> float:
    """Floating-point operations per second of a large matrix product, the best of the rounds."""
    a = torch.randn(side, side).to(dtype)
    return 2 * side**3 / min(timed(lambda: a @ a)[1] for _ in range(4 * rounds))


def machine() -> str:
    """The processor's name and the threads in use."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
        name = next(line.split(":")[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        name = platform.processor() or platform.machine()
    return f"{name}, {torch.get_num_threads()} threads"


def photo(height: int, width: int) -> np.ndarray:
    """A photo, mirrored over the whole area where it is too small."""
    pixels = data.astronaut()
    pad = [(0, max(0, height - pixels.shape[0])), (0, max(0, width - pixels.shape[1])), (0, 0)]
    return np.ascontiguousarray(np.pad(pixels, pad, "symmetric")[:height, :width])
