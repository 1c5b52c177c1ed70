"""What ESPCN computes before its last step: r² small pictures."""

import numpy as np
import torch
import torch.nn.functional as F

from sr_demo.inference.runnable import network
from sr_demo.tensors import to_tensor

SCALES = (2, 3)


@torch.inference_mode()
def channels(lr: np.ndarray, scale: int) -> np.ndarray:
    """The output of ESPCN's last convolution (Shi et al. 2016), before its pixels are shuffled.

    Args:
        lr: uint8 RGB (H, W, 3).
        scale: r, of a shipped ESPCN.

    Returns:
        uint8 (r², H, W): luma stretched from 16 … 235 to 0 … 255. Channel i holds the sub-pixels
        in row i // r and column i % r of every r × r block.

    Raises:
        CheckpointError: if there is no such ESPCN.
    """
    espcn = network("espcn", scale)
    device = next(espcn.parameters()).device
    pixels = to_tensor(lr).to(device)
    # The shuffle only moves numbers, so moving them back gives what the convolution gave.
    luma = F.pixel_unshuffle(espcn.restore(espcn.prepare(pixels)), scale)[0].cpu().numpy()
    return np.clip(np.rint((luma * 255 - 16) * (255 / 219)), 0, 255).astype(np.uint8)
