"""A stranger's network under this project's contract, recognised by spandrel from its weights."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from sr_demo.foreign.weights import read_weights
from sr_demo.networks import RRDBNet, SuperResolver
from sr_demo.storage import CheckpointError

if TYPE_CHECKING:
    from spandrel import ImageModelDescriptor  # type: ignore[import-untyped]

INSTALL = "python -m pip install 'sr-demo[models]'"
NO_LICENCE = "not stated in the file: ask whoever published it"
_LICENCES = ("modelspec.license", "license", "licence")  # keys of safetensors files
_ROOM = (
    256 * 2**20
)  # bytes that a network may take while it is built, beyond four times its weights


@dataclass(frozen=True)
class About:
    """What can be said of a file of weights without running it."""

    architecture: str  # as spandrel calls it, with its sizes: "ESRGAN, 64nf 23nb"
    scale: int
    parameters: int
    licence: str


class ForeignModel:
    """A file of weights: what it is, and its network, read when that is first needed.

    Attributes:
        about: what can be said without running it.
        digest: the SHA-256 of the file, or its first digits.
    """

    def __init__(self, about: About, digest: str, read: Callable[[], "ForeignNetwork"]) -> None:
        self.about, self.digest = about, digest
        self._read, self._lock = read, Lock()
        self._network: ForeignNetwork | None = None

    def network(self) -> "ForeignNetwork":
        """The network, always the same.

        Raises:
            CheckpointError: as :func:`load`, if the file is gone or has changed meanwhile.
        """
        with self._lock:
            if self._network is None:
                self._network = self._read()
            return self._network


class ForeignNetwork(SuperResolver):
    """Another project's network: RGB in, RGB out.

    Attributes:
        about: what it is.
        multiple: both sides of a picture that it is given are multiples of this, so that windows of
            attention lie where they would in the whole picture.
        smallest: pixels a side, at least.
        overlap: LR pixels around a tile from which on it is as in the whole picture; None until
            that is measured, when a picture is first cut.
    """

    channels = 3
    body = ()
    radius = 0  # is not known: see `overlap`

    def __init__(self, descriptor: "ImageModelDescriptor[Any]", about: About) -> None:
        super().__init__(descriptor.scale)
        self.about = about
        self.model = descriptor.model
        self._native = (_rrdbnet(descriptor),)  # in a tuple it is no submodule
        self._descriptor = descriptor  # which clamps, and knows how its network is called
        needs = descriptor.size_requirements
        window = getattr(descriptor.model, "window_size", 1)
        self.multiple = needs.multiple_of * (window if isinstance(window, int) else 1)
        self.smallest = max(needs.minimum, 2)
        self.overlap: int | None = None
        self.eval().requires_grad_(False)
        _try(self)

    @property
    def native(self) -> RRDBNet | None:
        """The same weights in this project's own class; None of what has none."""
        return self._native[0]

    def restore(self, lr: Tensor) -> Tensor:
        """As every network's; its own range is cut at 0 and 1."""
        return self._descriptor(lr)


def load(path: Path) -> ForeignNetwork:
    """Read a file of weights, recognise its network, and build it: on the CPU, float32.

    Raises:
        CheckpointError: in one sentence, if spandrel is not installed, or the file cannot be read
            strictly, or is of no network that enlarges RGB pictures.
    """
    metadata, weights = read_weights(path)
    descriptor = _recognised(path, weights)
    parameters = sum(p.numel() for p in descriptor.model.parameters())
    name = ", ".join(filter(None, [descriptor.architecture.name, " ".join(descriptor.tags)]))
    about = About(name, descriptor.scale, parameters, _licence(metadata))
    try:
        return ForeignNetwork(descriptor, about)
    except (RuntimeError, ValueError, AssertionError, TypeError, IndexError) as error:
        raise CheckpointError(
            f"{path.name} is {about.architecture}, which does not run here ({_line(error)}): "
            "choose another file."
        ) from error


def _recognised(path: Path, weights: Mapping[str, Tensor]) -> "ImageModelDescriptor[Any]":
    try:
        from spandrel import MAIN_REGISTRY, ImageModelDescriptor, UnsupportedModelError
    except ImportError as error:
        raise CheckpointError(
            f"{path.name} is another project's, which needs the package spandrel: {INSTALL}"
        ) from error
    size = sum(value.numel() * value.element_size() for value in weights.values())
    try:
        with warnings.catch_warnings(), _budget(4 * size + _ROOM):
            warnings.simplefilter("ignore")
            descriptor = MAIN_REGISTRY.load(dict(weights))
    except UnsupportedModelError as error:
        raise CheckpointError(
            f"{path.name} holds weights of no network that is known here: choose a file of ESRGAN, "
            "Real-ESRGAN, SwinIR or another network that spandrel recognises."
        ) from error
    except (
        Exception
    ) as error:  # a network is built from what the file claims, which may be anything
        raise CheckpointError(
            f"{path.name} holds weights that do not fit the network they are named for "
            f"({_line(error)}): get it anew, or choose another file."
        ) from error
    if not isinstance(descriptor, ImageModelDescriptor) or descriptor.purpose != "SR":
        does = f"{descriptor.architecture.name}, which is for {descriptor.purpose}"
        raise CheckpointError(f"{path.name} is {does}: choose a network that enlarges pictures.")
    if (descriptor.input_channels, descriptor.output_channels) != (3, 3):
        raise CheckpointError(f"{path.name} is not for RGB pictures: choose another file.")
    return descriptor


def _licence(metadata: Mapping[str, str]) -> str:
    said = next((metadata[key] for key in _LICENCES if metadata.get(key)), "")
    return "".join(c for c in " ".join(said.split()) if c.isprintable())[:120] or NO_LICENCE


def _line(error: Exception) -> str:
    """The beginning of what an error says, on one line."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 120 else f"{text[:120]} …"


class _Budget(TorchDispatchMode):
    """Refuses tensors beyond so many bytes in all, before their memory is touched."""

    def __init__(self, most: int) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.left = most

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: Any = None
    ) -> Any:  # fmt: skip
        for sizes in args:
            if isinstance(sizes, list | tuple) and all(isinstance(size, int) for size in sizes):
                self._check(math.prod(sizes) * 4)
        made = func(*args, **(kwargs or {}))
        if isinstance(made, Tensor) and not any(made is given for given in args):
            self.left -= made.numel() * made.element_size()
            self._check(0)
        return made

    def _check(self, wanted: int) -> None:
        if wanted > self.left:
            raise ValueError("a network many times the size of its weights")


@contextmanager
def _budget(most: int) -> Iterator[None]:
    with torch.no_grad(), _Budget(most):
        yield


def _rrdbnet(descriptor: "ImageModelDescriptor[Any]") -> RRDBNet | None:
    """ESRGAN's network by our own names; None of any other, and of variants that ours has not."""
    size = getattr(descriptor.model, "hyperparameters", {})
    plain = not size.get("plus") and not size.get("shuffle_factor")
    if descriptor.architecture.id != "ESRGAN" or not plain or descriptor.scale not in (2, 3, 4):
        return None
    with torch.device("meta"):  # the weights are there already
        network = RRDBNet(descriptor.scale, size["num_filters"], size["num_blocks"])
    weights = descriptor.model.state_dict()
    count = len(network.factors)
    places = {"head": 0, "refine": 3 * count + 2, "tail": 3 * count + 4}
    names = {f"{ours}.": f"model.{theirs}." for ours, theirs in places.items()}
    names |= {f"upsample.{i}.": f"model.{3 * i + 3}." for i in range(count)}
    names["fuse."] = f"model.1.sub.{size['num_blocks']}."
    for block in range(size["num_blocks"]):
        for dense in range(3):
            ours, theirs = f"blocks.{block}.dense.{dense}", f"model.1.sub.{block}.RDB{dense + 1}"
            names |= {f"{ours}.grow.{i}.": f"{theirs}.conv{i + 1}.0." for i in range(4)}
            names[f"{ours}.fuse."] = f"{theirs}.conv5.0."
    renamed = {
        ours + kind: weights[theirs + kind]
        for ours, theirs in names.items()
        for kind in ("weight", "bias")
    }
    network.load_state_dict(renamed, strict=True, assign=True)
    return network.eval().requires_grad_(False)


def _try(network: ForeignNetwork) -> None:
    """Run it once on little, so that what does not run is told when it is added.

    Raises:
        ValueError: if it gives another size than it should.
    """
    side = -(-network.smallest // network.multiple) * network.multiple
    with torch.inference_mode():
        shape = tuple(network(torch.zeros(1, 3, side, side)).shape)
    if shape != (1, 3, side * network.scale, side * network.scale):
        raise ValueError(f"a picture of {side}² becomes {shape}")
