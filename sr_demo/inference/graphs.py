"""Every network as a graph of plain operations, for programs that compile or store one.

A graph maps a ``uint8`` RGB picture ``(1, H, W, 3)``, at least 2×2, to the enlarged one: colour
conversion, bicubic skip and rounding are inside. It is described once, here, and built by whatever
implements :class:`Operations`: OpenVINO to run it, ONNX to store it.
"""

from abc import ABC, abstractmethod
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor, nn

from sr_demo.inference.rewrites import (
    bicubic_kernels,
    fold_into_shuffle,
    luma_kernels,
    phases_first,
    recolour_kernels,
    split_rows,
)
from sr_demo.networks import (
    ESPCN,
    RRDB,
    SRCNN,
    DenseBlock,
    RRDBNet,
    SRResNet,
    SubPixelUpsample,
    SuperResolver,
)


class Unsupported(Exception):
    """There is no graph for this network, or the library cannot build it."""


class Operations(ABC):
    """What graphs are made of. Values are the library's own, channels first but for pictures."""

    @abstractmethod
    def read(self) -> Any:
        """The input picture as float levels, 0 … 255, ``(1, 3, H, W)``."""

    @abstractmethod
    def picture(self, levels: Any, factor: int) -> Any:
        """Clip float levels to 0 … 255, round to ``uint8``, ``shuffle``, ``(1, H·r, W·r, 3)``.

        The factor may be 1: nothing to shuffle.
        """

    @abstractmethod
    def convolve(
        self, x: Any, weight: np.ndarray, bias: np.ndarray | None = None, *, padded: bool = True
    ) -> Any:
        """In the precision of ``x``; padded with zeros, its size stays."""

    @abstractmethod
    def pad(self, x: Any, width: int, mode: str) -> Any:
        """Rows and columns around the picture; "edge" or "symmetric" (two at most)."""

    @abstractmethod
    def prelu(self, x: Any, slope: float) -> Any:
        """One slope for all channels."""

    @abstractmethod
    def relu(self, x: Any) -> Any:
        """Negative values become 0."""

    @abstractmethod
    def add(self, x: Any, y: Any) -> Any:
        """Elementwise."""

    @abstractmethod
    def times(self, x: Any, factor: float) -> Any:
        """Every value, by one factor."""

    @abstractmethod
    def concat(self, parts: list[Any]) -> Any:
        """Channels after channels."""

    @abstractmethod
    def shuffle(self, x: Any, factor: int) -> Any:
        """``(1, r²·C, H, W)`` → ``(1, C, H·r, W·r)``, sub-pixel positions outermost."""

    @abstractmethod
    def unshuffle(self, x: Any, factor: int) -> Any:
        """The inverse of ``shuffle``."""

    def half(self, x: Any) -> Any:
        """To 16 bits, where this graph uses them."""
        return x

    def full(self, x: Any) -> Any:
        """Back to float32."""
        return x


def build(network: SuperResolver, ops: Operations) -> Any:
    """The output picture of the network's graph.

    Raises:
        Unsupported: if nothing here describes networks of this class.
    """
    levels = ops.read()
    for kind, draw in _DRAW.items():
        if type(network) is kind:
            return ops.picture(*draw(cast(Any, network), ops, levels))
    raise Unsupported(f"there is no graph for {type(network).__name__}")


# Each of these draws all but the last step: levels before a shuffle, and its factor.


def _srresnet(net: SRResNet, ops: Operations, levels: Any) -> tuple[Any, int]:
    """As ``rewrites.fast``, in 16 bits but for the bicubic skip: 0 … 255 have exactly 8 bits."""
    weight, bias = net.head.weight / 255, cast(Tensor, net.head.bias)
    x = ops.convolve(ops.half(levels), _array(weight), _array(bias))
    x = shallow = _prelu(ops, x, net.act)
    for block in cast(Any, net.blocks):
        inner = _prelu(ops, _convolve(ops, x, block.conv1), block.act)
        x = ops.add(x, _convolve(ops, inner, block.conv2))
    x = ops.add(shallow, _convolve(ops, x, net.fuse))
    *earlier, last = cast(list[SubPixelUpsample], list(net.upsample))
    for stage in earlier:  # PReLU commutes with the shuffle, and joins the convolution before it
        f = stage.factor
        parameters = (stage.conv.weight, cast(Tensor, stage.conv.bias))
        weight, bias = (phases_first(p, f) for p in parameters)
        x = ops.convolve(x, _array(weight), _array(bias))
        x = ops.shuffle(_prelu(ops, x, stage.act), f)
    x = _prelu(ops, _convolve(ops, x, last.conv), last.act)
    r = last.factor
    flat, gather = split_rows(phases_first(fold_into_shuffle(255 * net.tail.weight, r), r))
    bias = (255 * cast(Tensor, net.tail.bias)).repeat(r * r)
    detail = ops.convolve(ops.convolve(x, _array(flat)), _array(gather), _array(bias))
    kernels = phases_first(bicubic_kernels(3, net.scale), net.scale // r, r)
    smooth = ops.convolve(ops.pad(levels, 2, "symmetric"), _array(kernels), padded=False)
    return ops.add(ops.full(detail), _finer(ops, smooth, net.scale // r)), r


def _espcn(net: ESPCN, ops: Operations, levels: Any) -> tuple[Any, int]:
    weight, bias = luma_kernels()
    y = ops.convolve(levels, _array(weight / 255), _array(bias))
    x = ops.relu(_convolve(ops, y, net.extract))
    x = ops.relu(_convolve(ops, x, net.map))
    base, gain = _recolour(net, ops, levels, net.scale)
    # Each of R, G, B takes Y's change: three copies of the last, small convolution cost less than
    # one and the broadcast after it.
    last = (gain * net.sub_pixels.weight, gain * cast(Tensor, net.sub_pixels.bias))
    kernels, offset = (phases_first(torch.cat([p, p, p]), net.scale) for p in last)
    return ops.add(base, ops.convolve(x, _array(kernels), _array(offset))), net.scale


def _srcnn(net: SRCNN, ops: Operations, levels: Any) -> tuple[Any, int]:
    padded = ops.pad(levels, 2, "symmetric")
    kernels, offset = (phases_first(p, net.scale) for p in luma_kernels(net.scale))
    y = ops.convolve(padded, _array(kernels / 255), _array(offset), padded=False)
    # 4 for the 9×9 and 2 for the 5×5 convolution, whose one output channel would leave most of a
    # vector idle: it runs on a grid r times as coarse, with r² times the channels.
    r = 3 if net.scale == 3 else 2
    reach = r * -(-2 // r)
    x = ops.pad(ops.shuffle(y, net.scale), 4 + reach, "edge")
    x = ops.relu(_convolve(ops, x, net.extract, padded=False))
    x = ops.relu(_convolve(ops, x, net.map))
    base, gain = _recolour(net, ops, levels, net.scale // r, r)
    folded = fold_into_shuffle(gain * net.reconstruct.weight, r).repeat(3, 1, 1, 1)
    weight = phases_first(phases_first(folded, r).transpose(0, 1), r).transpose(0, 1)
    bias = gain * cast(Tensor, net.reconstruct.bias).repeat(3 * r * r)
    x = ops.convolve(ops.unshuffle(x, r), _array(weight), _array(bias), padded=False)
    return ops.add(_finer(ops, base, net.scale // r), x), r


def _rrdbnet(net: RRDBNet, ops: Operations, levels: Any) -> tuple[Any, int]:
    """In 16 bits but for both ends and the sum of blocks.

    The last convolution's sum is the picture itself. The first in 16 bits would cost 1.2 dB, the
    sum of 23 blocks 1.6, and neither would save time.
    """
    weight, bias = net.head.weight / 255, cast(Tensor, net.head.bias)
    x = shallow = ops.convolve(levels, _array(weight), _array(bias))
    for block in cast(list[RRDB], list(net.blocks)):
        inner = ops.half(x)
        for dense in cast(list[DenseBlock], list(block.dense)):
            seen = [inner]
            for conv in dense.grow:
                seen.append(_leaky(ops, _convolve(ops, ops.concat(seen), conv)))
            last = (0.2 * dense.fuse.weight, 0.2 * cast(Tensor, dense.fuse.bias))
            inner = ops.add(inner, ops.convolve(ops.concat(seen), *map(_array, last)))
        x = ops.add(x, ops.times(ops.full(inner), 0.2))
    x = ops.half(ops.add(shallow, ops.full(_convolve(ops, ops.half(x), net.fuse))))
    for factor, conv in zip(net.factors, cast(list[nn.Conv2d], list(net.upsample)), strict=True):
        # Every phase of a repeated pixel is that pixel: kernels meet on the coarse grid, as many
        # products in all, and no plane of repeated pixels is ever made
        folded = fold_into_shuffle(conv.weight, factor)
        folded = folded.unflatten(1, (-1, factor**2)).sum(dim=2)
        repeated = cast(Tensor, conv.bias).repeat_interleave(factor**2)
        kernels, offset = (_array(phases_first(p, factor)) for p in (folded, repeated))
        x = ops.shuffle(_leaky(ops, ops.convolve(x, kernels, offset)), factor)
    x = ops.full(_leaky(ops, _convolve(ops, x, net.refine)))
    weight, bias = 255 * net.tail.weight, 255 * cast(Tensor, net.tail.bias)
    return ops.convolve(x, _array(weight), _array(bias)), 1


_DRAW = {SRCNN: _srcnn, ESPCN: _espcn, SRResNet: _srresnet, RRDBNet: _rrdbnet}


def _leaky(ops: Operations, x: Any) -> Any:
    return ops.prelu(x, 0.2)


def _recolour(net: SuperResolver, ops: Operations, levels: Any, *factors: int) -> tuple[Any, float]:
    """What a luma network leaves as bicubic made it, in phases; and what Y adds to R, G and B."""
    weight, bias, gain = recolour_kernels(net.scale)
    weight, bias = (phases_first(p, *factors) for p in (weight, 255 * bias))
    padded = ops.pad(levels, 2, "symmetric")
    return ops.convolve(padded, _array(weight), _array(bias), padded=False), 255 * gain


def _finer(ops: Operations, x: Any, factor: int) -> Any:
    return x if factor == 1 else ops.shuffle(x, factor)  # which a compiler may not take


def _convolve(ops: Operations, x: Any, conv: nn.Module, padded: bool = True) -> Any:
    layer = cast(nn.Conv2d, conv)
    return ops.convolve(x, _array(layer.weight), _array(cast(Tensor, layer.bias)), padded=padded)


def _prelu(ops: Operations, x: Any, act: nn.Module) -> Any:
    return ops.prelu(x, cast(nn.PReLU, act).weight.item())


def _array(x: Tensor) -> np.ndarray:
    return np.ascontiguousarray(x.detach().cpu().float().numpy())
