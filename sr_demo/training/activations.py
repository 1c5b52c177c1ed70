"""PReLU with a cheap backward: the same numbers, for training on a CPU."""

from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class FastPReLU(nn.PReLU):
    """PReLU with one slope for all channels.

    torch's own backward writes one slope gradient for each value before it adds them up: 27 % of an
    SRResNet step, and 70 ms instead of 16 on 16 × 64 × 96 × 96 values.
    """

    def forward(self, x: Tensor) -> Tensor:
        """As torch's, for any shape on another device, ``(N, C, H, W)`` on the CPU."""
        if x.device.type != "cpu":  # there reading the slope would wait for the device
            return super().forward(x)
        return _LeakyReLU.apply(x, self.weight)


def use_fast_prelu(network: nn.Module) -> None:
    """Replace every single-slope PReLU inside a network; parameters and their names stay."""
    for parent in list(network.modules()):
        for name, child in parent.named_children():
            if type(child) is nn.PReLU and child.num_parameters == 1:
                fast = FastPReLU()
                fast.weight = child.weight
                setattr(parent, name, fast.train(child.training))


class _LeakyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, slope: Tensor) -> Tensor:
        ctx.slope, ctx.dtype = slope.item(), slope.dtype
        ctx.save_for_backward(x)
        return F.leaky_relu(x, ctx.slope)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        (x,) = ctx.saved_tensors
        to_x = torch.ops.aten.leaky_relu_backward(gradient, x, ctx.slope, False)
        to_slope = torch.dot(_in_memory_order(x.clamp(max=0)), _in_memory_order(gradient))
        return to_x, to_slope.to(ctx.dtype).reshape(1)


def _in_memory_order(x: Tensor) -> Tensor:
    """Flat, without a copy where the layout is channels_last, as it is in training."""
    return x.permute(0, 2, 3, 1).reshape(-1)
