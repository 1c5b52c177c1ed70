"""Random degradations of photos, as real small pictures have them: Real-ESRGAN (Wang et al. 2021).

Twice: blur, resize, noise, JPEG; then a sinc filter and JPEG once more, in either order. Every
draw comes from the generator that is handed in: the same generator gives the same small picture.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, cos, log2, pi, sin
from typing import Literal

import numpy as np
import torch
from scipy.signal import oaconvolve
from scipy.special import j1
from torch.nn import functional as F

from sr_demo.degradation import jpeg

SHAPES = ("gaussian", "generalized", "plateau")
FILTERS = ("area", "bilinear", "bicubic")

Range = tuple[float, float]


@dataclass(frozen=True)
class Stage:
    """Ranges of one round of blur, resize, noise and JPEG; each value is drawn uniformly.

    Attributes:
        blur: probability that there is any.
        sinc: of blurs, the share that are an ideal low-pass with its ringing.
        anisotropic: of the other blurs, the share that are wider in one direction.
        generalized, plateau: of those, the shares of exp(−½ q^β) and of 1 / (1 + q^β), where q is
            the squared distance in standard deviations; the rest are Gaussians.
        sigma: of a blur's kernel, in pixels.
        generalized_beta, plateau_beta: β.
        up, down: probabilities of resizing; with what is left, the size stays.
        resize: factor, down to the first when down, up to the second when up.
        gaussian: share of Gaussian noise; the rest is Poisson noise.
        noise: σ of Gaussian noise, in grey levels.
        poisson: factor of Poisson noise; 1 is that of a sensor with as many levels as the picture.
        grey: share of noise that is the same in all channels.
        jpeg: quality.
    """

    blur: float
    sinc: float
    anisotropic: float
    generalized: float
    plateau: float
    sigma: Range
    generalized_beta: Range
    plateau_beta: Range
    up: float
    down: float
    resize: Range
    gaussian: float
    noise: Range
    poisson: Range
    grey: float
    jpeg: Range


@dataclass(frozen=True)
class Degradations:
    """The whole of it; the default values are Real-ESRGAN's."""

    first: Stage = Stage(
        blur=1.0, sinc=0.1, anisotropic=0.31, generalized=0.15, plateau=0.15,
        sigma=(0.2, 3.0), generalized_beta=(0.5, 4.0), plateau_beta=(1.0, 2.0),
        up=0.2, down=0.7, resize=(0.15, 1.5),
        gaussian=0.5, noise=(1.0, 30.0), poisson=(0.05, 3.0), grey=0.4, jpeg=(30.0, 95.0),
    )  # fmt: skip
    second: Stage = Stage(
        blur=0.8, sinc=0.1, anisotropic=0.31, generalized=0.15, plateau=0.15,
        sigma=(0.2, 1.5), generalized_beta=(0.5, 4.0), plateau_beta=(1.0, 2.0),
        up=0.3, down=0.4, resize=(0.3, 1.2),
        gaussian=0.5, noise=(1.0, 25.0), poisson=(0.05, 2.5), grey=0.4, jpeg=(30.0, 95.0),
    )  # fmt: skip
    final_sinc: float = 0.8  # probability of the last filter
    kernel_sides: tuple[int, ...] = (7, 9, 11, 13, 15, 17, 19, 21)


def degrade_randomly(
    hr: np.ndarray, scale: int, ranges: Degradations, rng: np.random.Generator
) -> tuple[np.ndarray, list[str]]:
    """A small picture as it might be met, and what was done to it.

    Args:
        hr: ``uint8`` RGB ``(h · scale, w · scale, 3)``.

    Returns:
        ``uint8`` RGB ``(h, w, 3)``, and a short phrase for each step in its order.
    """
    target = hr.shape[0] // scale, hr.shape[1] // scale
    steps: list[str] = []
    x = hr.astype(np.float32)
    for stage in (ranges.first, ranges.second):
        x = _blur(x, stage, ranges.kernel_sides, rng, steps)
        height, width = hr.shape[:2] if stage is ranges.first else target
        x = _resize(x, _size(height, width, stage, rng), rng, steps)
        x = _noise(x, stage, rng, steps)
        if stage is ranges.first:
            x = _jpeg(x, stage, rng, steps)
    if rng.random() < 0.5:
        x = _final_filter(_resize(x, target, rng, steps), ranges, rng, steps)
        x = _jpeg(x, ranges.second, rng, steps)
    else:
        x = _jpeg(x, ranges.second, rng, steps)
        x = _final_filter(_resize(x, target, rng, steps), ranges, rng, steps)
    return _to_bytes(x), steps


# --- blur -----------------------------------------------------------------------------------------


def _blur(
    x: np.ndarray, stage: Stage, sides: Sequence[int], rng: np.random.Generator, steps: list[str]
) -> np.ndarray:
    if rng.random() >= stage.blur:
        return x
    side = int(rng.choice(sides))
    if rng.random() < stage.sinc:
        return _filter(x, *_random_sinc(side, rng), steps)
    anisotropic = rng.random() < stage.anisotropic
    sigmas = rng.uniform(*stage.sigma, 2 if anisotropic else 1)
    share = rng.random()
    if share < stage.generalized:
        shape, beta = "generalized", rng.uniform(*stage.generalized_beta)
    elif share < stage.generalized + stage.plateau:
        shape, beta = "plateau", rng.uniform(*stage.plateau_beta)
    else:
        shape, beta = "gaussian", 1.0
    kernel = bell(side, sigmas[0], sigmas[-1], rng.uniform(-pi, pi), shape, beta)
    name = f"{shape} blur σ {' × '.join(f'{sigma:.1f}' for sigma in sigmas)}"
    return _filter(x, kernel, name, steps)


def bell(
    side: int, sigma_x: float, sigma_y: float, angle: float, shape: str, beta: float
) -> np.ndarray:
    """A blur kernel ``(side, side)`` of sum 1, of a shape of ``SHAPES``.

    With q = xᵀ Σ⁻¹ x: exp(−½ q), exp(−½ q^β) (generalised Gaussian; Liu et al. 2020), or
    1 / (1 + q^β) (a plateau).
    """
    axis = np.arange(side) - (side - 1) / 2
    x, y = np.meshgrid(axis, axis)
    u, v = cos(angle) * x + sin(angle) * y, cos(angle) * y - sin(angle) * x
    q = (u / sigma_x) ** 2 + (v / sigma_y) ** 2
    kernel = 1 / (1 + q**beta) if shape == "plateau" else np.exp(-0.5 * q**beta)
    return kernel / kernel.sum()


def _random_sinc(side: int, rng: np.random.Generator) -> tuple[np.ndarray, str]:
    cutoff = rng.uniform(pi / 3 if side < 13 else pi / 5, pi)
    return sinc(side, cutoff), f"sinc filter, cutoff {cutoff / pi:.2f} π"


def sinc(side: int, cutoff: float) -> np.ndarray:
    """The ideal low-pass, circular, ``cutoff`` in radians per pixel, cut to ``(side, side)``."""
    axis = np.arange(side) - (side - 1) / 2
    distance = np.hypot(*np.meshgrid(axis, axis))
    nowhere = distance == 0
    distance[nowhere] = 1  # J₁(ωr) / r has the limit ω / 2 there
    kernel = np.where(nowhere, cutoff / 2, j1(cutoff * distance) / distance)
    return kernel / kernel.sum()


def _filter(x: np.ndarray, kernel: np.ndarray, name: str, steps: list[str]) -> np.ndarray:
    steps.append(name)
    rim = len(kernel) // 2
    height, width = x.shape[:2]
    mode: Literal["reflect", "symmetric"] = "reflect" if min(height, width) > rim else "symmetric"
    padded = np.pad(x, [(rim, rim), (rim, rim), (0, 0)], mode)
    kernel = kernel[..., None].astype(np.float32)
    return oaconvolve(padded, kernel, "valid", axes=(0, 1))


# --- size -----------------------------------------------------------------------------------------


def _size(height: int, width: int, stage: Stage, rng: np.random.Generator) -> tuple[int, int]:
    """Where the first stage may shrink a picture far below its target, the last resize enlarges."""
    drawn, factor = rng.random(), 1.0
    if drawn < stage.up:
        factor = rng.uniform(1, stage.resize[1])
    elif drawn < stage.up + stage.down:
        factor = rng.uniform(stage.resize[0], 1)
    return max(1, round(height * factor)), max(1, round(width * factor))


def _resize(
    x: np.ndarray, size: tuple[int, int], rng: np.random.Generator, steps: list[str]
) -> np.ndarray:
    """By a filter of ``FILTERS``; as in programs that do not care, without antialiasing."""
    name = FILTERS[int(rng.integers(len(FILTERS)))]
    if size == x.shape[:2]:
        return x
    batch = torch.from_numpy(np.ascontiguousarray(x.transpose(2, 0, 1)))[None]
    resized = F.interpolate(batch, size, mode=name)
    steps.append(f"{name} to {size[1]} × {size[0]}")
    return resized[0].numpy().transpose(1, 2, 0)


# --- noise and compression ------------------------------------------------------------------------


def _noise(x: np.ndarray, stage: Stage, rng: np.random.Generator, steps: list[str]) -> np.ndarray:
    gaussian, grey = rng.random() < stage.gaussian, rng.random() < stage.grey
    colour = "grey" if grey else "colour"
    if gaussian:
        sigma = rng.uniform(*stage.noise)
        drawn = rng.standard_normal((*x.shape[:2], 1 if grey else 3), np.float32) * sigma
        steps.append(f"{colour} noise σ {sigma:.0f}")
    else:
        factor = rng.uniform(*stage.poisson)
        drawn = factor * _poisson(x.mean(axis=2, keepdims=True) if grey else x, rng)
        steps.append(f"{colour} Poisson noise × {factor:.1f}")
    return (x + drawn).clip(0, 255).astype(np.float32)


def _poisson(x: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Shot noise of a sensor that counts as many photons as the picture has levels."""
    levels = x.clip(0, 255).round()
    photons = 2 ** ceil(log2(max(2, len(np.unique(levels)))))
    counts = levels / 255 * photons
    return (rng.poisson(counts) - counts) * (255 / photons)


def _jpeg(x: np.ndarray, stage: Stage, rng: np.random.Generator, steps: list[str]) -> np.ndarray:
    quality = round(rng.uniform(*stage.jpeg))
    steps.append(f"JPEG {quality}")
    return jpeg(_to_bytes(x), quality).astype(np.float32)


def _final_filter(
    x: np.ndarray, ranges: Degradations, rng: np.random.Generator, steps: list[str]
) -> np.ndarray:
    if rng.random() >= ranges.final_sinc:
        return x
    side, cutoff = int(rng.choice(ranges.kernel_sides)), rng.uniform(pi / 3, pi)
    name = f"sinc filter, cutoff {cutoff / pi:.2f} π"
    return _filter(x, sinc(side, cutoff), name, steps).clip(0, 255)


def _to_bytes(x: np.ndarray) -> np.ndarray:
    return np.rint(x).clip(0, 255).astype(np.uint8)
