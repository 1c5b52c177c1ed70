"""Losses as the papers' equations: plain functions from tensors to a scalar."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Distance = Callable[[Tensor, Tensor], Tensor]


def negative_psnr(sr: Tensor, hr: Tensor) -> Tensor:
    """-PSNR in dB, a mean over the patches ``(N, C, H, W)`` in [0, 1], each capped near 50 dB.

    Papers report a mean of logarithms, one for each picture. The logarithm of one mean, which MSE
    minimises, is ruled by the few patches that no network restores.
    """
    errors = (sr - hr).square().mean(dim=(1, 2, 3))
    return 10 * torch.log10(errors + 1e-5).mean()


DISTANCES: dict[str, Distance] = {
    "mse": F.mse_loss,  # the papers' own
    "l1": F.l1_loss,  # gradients that do not fade near the goal (Lim et al. 2017)
    "psnr": negative_psnr,
}


def content(sr: Tensor, hr: Tensor, distance: Distance) -> Tensor:
    """The distance of the pixels, ``(N, C, H, W)`` in about [0, 1]."""
    return distance(sr, hr)


def perceptual(
    sr_features: Mapping[str, Tensor],
    hr_features: Mapping[str, Tensor],
    weights: Mapping[str, float],
    distance: Distance,
) -> Tensor:
    """Σ over layers φ of weight · distance(φ(SR), φ(HR))  (Ledig et al. 2017, equation 5)."""
    terms = [
        weight * distance(sr_features[layer].float(), hr_features[layer].float())
        for layer, weight in weights.items()
    ]
    return sum(terms[1:], start=terms[0])


def checkerboard(sr: Tensor, hr: Tensor, scale: int, window: int = 12) -> Tensor:
    """Power of the part of the error that repeats with the period of the upsampling.

    Over windows of ``window`` LR pixels a side, the error's mean at each of the scale² sub-pixel
    positions; real texture prefers none of them, so it averages out.

    Args:
        sr: ``(N, C, H·scale, W·scale)`` in about [0, 1], as ``hr``; H and W at least ``window``.
    """
    positions = F.pixel_unshuffle(sr - hr, scale)  # (N, C·scale², H, W)
    means = F.avg_pool2d(positions, window, stride=window // 2).unflatten(1, (-1, scale**2))
    return (means - means.mean(dim=2, keepdim=True)).square().mean()


def adversarial(fake: Tensor) -> Tensor:
    """-log D(SR), from D's logits (Ledig et al. 2017, equation 6)."""
    return F.softplus(-fake).mean()


def discrimination(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(HR) - log(1 - D(SR)), from D's logits (Goodfellow et al. 2014)."""
    return F.softplus(-real).mean() + F.softplus(fake).mean()
