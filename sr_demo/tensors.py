"""From pixels to what a network sees, and back: written once."""

import numpy as np
import torch
from torch import Tensor


def to_tensor(image: np.ndarray) -> Tensor:
    """``uint8`` RGB ``(H, W, 3)`` → ``uint8`` ``(1, 3, H, W)``, channels last in memory.

    ``uint16``, of which PyTorch has hardly more than the name, becomes ``int32``.

    Raises:
        ValueError: for another dtype or shape.
    """
    if image.dtype == np.uint16:
        image = image.astype(np.int32)
    elif image.dtype != np.uint8:
        raise ValueError(f"expected a uint8 RGB image (H, W, 3), got {image.dtype} {image.shape}")
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"expected a uint8 RGB image (H, W, 3), got {image.dtype} {image.shape}")
    return torch.from_numpy(np.require(image, requirements=("C", "W"))).permute(2, 0, 1)[None]


def to_floats(image: np.ndarray) -> Tensor:
    """As :func:`to_tensor`, in ``float32`` from 0 to 1."""
    return to_tensor(image).float() / np.iinfo(image.dtype).max


def to_pixels(batch: Tensor) -> np.ndarray:
    """The first of a ``float`` batch ``(N, 3, H, W)``, 0 … 1 → ``uint8`` RGB ``(H, W, 3)``."""
    rounded = (batch[0].clamp(0, 1) * 255).round().to(torch.uint8)
    return rounded.permute(1, 2, 0).contiguous().cpu().numpy()
