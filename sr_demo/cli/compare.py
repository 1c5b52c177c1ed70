"""``sr-demo compare``: one sharp picture, restored by every method and scored."""

import argparse
from pathlib import Path

from sr_demo import benchmark
from sr_demo.boxes import Box
from sr_demo.cli.arguments import add_degrade, add_methods, add_models, add_scale, chosen_methods
from sr_demo.cli.output import print_table, progress_bar, ticker
from sr_demo.comparison import Comparison, compare
from sr_demo.console import one_line
from sr_demo.degradation import CLEAN
from sr_demo.figures.crop_sheet import busiest_box, save_crop_sheet
from sr_demo.images import load_image, save_png

HELP = "reduce a sharp picture, restore it, score"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument("image", type=Path, metavar="IMAGE", help="the sharp original")
    command.add_argument(
        "--small", action="store_true",
        help="IMAGE is the small picture itself: enlarge it, without PSNR and SSIM",
    )  # fmt: skip
    add_scale(command)
    add_degrade(command)
    add_methods(command)
    add_models(command)
    command.add_argument(
        "-o", dest="out", type=Path, metavar="DIR",
        help="write every output, the scores as CSV and a crop sheet there",
    )  # fmt: skip
    command.add_argument(
        "--crop", nargs=4, type=int, metavar=("LEFT", "TOP", "WIDTH", "HEIGHT"),
        help="for the crop sheet, in pixels of the result (default: the most detailed square)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Reduce a sharp picture, let every method restore it, and score the results against it."""
    loaded, names = load_image(arguments.image), chosen_methods(arguments)
    degradation = arguments.degrade or CLEAN
    with progress_bar(len(names)) as bar:
        comparison = compare(
            loaded.pixels, arguments.scale, names,
            has_original=not arguments.small, opacity=loaded.opacity, degradation=degradation,
            progress=ticker(bar),
        )  # fmt: skip
    for change in loaded.changes:
        print(f"note: {change}")
    if degradation != CLEAN:
        print(f"reduced with {degradation.words}")
    rows = list(benchmark.rows_of(arguments.image.name, comparison))
    print_table(rows, arguments)
    if arguments.out:
        stem = f"{arguments.image.stem}_x{arguments.scale}{degradation.tag}"
        arguments.out.mkdir(parents=True, exist_ok=True)
        _write_pictures(comparison, arguments.out, stem)
        benchmark.write_csv(rows, arguments.out / f"{stem}_scores.csv")
        box = Box(*arguments.crop) if arguments.crop else busiest_box(comparison)
        save_crop_sheet(comparison, box, arguments.out / f"{stem}_crops.png")
        print(one_line(f"written to {arguments.out}"))
    return 0


def _write_pictures(comparison: Comparison, folder: Path, stem: str) -> None:
    save_png(folder / f"{stem}_input.png", comparison.lr)
    if comparison.original is not None:
        save_png(folder / f"{stem}_original.png", comparison.original, comparison.opacity)
    for result in comparison.results:
        save_png(folder / f"{stem}_{result.method}.png", result.image, comparison.opacity)
