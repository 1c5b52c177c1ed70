"""What a network is made of, told by the network itself: its convolutions, as they run."""

import copy
import math
from dataclasses import dataclass

import torch
from torch import nn

from sr_demo.networks import SuperResolver

_SIDE = 24  # pixels of the picture that layers are watched on


@dataclass(frozen=True)
class Layer:
    """One convolution.

    Attributes:
        name: within its network, such as ``blocks.3.conv1``.
        outputs: channels that it makes.
        kernel: side of its filters, in pixels.
        weights: how many numbers its filters hold, biases aside.
        finer: its output's side over the small picture's, padding aside.
    """

    name: str
    outputs: int
    kernel: int
    weights: int
    finer: int


def layers(network: SuperResolver) -> list[Layer]:
    """All convolutions of a network, in the order in which they run."""
    watched = copy.deepcopy(network)  # hooks on the network itself would count for other threads
    found: list[Layer] = []

    def watch(name: str, conv: nn.Conv2d) -> None:
        def add(_module: nn.Module, _inputs: object, output: torch.Tensor) -> None:
            finer = round(output.shape[-1] / _SIDE)
            size, weights = conv.kernel_size[0], conv.weight.numel()
            found.append(Layer(name, conv.out_channels, size, weights, finer))

        conv.register_forward_hook(add)

    for name, module in watched.named_modules():
        if isinstance(module, nn.Conv2d):
            watch(name, module)
    with torch.inference_mode():
        watched(torch.zeros(1, 3, _SIDE, _SIDE, device=next(watched.parameters()).device))
    return found


def receptive_field(network: SuperResolver) -> int:
    """How many small pixels a side can change one pixel of the result, its place at the widest.

    Followed backwards from that pixel, through every convolution and from finer grids to coarser.
    """
    return max(_seen(layers(network), network.scale, pixel) for pixel in range(network.scale))


def _seen(found: list[Layer], scale: int, pixel: int) -> int:
    first = last = pixel  # of what is seen so far
    finer = scale
    for layer in reversed(found):
        step, finer = finer // layer.finer, layer.finer
        first = first // step - layer.kernel // 2
        last = last // step + layer.kernel // 2
    if finer > 1:  # what came in was enlarged first, each pixel from four of the small ones
        first = math.floor((first + 0.5) / finer - 0.5) - 1
        last = math.floor((last + 0.5) / finer - 0.5) + 2
    return last - first + 1
