"""Files as other projects write them: their names for their weights, and random numbers."""

import warnings
from collections import OrderedDict
from itertools import pairwise
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from sr_demo.networks import RRDBNet

Weights = dict[str, Tensor]
BLOCKS = 2
# Of RRDBNet: ours → what the ESRGAN of 2018 says, its later code, and Real-ESRGAN
LAYOUTS = ("esrgan-old", "esrgan-new", "real-esrgan")


def rrdbnet(scale: int = 4, features: int = 8) -> RRDBNet:
    """Small, random, and lively enough that each weight shows in the picture."""
    torch.manual_seed(0)
    network = RRDBNet(scale, features=features, blocks=BLOCKS).eval().requires_grad_(False)
    for name, weight in network.named_parameters():
        weight.add_(0.02 * torch.randn_like(weight))
        if name.startswith("tail.bias"):
            weight.fill_(0.5)
    return network


def under(layout: str, network: RRDBNet) -> Weights:
    """The network's weights by the names of one of `LAYOUTS`."""
    return {_name(layout, name): value for name, value in network.state_dict().items()}


def _name(layout: str, ours: str) -> str:
    place, _, kind = ours.rpartition(".")
    old, new, real = LAYOUTS
    if place.startswith("blocks."):
        _, block, _, dense, *conv = place.split(".")
        number = 5 if conv == ["fuse"] else int(conv[1]) + 1
        return {
            old: f"model.1.sub.{block}.RDB{int(dense) + 1}.conv{number}.0.{kind}",
            new: f"RRDB_trunk.{block}.RDB{int(dense) + 1}.conv{number}.{kind}",
            real: f"body.{block}.rdb{int(dense) + 1}.conv{number}.{kind}",
        }[layout]
    names = {
        "head": ("model.0", "conv_first", "conv_first"),
        "fuse": (f"model.1.sub.{BLOCKS}", "trunk_conv", "conv_body"),
        "upsample.0": ("model.3", "upconv1", "conv_up1"),
        "upsample.1": ("model.6", "upconv2", "conv_up2"),
        "refine": ("model.8", "HRconv", "conv_hr"),
        "tail": ("model.10", "conv_last", "conv_last"),
    }
    return f"{names[place][LAYOUTS.index(layout)]}.{kind}"


def compact(scale: int = 4, features: int = 8, layers: int = 3) -> Weights:
    """Real-ESRGAN's SRVGGNetCompact: convolutions and PReLUs in a list."""
    torch.manual_seed(0)
    widths = [3, *[features] * (layers + 1), 3 * scale**2]
    weights: Weights = OrderedDict()
    for i, (incoming, outgoing) in enumerate(pairwise(widths)):
        weights[f"body.{2 * i}.weight"] = torch.randn(outgoing, incoming, 3, 3) / incoming / 6
        weights[f"body.{2 * i}.bias"] = torch.randn(outgoing) / 50
        if outgoing == features:
            weights[f"body.{2 * i + 1}.weight"] = torch.rand(features) / 2
    return weights


def swinir(scale: int = 2) -> Weights:
    """SwinIR, light, by its authors' names, windows of 8²."""
    from spandrel.architectures.SwinIR import SwinIR  # type: ignore[import-untyped]

    torch.manual_seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        network = SwinIR(
            img_size=16, window_size=8, upscale=scale, embed_dim=12, depths=[2, 2],
            num_heads=[2, 2], mlp_ratio=2, upsampler="pixelshuffledirect",
        )  # fmt: skip
    return dict(network.state_dict())


def write(path: Path, weights: Weights, wrapper: str = "") -> Path:
    """As a file of the kind that its name says; a .pth may wrap them under a key."""
    if path.suffix == ".safetensors":
        save_file({name: value.contiguous() for name, value in weights.items()}, path)
    else:
        torch.save({wrapper: weights} if wrapper else weights, path)
    return path
