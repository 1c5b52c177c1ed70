"""Which weights are shipped: scores on validation pairs, on the 8-bit picture that a user sees."""

from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import torch
from torch import Tensor

from sr_demo import engine
from sr_demo.metrics import lr_consistency, psnr
from sr_demo.networks import SuperResolver
from train.data import Pair
from train.vgg import VGG

DISTANCE_LAYERS = ("relu1_2", "relu2_2", "relu3_1")
# dB between LR and the restored picture, reduced: below it, it tells another story
CONSISTENT = 40.0


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
    """For SRGAN, whose best pictures do not have the best PSNR: the smallest VGG distance.

    Only among weights that stay consistent with the LR; while none does, the most consistent leads.
    """

    def judge(network: SuperResolver, pairs: list[Pair]) -> Verdict:
        restored = [engine.restore(network, lr) for lr, _ in pairs]
        scale = network.scale
        consistency = fmean(
            lr_consistency(sr, lr, scale) for sr, (lr, _) in zip(restored, pairs, strict=True)
        )
        distance = fmean(
            vgg_distance(vgg, sr, hr) for sr, (_, hr) in zip(restored, pairs, strict=True)
        )
        scores = {
            "PSNR-Y (dB)": _mean_psnr(restored, pairs, scale),
            "LR-consistency (dB)": consistency,
            "VGG distance": distance,
        }
        rank = -distance if consistency >= CONSISTENT else consistency - 1000
        return Verdict(scores, rank, restored[0])

    return judge


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
    x = torch.tensor(picture, device=device).permute(2, 0, 1)[None].float() / 255
    return {name: f / (f.norm(dim=1, keepdim=True) + 1e-8) for name, f in vgg(x).items()}


def _mean_psnr(restored: list[np.ndarray], pairs: list[Pair], scale: int) -> float:
    return fmean(
        psnr(hr, sr, border=scale, space="y") for sr, (_, hr) in zip(restored, pairs, strict=True)
    )
