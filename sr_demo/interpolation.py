"""Between the closest and the most natural: from SRResNet to SRGAN by one number, α.

Two ways, both from Wang et al., "ESRGAN", 2018. Networks: every weight is (1 − α)·SRResNet +
α·SRGAN; one network that has its own idea of the picture. Pictures: every pixel is; both ideas at
once, one seen through the other.
"""

import copy
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import torch

from sr_demo.inference.engine import Engine
from sr_demo.inference.runnable import network
from sr_demo.methods import SCALES
from sr_demo.networks import SuperResolver
from sr_demo.storage import CheckpointError

NAME = "interpolation"  # where a method is asked for by name
ENDS = ("srresnet", "srgan")  # α = 0, α = 1
ALPHAS = tuple(step / 10 for step in range(11))


def check(alpha: float | None, method: str = NAME) -> None:
    """Raise a ``ValueError`` in plain words unless α and the method go together."""
    if method != NAME and alpha is not None:
        raise ValueError(
            f"alpha is for the method “{NAME}”; “{method}” has nothing to interpolate."
        )
    if method == NAME and (alpha is None or not 0 <= alpha <= 1):
        given = "is missing" if alpha is None else f"is {alpha:g}"
        raise ValueError(f"alpha {given}: “{NAME}” needs one from 0 (SRResNet) to 1 (SRGAN).")


def scales() -> list[int]:
    """The scales at which both ends have a checkpoint."""
    return [scale for scale in SCALES if _complete(scale)]


def _complete(scale: int) -> bool:
    try:
        for name in ENDS:
            network(name, scale)
    except CheckpointError:
        return False
    return True


def network_between(alpha: float, scale: int) -> SuperResolver:
    """The network whose every weight is (1 − α)·SRResNet + α·SRGAN; at 0 and 1 the very ends.

    Raises:
        ValueError: for an α outside 0 … 1.
        CheckpointError: if an end has no usable checkpoint at this scale, or they are no longer of
            one architecture.
    """
    check(alpha)
    start, end = (network(name, scale) for name in ENDS)
    if alpha in (0, 1):
        return end if alpha else start
    return between_networks(start, end, alpha)


def between_networks(start: SuperResolver, end: SuperResolver, alpha: float) -> SuperResolver:
    """A network of its own, every weight (1 − α)·start + α·end.

    Raises:
        CheckpointError: if the two are not of one architecture.
    """
    ends = [dict(net.named_parameters()) for net in (start, end)]
    if len({tuple((k, v.shape) for k, v in weights.items()) for weights in ends}) > 1:
        raise CheckpointError("SRResNet and SRGAN of this scale differ in shape: no interpolation.")
    network = copy.deepcopy(start)
    network.card = None  # it is neither's
    with torch.no_grad():
        for name, weight in network.named_parameters():
            weight.lerp_(ends[1][name].to(weight), alpha)
    return network


def images_between(start: np.ndarray, end: np.ndarray, alpha: float) -> np.ndarray:
    """(1 − α)·start + α·end of two ``uint8`` pictures of one shape, rounded."""
    check(alpha)
    mixed = start + alpha * np.subtract(end, start, dtype=np.float32)
    return np.rint(mixed).astype(np.uint8)


def sweep(
    lr: np.ndarray,
    scale: int,
    ends: tuple[np.ndarray, np.ndarray],
    alphas: Sequence[float] = ALPHAS,
    progress: Callable[[float], None] | None = None,
) -> Iterator[tuple[float, np.ndarray, np.ndarray]]:
    """Walk along α.

    Args:
        lr: ``uint8`` RGB ``(H, W, 3)``.
        ends: what SRResNet and SRGAN made of it, ``uint8`` ``(H·scale, W·scale, 3)``.
        progress: called between tiles with the finished fraction of one step; may raise.

    Yields:
        α, the picture of the network between, the picture between the pictures; the ends first,
        for they need no work.
    """
    for alpha in sorted(alphas, key=lambda a: (0 < a < 1, a)):
        if alpha in (0, 1):
            yield alpha, ends[int(alpha)], ends[int(alpha)]
        else:
            restored = Engine(network_between(alpha, scale)).restore(lr, progress)
            yield alpha, restored, images_between(*ends, alpha)
