"""Networks compiled by OpenVINO for this processor."""

import sys
import warnings
from typing import Any

import numpy as np
import torch

# Importing OpenVINO reports the import to its maker, unless this package cannot be imported.
sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]

import openvino as ov  # noqa: E402
import openvino.opset13 as opset  # noqa: E402

from sr_demo.foreign.network import ForeignNetwork  # noqa: E402
from sr_demo.inference.graphs import Operations, Unsupported, build  # noqa: E402
from sr_demo.networks import SuperResolver  # noqa: E402
from sr_demo.tensors import to_floats  # noqa: E402

__all__ = ["Compiled", "has_bf16", "model", "ov"]  # ov by way of here alone: see above

# Left to its own choice of precision ("bf16" as a hint), the compiler would pass the picture itself
# through 8 bits of mantissa. This mode keeps the types that the graph states.
_AS_WRITTEN = {"EXECUTION_MODE_HINT": "ACCURACY", "PERFORMANCE_HINT": "LATENCY"}
# How far a foreign network's picture may be from PyTorch's in float32: mean square of grey levels.
# 55 dB is 0.2, and 0.37 once both are rounded; in 32 bits one value in twenty may be rounded the
# other way
_ALIKE = {"bf16": 0.37, "f32": 0.05}
# Kernels are prepared for each shape of each kind of layer, and by default thousands are kept: 400
# sizes of picture took 590 MB with SRResNet, and take 90 MB with those of the last few sizes.
_KERNELS_KEPT = {"CPU_RUNTIME_CACHE_CAPACITY": 50}


class Compiled:
    """A network ready to run on ``uint8`` RGB of any size from 2×2; one call at a time.

    With ``rounded=False`` it gives float32 levels, 0 … 255, which show what rounding hides.
    """

    def __init__(self, network: SuperResolver, *, rounded: bool = True) -> None:
        if isinstance(network, ForeignNetwork):
            self._compile_foreign(network, rounded)
        else:
            self._compile(model(network, half=has_bf16(), rounded=rounded))

    def _compile(self, graph: ov.Model, **precision: str) -> None:
        options = {**_AS_WRITTEN, **_KERNELS_KEPT, "INFERENCE_NUM_THREADS": torch.get_num_threads()}
        self._model = ov.Core().compile_model(graph, "CPU", options | precision)
        self._request = self._model.create_infer_request()

    def _compile_foreign(self, network: ForeignNetwork, rounded: bool) -> None:
        """In 16 bits where the processor multiplies them and the picture allows it.

        Raises:
            Unsupported: if what was compiled gives other pictures than the network.
        """
        native = network.native
        traced = converted(network, rounded=rounded) if native is None else None
        for precision in ("bf16", "f32") if has_bf16() else ("f32",):
            if traced is not None:
                self._compile(traced, INFERENCE_PRECISION_HINT=precision)
            elif native is not None:
                self._compile(model(native, half=precision == "bf16", rounded=rounded))
            if self._agrees(network, _ALIKE[precision]):
                return
        raise Unsupported(f"{network.about.architecture} gives other pictures there")

    def _agrees(self, network: ForeignNetwork, most: float) -> bool:
        """With PyTorch in float32, in two sizes: a traced graph may have kept the first."""
        unit = network.multiple
        for height, width in ((16, 24), (24, 20)):
            sides = [-(-max(side, network.smallest) // unit) * unit for side in (height, width)]
            picture = probe(*sides)
            with torch.inference_mode():
                expected = network(to_floats(picture))[0].permute(1, 2, 0).numpy() * 255
            try:
                restored = self(picture)
            except RuntimeError:  # of shapes that the graph cannot have
                return False
            if restored.shape != expected.shape:
                return False
            if np.square(np.rint(restored) - np.rint(expected)).mean() > most:
                return False
        return True

    def __call__(self, window: np.ndarray) -> np.ndarray:
        """``(H, W, 3)`` → ``(H·scale, W·scale, 3)``, overwritten by the next call."""
        picture = np.ascontiguousarray(window)[None]
        (enlarged,) = self._request.infer([picture], share_inputs=True, share_outputs=True).values()
        return enlarged[0]

    def release_memory(self) -> None:
        """Give back what large pictures took; the next call takes it again."""
        self._model.release_memory()


def has_bf16() -> bool:
    """Whether this processor multiplies bfloat16 (AMX or AVX512-BF16)."""
    return "BF16" in ov.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")


def model(network: SuperResolver, *, half: bool = False, rounded: bool = True) -> ov.Model:
    """The network's graph, with weights.

    Args:
        network: of a class that :mod:`sr_demo.inference.graphs` describes.
        half: 16-bit where that does not show.
        rounded: to ``uint8``; else float32 levels, 0 … 255.

    Raises:
        Unsupported: if there is no graph for networks of this class.
    """
    ops = _OpenVINO(half, rounded)
    return ov.Model([build(network, ops)], [ops.input], type(network).__name__)


def converted(network: ForeignNetwork, *, rounded: bool = True) -> ov.Model:
    """The graph of a foreign network, traced, with the reading and rounding of :func:`model`.

    Raises:
        Exception: of many kinds, where the network cannot be traced or converted.
    """
    unit = network.multiple
    side = -(-max(16, network.smallest) // unit) * unit
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # that what was traced might hold for this size alone
        example = to_floats(probe(side, side))
        # Its check would trace and run twice more; `_agrees` looks at the pictures
        traced = torch.jit.trace(network, example, check_trace=False)
        graph = ov.convert_model(traced, example_input=example, input=[1, 3, -1, -1])
    ops = _OpenVINO(half=False, rounded=rounded)
    levels = opset.divide(ops.read(), _constant(255))
    for user in graph.input(0).get_target_inputs():
        user.replace_source_output(levels.output(0))
    restored = graph.output(0).get_node().input_value(0)
    hr = ops.picture(opset.multiply(restored, _constant(255)), 1)
    return ov.Model([hr], [ops.input], type(network).__name__)


def probe(height: int, width: int) -> np.ndarray:
    """A picture of edges, slopes and texture, the same each time."""
    y, x = np.mgrid[:height, :width]
    slopes = np.stack([255 * y / height, 255 * x / width, 127 + 127 * np.sin(x * y / 60)], axis=-1)
    edges = 90 * ((x // 7 + y // 11) % 2)[..., None]
    texture = np.random.default_rng(0).normal(0, 8, (height, width, 1))
    return np.clip(slopes * 0.6 + edges + texture, 0, 255).astype(np.uint8)


class _OpenVINO(Operations):
    def __init__(self, half: bool, rounded: bool) -> None:
        # Bounds, as without them the compiler's own overflow where a grid becomes coarser.
        side = ov.Dimension(2, 2**20)
        self.input = opset.parameter(ov.PartialShape([1, side, side, 3]), np.uint8, "lr")
        self.input.output(0).get_tensor().set_names({"lr"})
        self._half = ov.Type.bf16 if half else ov.Type.f32
        self._rounded = rounded

    def read(self) -> Any:
        return opset.transpose(opset.convert(self.input, "f32"), opset.constant([0, 3, 1, 2]))

    def picture(self, levels: Any, factor: int) -> Any:
        levels = opset.clamp(levels, 0.0, 255.0)
        if self._rounded:  # before the shuffle, which then moves a quarter of the bytes
            levels = opset.convert(opset.add(levels, _constant(0.5)), "u8")
        finer = levels if factor == 1 else self.shuffle(levels, factor)
        result = opset.transpose(finer, opset.constant([0, 2, 3, 1]))
        result.output(0).get_tensor().set_names({"hr"})
        return result

    def convolve(
        self, x: Any, weight: np.ndarray, bias: np.ndarray | None = None, *, padded: bool = True
    ) -> Any:
        kind = x.get_element_type()
        pads = [k // 2 if padded else 0 for k in weight.shape[2:]]
        y = opset.convolution(x, _constant(weight, kind), [1, 1], pads, pads, [1, 1])
        return y if bias is None else opset.add(y, _constant(bias.reshape(1, -1, 1, 1), kind))

    def pad(self, x: Any, width: int, mode: str) -> Any:
        sides = opset.constant([0, 0, width, width])
        return opset.pad(x, sides, sides, mode)

    def prelu(self, x: Any, slope: float) -> Any:
        return opset.prelu(x, _constant([slope], x.get_element_type()))

    def relu(self, x: Any) -> Any:
        return opset.relu(x)

    def add(self, x: Any, y: Any) -> Any:
        return opset.add(x, y)

    def times(self, x: Any, factor: float) -> Any:
        return opset.multiply(x, _constant(factor, x.get_element_type()))

    def concat(self, parts: list[Any]) -> Any:
        return parts[0] if len(parts) == 1 else opset.concat(parts, 1)

    def shuffle(self, x: Any, factor: int) -> Any:
        return opset.depth_to_space(x, "blocks_first", factor)

    def unshuffle(self, x: Any, factor: int) -> Any:
        return opset.space_to_depth(x, "blocks_first", factor)

    def half(self, x: Any) -> Any:
        return opset.convert(x, self._half)

    def full(self, x: Any) -> Any:
        return opset.convert(x, ov.Type.f32)


def _constant(values: Any, kind: ov.Type = ov.Type.f32) -> Any:
    exact = np.asarray(values, np.float32)
    if kind == ov.Type.bf16:  # OpenVINO's own rounding drops the rest of every other number
        exact = torch.from_numpy(exact).bfloat16().float().numpy()
    return opset.constant(exact, dtype=kind)
