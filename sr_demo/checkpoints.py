"""Self-describing checkpoints: one safetensors file holds all that rebuilds a network.

``NAME_xSCALE.safetensors``; its metadata says what was trained, how, on what, and how well it
scored, and a hash of the whole file. Loading is strict and never unpickles; writing is atomic.
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sr_demo.methods import network_class
from sr_demo.networks import SuperResolver
from sr_demo.storage import (
    CHECKPOINTS,
    CheckpointError,
    UnreadableError,
    read_safetensors,
    safetensors_bytes,
    write_atomically,
)

FORMAT = 1


@dataclass(frozen=True)
class Card:
    """What a checkpoint says about itself."""

    method: str
    scale: int
    arguments: dict[str, Any]  # of the network's class, besides the scale
    recipe: dict[str, Any]  # sr_demo.training.recipe.Recipe, as a dictionary
    data: str  # what it was trained on
    steps: int  # optimiser steps behind these weights
    scores: dict[str, float] = field(default_factory=dict)  # e.g. {"Set5 PSNR-Y (dB)": 31.4}
    date: str = ""  # ISO 8601, UTC
    hours: float = 0.0  # of training behind these weights
    format: int = FORMAT


def checkpoint_path(name: str, scale: int, folder: Path = CHECKPOINTS) -> Path:
    """Where a method's checkpoint stands, whether or not it is there."""
    return folder / f"{name}_x{scale}.safetensors"


def save_network(network: SuperResolver, card: Card, folder: Path = CHECKPOINTS) -> Path:
    """Write weights and card; a reader sees the old file or the new one, never a part."""
    path = checkpoint_path(card.method, card.scale, folder)
    metadata = {key: json.dumps(value) for key, value in asdict(card).items()}
    weights = {k: _compact(v.detach().cpu()) for k, v in network.state_dict().items()}
    return write_atomically(path, safetensors_bytes(weights, metadata))


def _compact(weights: Tensor) -> Tensor:
    """In 16 bits where they hold every value, as they do of networks that run in them."""
    half = weights.bfloat16()
    return (half if torch.equal(half.float(), weights) else weights).contiguous()


def read_card(path: Path) -> Card:
    """The card alone, without loading weights.

    Raises:
        CheckpointError: if the file is missing, damaged, or not one of ours.
    """
    return _read(path)[0]


def load_network(name: str, scale: int, folder: Path = CHECKPOINTS) -> SuperResolver:
    """Rebuild a network from its file alone, in evaluation mode, on the CPU, float32.

    Raises:
        CheckpointError: if the file is missing, damaged, not one of ours, or holds another
            method, scale or architecture than its name says.
    """
    path = checkpoint_path(name, scale, folder)
    card, weights = _read(path)
    if (card.method, card.scale) != (name, scale):
        raise _error(path, f"holds {card.method} ×{card.scale}")
    try:
        network = network_class(name)(scale, **card.arguments)
    except (KeyError, TypeError, ValueError, RuntimeError, ArithmeticError) as error:
        raise _error(path, f"describes a network this version cannot build ({error})") from error
    try:
        network.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise _error(path, "has weights that do not fit the network it describes") from error
    return network.eval().requires_grad_(False)


def _read(path: Path) -> tuple[Card, dict[str, Any]]:
    try:
        metadata, weights = read_safetensors(path)
    except UnreadableError as error:
        raise _error(path, str(error)) from error
    try:
        values = {key: json.loads(value) for key, value in metadata.items()}
        if values["format"] != FORMAT:
            raise _error(path, f"has format {values['format']}, this version reads {FORMAT}")
        return Card(**values), weights
    except (KeyError, TypeError, ValueError) as error:
        raise _error(path, "was not written by this project (its metadata is not ours)") from error


def _error(path: Path, problem: str) -> CheckpointError:
    name, _, scale = path.stem.rpartition("_x")
    return CheckpointError(
        f"{path.name} {problem}; expected the checkpoint of {name} ×{scale}. "
        f"Make it with: python -m train {name} --scale {scale} --data DIR"
    )
