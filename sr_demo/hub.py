"""Networks on the Hugging Face Hub, by its own mixin; ``huggingface_hub`` loads when it is used.

A repository, or a folder, that holds one network: ``model.safetensors`` is a checkpoint as any
other, ``config.json`` repeats for other programs what its card says of the architecture, and
``README.md`` is the model card. A repository may also hold a whole folder of checkpoints, which
``SR_DEMO_CHECKPOINTS=hf://user/repo`` points at.
"""

import inspect
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from torch import Tensor, nn

from sr_demo import cards
from sr_demo.cards import Card
from sr_demo.storage import CheckpointError, write_atomically

SCHEME = "hf://"
WEIGHTS, CONFIG = "model.safetensors", "config.json"  # the Hub's own names
_FILES = ["*_x*.safetensors", WEIGHTS, CONFIG, "README.md", "testset_means.json"]

N = TypeVar("N", bound="OnHub")


class OnHub(nn.Module):
    """A network that is built by its arguments, and goes to and comes from files with a card."""

    scale: int
    card: Card | None = None  # what the file said that the weights came from
    arguments: dict[str, Any]  # it was built with, besides the scale; those by default left out

    def __new__(cls: type[N], *args: Any, **kwargs: Any) -> N:
        """Remember what the network is built with."""
        network = super().__new__(cls)
        given = inspect.signature(cls.__init__).bind_partial(network, *args, **kwargs).arguments
        own = {k: v for k, v in given.items() if k not in ("self", "scale")}
        object.__setattr__(network, "arguments", own)
        return network

    @classmethod
    def from_pretrained(
        cls: type[N],
        place: str | Path,
        *,
        revision: str | None = None,
        token: str | bool | None = None,
        cache_dir: str | Path | None = None,
        force_download: bool = False,
        local_files_only: bool = False,
    ) -> N:
        """Load a network from a folder or from the Hugging Face Hub.

        Args:
            place: a folder that `save_pretrained` wrote, or a repository, "user/repo".
            revision: a branch, a tag or a commit of the repository.
            token: of an account that may read it; by default the one that is logged in.
            cache_dir: where downloads are kept; by default where all of the Hub's are.
            force_download: also what is kept already.
            local_files_only: take what is kept, and ask nobody.

        Returns:
            the network, in evaluation mode, on the CPU, float32; its ``card`` says what it is.

        Raises:
            CheckpointError: if it is not there, out of reach, damaged, or not of this class.
        """
        with _plain(str(place)):
            return _shared().from_pretrained(
                place, revision=revision, token=token, cache_dir=cache_dir, kind=cls,
                force_download=force_download, local_files_only=local_files_only,
            ).network  # fmt: skip

    def save_pretrained(self, folder: str | Path, *, card: Card | None = None) -> Path:
        """Write the network with its ``config.json`` and model card, for `from_pretrained`.

        Args:
            folder: is made; files of a network in it are replaced.
            card: what the weights are; by default what the file said that they came from. After
                further training, give a new one.

        Returns:
            the folder.
        """
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "README.md").unlink(missing_ok=True)  # the mixin would leave another network's
        _shared()(self, card or self.card or self._unknown()).save_pretrained(folder)
        return folder

    def push_to_hub(
        self,
        repo: str,
        *,
        card: Card | None = None,
        private: bool | None = None,
        token: str | None = None,
        branch: str | None = None,
        commit_message: str = "A network of SR Demo",
    ) -> str:
        """Put the network, as `save_pretrained` writes it, into a repository, "user/repo".

        Args:
            repo: is made if need be.
            card: as for `save_pretrained`.
            private: whether a repository that is made is; by default as the account has it.
            token: of an account that may write there; by default the one that is logged in.
            branch: by default main.

        Returns:
            the address of the commit.

        Raises:
            CheckpointError: if the Hub refuses or is out of reach.
        """
        with _plain(repo):
            shared = _shared()(self, card or self.card or self._unknown())
            return str(shared.push_to_hub(
                repo, private=private, token=token, branch=branch, commit_message=commit_message
            ))  # fmt: skip

    @classmethod
    def from_card(cls: type[N], card: Card, weights: dict[str, Tensor], path: Path) -> N:
        """Build the network that a card describes, in evaluation mode, with exactly its weights.

        Args:
            path: of the file they came from, for what is told of it.

        Raises:
            CheckpointError: if the class cannot be built so, or the weights are others'.
        """
        try:
            network = cls(card.scale, **card.arguments)
        except (KeyError, TypeError, ValueError, RuntimeError, ArithmeticError) as error:
            problem = f"describes a network this version cannot build ({error})"
            raise cards.unusable(path, problem) from error
        try:
            network.load_state_dict(weights, strict=True)
        except RuntimeError as error:
            problem = "has weights that do not fit the network it describes"
            raise cards.unusable(path, problem) from error
        network.card = card
        return network.eval().requires_grad_(False)

    def _unknown(self) -> Card:
        name = type(self).__name__.lower()
        return Card(name, self.scale, self.arguments, {}, "not recorded", 0)


def holds(folder: Path, name: str, scale: int) -> bool:
    """Whether a folder is one that `OnHub.save_pretrained` made of this method at this scale."""
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and (config.get("method"), config.get("scale")) == (name, scale)


def download(address: str) -> Path:
    """The folder where the checkpoints of ``hf://user/repo[@revision]`` are, downloaded if need be.

    Raises:
        CheckpointError: if there is no such repository, or it is out of reach and not kept here.
    """
    repo, _, revision = address.removeprefix(SCHEME).partition("@")
    with _plain(address):
        from huggingface_hub import snapshot_download

        return Path(snapshot_download(repo, revision=revision or None, allow_patterns=_FILES))


@cache
def _shared() -> Any:
    """The mixin's class for a network and its card. Its files are ours, how they travel its own."""
    from huggingface_hub import ModelCard, PyTorchModelHubMixin, hf_hub_download

    class Shared(PyTorchModelHubMixin):
        def __init__(self, network: OnHub, card: Card) -> None:
            self.network, self.card = network, card

        def _save_pretrained(self, save_directory: Path) -> None:
            cards.write(save_directory / WEIGHTS, self.network.state_dict(), self.card)
            config = {
                "architecture": type(self.network).__name__, "method": self.card.method,
                "scale": self.card.scale, **self.card.arguments,
            }  # fmt: skip
            text = json.dumps(config, indent=2) + "\n"
            write_atomically(save_directory / CONFIG, text.encode())

        @classmethod
        def _from_pretrained(  # type: ignore[override]  # by name alone, as the mixin calls it
            cls, *, model_id: str, kind: type[OnHub], **where: Any
        ) -> "Shared":
            path = Path(model_id, WEIGHTS)
            if not path.parent.is_dir():
                path = Path(hf_hub_download(model_id, WEIGHTS, **where))
            card, weights = cards.read(path)
            return cls(kind.from_card(card, weights, path), card)

        def generate_model_card(self, *_: Any, **__: Any) -> ModelCard:
            return ModelCard(model_card(self.network, self.card))

    return Shared


@contextmanager
def _plain(place: str) -> Iterator[None]:
    """Whatever the Hub's client raises, in one sentence that says what to do."""
    try:
        yield
    except CheckpointError:
        raise
    except Exception as error:  # its kinds come from four packages
        reason = {
            "RepositoryNotFoundError": "there is no such folder here and no such repository on the "
            "Hub, or it is private: check the name, or set HF_TOKEN",
            "RevisionNotFoundError": "the repository has no such revision",
            "EntryNotFoundError": f"it has no {WEIGHTS}",
            "RemoteEntryNotFoundError": f"it has no {WEIGHTS}",
            "LocalEntryNotFoundError": "the Hub is out of reach, and nothing of it is kept here",
            "OfflineModeIsEnabled": "HF_HUB_OFFLINE is set, and nothing of it is kept here",
        }.get(type(error).__name__)
        first = next(iter(str(error).strip().splitlines()), type(error).__name__)
        raise CheckpointError(f"{place}: {reason or first.rstrip('.')}.") from error


# --- the model card -------------------------------------------------------------------------------

_CARD = """\
---
library_name: sr-demo
pipeline_tag: image-to-image
license: apache-2.0
tags:
{tags}{datasets}{metrics}---

# {title}

{about}

```python
from sr_demo import load_image
from sr_demo.inference.engine import Engine
from sr_demo.networks import {kind}

network = {kind}.from_pretrained("USER/REPO")  # or the folder that this file lies in
enlarged = Engine(network).restore(load_image("photo.jpg").pixels)  # uint8, ×{scale}
```

The page, the command line and `sr_demo.upscale` use it where `SR_DEMO_CHECKPOINTS=hf://USER/REPO`.

## Training

{facts}
{scores}{limits}"""
# What a card calls the pictures -> the set on the Hub
_DATASETS = {
    "div2k": "eugenesiow/Div2k", "set5": "eugenesiow/Set5", "set14": "eugenesiow/Set14",
    "bsd100": "eugenesiow/BSD100", "imagenet": "ILSVRC/imagenet-1k",
}  # fmt: skip
_METRICS = {"PSNR": "psnr", "SSIM": "ssim", "NIQE": "niqe", "VGG": "vgg-distance"}


def model_card(network: OnHub, card: Card) -> str:
    """The ``README.md`` of a network: the Hub's metadata, how to use it, how it was made."""
    kind = type(network).__name__
    tags = ["super-resolution", "image-restoration", card.method, f"x{card.scale}"]
    sets = [name for key, name in _DATASETS.items() if key in card.data.lower()]
    metrics = [name for key, name in _METRICS.items() if any(key in k for k in card.scores)]
    rows = "".join(f"| {name} | {value} |\n" for name, value in card.scores.items())
    about = (inspect.getdoc(type(network)) or "").split("\n\n")
    return _CARD.format(
        kind=kind,
        title=f"{kind} ×{card.scale}, {card.method}",
        about="\n\n".join([*about[:2], f"{cards.promise(card)}."]),
        scale=card.scale,
        tags=_listed(tags),
        datasets=f"datasets:\n{_listed(sets)}" if sets else "",
        metrics=f"metrics:\n{_listed(metrics)}" if metrics else "",
        facts="".join(f"- {fact}.\n" for fact in cards.facts(card)),
        scores=f"| Recorded while training | |\n|---|--:|\n{rows}\n" if rows else "",
        limits=cards.LIMITS,
    )


def _listed(names: list[str]) -> str:
    return "".join(f"- {name}\n" for name in names)
