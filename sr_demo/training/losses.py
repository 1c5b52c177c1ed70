"""Losses as the papers' equations: plain functions from tensors to a scalar."""

from collections.abc import Callable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor

Distance = Callable[[Tensor, Tensor], Tensor]


def negative_psnr(restored: Tensor, truth: Tensor) -> Tensor:
    """-PSNR in dB, a mean over the patches ``(N, C, H, W)`` in [0, 1], each capped near 50 dB.

    Papers report a mean of logarithms, one for each picture. The logarithm of one mean, which MSE
    minimises, is ruled by the few patches that no network restores.
    """
    errors = (restored - truth).square().mean(dim=(1, 2, 3))
    return 10 * torch.log10(errors + 1e-5).mean()


DISTANCES: dict[str, Distance] = {
    "mse": F.mse_loss,  # the papers' own
    "l1": F.l1_loss,  # gradients that do not fade near the goal (Lim et al. 2017)
    "psnr": negative_psnr,
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
