"""SRGAN's discriminator (Ledig et al. 2017, figure 4): is this patch a photograph?"""

from collections.abc import Mapping
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

FEATURES_AND_STRIDES = (
    (64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2),
)  # fmt: skip
HEADS = ("patch", "dense")
NORMS = ("batch", "spectral", "inner_spectral")
# A random layer of spectral norm 1 and its LeakyReLU leave 0.55 · 0.52 of the variance. Unless it
# is given back, eight of them make the logits of all patches alike.
GAIN = 3**0.5


class Discriminator(nn.Module):
    """RGB patches ``(N, 3, size, size)`` in about [0, 1] → logits, positive for “real”.

    Args:
        size: HR pixels a side.
        head: ``"dense"``, the paper's two dense layers and one logit ``(N, 1)``: 18.9 of its 23.6
            million weights and nearly all of its time on a CPU. ``"patch"``, a convolution to one
            logit for each of size/16 × size/16 overlapping places (Isola et al. 2017), needs a
            third of the time and tells the generator where it was caught.
        norm: ``"batch"`` as the paper, in all but the first layer; ``"spectral"`` bounds each
            layer's gain instead (Miyato et al. 2018), at ``GAIN``, and looks at each patch alone;
            ``"inner_spectral"`` leaves the first layer and the last free (Wang et al. 2021,
            Real-ESRGAN), so that logits grow as fast as D becomes sure of itself.
        width: features of the first layer, 64 in the paper; the others keep their ratio to it.
        stride_kernel: side of the kernels of layers that stride, 3 in the paper. With 4 every
            pixel weighs in equally many outputs, so that no gradient that reaches the picture has
            a checkerboard of its own (Odena et al. 2016).
    """

    def __init__(
        self,
        size: int,
        head: str = "patch",
        norm: str = "batch",
        width: int = 64,
        stride_kernel: int = 3,
    ) -> None:
        super().__init__()
        inner = norm == "inner_spectral"
        if head not in HEADS or norm not in NORMS:
            raise ValueError(f"expected a head of {HEADS} and a norm of {NORMS}: {head}, {norm}")

        def bounded(layer: nn.Module, outer: bool = False) -> nn.Module:
            return spectral_norm(layer) if norm == "spectral" or (inner and not outer) else layer

        def active() -> nn.Module:
            return nn.LeakyReLU(0.2) if norm == "batch" else ScaledLeakyReLU()

        layers: list[nn.Module] = []
        incoming = 3
        for of_64, stride in FEATURES_AND_STRIDES:
            features, kernel = of_64 * width // 64, stride_kernel if stride > 1 else 3
            normed = norm == "batch" and incoming != 3
            conv = nn.Conv2d(incoming, features, kernel, stride, padding=1, bias=not normed)
            layers += [
                bounded(conv, incoming == 3),
                *([BatchNorm(features)] if normed else []),
                active(),
            ]
            incoming, size = features, (size + 2 - kernel) // stride + 1
        self.features = nn.Sequential(*layers)
        if head == "patch":
            self.head: nn.Module = bounded(nn.Conv2d(incoming, 1, 3, padding=1), outer=True)
        else:
            self.head = nn.Sequential(
                nn.Flatten(),
                bounded(nn.Linear(incoming * size**2, 1024)),
                active(),
                bounded(nn.Linear(1024, 1), outer=True),
            )

    @classmethod
    def of_weights(cls, size: int, weights: Mapping[str, Tensor]) -> "Discriminator":
        """The discriminator of a state, of the form that its weights have."""
        head = "dense" if any(name.startswith("head.1.") for name in weights) else "patch"
        spectral = {name.split(".parametrizations.")[0] for name in weights if "parametriz" in name}
        norm = "spectral" if "features.0" in spectral else "inner_spectral" if spectral else "batch"
        kernels = {name: value.shape for name, value in weights.items() if value.dim() == 4}
        first = next(shape[0] for name, shape in kernels.items() if name.startswith("features.0."))
        width = first * 64 // FEATURES_AND_STRIDES[0][0]
        largest = max(shape[-1] for shape in kernels.values())
        discriminator = cls(size, head, norm, width, stride_kernel=largest)
        discriminator.load_state_dict(weights)
        return discriminator

    def forward(self, patches: Tensor) -> Tensor:
        """``(N, 3, size, size)`` → logits ``(N, 1, size/16, size/16)``, or ``(N, 1)`` if dense."""
        return self.head(self.features(2 * patches - 1))  # about zero, as the paper's pictures


class ScaledLeakyReLU(nn.LeakyReLU):
    """With the gain that spectral normalisation took from the layer before it."""

    def __init__(self) -> None:
        super().__init__(0.2)

    def forward(self, x: Tensor) -> Tensor:
        """Any shape, kept."""
        return super().forward(x) * GAIN


class BatchNorm(nn.BatchNorm2d):
    """Batch normalisation over the whole batch, however many processes share it.

    As ``torch.nn.SyncBatchNorm``, which has no CPU version: without it two processes would train
    another discriminator than one. No running averages: a discriminator is never evaluated.
    """

    def __init__(self, features: int) -> None:
        super().__init__(features, track_running_stats=False)

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``(N, C, H, W)`` by the moments over N, H and W of all processes."""
        if not (dist.is_initialized() and dist.get_world_size() > 1):
            return super().forward(x)
        moments = torch.stack([x.float().mean((0, 2, 3)), x.float().square().mean((0, 2, 3))])
        mean, square = MeanOverProcesses.apply(moments)
        gain = self.weight * (square - mean**2 + self.eps).rsqrt()
        shift = self.bias - mean * gain
        return x * gain[:, None, None].to(x.dtype) + shift[:, None, None].to(x.dtype)


class MeanOverProcesses(torch.autograd.Function):
    """The mean of a tensor over all processes; gradients travel back to all of them."""

    @staticmethod
    def forward(ctx: Any, x: Tensor) -> Tensor:
        """The mean."""
        return _mean(x)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Tensor:
        """Every process has a share in every process's mean."""
        return _mean(gradient)


def _mean(x: Tensor) -> Tensor:
    total = x.clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()
