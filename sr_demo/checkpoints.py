"""Self-describing checkpoints: one safetensors file holds all that rebuilds a network.

``NAME_xSCALE.safetensors``; its metadata says what was trained, how, on what, and how well it
scored, and a hash of the whole file. Loading is strict and never unpickles; writing is atomic.
"""

import os
from functools import cache
from pathlib import Path

from sr_demo import cards, hub
from sr_demo.cards import Card
from sr_demo.methods import network_class
from sr_demo.networks import SuperResolver
from sr_demo.storage import CHECKPOINTS, CheckpointError

__all__ = [
    "SETTING", "Card", "checkpoint_path", "checkpoints_folder", "load_file", "load_network",
    "read_card", "save_network",
]  # fmt: skip

SETTING = "SR_DEMO_CHECKPOINTS"


def checkpoints_folder() -> Path:
    """Where the methods' weights are read from: what ``SR_DEMO_CHECKPOINTS`` says, else the own.

    It names a folder, or a repository as ``hf://user/repo`` or ``hf://user/repo@revision``, which
    is downloaded once in a process, and taken from the Hub's cache where the Hub is out of reach.

    Raises:
        CheckpointError: if there is no such folder or repository, or no checkpoint in it.
    """
    given = os.environ.get(SETTING)
    return _folder(given) if given else CHECKPOINTS


@cache
def _folder(given: str) -> Path:
    remote = given.startswith(hub.SCHEME)
    folder = hub.download(given) if remote else Path(given).expanduser()
    if not folder.is_dir():
        raise CheckpointError(f"{SETTING} is “{given}”, which is not a folder.")
    if not (any(folder.glob("*_x*.safetensors")) or (folder / hub.WEIGHTS).is_file()):
        raise CheckpointError(
            f"{SETTING} is “{given}”, which holds no checkpoints, NAME_xSCALE.safetensors."
        )
    return folder


def checkpoint_path(name: str, scale: int, folder: Path | None = None) -> Path:
    """Where a method's checkpoint stands, whether or not it is there.

    Args:
        folder: by default `checkpoints_folder`. It may also be one that a network's
            ``save_pretrained`` made: that holds the one network.
    """
    folder = checkpoints_folder() if folder is None else folder
    path = folder / f"{name}_x{scale}.safetensors"
    if not path.is_file() and hub.holds(folder, name, scale):
        return folder / hub.WEIGHTS
    return path


def save_network(network: SuperResolver, card: Card, folder: Path = CHECKPOINTS) -> Path:
    """Write weights and card; a reader sees the old file or the new one, never a part."""
    path = folder / f"{card.method}_x{card.scale}.safetensors"
    return cards.write(path, network.state_dict(), card)


def read_card(path: Path) -> Card:
    """The card alone, without loading weights.

    Raises:
        CheckpointError: if the file is missing, damaged, or not one of ours.
    """
    return cards.read(path)[0]


def load_network(name: str, scale: int, folder: Path | None = None) -> SuperResolver:
    """Rebuild a network from its file alone, in evaluation mode, on the CPU, float32.

    Args:
        folder: as for `checkpoint_path`.

    Raises:
        CheckpointError: if the file is missing, damaged, not one of ours, or holds another
            method, scale or architecture than its name says.
    """
    path = checkpoint_path(name, scale, folder)
    network = load_file(path)
    assert network.card is not None
    if (network.card.method, network.card.scale) != (name, scale):
        raise cards.unusable(path, f"holds {network.card.method} ×{network.card.scale}")
    return network


def load_file(path: Path) -> SuperResolver:
    """Rebuild a network from a checkpoint of any name, as `load_network`; its ``card`` says what.

    Raises:
        CheckpointError: if the file is missing, damaged or not one of ours.
    """
    card, weights = cards.read(path)
    try:
        network = network_class(card.method)
    except KeyError as error:
        raise cards.unusable(path, f"describes a network of a kind “{card.method}”") from error
    return network.from_card(card, weights, path)
