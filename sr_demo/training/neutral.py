"""``python -m train neutral srresnet --scale 2 --data DIR``: what has no colour keeps its greys.

No reduced photo has a checker of single pixels, and a network's answer to one is anyone's guess: an
SRResNet ×2 gave values 300 times brighter than white, and as a picture a blue. Small drawings do
have them. So a finished network learns its own pictures again, but of checkers and noise with the
mean that went in, and where its own picture of them is out of all bounds, bicubic's.
"""

import copy
from dataclasses import replace

import numpy as np
import torch
from accelerate import Accelerator
from torch import Tensor, nn
from torch.nn import functional as F

from sr_demo.checkpoints import Card
from sr_demo.inference import engine
from sr_demo.inference.rewrites import fast
from sr_demo.networks import SuperResolver
from sr_demo.resize import upsample
from sr_demo.training.data import Pair
from sr_demo.training.imitation import Manner, TaughtStep, likeness
from sr_demo.training.recipe import Recipe
from sr_demo.training.recipe_file import RecipeError
from sr_demo.training.steps import precise_luma
from sr_demo.training.validation import Quality, ValidationResult, validate_by_psnr

RIM = 12  # LR pixels beside the border, where there is less to go by
EXCESS = 2.0  # beyond black or white; a sharp edge overshoots by 0.4, noise by 1
PHOTOS = 5.0  # weight of a photo's error beside a drawing's: it is far smaller
MEANS = 10.0  # weight of a drawing's mean beside the rest of it
BEND = 0.1  # from which on an error counts by its size, not its square


def greys(network: SuperResolver) -> tuple[float, float]:
    """Black and white in the network's colour space: of luma, BT.601's 16 and 235."""
    return (16 / 255, 235 / 255) if network.channels == 1 else (0.0, 1.0)


def in_bounds(network: SuperResolver, sr: Tensor, small: Tensor) -> Tensor:
    """Pictures, or bicubic's in the place of those that are out of all bounds.

    Args:
        network: whose colour space it is.
        sr: ``(N, C, H·scale, W·scale)``, not clamped.
        small: ``(N, C, H, W)``.
    """
    low, high = greys(network)
    wild = ((sr < low - EXCESS) | (sr > high + EXCESS)).flatten(1).any(1)
    return torch.where(wild.view(-1, 1, 1, 1), upsample(small, network.scale), sr)


def inner_mean(picture: Tensor, rim: int) -> Tensor:
    """``(N, C, H, W)`` → ``(N, C, 1, 1)``, without so many pixels beside the border."""
    return picture[..., rim:-rim, rim:-rim].mean(dim=(2, 3), keepdim=True)


class NeutralObjective(nn.Module):
    """(LR, the teacher's SR, which are small drawings) → the loss, in the network's colour space.

    Of photos and of what is reduced PHOTOS · |SR − teacher's|², of a small drawing MEANS · (mean of
    SR as it is seen, between black and white, − mean of LR)² + |SR − teacher's|² apart from means.
    A large error counts by its size.
    """

    def __init__(self, network: SuperResolver) -> None:
        super().__init__()
        self.network, self.upscale = network, fast(network)

    def forward(self, lr: Tensor, target: Tensor, drawn: Tensor) -> Tensor:
        """``(N, 3, H, W)`` ``uint8``, ``(N, C, H·scale, W·scale)`` and ``(N,)`` → a scalar."""
        small, rim = self.network.prepare(lr), RIM * self.network.scale
        with precise_luma(self.network, lr.device):
            sr = self.upscale(small).float()
        off = inner_mean(sr.clamp(*greys(self.network)), rim) - inner_mean(small, RIM)
        target = torch.where(drawn.view(-1, 1, 1, 1), target + inner_mean(sr - target, rim), target)
        errors = 2 * F.huber_loss(sr, target, reduction="none", delta=BEND).mean(dim=(1, 2, 3))
        of_drawings = errors + MEANS * off.square().mean(dim=(1, 2, 3))
        return torch.where(drawn, of_drawings, PHOTOS * errors).mean()


class NeutralStep(TaughtStep):
    """Learn what the teacher makes of LR, and of small drawings with the mean that went in.

    Raises:
        RecipeError: if a patch is all rim, and has no mean.
    """

    def __init__(
        self,
        accelerator: Accelerator,
        network: SuperResolver,
        recipe: Recipe,
        teacher: SuperResolver,
    ) -> None:
        if recipe.patch <= 2 * RIM:
            raise RecipeError(f"patch = {recipe.patch} is too small: take more than {2 * RIM}")
        super().__init__(accelerator, network, recipe, teacher, NeutralObjective(network))

    def __call__(self, lr: Tensor, hr: Tensor) -> dict[str, Tensor] | None:
        """As :class:`PixelStep`, which looks at ``hr`` alone to see which drawings are small."""
        scale = self.network.scale
        same = (hr[..., ::scale, ::scale] == lr).flatten(1).all(1)  # nothing reduced is
        drawn = same & (lr == lr[:, :1]).flatten(1).all(1)
        sr = self.teachers(lr)
        tamed = in_bounds(self.teacher, sr, self.teacher.prepare(lr))
        return self.learn(lr, torch.where(drawn.view(-1, 1, 1, 1), tamed, sr), drawn)


def validate_neutral(network: SuperResolver, pairs: list[Pair]) -> ValidationResult:
    """Closeness to ``pairs``, once what goes in without colour comes out so, and as bright."""
    result = validate_by_psnr(network, pairs)
    off = max(off_grey(picture, engine.restore(network, picture)) for picture in small_drawings())
    quality = result.quality if off <= 1 else Quality(False, -off)
    return replace(result, scores={**result.scores, OFF_GREY: off}, quality=quality)


OFF_GREY = "off grey (1 is allowed)"


def small_drawings(side: int = 64) -> list[np.ndarray]:
    """Checkers of single pixels, noise and a gradient: ``uint8`` ``(side, side, 3)``, R = G = B."""
    checks = np.indices((side, side)).sum(axis=0) % 2
    noise = np.random.default_rng(0).integers(0, 256, checks.shape)
    ramp = np.broadcast_to(np.linspace(0, 255, side), checks.shape)
    planes = [255 * checks, 64 + 128 * checks, noise, ramp]
    return [np.rint(plane).astype(np.uint8)[..., None].repeat(3, axis=2) for plane in planes]


def off_grey(small: np.ndarray, large: np.ndarray) -> float:
    """How far a drawing's mean is off: 1 where it is by 2 levels, or its channels differ by 1.

    Args:
        small: ``uint8`` RGB, what went in.
        large: ``uint8`` RGB, what became of it. The rim does not count.
    """
    scale = len(large) // len(small)
    (before, after) = (
        picture[rim:-rim, rim:-rim].mean(axis=(0, 1))
        for picture, rim in ((small, RIM), (large, RIM * scale))
    )
    return float(max(np.abs(after - before).max() / 2, np.ptp(after)))


def _begin(teacher: SuperResolver) -> SuperResolver:
    return copy.deepcopy(teacher).train().requires_grad_()


def _note(recipe: Recipe, learnt: Card) -> str:
    share = recipe.neutral * recipe.drawn * recipe.drawn_small
    return (
        f"{learnt.steps} steps at {recipe.learning_rate:g} on its own former pictures "
        f"({likeness(learnt):.1f} dB), of checkers and noise ({share:.0%} of patches) with the "
        "mean that went in"
    )


def _end(best: SuperResolver) -> SuperResolver:
    return best


NEUTRAL = Manner("neutral drawings", _begin, NeutralStep, validate_neutral, _end, _note)
