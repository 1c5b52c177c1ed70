"""What can be compared: one literal table. Adding a method = a class, a row here, a checkpoint."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from sr_demo.checkpoints import CheckpointError, checkpoint_path, load_network, modified
from sr_demo.inference.engine import Engine
from sr_demo.networks import SuperResolver

SCALES = (2, 3, 4)


@dataclass(frozen=True)
class Method:
    """A row of the table: what a method is called and where it comes from."""

    name: str  # in code, file names and on the command line
    label: str  # as printed
    paper: str
    idea: str  # one sentence for a first-year student
    cost: int  # rank by running time: results appear in this order


METHODS: dict[str, Method] = {
    method.name: method
    for method in (
        Method(
            "bicubic",
            "Bicubic",
            "Keys 1981",
            "Fits a smooth cubic through the neighbouring pixels; learns nothing, invents nothing.",
            0,
        ),
        Method(
            "srcnn",
            "SRCNN",
            "Dong et al. 2014",
            "Three convolutions sharpen the bicubic enlargement: the first deep super-resolution.",
            2,
        ),
        Method(
            "espcn",
            "ESPCN",
            "Shi et al. 2016",
            "Works at low resolution and shuffles r² channels into place at the end: fast.",
            1,
        ),
        Method(
            "srresnet",
            "SRResNet",
            "Ledig et al. 2017",
            "Sixteen residual blocks trained on pixels: the best PSNR, and a little too smooth.",
            3,
        ),
        Method(
            "srgan",
            "SRGAN",
            "Ledig et al. 2017",
            "SRResNet trained on against a discriminator: it paints likely texture, not safe blur.",
            4,
        ),
    )
}


def check(name: str, scale: int) -> None:
    """Raise a ``ValueError`` in plain words unless the method and the scale exist."""
    if name not in METHODS:
        raise ValueError(f"There is no method “{name}”; choose from {', '.join(METHODS)}.")
    if scale not in SCALES:
        raise ValueError(f"There is no scale ×{scale}; choose from {', '.join(map(str, SCALES))}.")


def network(name: str, scale: int) -> SuperResolver:
    """The method's network, loaded once and again when its checkpoint file changes.

    Raises:
        CheckpointError: if its checkpoint is missing or cannot be used.
    """
    return _network(name, scale, modified(checkpoint_path(name, scale)))


@cache
def _network(name: str, scale: int, _version: int) -> SuperResolver:
    return load_network(name, scale)


def engine(name: str, scale: int) -> Engine:
    """The method's network, ready to run: prepared once, and again when its checkpoint changes.

    Raises:
        CheckpointError: as :func:`network`.
    """
    return _engine(network(name, scale))


@cache
def _engine(net: SuperResolver) -> Engine:
    return Engine(net)


def warm_up() -> None:
    """Prepare every method that is available, largest scale first, so that no request waits for it.

    A few seconds; meant for a thread of its own, beside which requests may come in.
    """
    blank = np.zeros((16, 16, 3), np.uint8)
    for scale in sorted(SCALES, reverse=True):
        for name in available(scale):
            if name != "bicubic":
                engine(name, scale).restore(blank)


def parameters(name: str, scale: int) -> int:
    """How many numbers the method has learnt; 0 for bicubic."""
    if name == "bicubic":
        return 0
    return sum(p.numel() for p in network(name, scale).parameters())


def missing(scale: int) -> dict[str, str]:
    """Methods that cannot run at this scale, each with the reason and the way out in one line."""
    reasons = {}
    for name in METHODS:
        try:
            parameters(name, scale)
        except CheckpointError as error:
            reasons[name] = str(error)
    return reasons


def available(scale: int) -> list[str]:
    """Names of the methods that can run at this scale, in the table's order."""
    absent = missing(scale)
    return [name for name in METHODS if name not in absent]
