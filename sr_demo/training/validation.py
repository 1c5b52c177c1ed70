"""Which weights are shipped: scores on validation pairs, on the 8-bit picture that a user sees."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sr_demo.inference import engine
from sr_demo.metrics.artifacts import checkerboard
from sr_demo.metrics.lr_psnr import lr_psnr
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.scores import naturalness
from sr_demo.networks import SuperResolver
from sr_demo.resize import imresize
from sr_demo.tensors import to_floats
from sr_demo.training.data import Pair
from sr_demo.training.vgg import VGG

DISTANCE_LAYERS = ("relu1_2", "relu2_2", "relu3_1")
MIN_LR_PSNR = 40.0  # dB between LR and SR degraded again: below it, SR is no enlargement of LR
CHECKERBOARD_MARGIN = 0.1  # of SR's checkerboard score above that of the originals


class Quality(NamedTuple):
    """What validation results are ordered by: whatever is feasible before all that is not."""

    feasible: bool
    score: float  # higher is better; where not feasible, how nearly it is


@dataclass(frozen=True)
class ValidationResult:
    """How weights did on the validation pairs; those of the highest quality are shipped."""

    scores: dict[str, float]  # means over the pairs, for the log and the checkpoint's card
    quality: Quality
    first: np.ndarray  # SR of the first pair, uint8 RGB (H, W, 3)


Validate = Callable[[SuperResolver, list[Pair]], ValidationResult]


def validate_by_psnr(network: SuperResolver, pairs: list[Pair]) -> ValidationResult:
    """For networks trained on pixels: nothing but closeness counts."""
    sr = _upscaled(network, pairs)
    score = _mean_psnr(sr, pairs)
    return ValidationResult({"PSNR-Y (dB)": score}, Quality(True, score), sr[0])


class PerceptualValidation:
    """For SRGAN, whose best pictures do not have the best PSNR.

    What counts is the sum of two shares that bicubic has at 1 and the originals at 0: of the VGG
    distance, and of the gap in NIQE. Feasible are only weights that stay consistent with the LR and
    draw no checkerboard; while there are none, those that come nearest to it lead.

    Args:
        vgg: gives the features of ``DISTANCE_LAYERS``.
    """

    def __init__(self, vgg: VGG) -> None:
        self.vgg = vgg
        self._ends: tuple[dict[str, float], dict[str, float]] | None = None

    def __call__(self, network: SuperResolver, pairs: list[Pair]) -> ValidationResult:
        """Validate a network; always on the same pairs, as what bicubic has is measured once."""
        return self.of_pictures(_upscaled(network, pairs), pairs)

    def of_pictures(self, sr: list[np.ndarray], pairs: list[Pair]) -> ValidationResult:
        """Validate what became of each pair's LR, ``uint8`` RGB."""
        if self._ends is None:
            enlarged = [imresize(lr, hr.shape[0] // lr.shape[0]) for lr, hr in pairs]
            originals = [hr for _, hr in pairs]
            self._ends = self._measure(enlarged, pairs), self._measure(originals, pairs)
        bicubic, original = self._ends
        own = self._measure(sr, pairs)
        faults = max(0.0, MIN_LR_PSNR - own["LR-PSNR (dB)"])
        if "checkerboard" in own:
            allowed = original["checkerboard"] + CHECKERBOARD_MARGIN
            faults += 10 * max(0.0, own["checkerboard"] - allowed)
        shares = [
            # As natural as the originals is natural enough: below them NIQE rewards noise.
            max(0.0, own[key] - original[key]) / (bicubic[key] - original[key])
            for key in ("VGG distance", "NIQE")
            if key in own and bicubic[key] > original[key]
        ]
        quality = Quality(False, -faults) if faults else Quality(True, -sum(shares))
        scores = {"PSNR-Y (dB)": _mean_psnr(sr, pairs), **own}
        return ValidationResult(scores, quality, sr[0])

    def _measure(self, pictures: list[np.ndarray], pairs: list[Pair]) -> dict[str, float]:
        """Means over the pairs, without what no picture is large enough for."""
        rows = [
            {
                "LR-PSNR (dB)": lr_psnr(picture, lr, hr.shape[0] // lr.shape[0]),
                "VGG distance": vgg_distance(self.vgg, picture, hr),
                "NIQE": naturalness(picture),
                "checkerboard": checkerboard(picture),
            }
            for picture, (lr, hr) in zip(pictures, pairs, strict=True)
        ]
        columns = {key: [row[key] for row in rows] for key in rows[0]}
        measured = {key: [v for v in column if v is not None] for key, column in columns.items()}
        return {key: fmean(values) for key, values in measured.items() if values}


@torch.inference_mode()
def vgg_distance(vgg: VGG, image: np.ndarray, reference: np.ndarray) -> float:
    """How far VGG-19's features of two ``uint8`` RGB pictures ``(H, W, 3)`` are; 0 when equal.

    At each pixel of each layer of ``DISTANCE_LAYERS``, the squared distance of the two feature
    vectors, each divided by its length (Zhang et al. 2018, LPIPS, without its learnt weights);
    averaged over pixels, summed over layers.
    """
    a, b = (_directions(vgg, picture) for picture in (image, reference))
    return sum(float((a[name] - b[name]).square().sum(dim=1).mean()) for name in DISTANCE_LAYERS)


def _directions(vgg: VGG, picture: np.ndarray) -> dict[str, Tensor]:
    device = next(vgg.parameters()).device
    x = to_floats(picture).to(device)
    return {name: f / (f.norm(dim=1, keepdim=True) + 1e-8) for name, f in vgg(x).items()}


def _upscaled(network: SuperResolver, pairs: list[Pair]) -> list[np.ndarray]:
    return [engine.restore(network, lr) for lr, _ in pairs]


def _mean_psnr(sr: list[np.ndarray], pairs: list[Pair]) -> float:
    return fmean(
        psnr(hr, picture, border=hr.shape[0] // lr.shape[0], color_space="y")
        for picture, (lr, hr) in zip(sr, pairs, strict=True)
    )
