"""Run a network on a whole image, fast and in bounded memory: device, precision, tiles."""

import copy
import importlib.util
import logging
import os
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
import torch

from sr_demo.boxes import Box
from sr_demo.foreign.network import ForeignNetwork
from sr_demo.inference.rewrites import fast
from sr_demo.inference.tiles import Progress, assembled, restored_tiles, turn
from sr_demo.networks import SuperResolver
from sr_demo.tensors import to_tensor

if TYPE_CHECKING:
    from sr_demo.inference.openvino import Compiled

log = logging.getLogger(__name__)

Tiles = Callable[[SuperResolver | int, np.ndarray, int], Iterator[tuple[float, Box, np.ndarray]]]

BACKENDS = ("openvino", "torch")
MAX_INPUT_PIXELS = 4_000_000  # of network input: minutes of work on two cores
# LR pixels a side that a tile gives, before the overlap, by `network.channels`. SRResNet needs some
# 3 kB for each of them and a large tile to make little of its overlap; SRCNN 6 kB (both ×4).
TILE = {1: 256, 3: 512}
TORCH_TILE = 256  # PyTorch keeps a layer's input and output where OpenVINO keeps one of them
# Of networks that little is known of, with their overlap: ESRGAN's needs 8 kB for each (×4), in
# 32 bits, and sees 48 pixels around a tile
FOREIGN_WINDOW = 384
KEPT_PIXELS = 256 * 256  # of LR: what a larger image took of memory is given back after it


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


class Engine:
    """A network, ready to restore images; several threads may share it."""

    def __init__(self, network: SuperResolver, backend: str | None = None) -> None:
        """Prepare a network in evaluation mode, whose weights do not change any more.

        Args:
            backend: one of ``BACKENDS``; by default the quickest here, see :func:`default_backend`.
                OpenVINO gives way to PyTorch, with a line in the log, if it cannot compile.

        Raises:
            ValueError: for a backend that does not exist, here or in ``SR_DEMO_ENGINE``.
        """
        self.network = network
        self.backend = default_backend() if backend is None else _checked(backend, "backend")
        _weights[network] = {name: value.cpu() for name, value in network.state_dict().items()}
        self._compiled: Compiled | None = None
        self._placed: int | None = None
        if self.backend == "openvino":
            try:
                self._compiled = _compile(network)
            except Exception as error:  # a compiler has many ways to fail, and none may stop us
                log.warning("OpenVINO cannot run %s: %s", type(network).__name__, error)
                self.backend = "torch"

    def restore(
        self, lr: np.ndarray, progress: Progress | None = None, tile: int | None = None
    ) -> np.ndarray:
        """Super-resolve one image.

        Args:
            lr: ``uint8`` RGB ``(H, W, 3)``, any size from 1×1; or ``uint16``, which PyTorch
                restores in 32 bits, whatever the backend.
            progress: called with the finished fraction, 0 < f ≤ 1, after each tile; may raise.
            tile: LR pixels a side that one pass restores. Every tile sees ``network.radius`` pixels
                of its surroundings, or ``OVERLAP`` if that is less: the seams cannot show. Of a
                foreign network it is what one pass sees, of which the measured overlap is a part.

        Returns:
            RGB ``(H·scale, W·scale, 3)`` of the same dtype.
        """
        if self._compiled is None or lr.dtype == np.uint16:
            network = self.network if self._placed is None else self._placed
            tiles = _on_device(network, lr, tile or _tile(self.network, TORCH_TILE))
            return assembled(tiles, lr, self.network.scale, progress)
        try:
            size = tile or _tile(self.network, TILE[self.network.channels])
            tiles = restored_tiles(self._compiled, self.network, lr, size)
            return assembled(tiles, lr, self.network.scale, progress)
        finally:
            if lr.size > 3 * KEPT_PIXELS:
                with turn:
                    self._compiled.release_memory()

    def place(self) -> None:
        """On a ZeroGPU Space, put the network where each GPU that is borrowed has it already.

        In the main thread and before the page is launched: then ``spaces`` packs what is there.
        A copy, as the packed weights can no longer be read in this process.
        """
        if self._compiled is None and self._placed is None:
            self._placed = len(_placed)
            _placed.append(copy.deepcopy(self.network).to(best_device()))


def restore(
    network: SuperResolver,
    lr: np.ndarray,
    progress: Progress | None = None,
    tile: int | None = None,
) -> np.ndarray:
    """As ``Engine.restore``, by PyTorch and unprepared: weights may change between two calls."""
    tiles = _on_device(network, lr, tile or _tile(network, TORCH_TILE))
    return assembled(tiles, lr, network.scale, progress)


def _tile(network: SuperResolver, own: int) -> int:
    return FOREIGN_WINDOW if isinstance(network, ForeignNetwork) else own


def _compile(network: SuperResolver) -> "Compiled":
    from sr_demo.inference.openvino import (
        Compiled,  # where the package is not installed, ImportError
    )

    return Compiled(network)


# --- backends -------------------------------------------------------------------------------------


def default_backend() -> str:
    """What ``SR_DEMO_ENGINE`` says; else PyTorch on a GPU, and OpenVINO, if installed, on a CPU.

    Raises:
        ValueError: if the variable names no backend.
    """
    chosen = os.environ.get("SR_DEMO_ENGINE")
    if chosen:
        return _checked(chosen, "SR_DEMO_ENGINE")
    on_cpu = best_device() == "cpu"
    return "openvino" if on_cpu and importlib.util.find_spec("openvino") else "torch"


def _checked(backend: str, source: str) -> str:
    if backend not in BACKENDS:
        raise ValueError(f"{source} is “{backend}”; choose from {', '.join(BACKENDS)}.")
    return backend


@cache
def describe() -> str:
    """How networks run here, for a page's footer: "OpenVINO bf16, 2 threads"."""
    threads = f"{torch.get_num_threads()} threads".replace("1 threads", "1 thread")
    if default_backend() == "openvino":
        try:
            from sr_demo.inference.openvino import has_bf16

            return f"OpenVINO {'bf16' if has_bf16() else 'fp32'}, {threads}"
        except Exception as error:  # a broken package has many ways to fail, as in Engine
            log.warning("OpenVINO cannot be loaded: %s", error)
    device = best_device()
    half = {torch.bfloat16: "bf16", torch.float16: "fp16", None: "fp32"}[half_precision(device)]
    if borrows_gpu():
        return f"PyTorch {half} on ZeroGPU"
    return (
        f"PyTorch {half}, {threads}" if device == "cpu" else f"PyTorch {half} on {device.upper()}"
    )


class _Torch:
    """A network in PyTorch, on the quickest device; where that fails, on the CPU from there on."""

    def __init__(self, network: SuperResolver) -> None:
        self._network = network
        self._device = best_device()

    def __call__(self, window: np.ndarray) -> np.ndarray:
        try:
            return self._run(window)
        except RuntimeError as error:  # CUDA's errors are
            if self._device == "cpu" or self._network not in _weights:
                raise
            _give_up(self._device, error)
            self._device = "cpu"
            self._network.to_empty(device="cpu").load_state_dict(_weights[self._network])
            return self._run(window)

    def _run(self, window: np.ndarray) -> np.ndarray:
        device = self._device
        network = self._network.to(device).to(memory_format=torch.channels_last)
        top = np.iinfo(window.dtype).max
        # SRCNN and ESPCN make the whole picture, where 16 bits show; SRResNet only its detail.
        half = half_precision(device) if network.channels == 3 and top == 255 else None
        with torch.inference_mode(), torch.autocast(device, dtype=half, enabled=half is not None):
            x = to_tensor(window).to(device).float().div_(top)
            y = network.in_colour(fast(network, precise=True), x)[0].mul_(top).add_(0.5)
            levels = y.to(torch.uint8 if top == 255 else torch.int32).permute(1, 2, 0)
            return levels.contiguous().cpu().numpy().astype(window.dtype, copy=False)


# Of every engine's network, on the CPU: what is on a GPU that fails cannot be read back
_weights: WeakKeyDictionary[SuperResolver, dict[str, torch.Tensor]] = WeakKeyDictionary()
lost_devices: set[str] = set()  # devices that are not asked again while this process runs


def _give_up(device: str, error: RuntimeError) -> None:
    """Say that a device failed; one that is merely full may have room for the next picture."""
    reason = (str(error).splitlines() or [type(error).__name__])[0]
    log.warning("the GPU (%s) failed, the CPU goes on instead: %s", device, reason)
    if not isinstance(error, torch.OutOfMemoryError):
        lost_devices.add(device)
        describe.cache_clear()


def best_device() -> str:
    """Where PyTorch runs quickest here: "cuda", "mps" or "cpu"."""
    if torch.cuda.is_available() and "cuda" not in lost_devices:
        return "cuda"
    return "mps" if torch.backends.mps.is_available() and "mps" not in lost_devices else "cpu"


def half_precision(device: str | None = None) -> torch.dtype | None:
    """The 16-bit type this device multiplies fast, if any."""
    if (device or best_device()) != "cpu":
        return torch.float16
    return torch.bfloat16 if _cpu_has_bf16() else None


def _cpu_has_bf16() -> bool:
    try:
        with open("/proc/cpuinfo") as file:
            flags = file.read()
    except OSError:
        return False
    return "amx_bf16" in flags or "avx512_bf16" in flags


# --- ZeroGPU --------------------------------------------------------------------------------------

_placed: list[SuperResolver] = []  # by Engine.place; a process with a borrowed GPU inherits them


def borrows_gpu() -> bool:
    """Whether this is a Hugging Face Space that borrows a GPU for each call (ZeroGPU)."""
    return bool(os.environ.get("SPACES_ZERO_GPU"))


def _seconds(network: SuperResolver | int, lr: np.ndarray, size: int) -> int:
    """For how long to borrow a GPU: its start, and a generous time for each megapixel of input."""
    return 10 + round(5 * lr.shape[0] * lr.shape[1] / 1e6)


def _with_gpu(function: Tiles) -> Tiles:
    """On a ZeroGPU Space, the function for which a GPU is borrowed; elsewhere the function itself.

    Applied at import: a Space must know, before the page starts, what will ask for a GPU.
    """
    if not borrows_gpu():
        return function
    import spaces

    return spaces.GPU(function, duration=_seconds)


@_with_gpu
def _on_device(
    network: SuperResolver | int, lr: np.ndarray, size: int
) -> Iterator[tuple[float, Box, np.ndarray]]:
    # A generator, as spaces.GPU asks for where a function reports progress
    if isinstance(network, int):
        network = _placed[network]
    yield from restored_tiles(_Torch(network), network, lr, size)
