"""LPIPS: how far apart two pictures are by the features of a network that knows photos.

Zhang et al., "The Unreasonable Effectiveness of Deep Features as a Perceptual Metric", 2018, with
AlexNet. It compares with the original, so it measures distortion, not naturalness (Blau and
Michaeli 2018). Needs torchmetrics and torchvision, and AlexNet's weights, which are downloaded once
by :func:`download` and never otherwise.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sr_demo.tensors import to_floats

BACKBONE = "AlexNet"
SMALLEST = 64  # pixels a side: below, AlexNet's last features are empty


class PerceptualError(Exception):
    """LPIPS cannot be measured here; the message says why and what to do."""


def _weights() -> Any:
    try:
        import torchmetrics  # noqa: F401
        from torchvision.models import AlexNet_Weights
    except ImportError as error:
        raise PerceptualError(
            "LPIPS needs two more packages: pip install torchmetrics torchvision"
        ) from error
    return AlexNet_Weights.IMAGENET1K_V1


def megabytes() -> float:
    """Size of the download. Raises PerceptualError where a package is missing."""
    return _weights().meta["_file_size"]


def weights_file() -> Path:
    """Where the weights are looked for. Raises PerceptualError where a package is missing."""
    return Path(torch.hub.get_dir(), "checkpoints", Path(_weights().url).name)


def download() -> None:
    """Fetch AlexNet's weights, unless they are there.

    Raises:
        PerceptualError: where a package is missing, the network cannot be reached, or what came is
            not what was asked for.
    """
    path, url = weights_file(), _weights().url
    if path.is_file():
        return
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        prefix = path.stem.rpartition("-")[2]
        torch.hub.download_url_to_file(url, str(path), hash_prefix=prefix, progress=False)
    except (OSError, RuntimeError) as error:
        reason = getattr(error, "reason", error)  # of an URLError, which wraps the real one
        raise PerceptualError(
            f"{BACKBONE}'s weights could not be downloaded ({reason}). Without a connection, fetch "
            f"{url} on another machine and save it as {path}."
        ) from error


@cache
def metric() -> Any:
    """The network that measures, loaded once.

    Raises:
        PerceptualError: where a package or the weights are missing.
    """
    if not weights_file().is_file():
        raise PerceptualError(f"{BACKBONE}'s weights are not here yet: download them first.")
    from torchmetrics.image.lpip import LearnedPerceptualImagePatchSimilarity

    return LearnedPerceptualImagePatchSimilarity(net_type="alex", normalize=True).eval()


@torch.inference_mode()
def lpips(original: np.ndarray, image: np.ndarray) -> float | None:
    """LPIPS of two uint8 RGB pictures (H, W, 3): 0 when equal, about 1 when unlike.

    None for a picture of less than 64 pixels a side. Raises PerceptualError where a package or the
    weights are missing, and ValueError for different shapes.
    """
    if original.shape != image.shape:
        raise ValueError(f"expected two pictures of one shape, got {original.shape}, {image.shape}")
    measured = metric()
    if min(image.shape[:2]) < SMALLEST:
        return None
    try:
        return float(measured(to_floats(original), to_floats(image)))
    finally:
        measured.reset()
