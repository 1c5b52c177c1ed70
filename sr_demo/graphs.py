"""Every network as a graph of plain operations, for programs that compile or store one.

A graph maps a ``uint8`` RGB picture ``(1, H, W, 3)``, at least 2×2, to the enlarged one: colour
conversion, bicubic skip and rounding are inside. It is described once, here, and built by whatever
implements :class:`Operations`: OpenVINO to run it, ONNX to store it.
"""

from abc import ABC, abstractmethod
from typing import Any, cast

import numpy as np
from torch import Tensor, nn

from sr_demo.networks import ESPCN, SRCNN, SRResNet, SubPixelUpsample, SuperResolver
from sr_demo.rewrites import (
    EXACT_BLOCKS,
    bicubic_kernels,
    fold_into_shuffle,
    luma_kernels,
    recolour_kernels,
)


class Unsupported(Exception):
    """There is no graph for this network, or the library cannot build it."""


class Operations(ABC):
    """What graphs are made of. Values are the library's own, channels first but for pictures."""

    @abstractmethod
    def read(self) -> Any:
        """The input picture as float RGB in [0, 1], ``(1, 3, H, W)``."""

    @abstractmethod
    def picture(self, rgb: Any) -> Any:
        """Clip float RGB to [0, 1], round to ``uint8``, ``(1, H, W, 3)``."""

    @abstractmethod
    def convolve(self, x: Any, weight: np.ndarray, bias: np.ndarray | None, padding: int) -> Any:
        """In the precision of ``x``, padded with zeros."""

    @abstractmethod
    def pad(self, x: Any, width: int, mode: str) -> Any:
        """Rows and columns around the picture; "edge" or "symmetric" (two at most)."""

    @abstractmethod
    def prelu(self, x: Any, slope: float) -> Any: ...

    @abstractmethod
    def relu(self, x: Any) -> Any: ...

    @abstractmethod
    def tanh(self, x: Any) -> Any: ...

    @abstractmethod
    def add(self, x: Any, y: Any) -> Any: ...

    @abstractmethod
    def shuffle(self, x: Any, factor: int) -> Any:
        """``(1, C·r², H, W)`` → ``(1, C, H·r, W·r)``, as ``torch.pixel_shuffle``."""

    @abstractmethod
    def unshuffle(self, x: Any, factor: int, channels: int) -> Any:
        """The inverse of ``shuffle``, of an ``x`` with so many channels."""

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
    rgb = ops.read()
    for kind, draw in _DRAW.items():
        if type(network) is kind:
            return ops.picture(draw(cast(Any, network), ops, rgb))
    raise Unsupported(f"there is no graph for {type(network).__name__}")


def _srresnet(net: SRResNet, ops: Operations, rgb: Any) -> Any:
    """As ``rewrites.fast`` in its precise form."""
    x = shallow = _prelu(ops, _convolve(ops, rgb, net.head), net.act)
    for number, block in enumerate(cast(Any, net.blocks)):
        inner = x if number < EXACT_BLOCKS else ops.half(x)
        inner = _prelu(ops, _convolve(ops, inner, block.conv1), block.act)
        x = ops.add(x, ops.full(_convolve(ops, inner, block.conv2)))
    x = ops.half(ops.add(shallow, _convolve(ops, x, net.fuse)))
    *earlier, last = cast(list[SubPixelUpsample], list(net.upsample))
    for stage in earlier:  # PReLU commutes with the shuffle, and joins the convolution before it
        x = ops.shuffle(_prelu(ops, _convolve(ops, x, stage.conv), stage.act), stage.factor)
    x = _prelu(ops, _convolve(ops, x, last.conv), last.act)
    r = last.factor
    weight = fold_into_shuffle(net.tail.weight, r)
    bias = cast(Tensor, net.tail.bias).repeat_interleave(r * r)
    detail = ops.convolve(x, _array(weight), _array(bias), weight.shape[-1] // 2)
    kernels = _array(bicubic_kernels(3, net.scale))
    smooth = ops.convolve(ops.pad(rgb, 2, "symmetric"), kernels, None, 0)
    return ops.add(ops.shuffle(ops.full(detail), r), ops.shuffle(smooth, net.scale))


def _espcn(net: ESPCN, ops: Operations, rgb: Any) -> Any:
    weight, bias = luma_kernels()
    y = ops.convolve(rgb, _array(weight), _array(bias), 0)
    x = ops.tanh(_convolve(ops, y, net.extract))
    x = ops.tanh(_convolve(ops, x, net.map))
    base, gain = _recolour(net, ops, rgb)
    # Each of R, G, B takes Y's change: three copies of the last, small convolution cost less than
    # one and the broadcast after it.
    weight = gain * net.sub_pixels.weight.repeat(3, 1, 1, 1)
    bias = gain * cast(Tensor, net.sub_pixels.bias).repeat(3)
    x = ops.convolve(x, _array(weight), _array(bias), weight.shape[-1] // 2)
    return ops.shuffle(ops.add(base, x), net.scale)


def _srcnn(net: SRCNN, ops: Operations, rgb: Any) -> Any:
    padded = ops.pad(rgb, 2, "symmetric")
    weight, bias = luma_kernels(net.scale)
    y = ops.shuffle(ops.convolve(padded, _array(weight), _array(bias), 0), net.scale)
    # 4 for the 9×9 and 2 for the 5×5 convolution, whose one output channel would leave most of a
    # vector idle: it runs on a grid r times as coarse, with r² times the channels.
    r = 3 if net.scale == 3 else 2
    reach = r * -(-2 // r)
    x = ops.pad(y, 4 + reach, "edge")
    x = ops.relu(_convolve(ops, x, net.extract))
    x = ops.relu(_convolve(ops, x, net.map))
    base, gain = _recolour(net, ops, rgb)
    weight = gain * fold_into_shuffle(net.reconstruct.weight, r).repeat(3, 1, 1, 1)
    bias = gain * cast(Tensor, net.reconstruct.bias).repeat(3 * r * r)
    x = ops.convolve(ops.unshuffle(x, r, net.map.out_channels), _array(weight), _array(bias), 0)
    return ops.add(ops.shuffle(base, net.scale), ops.shuffle(x, r))


_DRAW = {SRCNN: _srcnn, ESPCN: _espcn, SRResNet: _srresnet}


def _recolour(net: SuperResolver, ops: Operations, rgb: Any) -> tuple[Any, float]:
    """What a luma network leaves as bicubic made it, in phases; and what Y adds to R, G and B."""
    weight, bias, gain = recolour_kernels(net.scale)
    padded = ops.pad(rgb, 2, "symmetric")
    return ops.convolve(padded, _array(weight), _array(bias), 0), gain


def _convolve(ops: Operations, x: Any, conv: nn.Module) -> Any:
    layer = cast(nn.Conv2d, conv)
    padding = cast(tuple[int, int], layer.padding)[0]
    return ops.convolve(x, _array(layer.weight), _array(cast(Tensor, layer.bias)), padding)


def _prelu(ops: Operations, x: Any, act: nn.Module) -> Any:
    return ops.prelu(x, cast(nn.PReLU, act).weight.item())


def _array(x: Tensor) -> np.ndarray:
    return np.ascontiguousarray(x.detach().cpu().float().numpy())
