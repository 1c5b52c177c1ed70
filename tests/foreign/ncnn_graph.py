"""The same weights for ncnn, Tencent's runtime: a graph written by hand, as its format asks."""

import struct
from collections import Counter
from pathlib import Path

import ncnn  # type: ignore[import-untyped]
import numpy as np
from torch import Tensor

Weights = dict[str, Tensor]


class Graph:
    """Layers in their order; whatever two layers read is split at the end, as ncnn wants it."""

    def __init__(self) -> None:
        self._layers: list[tuple[str, list[str], str]] = []  # type, inputs, parameters
        self._numbers = bytearray()

    def add(self, kind: str, *inputs: str, **parameters: float) -> str:
        """A layer; the name of what it gives. Parameters are `_0=…`, by ncnn's numbers."""
        text = " ".join(f"{key[1:]}={value}" for key, value in parameters.items())
        self._layers.append((kind, list(inputs), text))
        return f"b{len(self._layers) - 1}"

    def convolve(self, x: str, weights: Weights, name: str) -> str:
        weight, bias = weights[f"{name}.weight"].float(), weights[f"{name}.bias"].float()
        self._numbers += struct.pack("<I", 0) + weight.numpy().tobytes() + bias.numpy().tobytes()
        return self.add(
            "Convolution", x, _0=len(bias), _1=weight.shape[-1], _4=weight.shape[-1] // 2, _5=1,
            _6=weight.numel(),
        )  # fmt: skip

    def prelu(self, x: str, slope: Tensor) -> str:
        self._numbers += slope.float().numpy().tobytes()
        return self.add("PReLU", x, _0=slope.numel())

    def leaky(self, x: str) -> str:
        return self.add("ReLU", x, _0=0.2)

    def plus(self, x: str, y: str, factor: float = 1.0) -> str:
        """x + factor · y."""
        scaled = y if factor == 1 else self.add("BinaryOp", y, _0=2, _1=1, _2=factor)
        return self.add("BinaryOp", x, scaled, _0=0)

    def nearest(self, x: str, factor: int) -> str:
        return self.add("Interp", x, _0=1, _1=float(factor), _2=float(factor))

    def run(self, folder: Path, picture: np.ndarray) -> np.ndarray:
        """``(H, W, 3)`` from 0 to 1 → what the last layer gives, the same way."""
        (folder / "net.param").write_text(self._text())
        (folder / "net.bin").write_bytes(self._numbers)
        net = ncnn.Net()
        for option in ("use_fp16_packed", "use_fp16_storage", "use_fp16_arithmetic",
                       "use_bf16_storage", "use_winograd_convolution"):  # fmt: skip
            setattr(net.opt, option, False)
        net.opt.num_threads = 1
        assert net.load_param(str(folder / "net.param")) == 0
        assert net.load_model(str(folder / "net.bin")) == 0
        extractor = net.create_extractor()
        planes = np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32)
        extractor.input("b0", ncnn.Mat(planes).clone())
        status, result = extractor.extract(f"b{len(self._layers) - 1}")
        assert status == 0
        return np.array(result).transpose(1, 2, 0)

    def _text(self) -> str:
        readers = Counter(name for _, inputs, _ in self._layers for name in inputs)
        served: Counter[str] = Counter()
        lines, blobs = [], 0
        for number, (kind, inputs, parameters) in enumerate(self._layers):
            names = []
            for name in inputs:
                names.append(name if readers[name] == 1 else f"{name}_{served[name]}")
                served[name] += 1
            blob = f"b{number}"
            lines.append(_line(kind, f"l{number}", names, [blob], parameters))
            blobs += 1
            if readers[blob] > 1:
                copies = [f"{blob}_{i}" for i in range(readers[blob])]
                lines.append(_line("Split", f"s{number}", [blob], copies, ""))
                blobs += len(copies)
        return "\n".join(["7767517", f"{len(lines)} {blobs}", *lines, ""])


def _line(kind: str, name: str, inputs: list[str], outputs: list[str], parameters: str) -> str:
    counts = f"{len(inputs)} {len(outputs)}"
    return " ".join([kind, name, counts, *inputs, *outputs, parameters]).strip()


def rrdbnet(weights: Weights) -> Graph:
    """Of weights by Real-ESRGAN's names."""
    graph = Graph()
    x = shallow = graph.convolve(graph.add("Input"), weights, "conv_first")
    block = 0
    while f"body.{block}.rdb1.conv1.weight" in weights:
        start = x
        for dense in (1, 2, 3):
            seen = [x]
            for conv in (1, 2, 3, 4):
                joined = seen[0] if len(seen) == 1 else graph.add("Concat", *seen, _0=0)
                name = f"body.{block}.rdb{dense}.conv{conv}"
                seen.append(graph.leaky(graph.convolve(joined, weights, name)))
            joined = graph.add("Concat", *seen, _0=0)
            last = graph.convolve(joined, weights, f"body.{block}.rdb{dense}.conv5")
            x = graph.plus(x, last, 0.2)
        x = graph.plus(start, x, 0.2)
        block += 1
    x = graph.plus(shallow, graph.convolve(x, weights, "conv_body"))
    for name in ("conv_up1", "conv_up2"):
        x = graph.leaky(graph.convolve(graph.nearest(x, 2), weights, name))
    graph.convolve(graph.leaky(graph.convolve(x, weights, "conv_hr")), weights, "conv_last")
    return graph


def compact(weights: Weights, scale: int) -> Graph:
    """Of weights by the names of SRVGGNetCompact."""
    graph = Graph()
    x = picture = graph.add("Input")
    for place in range(1 + max(int(name.split(".")[1]) for name in weights)):
        weight = weights[f"body.{place}.weight"]
        is_slope = weight.dim() == 1
        x = graph.prelu(x, weight) if is_slope else graph.convolve(x, weights, f"body.{place}")
    x = graph.add("PixelShuffle", x, _0=scale)
    graph.plus(x, graph.nearest(picture, scale))
    return graph
