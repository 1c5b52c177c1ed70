"""Speed and memory of the app's engine, beside plain PyTorch, ONNX Runtime, PIL and the floor.

``python -m benchmarks`` from the top of the checkout prints everything, and writes
``benchmarks/results.json`` and ``benchmarks/chart.png``. All figures of a run belong together:
compare them with each other, not with those of another machine.

ours          the app's engine, from an 8-bit picture to an 8-bit picture
PyTorch       the network as the paper prints it, float32
ONNX Runtime  the exported model, float32; where the package is installed
PIL           its bicubic enlargement, for Bicubic alone
floor         the network's multiplications and additions at the rate of a large matrix product,
              measured in the same run and in the precision that ours has
"""

import argparse
import json
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.memory import memory
from benchmarks.start import SIDE, start_up
from benchmarks.timing import SCALE, machine, matmul_rate, medians, photo, timed
from sr_demo import methods, stream
from sr_demo.inference import engine, export, runnable
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import ssim
from sr_demo.resize import imresize
from sr_demo.tensors import to_floats

FOLDER = Path(__file__).resolve().parent
TIMED = ("bicubic", "espcn", "srcnn", "srresnet")  # SRGAN is SRResNet with other weights
KODAK = (512 // SCALE, 768 // SCALE)
Results = dict[str, Any]


def variants(name: str, lr: np.ndarray) -> dict[str, Callable[[], object]]:
    """Every way to enlarge this picture by this method, by name."""
    if name == "bicubic":
        size = (lr.shape[1] * SCALE, lr.shape[0] * SCALE)
        by_pil = Image.fromarray(lr)
        return {
            "ours": lambda: imresize(lr, SCALE),
            "PIL": lambda: by_pil.resize(size, Image.Resampling.BICUBIC),
        }
    network, ready = runnable.network(name, SCALE), runnable.engine(name, SCALE)

    @torch.inference_mode()
    def plain() -> torch.Tensor:
        return network(to_floats(lr))

    ways: dict[str, Callable[[], object]] = {"ours": lambda: ready.restore(lr), "PyTorch": plain}
    session = onnx_session(name)
    if session is not None:
        ways["ONNX Runtime"] = lambda: session(lr)
    return ways


def onnx_session(name: str) -> Callable[[np.ndarray], np.ndarray] | None:
    """The exported model in ONNX Runtime, or None where that is not installed."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model.onnx"
        try:
            export.export(name, SCALE, "onnx", path)
            return export.load_onnx(path)
        except (ImportError, export.ExportError):
            return None


def operations(name: str, pixels: int) -> int:
    """Multiplications and additions that the paper's network makes of so many LR pixels."""
    if name == "bicubic":
        return 0
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        runnable.network(name, SCALE)(torch.zeros(1, 3, 32, 32))
    return counter.get_total_flops() * pixels // 32**2


def latency(sides: list[int], rounds: int, rates: dict[str, float]) -> list[Results]:
    """Seconds of every method and variant at every side, and the least that the rates allow."""
    rows = []
    for name in TIMED:
        for side in sides:
            times = medians(variants(name, photo(side, side)), rounds)
            rate = rates["half" if name == "srresnet" else "full"]
            row = {"method": name, "side": side, "seconds": times}
            if name != "bicubic":
                times["floor"] = operations(name, side * side) / rate
                row["faster than PyTorch"] = times["PyTorch"] / times["ours"]
                row["share of the floor's rate"] = times["floor"] / times["ours"]
            rows.append(row)
            print(f"  {name:<9} {side:>4}²  " + "   ".join(
                f"{way} {seconds * 1e3:.1f} ms" for way, seconds in times.items()))  # fmt: skip
    return rows


def throughput(count: int) -> dict[str, float]:
    """Kodak-sized results per second, over so many pictures in a row."""
    pictures = [np.roll(photo(*KODAK), 7 * i, axis=1) for i in range(count)]
    rates = {}
    for name in runnable.available(SCALE):
        restore = (
            (lambda lr: imresize(lr, SCALE))
            if name == "bicubic"
            else runnable.engine(name, SCALE).restore
        )
        restore(pictures[0])
        rates[name] = count / timed(lambda run=restore: [run(lr) for lr in pictures])[1]
        print(f"  {name:<9} {rates[name]:.2f} pictures a second")
    return rates


def whole_comparison(rounds: int) -> Results:
    """The page's default: every method and every score of a 1024² original."""
    original = photo(1024, 1024)
    firsts, totals = [], []
    for _ in range(rounds + 1):
        steps = stream(original, SCALE)
        next(steps)
        _, first = timed(next, steps)
        _, rest = timed(list, steps)
        firsts.append(first)
        totals.append(first + rest)
    times = {"first result": median(firsts[1:]), "all": median(totals[1:])}
    print(f"  first result {times['first result']:.2f} s, all {times['all']:.2f} s")
    return times


def scores(rounds: int) -> dict[str, float]:
    """Seconds that each score takes of 1024² pixels."""
    a = photo(1024, 1024)
    b = np.roll(a, 1, axis=0)
    times = medians({"PSNR": lambda: psnr(a, b), "SSIM": lambda: ssim(a, b)}, rounds)
    print("  " + "   ".join(f"{name} {seconds * 1e3:.1f} ms" for name, seconds in times.items()))
    return times


def chart(rows: list[Results], path: Path) -> None:
    """Bars of the latency at the middle size, on a logarithmic axis."""
    from matplotlib.figure import Figure

    sides = sorted({row["side"] for row in rows})
    side = sides[len(sides) // 2]
    colours = {"ours": "#1f77b4", "PyTorch": "#c7c7c7", "ONNX Runtime": "#9a9a9a",
               "PIL": "#c7c7c7", "floor": "#2ca02c"}  # fmt: skip
    bars = [
        (f"{methods.METHODS[row['method']].label} · {way}", seconds * 1e3, colours[way])
        for row in rows if row["side"] == side for way, seconds in row["seconds"].items()
    ]  # fmt: skip
    figure = Figure(figsize=(8, 0.32 * len(bars) + 1), layout="constrained")
    axes = figure.subplots()
    labels, values, fills = zip(*reversed(bars), strict=True)
    drawn = axes.barh(labels, values, color=fills)
    axes.bar_label(drawn, [f"{value:.0f} ms" for value in values], padding=3)
    axes.set_xscale("log")
    axes.set_xlim(right=max(values) * 3)
    axes.set_xlabel("milliseconds, less is better")
    axes.set_title(f"{side}² → {side * SCALE}² on {machine()}", fontsize=10)
    axes.spines[["top", "right"]].set_visible(False)
    figure.savefig(path, dpi=150)


def main(argv: list[str] | None = None) -> int:
    """Measure everything, write the results and draw the chart."""
    cli = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.split("\n")[0])
    cli.add_argument("--rounds", type=int, default=5, help="that medians are taken over")
    cli.add_argument("--quick", action="store_true", help="tiny pictures, one round: does it run?")
    cli.add_argument("--out", type=Path, default=FOLDER, metavar="DIR")
    arguments = cli.parse_args(argv)
    quick, rounds = arguments.quick, 1 if arguments.quick else arguments.rounds
    half = engine.half_precision("cpu") or torch.float32
    kinds, side = {"full": torch.float32, "half": half}, 256 if quick else 2048
    rates = {name: matmul_rate(kind, rounds, side) for name, kind in kinds.items()}
    print(f"{machine()}; {engine.describe()}")
    for name, rate in rates.items():
        print(f"matrix products in {name} precision: {rate / 1e12:.2f} TFLOP/s")
    results: Results = {"machine": machine(), "engine": engine.describe(), "rounds": rounds,
                        "scale": SCALE, "matmul FLOP/s": rates}  # fmt: skip
    print(f"latency, ×{SCALE}, median of {rounds}")
    results["latency"] = latency([16] if quick else [128, 256, 512], rounds, rates)
    print("scores of 1 Mpx")
    results["scores"] = scores(rounds)
    if not quick:
        print("20 results of 768 × 512")
        results["throughput"] = throughput(20)
        print("comparison of a 1024² original")
        results["comparison"] = whole_comparison(rounds)
    print("page, from python app.py on; requests for 256² → 1024² by SRResNet")
    results["start-up"] = start_up(16 if quick else SIDE)
    print("memory")
    names = ("srcnn",) if quick else ("srcnn", "srresnet")
    results["memory"] = memory(names, [1] if quick else [1, 4, 16, 48, 64])
    arguments.out.mkdir(parents=True, exist_ok=True)
    report = json.dumps(results, indent=2)
    (arguments.out / "results.json").write_text(report + "\n", encoding="utf-8")
    chart(results["latency"], arguments.out / "chart.png")
    return 0


if __name__ == "__main__":
    sys.exit(main())
