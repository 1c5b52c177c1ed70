"""Losses as the papers' equations: plain functions from tensors to a scalar."""

from collections.abc import Callable, Mapping

import torch.nn.functional as F
from torch import Tensor

Distance = Callable[[Tensor, Tensor], Tensor]

DISTANCES: dict[str, Distance] = {
    "mse": F.mse_loss,  # on pixels it maximises PSNR by definition
    "l1": F.l1_loss,  # the same goal with gradients that do not fade near it (Lim et al. 2017)
}


def content(restored: Tensor, truth: Tensor, distance: Distance) -> Tensor:
    """How far the pixels are from the truth's."""
    return distance(restored, truth)


def perceptual(
    restored: Mapping[str, Tensor],
    truth: Mapping[str, Tensor],
    weights: Mapping[str, float],
    distance: Distance,
) -> Tensor:
    """Σ over layers φ of weight · distance(φ(G(LR)), φ(HR))  (Ledig et al. 2017, equation 5)."""
    terms = [
        w * distance(restored[name].float(), truth[name].float()) for name, w in weights.items()
    ]
    return sum(terms[1:], start=terms[0])


def lattice(restored: Tensor, truth: Tensor, scale: int, window: int = 12) -> Tensor:
    """Power of the error that repeats with the period of the upsampling: a checkerboard's.

    Over windows of `window` LR pixels a side, the error's mean at each of the scale² sub-pixel
    positions; real texture has no reason to prefer one, so it averages out.
    """
    positions = F.pixel_unshuffle(restored - truth, scale)  # (N, 3·scale², H, W)
    means = F.avg_pool2d(positions, window, stride=window // 2).unflatten(1, (-1, scale**2))
    return (means - means.mean(dim=2, keepdim=True)).square().mean()


def adversarial(fake: Tensor) -> Tensor:
    """-log D(G(LR)), from D's logits on restored patches (Ledig et al. 2017, equation 6)."""
    return F.softplus(-fake).mean()


def discrimination(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(HR) - log(1 - D(G(LR))), from D's logits (Goodfellow et al. 2014)."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()
