"""What a network is made of, told by the network itself: its convolutions, as they run."""

import copy
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
