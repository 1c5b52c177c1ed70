"""Exact rewrites of a network's arithmetic: the same numbers in less time.

`networks.py` stays as the papers print it; training and inference run through :func:`fast`.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor

from sr_demo.networks import SRResNet, SubPixelUpsample, SuperResolver, rgb_to_ycbcr, ycbcr_to_rgb
from sr_demo.resize import upsample


def fast(network: SuperResolver, *, precise: bool = False) -> Callable[[Tensor], Tensor]:
    """The quickest form of ``network.restore``; differentiable in the same parameters.

    ``precise`` matters under autocast alone: the layer that the picture's own values pass through
    stays in float32, as 8 bits of mantissa would leave them at 55 dB.
    """
    if isinstance(network, SRResNet):
        return lambda lr: _restore_folded(network, lr, precise)
    return network.restore


def _restore_folded(network: SRResNet, lr: Tensor, precise: bool) -> Tensor:
    """SRResNet with everything after the last shuffle moved in front of it.

    At full resolution 64 channels cost memory traffic, and a convolution to 3 channels leaves most
    of a matrix unit idle. PReLU acts on each value alone, so it commutes with the shuffle; the 9×9
    convolution on the fine grid is a 5×5 one on the coarse grid, with r² times the channels.
    """
    with torch.autocast(lr.device.type, enabled=False) if precise else nullcontext():
        shallow = network.act(network.head(lr))
    x = shallow + network.fuse(network.blocks(shallow))  # a float32 residual sum stays float32
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


def phases_first(kernels: Tensor, *factors: int) -> Tensor:
    """Kernels before a pixel shuffle → before shuffles that move whole pixels, which is quicker.

    Args:
        kernels: ``(channels·r², …)``, or biases, in the order that ``F.pixel_shuffle`` by r takes.
        factors: of the shuffles, one after the other; their product is r.

    Returns:
        the same kernels, sub-pixel positions outermost, channels innermost.
    """
    apart = kernels.reshape(-1, *factors, *factors, kernels[0].numel())  # rows, then columns
    count = len(factors)
    pairs = [axis for k in range(1, count + 1) for axis in (k, k + count)]
    return apart.permute(*pairs, 0, -1).reshape(kernels.shape)


def split_rows(weight: Tensor) -> tuple[Tensor, Tensor]:
    """A convolution to few channels → a flat one to many, and one that adds them up.

    Matrix units work on 16 output channels and more at a time, so 12 leave most of them idle.
    Each row of the kernel becomes channels of its own; a column of ones and zeros then gathers
    each row's result from where it belongs.

    Args:
        weight: ``(out, in, k, k)``, k odd, of a convolution with padding k // 2.

    Returns:
        ``(k·out, in, 1, k)`` and ``(out, k·out, k, 1)``, for padding k // 2 along each.
    """
    out, channels, k, _ = weight.shape
    flat = weight.permute(2, 0, 1, 3).reshape(k * out, channels, 1, k)
    gather = torch.einsum("oc,kd->okcd", torch.eye(out), torch.eye(k)).to(weight)
    return flat, gather.reshape(out, k * out, k, 1)


def bicubic_kernels(channels: int, scale: int) -> Tensor:
    """``(channels·scale², channels, 5, 5)``: ``upsample`` before its shuffle, as one convolution.

    For input padded by two pixels, symmetrically.
    """
    taps = torch.eye(25, dtype=torch.float64).reshape(25, 1, 5, 5)
    middle = slice(2 * scale, 3 * scale)
    phases = upsample(taps, scale)[..., middle, middle].reshape(25, scale**2).T.float()
    return torch.kron(torch.eye(channels), phases.contiguous()).reshape(-1, channels, 5, 5)


def luma_kernels(scale: int = 1) -> tuple[Tensor, Tensor]:
    """RGB → Y / 255 as one convolution: weight ``(1, 3, 1, 1)`` and bias ``(1,)``.

    With a scale, bicubic enlargement before its shuffle too: ``(scale², 3, 5, 5)``, ``(scale²,)``.
    """
    offset = rgb_to_ycbcr(torch.zeros(1, 3, 1, 1))[0, 0].reshape(1)
    weight = rgb_to_ycbcr(torch.eye(3).reshape(3, 3, 1, 1))[:, 0].reshape(1, 3, 1, 1) - offset
    if scale == 1:
        return weight, offset
    return weight * bicubic_kernels(1, scale), offset.repeat(scale**2)


def recolour_kernels(scale: int) -> tuple[Tensor, Tensor, float]:
    """``in_colour`` of a luma network as a sum, so that no plane of chroma is ever made.

    R, G and B all take the same multiple of Y. So the result is ``base + gain · y``, where ``base``
    is bicubic RGB less ``gain`` times bicubic Y: one convolution of the LR picture, padded by two
    pixels symmetrically.

    Returns:
        weight ``(3·scale², 3, 5, 5)`` and bias ``(3·scale²,)`` of ``base`` before its shuffle;
        ``gain``.
    """
    y_alone, black = torch.eye(3).reshape(3, 3, 1, 1)[:1], torch.zeros(1, 3, 1, 1)
    gain = float((ycbcr_to_rgb(y_alone) - ycbcr_to_rgb(black)).mean())
    weight, bias = luma_kernels(scale)
    weight = bicubic_kernels(3, scale) - gain * weight.repeat(3, 1, 1, 1)
    return weight, -gain * bias.repeat(3), gain
