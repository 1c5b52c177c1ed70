"""Run a network on a whole image, fast and in bounded memory: device, precision, tiles."""

from collections.abc import Callable, Iterator

import numpy as np
import torch

from sr_demo.networks import SuperResolver
from sr_demo.rewrites import fast

MAX_INPUT_PIXELS = 4_000_000  # of network input: minutes of work on two cores
TILE = 256  # LR pixels a side, before the overlap: bounds memory, keeps matrices large


class Cancelled(Exception):
    """Raise it from a progress callback to stop between two tiles."""


class TooLarge(ValueError):
    """The network's input is too large to be restored in reasonable time."""


def check_size(lr: np.ndarray) -> None:
    """Raise ``TooLarge``, in plain words, if an image has more than ``MAX_INPUT_PIXELS``."""
    height, width = lr.shape[:2]
    if height * width > MAX_INPUT_PIXELS:
        raise TooLarge(
            f"{width}×{height} is {height * width / 1e6:.1f} megapixels of network input; "
            f"the limit is {MAX_INPUT_PIXELS / 1e6:g}. Crop the picture or make it smaller first."
        )


def restore(
    network: SuperResolver,
    lr: np.ndarray,
    progress: Callable[[float], None] | None = None,
    tile: int = TILE,
) -> np.ndarray:
    """Super-resolve one image.

    Args:
        network: in evaluation mode.
        lr: ``uint8`` RGB ``(H, W, 3)``, any size from 1×1.
        progress: called with the finished fraction, 0 < f ≤ 1, after each tile; may raise.
        tile: LR pixels a side that one pass restores. Every tile sees ``network.radius`` pixels of
            its surroundings, so the seams cannot show, whatever the tile size.

    Returns:
        ``uint8`` RGB ``(H·scale, W·scale, 3)``.
    """
    if lr.dtype != np.uint8 or lr.ndim != 3 or lr.shape[2] != 3 or lr.size == 0:
        raise ValueError(f"expected a uint8 RGB image (H, W, 3), got {lr.dtype} {lr.shape}")
    height, width = lr.shape[:2]
    # The in-network bicubic mirrors two pixels at each border, so it needs two to mirror.
    padded = np.pad(lr, ((0, max(0, 2 - height)), (0, max(0, 2 - width)), (0, 0)), "symmetric")
    scale, radius = network.scale, network.radius
    out = np.empty((padded.shape[0] * scale, padded.shape[1] * scale, 3), np.uint8)
    tiles = list(_tiles(padded.shape[0], padded.shape[1], tile))
    for done, (top, left, bottom, right) in enumerate(tiles, 1):
        y, x = max(0, top - radius), max(0, left - radius)
        window = padded[y : bottom + radius, x : right + radius]
        restored = _run(network, window)
        out[top * scale : bottom * scale, left * scale : right * scale] = restored[
            (top - y) * scale : (bottom - y) * scale, (left - x) * scale : (right - x) * scale
        ]
        if progress:
            progress(done / len(tiles))
    return out[: height * scale, : width * scale]


def _tiles(height: int, width: int, size: int) -> Iterator[tuple[int, int, int, int]]:
    """(top, left, bottom, right) of about equal tiles that cover the image, none over ``size``."""
    rows, columns = -(-height // size), -(-width // size)
    for i in range(rows):
        for j in range(columns):
            yield (
                i * height // rows,
                j * width // columns,
                (i + 1) * height // rows,
                (j + 1) * width // columns,
            )


@torch.inference_mode()
def _run(network: SuperResolver, window: np.ndarray) -> np.ndarray:
    device = _device()
    half = half_precision(device)
    x = torch.from_numpy(window).to(device).permute(2, 0, 1)[None].float().div_(255)
    x = x.contiguous(memory_format=torch.channels_last)
    network = network.to(device)
    network = network.to(memory_format=torch.channels_last)
    with torch.autocast(device, dtype=half, enabled=half is not None):
        y = network.in_colour(fast(network), x)
    return y[0].mul_(255).add_(0.5).to(torch.uint8).permute(1, 2, 0).contiguous().cpu().numpy()


def _device() -> str:
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"


def half_precision(device: str | None = None) -> torch.dtype | None:
    """The 16-bit type this device multiplies fast, if any."""
    if (device or _device()) != "cpu":
        return torch.float16
    return torch.bfloat16 if _cpu_has_bf16() else None


def _cpu_has_bf16() -> bool:
    try:
        with open("/proc/cpuinfo") as file:
            flags = file.read()
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


def describe() -> str:
    """How networks run here, for a page's footer: "PyTorch bf16, 2 threads"."""
    device = _device()
    half = {torch.bfloat16: "bf16", torch.float16: "fp16", None: "fp32"}[half_precision(device)]
    if device != "cpu":
        return f"PyTorch {half} on {device.upper()}"
    threads = torch.get_num_threads()
    return f"PyTorch {half}, {threads} thread{'s' if threads > 1 else ''}"
