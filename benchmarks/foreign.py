"""Another project's network in the app's engine: speed, memory, and how true its picture stays.

``python -m benchmarks.foreign RealESRGAN_x4plus.safetensors`` prints, all in one run: seconds
beside plain PyTorch in float32 (and in bfloat16, where the processor multiplies it), the share of a
matrix product's rate, how far the picture is from float32's, and what tiles change; with
``--memory 48`` also the peak above idle of a picture of 48 megapixels.
"""

import argparse
import multiprocessing
import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from benchmarks.memory import resident
from benchmarks.timing import machine, matmul_rate, medians, photo, timed
from sr_demo.foreign.network import ForeignNetwork, load
from sr_demo.inference import engine
from sr_demo.inference.engine import Engine
from sr_demo.metrics.psnr import psnr
from sr_demo.resize import imresize
from sr_demo.samples import load_sample
from sr_demo.tensors import to_floats, to_pixels

SAMPLES = ("coffee", "chelsea", "astronaut")  # besides the photo that all is measured on


def small_photo(side: int) -> np.ndarray:
    """What such networks are given: a photo reduced to a quarter, with detail in every pixel."""
    return np.ascontiguousarray(imresize(photo(4 * side, 4 * side), 1 / 4))


def operations(network: ForeignNetwork, pixels: int) -> int:
    """Multiplications and additions of so many LR pixels."""
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        network(torch.zeros(1, 3, 32, 32))
    return counter.get_total_flops() * pixels // 32**2


def speed(path: Path, side: int, rounds: int) -> None:
    """Seconds, rates and decibels of one picture."""
    network, begun = timed(load, path)
    ready, prepared = timed(Engine, network)
    print(f"{network.about.architecture}, ×{network.scale}: read in {begun:.1f} s, prepared in "
          f"{prepared:.1f} s, by {ready.backend}")  # fmt: skip
    lr = small_photo(side)

    @torch.inference_mode()
    def plain() -> torch.Tensor:
        return network(to_floats(lr))

    ways: dict[str, Any] = {"ours": lambda: ready.restore(lr), "PyTorch float32": plain}
    half = engine.half_precision("cpu")
    if half is not None:

        @torch.inference_mode()
        def autocast() -> torch.Tensor:
            with torch.autocast("cpu", dtype=half):
                return network(to_floats(lr))

        ways["PyTorch bfloat16"] = autocast
    seconds = medians(ways, rounds)
    work = operations(network, side * side)
    rate = matmul_rate(half or torch.float32, rounds)
    exact = to_pixels(plain())
    decibels = psnr(exact, ready.restore(lr), color_space="rgb")
    print(f"{side}², {work / 1e9:.0f} GFLOP: "
          + ", ".join(f"{way} {value:.2f} s" for way, value in seconds.items()))  # fmt: skip
    print(f"  {seconds['PyTorch float32'] / seconds['ours']:.2f} × PyTorch float32; "
          f"{work / seconds['ours'] / rate:.0%} of a matrix product's {rate / 1e12:.2f} TFLOP/s; "
          f"{decibels or 0:.1f} dB from float32's picture, both in 8 bits")  # fmt: skip


def tiles(path: Path) -> None:
    """What cutting changes: strips in three tiles against the strips as a whole."""
    network = load(path)
    ready = Engine(network)
    strips = {"a photo reduced to a quarter": small_photo(256)[96:160]}
    strips |= {name: imresize(load_sample(name).pixels, 1 / 2)[40:104, :256] for name in SAMPLES}
    for name, strip in strips.items():
        lr = np.ascontiguousarray(strip)
        whole, tiled = (ready.restore(lr, tile=tile).astype(int) for tile in (256, 192))
        difference = np.abs(whole - tiled)
        print(f"three tiles, {network.overlap} pixels of overlap, {name}: "
              f"{(difference <= 1).mean():.3%} of values within one level, "
              f"at most {difference.max()}")  # fmt: skip


def peak(path: Path, megapixels: float, results: Any) -> None:
    """In a process of its own: MB above idle, and seconds."""
    ready = Engine(load(path))
    height = round((megapixels * 1e6 * 3 / 4) ** 0.5 / ready.network.scale)
    lr = photo(height, height * 4 // 3)
    ready.restore(lr[:64, :64])
    idle = resident("VmRSS")
    begun: list[float] = []
    _, seconds = timed(ready.restore, lr, begun.append)
    results.put(((resident("VmHWM") - idle) * 1024 / 1e6, seconds, len(begun)))


def main(argv: list[str] | None = None) -> int:
    """Measure and print."""
    cli = argparse.ArgumentParser(
        prog="python -m benchmarks.foreign", description=__doc__.split("\n")[0]
    )
    cli.add_argument("model", type=Path, metavar="FILE")
    cli.add_argument("--side", type=int, default=96, help="LR pixels")
    cli.add_argument("--only-speed", action="store_true", help="leave out tiles")
    cli.add_argument("--rounds", type=int, default=3, help="that medians are taken over")
    cli.add_argument("--memory", type=float, metavar="MPX", help="output of so many megapixels")
    arguments = cli.parse_args(argv)
    print(f"{machine()}; {engine.describe()}")
    speed(arguments.model, arguments.side, arguments.rounds)
    if not arguments.only_speed:
        tiles(arguments.model)
    if arguments.memory:
        context = multiprocessing.get_context("spawn")
        results = context.SimpleQueue()
        child = context.Process(target=peak, args=(arguments.model, arguments.memory, results))
        child.start()
        child.join()
        megabytes, seconds, count = results.get()
        print(f"{arguments.memory:g} Mpx: {megabytes:.0f} MB above idle, {seconds:.0f} s, "
              f"{count} tiles")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
