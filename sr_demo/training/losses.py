"""Losses as the papers' equations: plain functions from tensors to a scalar."""

from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from sr_demo.networks import rgb_to_ycbcr

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


def low_pass(sr: Tensor, hr: Tensor, factor: int) -> Tensor:
    """L1 between the means of ``factor`` × ``factor`` pixels of ``(N, C, H, W)`` in about [0, 1].

    It asks for what LR determines; full-size L1 also penalises every grain that is out of place.
    """
    return F.l1_loss(F.avg_pool2d(sr, factor), F.avg_pool2d(hr, factor))


def checkerboard(sr: Tensor, hr: Tensor, scale: int, windows: Sequence[int]) -> Tensor:
    """How much the error's mean differs between the sub-pixel positions of the upsampling.

    Real texture prefers none of the scale² positions, so it averages out over a window; the pattern
    of a pixel shuffle does not. Magnitudes, since a sum of squares is ruled by the few places where
    the pattern is strong.

    Args:
        sr: ``(N, C, H·scale, W·scale)`` in about [0, 1], as ``hr``.
        windows: sides in LR pixels, at most H and W; laid half overlapping, all weigh the same.

    Returns:
        the mean magnitude, in the units of ``sr``.
    """
    positions = F.pixel_unshuffle(sr - hr, scale)  # (N, C·scale², H, W)
    terms = []
    for side in windows:
        means = F.avg_pool2d(positions, side, stride=max(1, side // 2))
        means = means.unflatten(1, (-1, scale**2))
        terms.append((means - means.mean(dim=2, keepdim=True)).abs().mean())
    return torch.stack(terms).mean()


def local_spectrum(sr: Tensor, hr: Tensor, constant: float, side: int = 32) -> Tensor:
    """L1 between log(|FFT|² + constant) of tiles of luma: is there as much of each frequency?

    The phase is free: texture that is not in place costs nothing, texture that is missing does, and
    so does a peak that the original lacks. Jiang et al. 2021 (focal frequency loss) compare spectra
    of whole pictures, with their phase; tiles keep the place, and the logarithm makes faint texture
    count as much as strong edges.

    Args:
        sr: RGB ``(N, 3, H, W)`` in about [0, 1], as ``hr``.
        constant: power far below it makes no difference. Under a Hann window of 32² pixels white
            noise of σ grey levels has a mean power of 135 · σ²: 300 stands for σ = 1.5.
        side: of the tiles, laid half overlapping; a smaller picture is one tile.

    Returns:
        natural logarithms of power, ≥ 0: 0.69 is a factor of two everywhere.
    """
    ours, theirs = (torch.log(_power(x, side) + constant) for x in (sr, hr))
    return F.l1_loss(ours, theirs)


def _power(rgb: Tensor, side: int) -> Tensor:
    """|FFT|² of luma (0 … 255) in Hann windows, mean removed: ``(tiles, side, side // 2 + 1)``."""
    side = min(side, *rgb.shape[-2:])
    luma = 255 * rgb_to_ycbcr(rgb)[:, :1]
    tiles = F.unfold(luma, side, stride=side // 2).transpose(1, 2).reshape(-1, side, side)
    hann = torch.hann_window(side, periodic=False, dtype=rgb.dtype, device=rgb.device)
    tiles = (tiles - tiles.mean(dim=(1, 2), keepdim=True)) * torch.outer(hann, hann)
    spectrum = torch.view_as_real(torch.fft.rfft2(tiles))  # the other half is its mirror image
    return spectrum.square().sum(dim=-1)  # no square root, whose slope is infinite at 0


def sliced_wasserstein(sr: Tensor, hr: Tensor, directions: Tensor, cell: int) -> Tensor:
    """How far the distributions of the features in each cell are, wherever in it they stand.

    Along every direction of feature space the values of a cell are sorted and compared in order:
    the Wasserstein-1 distance (Heitz et al. 2021; in cells, as Sajjadi et al. 2017 have it for Gram
    matrices).

    Args:
        sr: features ``(N, C, H, W)``, as ``hr``.
        directions: ``(K, C)``, unit vectors, see :func:`random_directions`.
        cell: side; what is left over at the right and bottom is not looked at.

    Returns:
        the mean distance over cells and directions, in units of the features.
    """
    ours, theirs = (_sorted_in_cells(x, directions, cell) for x in (sr, hr))
    return F.l1_loss(ours, theirs)


def _sorted_in_cells(features: Tensor, directions: Tensor, cell: int) -> Tensor:
    """``(N, C, H, W)`` → ``(N, K, rows, columns, cell²)``, ascending."""
    cell = min(cell, *features.shape[-2:])
    rows, columns = (length // cell for length in features.shape[-2:])
    x = F.conv2d(features, directions[:, :, None, None])
    x = x[..., : rows * cell, : columns * cell].unflatten(3, (columns, cell))
    x = x.unflatten(2, (rows, cell)).transpose(3, 4)
    return x.flatten(4).sort(dim=-1).values


def random_directions(count: int, channels: int, like: Tensor) -> Tensor:
    """``(count, channels)``: unit vectors, uniform on the sphere, from torch's generator."""
    drawn = torch.randn(count, channels, dtype=like.dtype, device=like.device)
    return F.normalize(drawn)


def texture(
    sr: Mapping[str, Tensor],
    hr: Mapping[str, Tensor],
    weights: Mapping[str, float],
    cells: Mapping[str, int],
    directions: int,
) -> Tensor:
    """Σ over layers φ of weight · SW(φ(G(LR)), φ(HR)), along directions drawn anew each time.

    Args:
        sr: features ``(N, C, H, W)`` of each layer, as ``hr``.
        weights: of each layer.
        cells: of each layer, a cell's side in that layer's pixels.
        directions: how many.
    """
    terms = []
    for name, weight in weights.items():
        ours, theirs = sr[name].float(), hr[name].float()
        drawn = random_directions(directions, ours.shape[1], ours)
        terms.append(weight * sliced_wasserstein(ours, theirs, drawn, cells[name]))
    return torch.stack(terms).sum()


def adversarial(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(SR, HR), D(a, b) = σ(logit(a) - logit(b)): that a rather than b is the photograph.

    Relativistic (Jolicoeur-Martineau 2018): each place of SR against the same place of HR.

    Args:
        real: D's logits of HR.
        fake: D's logits of SR, of the same shape.
    """
    return F.softplus(real - fake).mean()


def discrimination(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(HR, SR), from the same logits as :func:`adversarial`."""
    return F.softplus(fake - real).mean()


def drift(real: Tensor, fake: Tensor) -> Tensor:
    """How far D's logits of both are from zero: the mean square of their mean.

    What is relativistic sees differences alone, and D may add to all logits what it likes. It does,
    for whatever grows makes differences grow: within 100 steps they stand at 1,600, where bfloat16
    knows multiples of 8, and D can tell nothing apart any more. Karras et al. (2018, "Progressive
    growing of GANs") hold D(x) near zero in the same way; here differences are left free.

    Args:
        real: D's logits of HR.
        fake: D's logits of SR, of the same shape.
    """
    return ((real + fake) / 2).square().mean()


def average_adversarial(real: Tensor, fake: Tensor) -> Tensor:
    """-log(1 - D(HR, SR)) - log D(SR, HR), D(a, b) = σ(logit(a) - E[logit(b)]), halved.

    The relativistic average discriminator of ESRGAN (Wang et al. 2018, equation 2): each photograph
    against the mean of all that G made, and the other way round, so that G learns from both.

    Args:
        real: D's logits of HR.
        fake: D's logits of SR.
    """
    return (F.softplus(real - fake.mean()).mean() + F.softplus(real.mean() - fake).mean()) / 2


def average_discrimination(real: Tensor, fake: Tensor) -> Tensor:
    """-log D(HR, SR) - log(1 - D(SR, HR)), halved: the opposite of :func:`average_adversarial`."""
    return (F.softplus(fake.mean() - real).mean() + F.softplus(fake - real.mean()).mean()) / 2
