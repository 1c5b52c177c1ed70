"""A run's states on disk: each written beside the one before, and checked before it is believed."""

import hashlib
import json
import os
import shutil
import sys
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from safetensors import SafetensorError

from sr_demo.storage import UnreadableError, read_safetensors

if TYPE_CHECKING:
    from accelerate import Accelerator

KEPT = 2  # the newest, and the one before it in case the newest is damaged
MANIFEST = "manifest.json"  # the hash of every other file, and which photos they were trained on
# A run is not to be resumed without these; the others are of further networks and processes
_REQUIRED = (
    "model.safetensors", "optimizer.bin", "custom_checkpoint_0.pkl", "custom_checkpoint_1.pkl",
    "random_states_0.pkl",
)  # fmt: skip


class StateError(Exception):
    """A state that cannot be written or gone on from; the message says what to do."""


def save_state(
    accelerator: "Accelerator", folder: Path, step: int, photos: str, keep: bool = False
) -> None:
    """Write the whole state beside the old ones, then switch: a kill leaves one of them intact.

    Args:
        folder: of the run; the state becomes ``state-STEP`` in it.
        photos: the fingerprint of what is trained on.
        keep: all of the older states, not the last alone.

    Raises:
        StateError: if it cannot be written, as on a full disk; the older states stay.
    """
    partial, final = folder / "state.partial", folder / f"state-{step:08d}"
    if accelerator.is_main_process:
        shutil.rmtree(partial, ignore_errors=True)
    accelerator.wait_for_everyone()
    try:
        accelerator.save_state(str(partial))
        accelerator.wait_for_everyone()
        if accelerator.is_main_process:
            _seal(partial, photos)
            shutil.rmtree(final, ignore_errors=True)
            os.replace(partial, final)
            for old in [] if keep else _states(folder)[:-KEPT]:
                shutil.rmtree(old)
    except torch.AcceleratorError:
        raise
    except (OSError, RuntimeError, SafetensorError) as error:  # PyTorch's of a full disk, too
        shutil.rmtree(partial, ignore_errors=True)
        reason = str(error).splitlines()[0]
        raise StateError(
            f"the state of step {step} cannot be written to {folder} ({reason}): make room there, "
            "and the same command goes on from the state before"
        ) from error


def load_state(accelerator: "Accelerator", folder: Path, photos: str) -> None:
    """Continue from the newest state that is whole, if there is any.

    Those that are damaged are set aside, and named on stderr; so is it when the photos are others
    than before.

    Raises:
        StateError: if there are states and none is whole, or it is of another network.
    """
    with accelerator.main_process_first():  # the others find what is damaged already set aside
        state = newest_whole(folder)
    if state is None:
        return
    if accelerator.is_main_process and _manifest(state).get("photos", photos) != photos:
        print(
            f"{state.name} was trained on other photos than these, or others of them were held "
            "out: the run goes on with these, and nobody can repeat it",
            file=sys.stderr,
        )
    try:
        accelerator.load_state(str(state))
    except torch.AcceleratorError:
        raise
    except (RuntimeError, ValueError, KeyError) as error:
        raise StateError(
            f"{state} does not fit the network and the recipe of this command: give those that it "
            "was made with, or begin again with --fresh"
        ) from error


def newest_whole(folder: Path) -> Path | None:
    """The newest state that is whole; those after it are renamed to ``damaged-STATE``.

    Raises:
        StateError: if there are states, and all of them are damaged.
    """
    damaged = {}
    for state in reversed(_states(folder)):
        problem = _damage(state)
        if problem is None:
            break
        damaged[state] = f"{state.name} is damaged ({problem})"
    else:
        if damaged:
            raise StateError(
                f"{'; '.join(damaged.values())}: nothing in {folder} can be gone on from, begin "
                "again with --fresh"
            )
        return None
    for other, sentence in damaged.items():
        aside = folder / f"damaged-{other.name}"
        shutil.rmtree(aside, ignore_errors=True)
        other.rename(aside)
        print(f"{sentence}, now {aside.name}: going on from {state.name}", file=sys.stderr)
    return state


def _states(folder: Path) -> list[Path]:
    """Oldest first."""
    return sorted(folder.glob("state-*"))


def _seal(state: Path, photos: str) -> None:
    """Write the hash of every file down, once all are sure to be on the disk."""
    hashes = {path.name: _sha256(path, flush=True) for path in sorted(state.iterdir())}
    text = json.dumps({"photos": photos, "sha256": hashes}, indent=1)
    (state / MANIFEST).write_text(text, encoding="utf-8")


def _sha256(path: Path, flush: bool = False) -> str:
    with path.open("rb+" if flush else "rb") as file:
        if flush:
            os.fsync(file.fileno())
        digest = hashlib.sha256()
        while chunk := file.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()


def _manifest(state: Path) -> dict[str, Any]:
    """Empty for a state of before there were manifests."""
    path = state / MANIFEST
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def _damage(state: Path) -> str | None:
    """What is wrong with a state, or None."""
    try:
        manifest = _manifest(state)
        hashes = manifest["sha256"] if manifest else {}
        for name in {*_REQUIRED, *hashes}:
            if not (state / name).is_file():
                return f"{name} is missing"
        for name, digest in hashes.items():
            if _sha256(state / name) != digest:
                return f"{name} has changed"
        return None if manifest else _formal_damage(state)
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        return f"{MANIFEST}: {error}"


def _formal_damage(state: Path) -> str | None:
    """As far as files can tell that have no hash: PyTorch's are ZIP archives with check sums."""
    for path in sorted(state.iterdir()):
        try:
            if path.suffix == ".safetensors":
                read_safetensors(path)
            elif path.suffix in (".bin", ".pkl"):
                with zipfile.ZipFile(path) as archive:
                    if name := archive.testzip():
                        return f"{path.name}: {name}"
        except UnreadableError as error:
            return f"{path.name} {error}"
        except (OSError, ValueError, zipfile.BadZipFile, EOFError, NotImplementedError) as error:
            return f"{path.name}: {error}"
    return None
