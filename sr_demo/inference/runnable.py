"""The methods that can run here: each network loaded and prepared once, while its file stays."""

from pathlib import Path

import numpy as np

from sr_demo.checkpoints import checkpoint_path, load_network
from sr_demo.foreign.network import ForeignModel
from sr_demo.inference.engine import Engine, borrows_gpu
from sr_demo.inference.layers import layers
from sr_demo.methods import METHODS, SCALES
from sr_demo.networks import SuperResolver
from sr_demo.storage import CheckpointError, Latest, modified


def network(name: str, scale: int) -> SuperResolver:
    """The method's network, loaded once and again when its checkpoint file changes.

    Raises:
        CheckpointError: if its checkpoint is missing or cannot be used, or it is another project's
            model, which enlarges by one factor, and that is another.
    """
    model = _model(name, scale)
    if model is not None:
        return model.network()
    return _networks[name, scale]


def engine(name: str, scale: int) -> Engine:
    """The method's network, ready to run: prepared once, and again when its checkpoint changes.

    Raises:
        CheckpointError: as :func:`network`.
    """
    return _engines[name, scale]


def _file(path: Path) -> tuple[Path, int | None]:
    return path, modified(path)  # files of two folders may be of one moment


# Looked up at each call, so that tests may stand in for them.
_networks: Latest[tuple[str, int], SuperResolver] = Latest(
    make=lambda key: load_network(*key), version=lambda key: _file(checkpoint_path(*key))
)
_engines: Latest[tuple[str, int], Engine] = Latest(
    make=lambda key: Engine(network(*key)), version=lambda key: network(*key)
)
_operations: Latest[tuple[str, int], int] = Latest(
    make=lambda key: _count(network(*key), key[1]), version=lambda key: network(*key)
)


def warm_up() -> None:
    """Prepare every method that is available, largest scale first, so that no request waits for it.

    A few seconds and 20 MB for each large network. On a ZeroGPU Space, where nothing can be tried
    without a visitor: for the main thread, before the launch.
    """
    blank = np.zeros((16, 16, 3), np.uint8)
    for scale in sorted(SCALES, reverse=True):
        for name in available(scale):
            if METHODS[name].learns:
                ready = engine(name, scale)
                ready.place() if borrows_gpu() else ready.restore(blank)


def renew(scale: int) -> None:
    """Prepare every method of a scale anew, to let go what the old ones hold.

    OpenVINO keeps the memory that the largest picture took: 0.1 GB a network for half a megapixel.
    """
    for name in available(scale):
        if METHODS[name].learns:
            _engines.renew((name, scale))


def parameters(name: str, scale: int) -> int:
    """How many numbers the method has learnt; 0 for bicubic.

    Raises:
        CheckpointError: as :func:`network`.
    """
    if not METHODS[name].learns:
        return 0
    model = _model(name, scale)
    if model is not None:
        return model.about.parameters
    return sum(p.numel() for p in network(name, scale).parameters())


def available_at(name: str, scale: int) -> bool:
    """Whether the method can run at this scale."""
    try:
        parameters(name, scale)
    except CheckpointError:
        return False
    return True


def operations(name: str, scale: int) -> int | None:
    """How many multiplications the method takes for each pixel that it makes, biases aside.

    None for other projects' models, whose layers may be of any kind.

    Raises:
        CheckpointError: as :func:`network`.
    """
    if not METHODS[name].learns:  # four taps down a column, then four along each row
        return round(3 * (4 / scale + 4))
    if METHODS[name].network is None:
        return None
    return _operations[name, scale]


def _count(net: SuperResolver, scale: int) -> int:
    """Every weight is applied once for each pixel that its layer makes, padding aside."""
    return round(sum(layer.weights * (layer.finer / scale) ** 2 for layer in layers(net)))


def missing(scale: int) -> dict[str, str]:
    """Methods that cannot run at this scale, each with the reason and the way out in one line.

    Not those that never came with weights: they are offered where there are some.
    """
    reasons = {}
    for name in METHODS:
        try:
            parameters(name, scale)
        except CheckpointError as error:
            if METHODS[name].shipped:
                reasons[name] = str(error)
    return reasons


def available(scale: int) -> list[str]:
    """Names of the methods that can run at this scale, in the table's order."""
    return [name for name in METHODS if available_at(name, scale)]


def _model(name: str, scale: int) -> ForeignModel | None:
    """The method's foreign model, where it runs by that at this scale."""
    method = METHODS[name]
    if method.model is None or method.model.about.scale == scale:
        return method.model
    if method.network is not None:  # at other scales, and there alone, by a checkpoint
        return None
    own = method.model.about.scale
    raise CheckpointError(f"{method.label} enlarges ×{own} alone: choose ×{own} for it.")
