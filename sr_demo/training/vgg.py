"""VGG-19 (Simonyan & Zisserman 2015), frozen: its features by paper name.

``convI_J`` is the J-th convolution of block I, ``reluI_J`` the same after its activation, and
``vggIJ`` the SRGAN paper's φ(I,J): after the activation, before the block's pooling.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from sr_demo.storage import UnreadableError, read_safetensors

CONVOLUTIONS = [f"{i}_{j}" for i, n in enumerate((2, 2, 4, 4, 4), 1) for j in range(1, n + 1)]
POOLINGS: dict[str, Callable[[Tensor, int], Tensor]] = {
    "max": F.max_pool2d,  # as VGG was trained
    "average": F.avg_pool2d,  # passes its gradient to every pixel alike (Gatys et al. 2016)
}
# ImageNet's, as torchvision normalises
MEAN = torch.tensor([0.485, 0.456, 0.406]).view(3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(3, 1, 1)


class VGGError(Exception):
    """VGG's weights cannot be had or lack a layer; the message says what to do."""


class VGG(nn.Module):
    """RGB ``(N, 3, H, W)`` in [0, 1] → the features of each of ``layers``.

    Args:
        layers: names as above; nothing deeper than the deepest is built.
        weights: by torchvision's names, from :func:`load_weights`.
        pool: a key of ``POOLINGS``.

    Raises:
        VGGError: if a layer does not exist, or ``weights`` does not reach it.
    """

    def __init__(self, layers: Iterable[str], weights: dict[str, Tensor], pool: str = "max"):
        super().__init__()
        self.wanted = {layer: _canonical(layer) for layer in layers}
        self.pool = POOLINGS[pool]
        self.convolutions = nn.ModuleDict()
        for name in CONVOLUTIONS[: _needed(self.wanted, _reach(weights))]:
            weight, bias = _parameters(weights, name)
            conv = nn.Conv2d(weight.shape[1], weight.shape[0], 3, padding=1)
            conv.load_state_dict({"weight": weight, "bias": bias})
            self.convolutions[name] = conv
        self.eval().requires_grad_(False).to(memory_format=torch.channels_last)

    def forward(self, rgb: Tensor) -> dict[str, Tensor]:
        """``(N, 3, H, W)`` → features ``(N, C, H', W')`` by layer."""
        x = (rgb - MEAN.to(rgb)) / STD.to(rgb)
        features = {}
        for name, conv in self.convolutions.items():
            if _opens_a_block(name):
                x = self.pool(x, 2)
            features[f"conv{name}"] = x = conv(x)
            features[f"relu{name}"] = x = F.relu(x)
        return {layer: features[name] for layer, name in self.wanted.items()}

    def halvings(self, layer: str) -> int:
        """How many poolings stand before one of the layers."""
        return int(self.wanted[layer][4]) - 1


def load_weights(file: Path | None, pictures: Callable[[], Tensor]) -> dict[str, Tensor]:
    """VGG-19's convolutions by torchvision's names, each filter's mean activation about 1.

    Args:
        file: safetensors with names ``features.N.weight``, already so scaled; None downloads
            torchvision's ``IMAGENET1K_V1`` and scales them here.
        pictures: makes natural pictures ``(N, 3, H, W)`` in [0, 1] to scale by.

    Raises:
        VGGError: if the file is unreadable, or the download fails.
    """
    return balanced(_download(), pictures()) if file is None else read_weights(file)


def read_weights(file: Path) -> dict[str, Tensor]:
    """The weights in a file, as they are; raises VGGError if it is unreadable."""
    try:
        return read_safetensors(file)[1]
    except UnreadableError as error:
        raise VGGError(f"{file} {error}") from error


@torch.no_grad()
def balanced(weights: dict[str, Tensor], pictures: Tensor) -> dict[str, Tensor]:
    """Rescale filters so that each has a mean activation of 1 over natural pictures.

    Gatys et al. 2016. Up to a factor per channel the features stay what they were, but a loss on
    them has a known size at every depth: it replaces the SRGAN paper's single factor of 1/12.75.
    """
    x = (pictures - MEAN) / STD
    incoming = torch.ones(3)
    scaled = {}
    for name in CONVOLUTIONS[: _reach(weights)]:
        weight, bias = _parameters(weights, name)
        weight = weight * incoming[:, None, None]  # undoes the scaling of the layer before
        if _opens_a_block(name):
            x = F.max_pool2d(x, 2)
        x = F.relu(F.conv2d(x, weight, bias, padding=1))
        mean = x.mean(dim=(0, 2, 3))
        mean = mean.clamp(min=0.01 * float(mean.mean()))  # a filter that rests must not be blown up
        x = x / mean[:, None, None]
        scaled[f"{_torchvision(name)}.weight"] = weight / mean[:, None, None, None]
        scaled[f"{_torchvision(name)}.bias"] = bias / mean
        incoming = mean
    return scaled


def _download() -> dict[str, Tensor]:
    try:
        from torchvision.models import VGG19_Weights  # only this way of getting weights needs it
    except Exception as error:  # one that does not fit its PyTorch raises other than ImportError
        raise VGGError(
            f"torchvision, which downloads VGG-19's weights, cannot be imported ({error}): "
            "python -m pip install 'sr-demo[train]', or give --vgg-weights FILE"
        ) from error
    try:
        weights = VGG19_Weights.IMAGENET1K_V1.get_state_dict(progress=True, check_hash=True)
    except (OSError, RuntimeError) as error:
        raise VGGError(
            f"VGG-19's weights could not be downloaded ({error}); give --vgg-weights FILE"
        ) from error
    return {name: value for name, value in weights.items() if name.startswith("features.")}


def _canonical(layer: str) -> str:
    """``vgg22`` → ``relu2_2``; the other names stay."""
    layer_is = re.fullmatch(r"(conv|relu)(\d)_(\d)|(vgg)(\d)(\d)", layer)
    kind, block, place = [group for group in layer_is.groups() if group] if layer_is else "???"
    if f"{block}_{place}" not in CONVOLUTIONS:
        raise VGGError(f"VGG-19 has no layer {layer}; layers are named vgg22, conv3_1, relu5_4, …")
    return f"{'relu' if kind == 'vgg' else kind}{block}_{place}"


def _needed(wanted: dict[str, str], reach: int) -> int:
    """How many convolutions the wanted layers need, of the ``reach`` that there are."""
    depths = {layer: CONVOLUTIONS.index(name[4:]) + 1 for layer, name in wanted.items()}
    deepest = max(depths, key=depths.__getitem__)
    if depths[deepest] > reach:
        end = f"end at conv{CONVOLUTIONS[reach - 1]}" if reach else "hold no features.0.weight"
        name = CONVOLUTIONS[depths[deepest] - 1]
        raise VGGError(
            f"the VGG-19 weights {end}, but {deepest} needs conv{name} ({_torchvision(name)}); "
            "give --vgg-weights a deeper file, or none to download torchvision's"
        )
    return depths[deepest]


def _reach(weights: dict[str, Tensor]) -> int:
    """How many convolutions there are weights for, from the first on without a gap."""
    have = [f"{_torchvision(name)}.weight" in weights for name in CONVOLUTIONS]
    return [*have, False].index(False)


def _opens_a_block(name: str) -> bool:
    return name.endswith("_1") and name != "1_1"


def _torchvision(name: str) -> str:
    """``features.N``: torchvision counts convolutions, activations and poolings alike."""
    return f"features.{2 * CONVOLUTIONS.index(name) + int(name[0]) - 1}"


def _parameters(weights: dict[str, Tensor], name: str) -> tuple[Tensor, Tensor]:
    place = _torchvision(name)
    return weights[f"{place}.weight"], weights[f"{place}.bias"]
