"""SRGAN's discriminator (Ledig et al. 2017, figure 4): is this patch a photograph?"""

from collections.abc import Mapping

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

FEATURES_AND_STRIDES = (
    (64, 1), (64, 2), (128, 1), (128, 2), (256, 1), (256, 2), (512, 1), (512, 2),
)  # fmt: skip
HEADS = ("patch", "dense")
NORMS = ("batch", "spectral")


class Discriminator(nn.Module):
    """RGB patches ``(N, 3, size, size)`` in about [0, 1] → logits, positive for “real”.

    Args:
        size: HR pixels a side.
        head: ``"dense"``, the paper's two dense layers and one logit ``(N, 1)``: 18.9 of its 23.6
            million weights and nearly all of its time on a CPU. ``"patch"``, a convolution to one
            logit for each of size/16 × size/16 overlapping places (Isola et al. 2017), needs a
            third of the time and tells the generator where it was caught.
        norm: ``"batch"`` as the paper, in all but the first layer; ``"spectral"`` bounds each
            layer's gain instead (Miyato et al. 2018) and looks at each patch alone.
    """

    def __init__(self, size: int, head: str = "patch", norm: str = "batch") -> None:
        super().__init__()
        if head not in HEADS or norm not in NORMS:
            raise ValueError(f"expected a head of {HEADS} and a norm of {NORMS}: {head}, {norm}")
        bounded = spectral_norm if norm == "spectral" else lambda layer: layer
        layers: list[nn.Module] = []
        incoming = 3
        for features, stride in FEATURES_AND_STRIDES:
            normed = norm == "batch" and incoming != 3
            conv = nn.Conv2d(incoming, features, 3, stride, padding=1, bias=not normed)
            layers += [bounded(conv), *([BatchNorm(features)] if normed else []), nn.LeakyReLU(0.2)]
            incoming, size = features, -(-size // stride)
        self.features = nn.Sequential(*layers)
        if head == "patch":
            self.head: nn.Module = bounded(nn.Conv2d(incoming, 1, 3, padding=1))
        else:
            self.head = nn.Sequential(
                nn.Flatten(),
                bounded(nn.Linear(incoming * size**2, 1024)),
                nn.LeakyReLU(0.2),
                bounded(nn.Linear(1024, 1)),
            )

    @classmethod
    def of_weights(cls, size: int, weights: Mapping[str, Tensor]) -> "Discriminator":
        """The discriminator of a state, of the form that its weights have."""
        head = "dense" if any(name.startswith("head.1.") for name in weights) else "patch"
        norm = "spectral" if any(".parametrizations." in name for name in weights) else "batch"
        discriminator = cls(size, head, norm)
        discriminator.load_state_dict(weights)
        return discriminator

    def forward(self, patches: Tensor) -> Tensor:
        """``(N, 3, size, size)`` → logits ``(N, 1, size/16, size/16)``, or ``(N, 1)`` if dense."""
        return self.head(self.features(patches))


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
    def forward(ctx, x: Tensor) -> Tensor:
        """The mean."""
        return _mean(x)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> Tensor:
        """Every process has a share in every process's mean."""
        return _mean(gradient)


def _mean(x: Tensor) -> Tensor:
    total = x.clone()
    dist.all_reduce(total)
    return total / dist.get_world_size()
