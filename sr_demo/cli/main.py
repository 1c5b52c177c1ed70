"""The command line: `python -m sr_demo upscale | compare | benchmark | export`."""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import NoReturn

import numpy as np
from tqdm import tqdm

from sr_demo import benchmark, interpolation
from sr_demo.checkpoints import CheckpointError
from sr_demo.comparison import Comparison, compare, upscale
from sr_demo.figures.crop_sheet import busiest_box, save_crop_sheet
from sr_demo.images import ImageError, load_image, save_png
from sr_demo.inference import export
from sr_demo.methods import METHODS, SCALES, available, missing, parameters
from sr_demo.metrics import niqe
from sr_demo.metrics import ssim as metrics

EXAMPLES = """\
examples:
  python -m sr_demo upscale photo.jpg -o photo_x4.png
  python -m sr_demo upscale *.jpg -o enlarged --method espcn --scale 2
  python -m sr_demo upscale photo.jpg -o between.png --method interpolation --alpha 0.4
  python -m sr_demo compare sharp.png --scale 4 -o results
  python -m sr_demo benchmark Set5 --scale 4 --json set5.json
  python -m sr_demo export --method srresnet --scale 4 --out srresnet_x4.onnx
"""


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{self.prog}: {message} (--help explains)\n")


def parser() -> argparse.ArgumentParser:
    cli = _Parser(
        prog="python -m sr_demo",
        description="Enlarge pictures by super-resolution, and measure how well it went.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = cli.add_subparsers(required=True, metavar="COMMAND", title="commands")

    command = commands.add_parser("upscale", help="enlarge pictures", description=_upscale.__doc__)
    command.add_argument("images", nargs="+", type=Path, metavar="IN", help="any picture file")
    command.add_argument(
        "-o", dest="out", type=Path, required=True, metavar="OUT",
        help="a .png file, or a folder (for several pictures always)",
    )  # fmt: skip
    command.add_argument(
        "--method",
        choices=[*METHODS, interpolation.NAME],
        default="srresnet",
        help="default: srresnet",
    )
    command.add_argument(
        "--alpha", type=float, metavar="A",
        help="for --method interpolation: from 0, which is SRResNet, to 1, which is SRGAN",
    )  # fmt: skip
    _add_scale(command)
    command.set_defaults(run=_upscale)

    command = commands.add_parser(
        "compare", help="reduce a sharp picture, restore it, score", description=_compare.__doc__
    )
    command.add_argument("image", type=Path, metavar="IMAGE", help="the sharp original")
    command.add_argument(
        "--small", action="store_true",
        help="IMAGE is the small picture itself: enlarge it, without PSNR and SSIM",
    )  # fmt: skip
    _add_scale(command)
    _add_methods(command)
    command.add_argument(
        "-o", dest="out", type=Path, metavar="DIR",
        help="write every output, the scores as CSV and a crop sheet there",
    )  # fmt: skip
    command.add_argument(
        "--crop", nargs=4, type=int, metavar=("LEFT", "TOP", "WIDTH", "HEIGHT"),
        help="for the crop sheet, in pixels of the result (default: the most detailed square)",
    )  # fmt: skip
    command.set_defaults(run=_compare)

    command = commands.add_parser(
        "benchmark", help="score methods on a test set", description=_benchmark.__doc__
    )
    command.add_argument(
        "folder",
        type=Path,
        metavar="DIR",
        help="holds HR/ and LR/, or a folder x2, x3, x4 with them",
    )
    _add_scale(command)
    _add_methods(command)
    command.add_argument("--json", type=Path, metavar="FILE", help="write the means")
    command.add_argument("--csv", type=Path, metavar="FILE", help="write every picture's scores")
    command.set_defaults(run=_benchmark)

    command = commands.add_parser(
        "export", help="write a method as a model file", description=export.run.__doc__
    )
    export.add_arguments(command)
    _add_scale(command)
    command.set_defaults(run=export.run)
    return cli


def _add_scale(command: argparse.ArgumentParser) -> None:
    command.add_argument("--scale", type=int, choices=SCALES, default=4, help="default: 4")


def _add_methods(command: argparse.ArgumentParser) -> None:
    command.add_argument(
        "--methods", type=_method_names, metavar="A,B",
        help=f"of {', '.join(METHODS)} (default: all that have a checkpoint)",
    )  # fmt: skip


def _method_names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",")]
    for name in names:
        if name not in METHODS:
            raise argparse.ArgumentTypeError(f"no method “{name}”, only {', '.join(METHODS)}")
    return names


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; 0 when all went well, 2 when the user has to change something."""
    arguments = parser().parse_args(argv)
    try:
        return arguments.run(arguments)
    except (ValueError, CheckpointError, OSError) as error:
        _complain(error)
        return 2
    except KeyboardInterrupt:
        print("stopped", file=sys.stderr)
        return 130


def _complain(error: Exception, name: str = "") -> None:
    text = " ".join(str(error).split())
    subject = f"{name}: " if name not in text else ""
    print(f"python -m sr_demo: {subject}{text}", file=sys.stderr)


# --- upscale --------------------------------------------------------------------------------------


def _upscale(arguments: argparse.Namespace) -> int:
    """Enlarge pictures with one method. Transparency is kept; the results are lossless PNG."""
    interpolation.check(arguments.alpha, arguments.method)
    tag = (
        arguments.method if arguments.alpha is None else f"{interpolation.NAME}{arguments.alpha:g}"
    )
    targets = _targets(arguments.images, arguments.out, f"_x{arguments.scale}_{tag}.png")
    restore = partial(
        upscale, method=arguments.method, scale=arguments.scale, alpha=arguments.alpha
    )
    failed = 0
    with _bar(len(targets)) as bar:
        for source, target in targets.items():
            try:
                line = _upscale_one(source, target, partial(restore, progress=_tick(bar)))
                bar.write(line)
            except ValueError as error:  # the others may still be fine
                bar.clear()
                _complain(error, source.name)
                failed += 1
    return 2 if failed else 0


def _upscale_one(source: Path, target: Path, restore: Callable[[np.ndarray], np.ndarray]) -> str:
    loaded = load_image(source)
    pixels = loaded.pixels if loaded.opacity is None else np.dstack([loaded.pixels, loaded.opacity])
    enlarged = restore(pixels)
    target.parent.mkdir(parents=True, exist_ok=True)
    save_png(target, enlarged)
    changes = f" ({'; '.join(loaded.changes)})" if loaded.changes else ""
    return f"{target}: {enlarged.shape[1]} × {enlarged.shape[0]}{changes}"


def _targets(sources: list[Path], out: Path, ending: str) -> dict[Path, Path]:
    """Which file each input becomes; ImageError for a choice that would lose a picture."""
    as_file = out.suffix.lower() == ".png" and not out.is_dir()
    if as_file and len(sources) > 1:
        raise ImageError(f"{out} is one file for {len(sources)} pictures: give a folder.")
    if out.suffix and not as_file and not out.is_dir():
        raise ImageError(f"results are lossless PNG: end {out.name} in .png, or give a folder.")
    inputs = {source.resolve() for source in sources}
    targets: dict[Path, Path] = {}
    for source in sources:
        target = out if as_file else out / f"{source.stem}{ending}"
        if target.resolve() in inputs:
            raise ImageError(f"{target} is an input and would be overwritten: change -o.")
        if target in targets.values():
            raise ImageError(f"two pictures would become {target}: rename one of them.")
        targets[source] = target
    return targets


# --- compare --------------------------------------------------------------------------------------


def _compare(arguments: argparse.Namespace) -> int:
    """Reduce a sharp picture, let every method restore it, and score the results against it."""
    loaded, scale, names = load_image(arguments.image), arguments.scale, _chosen(arguments)
    with _bar(len(names)) as bar:
        comparison = compare(
            loaded.pixels, scale, names,
            has_original=not arguments.small, opacity=loaded.opacity, progress=_tick(bar),
        )  # fmt: skip
    for change in loaded.changes:
        print(f"note: {change}")
    rows = list(benchmark.rows_of(arguments.image.name, comparison))
    _print_table(rows, arguments)
    if arguments.out:
        stem = f"{arguments.image.stem}_x{scale}"
        arguments.out.mkdir(parents=True, exist_ok=True)
        _write_pictures(comparison, arguments.out, stem)
        benchmark.write_csv(rows, arguments.out / f"{stem}_scores.csv")
        box = tuple(arguments.crop) if arguments.crop else busiest_box(comparison)
        save_crop_sheet(comparison, box, arguments.out / f"{stem}_crops.png")
        print(f"written to {arguments.out}")
    return 0


def _write_pictures(comparison: Comparison, folder: Path, stem: str) -> None:
    save_png(folder / f"{stem}_input.png", comparison.lr)
    if comparison.original is not None:
        save_png(folder / f"{stem}_original.png", comparison.original, comparison.opacity)
    for result in comparison.results:
        save_png(folder / f"{stem}_{result.method}.png", result.image, comparison.opacity)


# --- benchmark ------------------------------------------------------------------------------------


def _benchmark(arguments: argparse.Namespace) -> int:
    """Score methods on a folder of sharp pictures (HR/), reduced here unless LR/ has them."""
    scale = arguments.scale
    pairs = benchmark.find_pairs(arguments.folder, scale)
    names = _chosen(arguments)
    with _bar(len(pairs) * len(names)) as bar:
        rows = list(benchmark.run(pairs, scale, names, _tick(bar)))
    print(f"{arguments.folder}, ×{scale}, mean of {len(pairs)} pictures")
    _print_table(benchmark.means(rows), arguments)
    if arguments.json:
        report = json.dumps(benchmark.as_json(rows, scale), indent=2, allow_nan=False)
        arguments.json.write_text(report + "\n", encoding="utf-8")
    if arguments.csv:
        benchmark.write_csv(rows, arguments.csv)
    return 0


# --- shared ---------------------------------------------------------------------------------------


def _chosen(arguments: argparse.Namespace) -> list[str]:
    return list(dict.fromkeys(arguments.methods or available(arguments.scale)))


def _print_table(rows: Sequence[benchmark.Row], arguments: argparse.Namespace) -> None:
    """The scores, and a word about what was meant to be there and could not."""
    print(_table(rows, arguments.scale))
    try:
        niqe.shipped()
    except CheckpointError as error:
        print(f"without NIQE: {' '.join(str(error).split())}", file=sys.stderr)
    if not arguments.methods:
        for name, reason in missing(arguments.scale).items():
            print(f"without {METHODS[name].label}: {' '.join(reason.split())}", file=sys.stderr)


def _table(rows: Sequence[benchmark.Row], scale: int) -> str:
    lines = [("method", "PSNR ↑", "SSIM ↑", "LR-PSNR ↑", "NIQE ↓", "time ↓", "parameters")]
    for row in rows:
        original = row.method == benchmark.ORIGINAL
        lines.append(
            (
                "Original" if original else METHODS[row.method].label,
                metrics.format_psnr(row.scores.psnr),
                metrics.format_ssim(row.scores.ssim),
                metrics.format_psnr(row.scores.lr_psnr),
                metrics.format_niqe(row.scores.niqe),
                "—" if row.seconds is None else metrics.format_seconds(row.seconds),
                "—" if original else f"{parameters(row.method, scale):,}",
            )
        )
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(
        "   ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]) for line in lines
    )


def _bar(total: int) -> tqdm:
    """A progress bar on stderr, where that is a terminal."""
    return tqdm(
        total=total, leave=False, disable=None,
        bar_format="{desc:8} {percentage:3.0f}% {bar} {elapsed} < {remaining}",
    )  # fmt: skip


def _tick(bar: tqdm) -> Callable[..., None]:
    """A callback for a method's finished fraction: each method is one step of the bar."""

    def tick(fraction: float, name: str = "") -> None:
        bar.set_description_str(name, refresh=False)
        bar.n = int(bar.n) + fraction
        bar.refresh()

    return tick


if __name__ == "__main__":
    sys.exit(main())
