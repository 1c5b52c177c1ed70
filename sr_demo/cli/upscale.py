"""``sr-demo upscale``: pictures in, larger pictures out."""

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from sr_demo import interpolation
from sr_demo.cli.arguments import add_scale, complain
from sr_demo.cli.output import progress_bar, ticker
from sr_demo.comparison import upscale
from sr_demo.console import one_line
from sr_demo.images import ImageError, load_image, save_png
from sr_demo.methods import METHODS

HELP = "enlarge pictures"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument("images", nargs="+", type=Path, metavar="IN", help="any picture file")
    command.add_argument(
        "-o", dest="out", type=Path, required=True, metavar="OUT",
        help="a .png file, or a folder (for several pictures always)",
    )  # fmt: skip
    names = [*METHODS, interpolation.NAME]
    command.add_argument("--method", choices=names, default="srresnet", help="default: srresnet")
    command.add_argument(
        "--alpha", type=float, metavar="A",
        help="for --method interpolation: from 0, which is SRResNet, to 1, which is SRGAN",
    )  # fmt: skip
    add_scale(command)


def run(arguments: argparse.Namespace) -> int:
    """Enlarge pictures with one method. Transparency is kept; the results are lossless PNG."""
    method, scale, alpha = arguments.method, arguments.scale, arguments.alpha
    interpolation.check(alpha, method)
    tag = method if alpha is None else f"{interpolation.NAME}{alpha:g}"
    targets = _targets(arguments.images, arguments.out, f"_x{scale}_{tag}.png")
    failed = 0
    with progress_bar(len(targets)) as bar:
        restore = partial(upscale, method=method, scale=scale, alpha=alpha, progress=ticker(bar))
        for source, target in targets.items():
            try:
                bar.write(_upscale_one(source, target, restore))
            except ValueError as error:  # the others may still be fine
                bar.clear()
                complain(arguments.prog, error, source.name)
                failed += 1
    return 2 if failed else 0


def _upscale_one(source: Path, target: Path, restore: Callable[[np.ndarray], np.ndarray]) -> str:
    loaded = load_image(source)
    pixels = loaded.pixels if loaded.opacity is None else np.dstack([loaded.pixels, loaded.opacity])
    enlarged = restore(pixels)
    save_png(target, enlarged)
    changes = f" ({'; '.join(loaded.changes)})" if loaded.changes else ""
    return one_line(f"{target}: {enlarged.shape[1]} × {enlarged.shape[0]}{changes}")


def _targets(sources: list[Path], out: Path, ending: str) -> dict[Path, Path]:
    """Which file each input becomes; ImageError for a choice that would lose a picture."""
    as_file = out.suffix.lower() == ".png" and not out.is_dir()
    if as_file and len(sources) > 1:
        raise ImageError(f"{out} is one file for {len(sources)} pictures: give a folder.")
    if out.suffix and not as_file and not out.is_dir():
        raise ImageError(f"results are lossless PNG: end {out.name} in .png, or give a folder.")
    # realpath: a link that leads to itself is told later, in words, where resolve() would raise
    inputs = {os.path.realpath(source) for source in sources}
    targets: dict[Path, Path] = {}
    for source in sources:
        target = out if as_file else out / f"{source.stem}{ending}"
        if os.path.realpath(target) in inputs:
            raise ImageError(f"{target} is an input and would be overwritten: change -o.")
        if target in targets.values():
            raise ImageError(f"two pictures would become {target}: rename one of them.")
        targets[source] = target
    return targets
