"""Which weights are shipped: scores on validation pairs, on the 8-bit picture that a user sees."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

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
# dB between LR and the restored picture, reduced: below it, it tells another story
CONSISTENT = 40.0
# how much further than the originals a lattice may stand out of the pictures
LATTICE = 0.1


@dataclass(frozen=True)
class Verdict:
    scores: dict[str, float]  # means over the pairs, for the log and the checkpoint's card
    rank: float  # the weights that get the highest are shipped
    first: np.ndarray  # what became of the first pair's LR


Judge = Callable[[SuperResolver, list[Pair]], Verdict]


def by_psnr(network: SuperResolver, pairs: list[Pair]) -> Verdict:
    """For networks trained on pixels: nothing but closeness counts."""
    restored = [engine.restore(network, lr) for lr, _ in pairs]
    score = _mean_psnr(restored, pairs, network.scale)
    return Verdict({"PSNR-Y (dB)": score}, score, restored[0])


def by_perception(vgg: VGG) -> Judge:
    """For SRGAN, whose best pictures do not have the best PSNR: near to VGG's eye, and natural.

    What counts is the sum of two shares that bicubic has at 1 and the originals at 0: of the VGG
    distance, and of the gap in NIQE. Only among weights that stay consistent with the LR and draw
    no checkerboard; while none does, the one that comes nearest leads.
    """

    ends: list[dict[str, float]] = []  # of bicubic and of the originals: the same at every step

    def judge(network: SuperResolver, pairs: list[Pair]) -> Verdict:
        if not ends:
            ends.append(_perception(vgg, [imresize(lr, network.scale) for lr, _ in pairs], pairs))
            ends.append(_perception(vgg, [hr for _, hr in pairs], pairs))
        bicubic, original = ends
        restored = [engine.restore(network, lr) for lr, _ in pairs]
        own = _perception(vgg, restored, pairs)
        scores = {"PSNR-Y (dB)": _mean_psnr(restored, pairs, network.scale), **own}
        faults = max(0.0, CONSISTENT - own["LR-PSNR (dB)"])
        if "checkerboard" in own:
            faults += 10 * max(0.0, own["checkerboard"] - original["checkerboard"] - LATTICE)
        shares = [
            # As natural as the originals is natural enough: below them NIQE rewards noise.
            max(0.0, own[key] - original[key]) / (bicubic[key] - original[key])
            for key in ("VGG distance", "NIQE")
            if key in own and bicubic[key] > original[key]
        ]
        return Verdict(scores, -1000 - faults if faults else -sum(shares), restored[0])

    return judge


def _perception(vgg: VGG, pictures: list[np.ndarray], pairs: list[Pair]) -> dict[str, float]:
    """Means over the pairs, without what no picture is large enough for."""
    rows = [
        {
            "LR-PSNR (dB)": lr_psnr(picture, lr, hr.shape[0] // lr.shape[0]),
            "VGG distance": vgg_distance(vgg, picture, hr),
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
    """How differently VGG-19 sees two ``uint8`` RGB pictures ``(H, W, 3)``; 0 when equal.

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


def _mean_psnr(restored: list[np.ndarray], pairs: list[Pair], scale: int) -> float:
    return fmean(
        psnr(hr, sr, border=scale, color_space="y")
        for sr, (_, hr) in zip(restored, pairs, strict=True)
    )
