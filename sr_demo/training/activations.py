"""PReLU with a cheap backward: the same numbers, for training on a CPU."""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def quicken(network: nn.Module) -> None:
    """Give every single-slope PReLU of a network the backward below; names and weights stay.

    torch's own backward writes one slope gradient for each value before it adds them up: 27 % of
    an SRResNet step, and here 70 ms instead of 16 on 16 × 64 × 96 × 96 values.
    """
    for module in network.modules():
        if type(module) is nn.PReLU and module.num_parameters == 1:
            module.__class__ = PReLU


class PReLU(nn.PReLU):
    def forward(self, x: Tensor) -> Tensor:
        if x.device.type != "cpu":  # there reading the slope would wait for the device
            return super().forward(x)
        return _LeakyReLU.apply(x, self.weight)


class _LeakyReLU(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x: Tensor, slope: Tensor) -> Tensor:
        ctx.slope, ctx.dtype = slope.item(), slope.dtype
        ctx.save_for_backward(x)
        return F.leaky_relu(x, ctx.slope)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor, Tensor]:
        (x,) = ctx.saved_tensors
        to_x = torch.ops.aten.leaky_relu_backward(gradient, x, ctx.slope, False)
        to_slope = torch.dot(_in_memory_order(x.clamp(max=0)), _in_memory_order(gradient))
        return to_x, to_slope.to(ctx.dtype).reshape(1)


def _in_memory_order(x: Tensor) -> Tensor:
    """Flat, without a copy where the layout is channels_last, as it is in training."""
    return x.permute(0, 2, 3, 1).reshape(-1)
