"""``sr-demo upscale``: pictures in, larger pictures out."""

import argparse
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from sr_demo import interpolation
from sr_demo.cli.arguments import add_models, add_scale, complain
from sr_demo.cli.output import progress_bar, ticker
from sr_demo.comparison import upscale
from sr_demo.console import one_line
from sr_demo.images import ImageError, load_image, save_png
from sr_demo.methods import METHODS
from sr_demo.sizing import Size, Sized, parse_size, upscale_to

HELP = "enlarge pictures"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument("images", nargs="+", type=Path, metavar="IN", help="any picture file")
    command.add_argument(
        "-o", dest="out", type=Path, required=True, metavar="OUT",
        help="a .png file, or a folder (for several pictures always)",
    )  # fmt: skip
    names = [*METHODS, interpolation.NAME]
    command.add_argument("--method", choices=names, help="default: srresnet, or the --model alone")
    add_models(command)
    command.add_argument(
        "--alpha", type=float, metavar="A",
        help="for --method interpolation: from 0, which is SRResNet, to 1, which is SRGAN",
    )  # fmt: skip
    add_scale(command)
    how_large = command.add_mutually_exclusive_group()
    how_large.add_argument(
        "--size", type=_size, metavar="WxH",
        help="instead of a scale: exactly so many pixels, 1920x1080; 1920x or x1080 for one side",
    )  # fmt: skip
    how_large.add_argument(
        "--max-side", dest="size", type=_longer, metavar="N",
        help="instead of a scale: the longer side has exactly N pixels",
    )  # fmt: skip
    command.add_argument(
        "--keep-depth", action="store_true",
        help="16 bits a colour stay 16, as does their colour profile",
    )  # fmt: skip
    command.add_argument(
        "--keep-profile", action="store_true",
        help="colours stay in their profile, which the result gets, as it gets the EXIF",
    )  # fmt: skip


def _size(text: str) -> Size:
    try:
        return parse_size(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from error


def _longer(text: str) -> Size:
    try:
        return Size(longer=int(text))
    except ValueError as error:
        given = f"“{text}” is no number of pixels." if not text.strip().isdigit() else str(error)
        raise argparse.ArgumentTypeError(given) from error


def run(arguments: argparse.Namespace) -> int:
    """Enlarge pictures with one method. Transparency is kept; the results are lossless PNG."""
    method = arguments.method or next(iter(arguments.models), "srresnet")
    methods = list(dict.fromkeys([method, *arguments.models]))
    size, alpha = arguments.size, arguments.alpha
    interpolation.check(alpha, method)
    if size is not None and arguments.scale is not None:
        raise ValueError("--scale is not allowed with --size or --max-side: give one of them.")
    if len(methods) > 1 and _is_file(arguments.out):
        raise ImageError(f"{arguments.out} is one file for {len(methods)} methods: give a folder.")
    failed = 0
    with progress_bar(len(arguments.images) * len(methods)) as bar:
        for name in methods:
            only = alpha if name == interpolation.NAME else None
            restore = partial(_restored, name, arguments.scale, size, only, ticker(bar))
            tag = name if only is None else f"{name}{only:g}"
            how_large = f"x{arguments.scale}" if size is None else str(size)
            targets = _targets(arguments.images, arguments.out, f"_{how_large}_{tag}.png")
            for source, target in targets.items():
                try:
                    bar.write(_upscale_one(source, target, restore, arguments))
                except ValueError as error:  # the others may still be fine
                    bar.clear()
                    complain(arguments.prog, error, source.name)
                    failed += 1
    return 2 if failed else 0


def _restored(
    method: str, scale: int, size: Size | None, alpha: float | None,
    progress: Callable[[float], None], pixels: np.ndarray,
) -> Sized:  # fmt: skip
    if size is not None:
        return upscale_to(pixels, size, method, alpha=alpha, progress=progress)
    return Sized(upscale(pixels, method, scale, alpha=alpha, progress=progress), ())


def _upscale_one(
    source: Path,
    target: Path,
    restore: Callable[[np.ndarray], Sized],
    arguments: argparse.Namespace,
) -> str:
    loaded = load_image(
        source, keep_depth=arguments.keep_depth, keep_profile=arguments.keep_profile
    )
    pixels = loaded.pixels if loaded.opacity is None else np.dstack([loaded.pixels, loaded.opacity])
    made = restore(pixels)
    save_png(target, made.image, profile=loaded.profile, exif=loaded.exif)
    changes = [*loaded.changes, *made.changes]
    words = f" ({'; '.join(changes)})" if changes else ""
    return one_line(f"{target}: {made.image.shape[1]} × {made.image.shape[0]}{words}")


def _is_file(out: Path) -> bool:
    return out.suffix.lower() == ".png" and not out.is_dir()


def _targets(sources: list[Path], out: Path, ending: str) -> dict[Path, Path]:
    """Which file each input becomes; ImageError for a choice that would lose a picture."""
    as_file = _is_file(out)
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
