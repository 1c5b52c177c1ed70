"""Write a method as a model file that other programs load: ONNX or OpenVINO.

The model takes a ``uint8`` RGB picture ``lr`` ``(1, H, W, 3)``, height and width at least 2 and
free, and gives ``hr`` ``(1, H·scale, W·scale, 3)``; all arithmetic is float32.
"""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch

from sr_demo.inference import runnable
from sr_demo.inference.graphs import Operations, build
from sr_demo.networks import SuperResolver
from sr_demo.storage import write_atomically
from sr_demo.tensors import to_floats, to_pixels

FORMATS = ("onnx", "openvino")
_INSTALL = "python -m pip install {} (or 'sr-demo[export]')"
_LEAST = 1e-7  # of a weight: what is below has no effect on 8-bit pixels


class ExportError(ValueError):
    """The model could not be written, or is not the method; the message says what to do."""


def export(method: str, scale: int, form: str, out: Path) -> str:
    """Write and verify one model.

    Returns:
        a sentence for the user: what was written and how it was checked.

    Raises:
        ExportError: for a file name of another format, a missing package, or a model that, loaded
            again, differs from ours.
        CheckpointError: if the method has no usable checkpoint.
    """
    ending = {"onnx": ".onnx", "openvino": ".xml"}[form]
    if out.suffix != ending:
        raise ExportError(f"{out.name} does not end in {ending}, as {form} models do.")
    network = runnable.network(method, scale)
    out.parent.mkdir(parents=True, exist_ok=True)
    (_write_onnx if form == "onnx" else _write_openvino)(network, out)
    size = sum(f.stat().st_size for f in {out, out.with_suffix(".bin")} if f.exists()) / 1e6
    written = f"{out}: {method} ×{scale}, {size:.1f} MB"
    try:
        load = load_onnx(out) if form == "onnx" else _load_openvino(out)
    except ImportError:
        return f"{written}; not checked, as that needs {_INSTALL.format('onnxruntime')}"
    return f"{written}; {verify(network, load)}"


@contextmanager
def _needing(package: str) -> Iterator[None]:
    """Raise ExportError, with the remedy, for whatever importing a package raises."""
    try:
        yield
    except Exception as error:  # a broken one has many ways to fail
        raise ExportError(
            f"{package} cannot be imported ({error}): {_INSTALL.format(package)}"
        ) from error


def verify(network: SuperResolver, load: Callable[[np.ndarray], np.ndarray]) -> str:
    """Compare with PyTorch in float32, in two sizes: the model must not have kept the first."""
    rng, compared, equal = np.random.default_rng(0), 0, 0
    for shape in ((24, 32, 3), (31, 17, 3)):
        lr = rng.integers(0, 256, shape, dtype=np.uint8)
        difference = np.abs(load(lr).astype(int) - _exact(network, lr))
        if difference.max() > 1:
            raise ExportError(
                f"the written model differs from ours by {difference.max()} grey levels: do not "
                "use it, and please report this with your packages' versions"
            )
        compared, equal = compared + difference.size, equal + int((difference == 0).sum())
    return (
        f"loaded again, {equal / compared:.2%} of values equal ours, the others differ by 1 of 255"
    )


@torch.inference_mode()
def _exact(network: SuperResolver, lr: np.ndarray) -> np.ndarray:
    return to_pixels(network(to_floats(lr)))


# --- OpenVINO -------------------------------------------------------------------------------------


def _write_openvino(network: SuperResolver, out: Path) -> None:
    with _needing("openvino"):
        from sr_demo.inference.openvino import model, ov
    # Aside first: a full disk leaves no part of a model
    with tempfile.TemporaryDirectory(dir=out.parent, prefix=".") as folder:
        aside = Path(folder, out.name)
        try:
            ov.save_model(model(network), aside, compress_to_fp16=False)
        except RuntimeError as error:  # OpenVINO's of a full disk
            raise ExportError(
                f"the model cannot be written to {out.parent} ({error}): make room there"
            ) from error
        for file in (aside.with_suffix(".bin"), aside):
            os.replace(file, out.with_name(file.name))


def _load_openvino(path: Path) -> Callable[[np.ndarray], np.ndarray]:
    from sr_demo.inference.openvino import ov

    exact = {"INFERENCE_PRECISION_HINT": "f32"}
    compiled = ov.Core().compile_model(ov.Core().read_model(path), "CPU", exact)
    return lambda lr: compiled({"lr": lr[None]})["hr"][0]


# --- ONNX -----------------------------------------------------------------------------------------


def _write_onnx(network: SuperResolver, out: Path) -> None:
    write_atomically(out, onnx_bytes(network))


def onnx_bytes(network: SuperResolver, *, half: bool = False) -> bytes:
    """A network as the content of an ONNX file.

    Args:
        half: keep kernels in 16 bits where these hold them, as they do those of checkpoints in 16
            bits, but for the layers that were folded. The arithmetic stays float32.

    Raises:
        ExportError: if the package onnx is missing.
    """
    with _needing("onnx"):
        import onnx  # noqa: F401

    graph = _Onnx(half)
    build(network, graph)
    content: bytes = graph.model(type(network).__name__).SerializeToString()
    return content


def load_onnx(model: Path | bytes) -> Callable[[np.ndarray], np.ndarray]:
    """A written ONNX model as a function of a ``uint8`` RGB picture ``(H, W, 3)``."""
    import onnxruntime

    session = onnxruntime.InferenceSession(model, providers=["CPUExecutionProvider"])
    return lambda lr: session.run(["hr"], {"lr": lr[None]})[0][0]


class _Onnx(Operations):
    """Values are names of ONNX tensors."""

    OPSET = 18

    def __init__(self, half: bool = False) -> None:
        import onnx
        from onnx import helper, numpy_helper

        self._half = half
        self._onnx, self._helper, self._from_array = onnx, helper, numpy_helper.from_array
        self._nodes: list[Any] = []
        self._constants: list[Any] = []

    def model(self, name: str) -> Any:
        pictures = [
            self._helper.make_tensor_value_info(
                which, self._onnx.TensorProto.UINT8, [1, f"{which}_height", f"{which}_width", 3]
            )
            for which in ("lr", "hr")
        ]
        graph = self._helper.make_graph(
            self._nodes, name, pictures[:1], pictures[1:], self._constants
        )
        opset = self._helper.make_opsetid("", self.OPSET)
        model = self._helper.make_model(graph, opset_imports=[opset], ir_version=8)
        self._onnx.checker.check_model(model, full_check=True)
        return model

    def _node(self, kind: str, inputs: list[str], output: str = "", **attributes: Any) -> str:
        output = output or f"{kind}_{len(self._nodes)}"
        self._nodes.append(self._helper.make_node(kind, inputs, [output], **attributes))
        return output

    def _constant(self, values: Any, kind: Any = np.float32) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(self._from_array(np.asarray(values, kind), name))
        return name

    def _kernel(self, weight: np.ndarray) -> str:
        short = weight.astype(np.float16)
        if not self._half or np.abs(short - weight).max() > _LEAST:
            return self._constant(weight)
        return self._float(self._constant(short, np.float16))

    def _float(self, x: str) -> str:
        return self._node("Cast", [x], to=self._onnx.TensorProto.FLOAT)

    def read(self) -> str:
        x = self._float("lr")
        return self._node("Transpose", [x], perm=[0, 3, 1, 2])

    def picture(self, levels: str, factor: int) -> str:
        x = self._node("Clip", [levels, self._constant(0), self._constant(255)])
        x = self._node("Add", [x, self._constant(0.5)])
        x = x if factor == 1 else self.shuffle(x, factor)
        x = self._node("Cast", [x], to=self._onnx.TensorProto.UINT8)
        return self._node("Transpose", [x], "hr", perm=[0, 2, 3, 1])

    def convolve(
        self, x: str, weight: np.ndarray, bias: np.ndarray | None = None, *, padded: bool = True
    ) -> str:
        values = [x, self._kernel(weight)]
        if bias is not None:
            values.append(self._constant(bias))
        pads = [k // 2 if padded else 0 for k in weight.shape[2:]]
        return self._node("Conv", values, pads=pads * 2)

    def pad(self, x: str, width: int, mode: str) -> str:
        if mode == "edge":
            pads = self._constant([0, 0, width, width] * 2, np.int64)
            return self._node("Pad", [x, pads], mode="edge")
        # ONNX has no symmetric padding: mirror the two rows or columns at each end by hand.
        for axis in (2, 3):
            first = self._slice(x, axis, width - 1, -(2**31), -1)
            last = self._slice(x, axis, -1, -width - 1, -1)
            x = self._node("Concat", [first, x, last], axis=axis)
        return x

    def _slice(self, x: str, axis: int, start: int, stop: int, step: int) -> str:
        bounds = [self._constant([value], np.int64) for value in (start, stop, axis, step)]
        return self._node("Slice", [x, *bounds])

    def prelu(self, x: str, slope: float) -> str:
        return self._node("PRelu", [x, self._constant([[[slope]]])])

    def relu(self, x: str) -> str:
        return self._node("Relu", [x])

    def add(self, x: str, y: str) -> str:
        return self._node("Add", [x, y])

    def times(self, x: str, factor: float) -> str:
        return self._node("Mul", [x, self._constant(factor)])

    def concat(self, parts: list[str]) -> str:
        return parts[0] if len(parts) == 1 else self._node("Concat", parts, axis=1)

    def shuffle(self, x: str, factor: int) -> str:
        return self._node("DepthToSpace", [x], blocksize=factor)

    def unshuffle(self, x: str, factor: int) -> str:
        return self._node("SpaceToDepth", [x], blocksize=factor)
