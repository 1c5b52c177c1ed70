"""Muon: steps of equal size in every direction of a layer's weights."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from sr_demo.inference.engine import half_precision


class Muon(Optimizer):
    """Jordan et al., "Muon: An optimizer for hidden layers in neural networks", 2024.

    A convolution's gradient, as a matrix (out, in·k·k), is large in few directions and small in
    most. Muon replaces its momentum by the nearest matrix whose singular values are all 1, so that
    the small ones are learnt as well. Biases and slopes, which are no matrices, go by Adam; updates
    of matrices are scaled to Adam's usual size (Liu et al. 2025), so that one rate suits both.
    """

    def __init__(
        self,
        parameters: Iterable[Tensor],
        lr: float,
        betas: tuple[float, float] = (0.95, 0.99),
        eps: float = 1e-8,
    ) -> None:
        """Take parameters and hyperparameters.

        Args:
            betas: of the momentum, and of the mean square that Adam divides by.
        """
        super().__init__(parameters, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Callable[[], float] | None = None) -> None:  # type: ignore[override]
        """Make one step.

        Raises:
            ValueError: for a closure, which nothing here evaluates.
        """
        if closure is not None:
            raise ValueError("Muon takes its gradients from backward(), not from a closure")
        for group in self.param_groups:
            alike: dict[torch.Size, list[Tensor]] = defaultdict(list)
            for parameter in group["params"]:
                if parameter.grad is None:
                    continue
                if parameter.ndim < 2:
                    self._adam(parameter, group)
                else:
                    alike[parameter.flatten(1).shape].append(parameter)
            for parameters in alike.values():  # together: many small products at once
                self._muon(parameters, group)

    def _adam(self, parameter: Tensor, group: dict[str, Any]) -> None:
        state, gradient = self.state[parameter], parameter.grad
        assert gradient is not None
        if not state:
            state["step"] = 0
            state["momentum"] = torch.zeros_like(parameter)
            state["square"] = torch.zeros_like(parameter)
        state["step"] += 1
        fast, slow = group["betas"]
        state["momentum"].lerp_(gradient, 1 - fast)
        state["square"].lerp_(gradient.square(), 1 - slow)
        mean = state["momentum"] / (1 - fast ** state["step"])
        square = state["square"] / (1 - slow ** state["step"])
        parameter.addcdiv_(mean, square.sqrt().add_(group["eps"]), value=-group["lr"])

    def _muon(self, parameters: list[Tensor], group: dict[str, Any]) -> None:
        fast, _ = group["betas"]
        updates = []
        for parameter in parameters:
            state, gradient = self.state[parameter], parameter.grad
            assert gradient is not None
            if not state:
                state["momentum"] = torch.zeros_like(parameter)
            state["momentum"].lerp_(gradient, 1 - fast)
            updates.append(gradient.lerp(state["momentum"], fast).flatten(1))  # Nesterov's
        stacked = orthogonalised(torch.stack(updates))
        scale = 0.2 * max(stacked.shape[1:]) ** 0.5
        for parameter, update in zip(parameters, stacked, strict=True):
            parameter.add_(update.reshape(parameter.shape), alpha=-group["lr"] * scale)


def orthogonalised(matrices: Tensor, rounds: int = 5) -> Tensor:
    """The same singular vectors, with singular values near 1 (0.7 to 1.2, but for tiny ones).

    Args:
        matrices: ``(N, rows, columns)``.
        rounds: of Newton and Schulz's iteration, with Jordan's coefficients.
    """
    short = matrices if matrices.shape[1] <= matrices.shape[2] else matrices.mT
    norms = torch.linalg.matrix_norm(short, keepdim=True)
    x = short / (norms + 1e-20)  # all singular values at most 1
    if half_precision(x.device.type):
        x = x.bfloat16()
    for _ in range(rounds):
        a = x @ x.mT
        x = 3.4445 * x + (-4.7750 * a + 2.0315 * a @ a) @ x
    x = x.to(matrices.dtype)
    return x if short is matrices else x.mT
