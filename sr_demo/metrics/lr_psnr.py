"""LR-PSNR: does the enlarged picture, reduced again, give the small one (NTIRE 2021)?"""

import numpy as np

from sr_demo.metrics.psnr import psnr
from sr_demo.resize import imresize


def lr_psnr(image: np.ndarray, lr: np.ndarray, scale: int, *, color_space: str = "y") -> float:
    """PSNR in dB between the small picture and the enlarged one, reduced to its size by bicubic.

    Args:
        image: uint8 RGB (h·scale, w·scale, 3).
        lr: uint8 RGB (h, w, 3).
    """
    return psnr(lr, imresize(image, 1 / scale), color_space=color_space)
