"""A stranger's file of weights, read strictly: tensors and their names, and nothing that runs.

``.safetensors`` by :func:`sr_demo.storage.read_safetensors`; ``.pth``, which is a pickle, by
PyTorch's reader for weights alone, which refuses whatever else is in it.
"""

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from sr_demo.storage import (
    MAX_BYTES,
    MAX_TENSORS,
    CheckpointError,
    UnreadableError,
    read_safetensors,
)

SAFE, PICKLED = (".safetensors",), (".pth", ".pt")
SUFFIXES = (*SAFE, *PICKLED)
# Under which trainers keep a network's weights in a file that holds more, the averaged ones first
_WRAPPERS = ("model_state_dict", "state_dict", "params_ema", "params-ema", "params", "model", "net")


def read_weights(path: Path) -> tuple[dict[str, str], dict[str, Tensor]]:
    """What a file says about itself, and its tensors by name: float32 or whole numbers, on the CPU.

    Raises:
        CheckpointError: in one sentence, for a file that is missing, damaged, too large, of another
            kind, or that holds more than weights.
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise CheckpointError(
            f"{path.name} is no file of weights: give one that ends in {' or '.join(SUFFIXES[:2])}."
        )
    try:
        if suffix in SAFE:
            metadata, content = read_safetensors(path)
            return metadata, _checked(content)
        return {}, _checked(_unpickled(path))
    except UnreadableError as error:
        raise CheckpointError(
            f"{path.name} {error}: get it anew, or choose another file."
        ) from error


def _unpickled(path: Path) -> Mapping[str, Any]:
    """The weights of a file of PyTorch's, out of whatever they are wrapped in."""
    if not path.is_file():
        raise UnreadableError("is missing")
    if path.stat().st_size > MAX_BYTES:
        raise UnreadableError("is too large for a file of weights")
    if zipfile.is_zipfile(path):
        _check_archive(path)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            content = torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:  # a stranger's pickle has many ways to fail; none may say how to
        # read it unsafely, as PyTorch's own message does
        raise UnreadableError(
            "is damaged, or holds more than weights, which is not opened"
        ) from error
    for _ in range(2):
        if isinstance(content, dict):
            inner = next(
                (content[k] for k in _WRAPPERS if isinstance(content.get(k), dict)), content
            )
            only = next(iter(inner.values())) if len(inner) == 1 else None
            content = only if isinstance(only, dict) else inner
    if not isinstance(content, dict):
        raise UnreadableError("holds no weights by name")
    return content


def _check_archive(path: Path) -> None:
    """Refuse an archive that would grow when it is read: PyTorch's are stored as they are."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError) as error:
        raise UnreadableError("is damaged") from error
    packed = any(entry.compress_type != zipfile.ZIP_STORED for entry in entries)
    if packed or sum(entry.file_size for entry in entries) > path.stat().st_size:
        raise UnreadableError("is no file that PyTorch wrote")


def _checked(content: Mapping[str, Any]) -> dict[str, Tensor]:
    """Tensors of sizes and kinds that a network has, finite, each with memory of its own."""
    if not content or len(content) > MAX_TENSORS:
        raise UnreadableError(f"holds {len(content) or 'no'} tensors, and no network's weights")
    for name, value in content.items():
        if not isinstance(name, str) or not isinstance(value, Tensor):
            raise UnreadableError("holds something else among its weights")
        if value.layout != torch.strided or value.is_quantized or value.is_complex():
            raise UnreadableError(f"holds a tensor of a kind that is not read here ({value.dtype})")
    # Before anything is touched: a tensor of a few bytes may claim to be repeated without end
    if sum(value.numel() for value in content.values()) * 4 > MAX_BYTES:
        raise UnreadableError("is too large for a file of weights")
    tensors = {
        name: (value.float() if value.is_floating_point() else value).contiguous()
        for name, value in content.items()
    }
    if not all(value.isfinite().all() for value in tensors.values()):
        raise UnreadableError("is damaged (it holds numbers that are infinite or none)")
    return tensors
