"""Other people's models as rows of the table of methods, after this project's own."""

import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from threading import Lock
from unicodedata import normalize

from sr_demo.downloads import sha256_of
from sr_demo.foreign.network import ForeignModel, ForeignNetwork, load
from sr_demo.foreign.official import FOLDER, OFFICIAL, Official, arrived
from sr_demo.foreign.weights import SUFFIXES
from sr_demo.methods import METHODS, SCALES, Method
from sr_demo.storage import CheckpointError

COST = 100  # they come last, the smallest first
LOOKS = (  # beside Okabe and Ito's colours, which the project's own have
    ("#b8860b", (6, 1.5, 1, 1.5)),
    ("#9c6644", (4, 1, 4, 3)),
    ("#7d7f00", (2, 2)),
    ("#d6409f", (10, 1.5, 2, 1.5)),
    ("#c1121f", (1.2, 1.2, 4, 1.2)),
)
_TAKEN = ("original", "input", "interpolation")  # names of what is no method
_changing = Lock()


def add(path: Path) -> Method:
    """Read a model's file and make it a method like any other, until the program ends.

    Args:
        path: ``.safetensors``, or ``.pth``, of which nothing but weights is read.

    Returns:
        its row; the same where the same file was added before.

    Raises:
        CheckpointError: in one sentence, if the file cannot be used.
    """
    network = load(path)
    about, digest = network.about, sha256_of(path)
    if about.scale not in SCALES:
        offered = ", ".join(f"×{scale}" for scale in SCALES)
        raise CheckpointError(
            f"{path.name} enlarges ×{about.scale}: choose a model for one of {offered}."
        )
    known = (o for o in OFFICIAL.values() if _same(digest, str(o.file.sha256)))
    official = next(known, None)
    if official:
        return _insert_official(official, ForeignModel(about, digest, lambda: network))
    idea = f"Somebody else’s network ({about.architecture}), made for pictures of its own kind."
    source = f"from {_label(path, 60)}{path.suffix.lower()}"
    return _insert(_label(path), source, idea, ForeignModel(about, digest, lambda: network))


def add_folder(folder: Path) -> Iterator[Method | CheckpointError]:
    """Add every model of a folder; of those that cannot be used, why."""
    if not folder.is_dir():
        yield CheckpointError(f"{folder} is no folder: {FOLDER} names the one with the models.")
        return
    for path in sorted(folder.iterdir()):
        if path.suffix.lower() in SUFFIXES and not path.name.startswith("."):
            try:
                yield add(path)
            except (CheckpointError, OSError) as error:
                yield CheckpointError(" ".join(str(error).split()))


def add_downloaded() -> None:
    """Offer what ``sr-demo get`` brought; nothing is read before it is used."""
    for official in filter(arrived, OFFICIAL.values()):
        digest = str(official.file.sha256)
        model = ForeignModel(official.about, digest, partial(_read, official))
        _insert_official(official, model)


def added() -> list[Method]:
    """The rows that were added, in the table's order."""
    return [METHODS[name] for name in METHODS if METHODS[name].model is not None]


def remove_all() -> None:
    """Leave this project's own methods alone in the table, by their own weights."""
    with _changing:
        for method in added():
            if method.network is None:
                del METHODS[method.name]
            else:
                METHODS[method.name] = replace(method, model=None)


def named_folder() -> Path | None:
    """The folder that ``SR_DEMO_MODELS`` names, if it does."""
    return Path(os.environ[FOLDER]) if os.environ.get(FOLDER) else None


def _read(official: Official) -> ForeignNetwork:
    path = official.path()
    if not path.is_file() or not _same(sha256_of(path), str(official.file.sha256)):
        raise CheckpointError(
            f"{path.name} is gone or has changed: delete it, then sr-demo get {official.name} "
            "brings it anew."
        )
    return load(path)


def _same(digest: str, other: str) -> bool:
    """Of one file; one of the two may be the first digits alone."""
    return digest.startswith(other) or other.startswith(digest)


def _insert_official(official: Official, model: ForeignModel) -> Method:
    """As a row of its own, or as the weights of one that this project trains as well."""
    with _changing:
        own = METHODS.get(official.name)
        if own is not None and own.network is not None:
            METHODS[own.name] = replace(own, model=own.model or model)
            return METHODS[own.name]
    return _insert(official.label, official.paper, official.idea, model)


def _insert(label: str, paper: str, idea: str, model: ForeignModel) -> Method:
    with _changing:
        before = [method for method in added() if method.network is None]
        for method in before:
            if method.model and _same(method.model.digest, model.digest):
                return method
        colour, dash = LOOKS[len(before) % len(LOOKS)]
        labels = {METHODS[name].label for name in METHODS}
        method = Method(
            name=_unused(_name(label), {*METHODS, *_TAKEN}, "-"),
            label=_unused(label, labels, " "),
            paper=paper,
            idea=idea,
            cost=COST + model.about.parameters // 10_000,
            network=None,
            colour=colour,
            dash=dash,
            model=model,
        )
        METHODS[method.name] = method
        return method


def _label(path: Path, most: int = 32) -> str:
    """The file's name without its ending: letters, digits, and signs that mean nothing in HTML."""
    kept = re.sub(r"[^\w .+()-]+", " ", normalize("NFC", path.stem))
    return " ".join(kept.split())[:most].strip() or "Model"


def _name(label: str) -> str:
    """As in code, file names and on the command line."""
    return re.sub("[^a-z0-9]+", "-", label.lower()).strip("-") or "model"


def _unused(text: str, taken: set[str], joint: str) -> str:
    """The text, or it with the first number that nothing else has."""
    if text not in taken:
        return text
    number = next(n for n in range(2, len(taken) + 3) if f"{text}{joint}{n}" not in taken)
    return f"{text}{joint}{number}"
