"""A checkpoint as a file: its weights, and a card that says what they are. No network is needed.

A card stands in the metadata of a safetensors file, one JSON value a key. Reading is strict and
never unpickles.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from torch import Tensor

from sr_demo.storage import (
    CheckpointError,
    UnreadableError,
    read_safetensors,
    safetensors_bytes,
    write_atomically,
)

FORMAT = 1
_OF_VGG = ("features", "features_loss", "pool", "vgg_weights")  # what a recipe says of it

LIMITS = """\
## Limits of use

- Detail that is not in the small picture can only be guessed. A result may look right and be wrong:
  letters, faces, number plates and tissue included. Not for forensics, medicine, or identifying
  people, nor as evidence of anything.
- Trained on photos reduced by bicubic, Real-SRGAN apart. Sensor noise, JPEG artefacts and blur, as
  most small pictures have them, are out of scope of the others: they are enlarged along with the
  picture. Real-SRGAN takes them away, with some of the detail that they look like.
"""


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


def write(path: Path, weights: Mapping[str, Tensor], card: Card) -> Path:
    """Write weights and card; a reader sees the old file or the new one, never a part."""
    metadata = {key: json.dumps(value) for key, value in asdict(card).items()}
    compact = {name: _compact(value.detach().cpu()) for name, value in weights.items()}
    return write_atomically(path, safetensors_bytes(compact, metadata))


def _compact(weights: Tensor) -> Tensor:
    """In 16 bits where they hold every value, as they do of networks that run in them."""
    half = weights.bfloat16()
    return (half if half.float().equal(weights) else weights).contiguous()


def read(path: Path) -> tuple[Card, dict[str, Any]]:
    """The card and the weights by name.

    Raises:
        CheckpointError: if the file is missing, damaged, or not one of ours.
    """
    try:
        metadata, weights = read_safetensors(path)
    except UnreadableError as error:
        raise unusable(path, str(error)) from error
    try:
        values = {key: json.loads(value) for key, value in metadata.items()}
        if values["format"] != FORMAT:
            raise unusable(path, f"has format {values['format']}, this version reads {FORMAT}")
        return Card(**values), weights
    except (KeyError, TypeError, ValueError) as error:
        problem = "was not written by this project (its metadata is not ours)"
        raise unusable(path, problem) from error


def unusable(path: Path, problem: str) -> CheckpointError:
    """What to tell of a file: what is wrong with it, and how to get one that is right.

    Args:
        problem: the end of a sentence that begins with the file's name.
    """
    name, _, scale = path.stem.rpartition("_x")
    if not name:
        return CheckpointError(f"{path.name} {problem}; save the network again (save_pretrained).")
    return CheckpointError(
        f"{path.name} {problem}; expected the checkpoint of {name} ×{scale}. "
        f"Make it with: python -m train {name} --scale {scale} --data DIR"
    )


# --- in words -------------------------------------------------------------------------------------


def facts(card: Card) -> list[str]:
    """How the weights were made, one sentence a line, without its full stop."""
    planned = f" of {card.recipe['steps']:,}" if "steps" in card.recipe else ""
    hours = f"{card.hours:g} hours" if card.hours else "hours not recorded"
    if "device" in card.recipe:
        hours += f" on {card.recipe['device']}"
    return [
        f"Data: {card.data}",
        f"Training: {card.steps:,} steps{planned}, {hours}; {card.date or 'date not recorded'}",
        *_recipe(card.recipe),
    ]


def promise(card: Card) -> str:
    """What may be expected of the weights, in one sentence without its full stop."""
    if "adversarial" in card.recipe:
        return "Paints plausible texture that was never in the picture"
    return "Trained on closeness alone it invents no texture, yet what it sharpens can be wrong"


def _recipe(recipe: dict[str, Any]) -> list[str]:
    """All that it says but what stands elsewhere; VGG-19 has a line of its own."""
    elsewhere = ("method", "steps", "device", *_OF_VGG)
    rest = {k: v for k, v in recipe.items() if k not in elsewhere}
    lines = [f"Recipe: {_pairs(rest) or 'not recorded'}"]
    if "features" in recipe:
        of_vgg = {key: recipe[key] for key in _OF_VGG if key in recipe}
        lines.append(f"VGG-19: {_pairs(of_vgg)}")
    return lines


def _pairs(values: dict[str, Any]) -> str:
    return " · ".join(f"{key.replace('_', ' ')} {_value(value)}" for key, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name} × {weight}" for name, weight in value.items())
    return str(value)
