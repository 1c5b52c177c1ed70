"""Self-describing checkpoints: one safetensors file holds all that rebuilds a network.

``NAME_xSCALE.safetensors``; its metadata says what was trained, how, on what, and how well it
scored. Loading is strict and never unpickles; writing is atomic.
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from sr_demo.networks import NETWORKS, SuperResolver

FORMAT = 1
_PACKAGED = Path(__file__).resolve().parent / "weights"  # where a wheel has checkpoints/
FOLDER = _PACKAGED if _PACKAGED.is_dir() else _PACKAGED.parent.parent / "checkpoints"


class CheckpointError(Exception):
    """A checkpoint that is missing or cannot be used; the message says which and what to do."""


@dataclass(frozen=True)
class Card:
    """What a checkpoint says about itself."""

    method: str
    scale: int
    arguments: dict[str, Any]  # of the network's class, besides the scale
    recipe: dict[str, Any]  # sr_demo.training.recipes.Recipe, as a dictionary
    data: str  # what it was trained on
    steps: int  # optimiser steps behind these weights
    scores: dict[str, float] = field(default_factory=dict)  # e.g. {"Set5 PSNR-Y (dB)": 31.4}
    date: str = ""  # ISO 8601, UTC
    hours: float = 0.0  # of training behind these weights
    format: int = FORMAT


def checkpoint_path(name: str, scale: int, folder: Path = FOLDER) -> Path:
    return folder / f"{name}_x{scale}.safetensors"


def modified(path: Path) -> int | None:
    """Nanoseconds of the last change, or None where there is no file."""
    return path.stat().st_mtime_ns if path.is_file() else None


def save_network(network: SuperResolver, card: Card, folder: Path = FOLDER) -> Path:
    """Write weights and card; a reader sees the old file or the new one, never a part."""
    path = checkpoint_path(card.method, card.scale, folder)
    path.parent.mkdir(parents=True, exist_ok=True)
    metadata = {key: json.dumps(value) for key, value in asdict(card).items()}
    weights = {k: _compact(v.detach().cpu()) for k, v in network.state_dict().items()}
    partial = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        partial.write_bytes(save(weights, metadata))  # save_file would make it private
        os.replace(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path


def _compact(weights: Tensor) -> Tensor:
    """In 16 bits where they hold every value, as they do of networks that run in them."""
    half = weights.bfloat16()
    return (half if torch.equal(half.float(), weights) else weights).contiguous()


def read_card(path: Path) -> Card:
    """The card alone, without loading weights.

    Raises:
        CheckpointError: if the file is missing, truncated, or not one of ours.
    """
    return _read(path)[0]


def load_network(name: str, scale: int, folder: Path = FOLDER) -> SuperResolver:
    """Rebuild a network from its file alone, in evaluation mode, on the CPU, float32.

    Raises:
        CheckpointError: if the file is missing, truncated, not one of ours, or holds another
            method, scale or architecture than its name says.
    """
    path = checkpoint_path(name, scale, folder)
    card, weights = _read(path)
    if (card.method, card.scale) != (name, scale):
        raise _error(path, f"holds {card.method} ×{card.scale}")
    try:
        network = NETWORKS[name](scale, **card.arguments)
    except (KeyError, TypeError) as error:
        raise _error(path, f"describes a network this version cannot build ({error})") from error
    try:
        network.load_state_dict(weights, strict=True)
    except RuntimeError as error:
        raise _error(path, "has weights that do not fit the network it describes") from error
    return network.eval().requires_grad_(False)


def _read(path: Path) -> tuple[Card, dict[str, Any]]:
    if not path.is_file():
        raise _error(path, "is missing")
    try:
        with safe_open(path, framework="pt") as file:
            metadata = file.metadata() or {}
            weights = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise _error(path, f"is damaged or no safetensors file ({error})") from error
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
