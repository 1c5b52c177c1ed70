"""Losses as the papers' equations. A pixel loss maps (restored, truth) to a scalar."""

from collections.abc import Callable

import torch.nn.functional as F
from torch import Tensor

PIXEL_LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "mse": F.mse_loss,  # maximises PSNR by definition
    "l1": F.l1_loss,  # the same goal with gradients that do not fade near it (Lim et al. 2017)
}
