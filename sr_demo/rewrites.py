"""Exact rewrites of a network's arithmetic: the same numbers in less time.

`networks.py` stays as the papers print it; training and inference run through :func:`fast`.
"""

from collections.abc import Callable
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from sr_demo.networks import SRResNet, SubPixelUpsample, SuperResolver
from sr_demo.resize import upsample


def fast(network: SuperResolver) -> Callable[[Tensor], Tensor]:
    """The quickest form of ``network.restore``; differentiable in the same parameters."""
    if isinstance(network, SRResNet):
        return lambda lr: _restore_folded(network, lr)
    return network.restore


def _restore_folded(network: SRResNet, lr: Tensor) -> Tensor:
    """SRResNet with everything after the last shuffle moved in front of it.

    At full resolution 64 channels cost memory traffic, and a convolution to 3 channels leaves most
    of a matrix unit idle. PReLU acts on each value alone, so it commutes with the shuffle; the 9×9
    convolution on the fine grid is a 5×5 one on the coarse grid, with r² times the channels.
    """
    x = shallow = network.act(network.head(lr))
    x = shallow + network.fuse(network.blocks(x))
    *earlier, last = cast(list[SubPixelUpsample], list(network.upsample))
    for stage in earlier:
        x = stage(x)
    x = last.act(last.conv(x))
    r = last.factor
    weight = fold_into_shuffle(network.tail.weight, r)
    bias = cast(Tensor, network.tail.bias).repeat_interleave(r * r)
    x = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)
    return F.pixel_shuffle(x, r) + upsample(lr, network.scale)


def fold_into_shuffle(weight: Tensor, r: int) -> Tensor:
    """Kernels on the fine grid → equal kernels on the coarse grid.

    Args:
        weight: ``(out, in, k, k)``, k odd, of a convolution with padding k // 2 that follows a
            pixel shuffle by ``r``.

    Returns:
        ``(out·r², in·r², K, K)`` with K = 2·ceil((k // 2) / r) + 1, so that
        ``shuffle(conv(x, folded)) == conv(shuffle(x), weight)``.
    """
    out, channels, k, _ = weight.shape
    reach = -(-(k // 2) // r)  # coarse pixels to each side
    wide = r * (2 * reach + 1)
    phases = []
    for i in range(r):  # the fine row and column that this output phase stands on
        for j in range(r):
            top, left = reach * r + i - k // 2, reach * r + j - k // 2
            phases.append(F.pad(weight, (left, wide - k - left, top, wide - k - top)))
    grid = torch.stack(phases, dim=1)  # (out, r², in, r·K, r·K)
    grid = grid.reshape(out * r * r, channels, 2 * reach + 1, r, 2 * reach + 1, r)
    grid = grid.permute(0, 1, 3, 5, 2, 4)
    return grid.reshape(out * r * r, channels * r * r, 2 * reach + 1, 2 * reach + 1)
