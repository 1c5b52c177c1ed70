"""The one bicubic of the project: MATLAB's ``imresize``.

Every low-resolution image, the bicubic baseline, SRCNN's input, the chroma of the luma networks and
LR-PSNR go through this file, so that a number means the same thing everywhere.

MATLAB's convention (Keys 1981, a = -0.5): pixel centres at half-integers, the kernel widened by
1/scale when shrinking (antialiasing), symmetric padding, weights normalised. For 8-bit images it
resizes the height, rounds and clips to 8 bits, then resizes the width and rounds again.
"""

import math
from functools import lru_cache

import numpy as np
import torch
import torch.nn.functional as F
from scipy import sparse

INTEGERS = (np.uint8, np.uint16)


def imresize(image: np.ndarray, scale: float) -> np.ndarray:
    """Resize as MATLAB's ``imresize(image, scale, "bicubic")``.

    Args:
        image: ``(H, W)`` or ``(H, W, C)``; ``uint8``, ``uint16`` or floating point in any range.
        scale: output size over input size; below 1 shrinks, above 1 enlarges.

    Returns:
        ``(ceil(H * scale), ceil(W * scale)[, C])`` of the same dtype. Integers are rounded half up
        and clipped after each axis, as MATLAB does; floats are neither rounded nor clipped.

    Raises:
        ValueError: for an empty image, another dtype or number of axes, or a scale that is not
            positive and finite.
    """
    if not (math.isfinite(scale) and scale > 0):
        raise ValueError(f"expected a positive, finite scale, got {scale}")
    _check(image)
    lengths = [math.ceil(side * scale) for side in image.shape[:2]]
    return _resized(image, lengths, [scale, scale])


def imresize_to(image: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize as MATLAB's ``imresize(image, [height width])``: each axis by a scale of its own.

    Args:
        image: as for `imresize`.

    Returns:
        ``(height, width[, C])``, otherwise as `imresize`.

    Raises:
        ValueError: as `imresize`, or for a side that is not positive.
    """
    if height < 1 or width < 1:
        raise ValueError(f"expected a size of at least 1×1, got {width}×{height}")
    _check(image)
    lengths = [height, width]
    return _resized(image, lengths, [a / b for a, b in zip(lengths, image.shape[:2], strict=True)])


def _check(image: np.ndarray) -> None:
    if image.ndim not in (2, 3) or image.size == 0:
        raise ValueError(f"expected a non-empty (H, W) or (H, W, C) image, got {image.shape}")
    if image.dtype not in INTEGERS and not np.issubdtype(image.dtype, np.floating):
        raise ValueError(f"expected a uint8, uint16 or floating-point image, got {image.dtype}")


def _resized(image: np.ndarray, lengths: list[int], scales: list[float]) -> np.ndarray:
    image = _resize_height(image, lengths[0], scales[0])
    image = _resize_height(image.swapaxes(0, 1), lengths[1], scales[1])
    return np.ascontiguousarray(image.swapaxes(0, 1))


def _resize_height(image: np.ndarray, length: int, scale: float) -> np.ndarray:
    height = image.shape[0]
    # 24 bits hold an 8-bit image times these weights exactly enough: see the pair-by-pair test.
    working = np.float64 if image.dtype in (np.float64, np.uint16) else np.float32
    weights = _weights(height, length, scale, np.dtype(working).name)
    columns = np.ascontiguousarray(image.reshape(height, -1), dtype=working)
    resized = (weights @ columns).reshape(-1, *image.shape[1:])
    if image.dtype not in INTEGERS:
        return resized.astype(image.dtype, copy=False)
    # MATLAB rounds halves up, NumPy to even; the cast truncates, so adding ½ first is enough.
    resized += working(0.5)
    top = np.iinfo(image.dtype).max
    return np.clip(resized, 0, top, out=resized).astype(image.dtype)


@lru_cache(maxsize=64)
def _weights(length: int, new: int, scale: float, dtype: str) -> sparse.csr_array:
    """``(new, length)`` sparse matrix that resizes one axis."""
    shrink = min(scale, 1.0)
    support = 4 / shrink
    centres = (np.arange(new) + 0.5) / scale - 0.5
    first = np.floor(centres - support / 2)
    taps = first[:, None] + np.arange(math.ceil(support) + 2)
    values = cubic(shrink * (centres[:, None] - taps))
    values /= values.sum(axis=1, keepdims=True)
    # Symmetric padding: … 1 0 | 0 1 2 … n-1 | n-1 n-2 …
    folded = taps.astype(np.int64) % (2 * length)
    columns = np.where(folded < length, folded, 2 * length - 1 - folded)
    rows = np.broadcast_to(np.arange(len(centres))[:, None], columns.shape)
    matrix = sparse.coo_array(
        (values.ravel(), (rows.ravel(), columns.ravel())), shape=(len(centres), length)
    ).tocsr()  # sums the taps that fold onto the same pixel
    matrix.eliminate_zeros()
    return matrix.astype(dtype)


def cubic(x: np.ndarray) -> np.ndarray:
    """Keys' cubic convolution kernel with a = -0.5; zero for ``|x| > 2``."""
    x = np.abs(x)
    near = (1.5 * x - 2.5) * x**2 + 1
    far = ((-0.5 * x + 2.5) * x - 4) * x + 2
    return np.where(x <= 1, near, np.where(x <= 2, far, 0.0))


def upsample(x: torch.Tensor, scale: int) -> torch.Tensor:
    """Enlarge inside a network: the same bicubic, as one fixed convolution and a pixel shuffle.

    Args:
        x: ``(N, C, H, W)`` floating point, ``H`` and ``W`` at least 2.
        scale: integer factor.

    Returns:
        ``(N, C, H * scale, W * scale)`` float32 or wider, equal to ``imresize`` on floats.
    """
    batch, channels, height, width = x.shape
    # An image must not pass through bfloat16: its 8 bits would cost half a grey level.
    with torch.autocast(x.device.type, enabled=False):
        x = x.to(torch.promote_types(x.dtype, torch.float32))
        planes = _pad_symmetric(x.reshape(batch * channels, 1, height, width))
        kernels = torch.from_numpy(_phase_kernels(scale)).to(planes)
        phases = F.conv2d(planes, kernels)
        return F.pixel_shuffle(phases, scale).reshape(
            batch, channels, height * scale, width * scale
        )


def _pad_symmetric(x: torch.Tensor) -> torch.Tensor:
    """Pad by two pixels on each side, the edge pixel repeated (``torch``'s "reflect" skips it)."""
    x = torch.cat([x[..., 1:2], x[..., :1], x, x[..., -1:], x[..., -2:-1]], dim=-1)
    return torch.cat([x[..., 1:2, :], x[..., :1, :], x, x[..., -1:, :], x[..., -2:-1, :]], dim=-2)


@lru_cache(maxsize=8)
def _phase_kernels(scale: int) -> np.ndarray:
    """``(scale², 1, 5, 5)``: for each sub-pixel position, the weights of its 5×5 LR neighbours."""
    offsets = (np.arange(scale) + 0.5) / scale - 0.5
    taps = cubic(offsets[:, None] - np.arange(-2, 3))
    return np.einsum("iy,jx->ijyx", taps, taps).reshape(scale**2, 1, 5, 5)
