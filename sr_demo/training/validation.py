"""Which weights are shipped: scores on validation pairs, on the 8-bit picture that a user sees."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import inf, log
from statistics import fmean
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from sr_demo.inference import engine
from sr_demo.metrics.artifacts import mesh, spectrum_distance
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


class _Known(NamedTuple):
    """What is the same at every validation."""

    bicubic: dict[str, float]
    original: dict[str, float]
    max_vgg_distance: float


class PerceptualValidation:
    """For SRGAN, whose best pictures do not have the best PSNR.

    What counts is a sum of three faults that the originals have at 0: the share of bicubic's gap in
    NIQE that is still open, the distance of the spectra, and the logarithm of the mesh's 90th
    percentile over the originals'. Feasible are only weights that stay consistent with the LR and
    have no larger a VGG distance than ``start``: on shallow layers every texture that is not
    exactly in its place counts as a fault, so it is a limit and no goal. While none are feasible,
    those that come nearest to it lead.

    Args:
        vgg: gives the features of ``DISTANCE_LAYERS``.
        start: the network that the run began with; None sets no limit to the VGG distance.
        min_lr_psnr: dB; None where LR is degraded, and a good SR has not its noise and blocks.
    """

    def __init__(
        self,
        vgg: VGG,
        start: SuperResolver | None = None,
        min_lr_psnr: float | None = MIN_LR_PSNR,
    ) -> None:
        self.vgg, self.start, self.min_lr_psnr = vgg, start, min_lr_psnr
        self._known: _Known | None = None

    def __call__(self, network: SuperResolver, pairs: list[Pair]) -> ValidationResult:
        """Validate a network; always on the same pairs, as what bicubic has is measured once."""
        return self.of_pictures(_upscaled(network, pairs), pairs)

    def of_pictures(self, sr: list[np.ndarray], pairs: list[Pair]) -> ValidationResult:
        """Validate what became of each pair's LR, ``uint8`` RGB."""
        if self._known is None:
            self._known = self._measure_known(pairs)
        known, own = self._known, self._measure(sr, pairs)
        excess = max(0.0, (self.min_lr_psnr or -inf) - own["LR-PSNR (dB)"])
        excess += 10 * max(0.0, own["VGG distance"] - known.max_vgg_distance)
        faults = _faults(own, known.bicubic, known.original)
        quality = Quality(False, -excess) if excess else Quality(True, -faults)
        scores = {"PSNR-Y (dB)": _mean_psnr(sr, pairs), **own}
        return ValidationResult(scores, quality, sr[0])

    def _measure_known(self, pairs: list[Pair]) -> _Known:
        limit = inf
        if self.start is not None:
            sr = _upscaled(self.start, pairs)
            rows = zip(sr, pairs, strict=True)
            limit = fmean(vgg_distance(self.vgg, picture, hr) for picture, (_, hr) in rows)
        return _Known(
            _means(_alone(imresize(lr, hr.shape[0] // lr.shape[0])) for lr, hr in pairs),
            _means(_alone(hr) for _, hr in pairs),
            limit,
        )

    def _measure(self, pictures: list[np.ndarray], pairs: list[Pair]) -> dict[str, float]:
        """Means over the pairs."""
        return _means(
            {
                "LR-PSNR (dB)": lr_psnr(picture, lr, hr.shape[0] // lr.shape[0]),
                "VGG distance": vgg_distance(self.vgg, picture, hr),
                "spectrum distance": spectrum_distance(picture, hr),
                **_alone(picture),
            }
            for picture, (lr, hr) in zip(pictures, pairs, strict=True)
        )


def _faults(own: dict[str, float], bicubic: dict[str, float], original: dict[str, float]) -> float:
    """The sum of the three, as far as the pictures are large enough for them to be measured."""
    faults = own.get("spectrum distance", 0.0)
    if "NIQE" in own and bicubic["NIQE"] > original["NIQE"]:
        # As natural as the originals is natural enough: below them NIQE rewards noise.
        gap = bicubic["NIQE"] - original["NIQE"]
        faults += max(0.0, own["NIQE"] - original["NIQE"]) / gap
    if "mesh (90 %)" in own:
        faults += max(0.0, log(own["mesh (90 %)"] / original["mesh (90 %)"]))
    return faults


def _alone(picture: np.ndarray) -> dict[str, float | None]:
    """What can be said of a picture without its original."""
    tiles = mesh(picture)
    return {
        "NIQE": naturalness(picture),
        "mesh (mean)": None if tiles is None else tiles.mean,
        "mesh (90 %)": None if tiles is None else tiles.percentile,
    }


def _means(rows: Iterable[dict[str, float | None]]) -> dict[str, float]:
    """Of each score, over the pictures that are large enough for it."""
    table: dict[str, list[float]] = {}
    for row in rows:
        for key, value in row.items():
            if value is not None:
                table.setdefault(key, []).append(value)
    return {key: fmean(values) for key, values in table.items()}


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
