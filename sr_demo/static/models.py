"""The networks as files for browsers, and the pixels that tell whether one computes rightly."""

from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from sr_demo.inference import export, runnable
from sr_demo.inference.graphs import Unsupported
from sr_demo.methods import METHODS, SCALES
from sr_demo.networks import SuperResolver
from sr_demo.resize import imresize
from sr_demo.samples import load_sample
from sr_demo.tensors import to_floats, to_pixels

SIDE = 32  # of the tile that is computed to check a browser
CHECK = "models/check.pixels"


@dataclass(frozen=True)
class Model:
    """One network in the site."""

    name: str  # "srgan_x4"
    scale: int
    radius: int  # how far it looks, in pixels of its input
    onnx: bytes  # kernels in 16 bits where these hold them
    pixels: bytes  # what it makes of the tile: uint8 RGB, row by row

    def described(self) -> dict[str, Any]:
        """What the page knows of it."""
        return {"radius": self.radius, "model": self.file, "pixels": f"models/{self.name}.pixels"}

    @property
    def file(self) -> str:
        """Where it stands in the site, in planes and packed."""
        return f"models/{self.name}.onnx.planes.gz"


def check_tile() -> np.ndarray:
    """A small picture with edges, texture and colours: uint8 RGB (32, 32, 3)."""
    small = imresize(load_sample("motorcycle").pixels, 1 / 4)
    return np.ascontiguousarray(small[60 : 60 + SIDE, 90 : 90 + SIDE])


def models() -> list[Model]:
    """Every network of our own that has a checkpoint and a graph, at every scale.

    Raises:
        ExportError: if the package onnx is missing, or a model is not the network.
    """
    found = []
    for scale in SCALES:
        for name in runnable.available(scale):
            if METHODS[name].network:
                with suppress(Unsupported):
                    found.append(model(name, scale))
    return found


def model(name: str, scale: int) -> Model:
    """One network, compared with PyTorch where onnxruntime is installed.

    Raises:
        ExportError: as :func:`models`.
    """
    network = runnable.network(name, scale)
    content = export.onnx_bytes(network, half=True)
    try:
        load = export.load_onnx(content)
    except ImportError:
        pass  # each browser checks it, too
    else:
        export.verify(network, load)
    pixels = _restored(network, check_tile()).tobytes()
    return Model(f"{name}_x{scale}", scale, network.radius, content, pixels)


@torch.inference_mode()
def _restored(network: SuperResolver, lr: np.ndarray) -> np.ndarray:
    return to_pixels(network(to_floats(lr)))
