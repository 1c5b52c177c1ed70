"""``sr-demo compare``: sharp pictures, restored by every method and scored."""

import argparse
from collections import Counter
from pathlib import Path

from sr_demo import benchmark
from sr_demo.boxes import Box
from sr_demo.cli.arguments import (
    add_degrade,
    add_methods,
    add_models,
    add_scale,
    chosen_methods,
    complain,
)
from sr_demo.cli.output import print_table, progress_bar, ticker
from sr_demo.comparison import Comparison, compare
from sr_demo.console import one_line
from sr_demo.degradation import CLEAN, Degradation
from sr_demo.figures.crop_sheet import busiest_box, save_crop_sheet
from sr_demo.figures.series_sheet import Strip, series_sheet, sheet_bytes
from sr_demo.images import ImageError, load_image, save_png
from sr_demo.records import csv_bytes, records
from sr_demo.series import Skipped, compare_series
from sr_demo.storage import write_atomically

HELP = "reduce sharp pictures, restore them, score"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument(
        "images", type=Path, nargs="+", metavar="IMAGE",
        help="the sharp original; of several the means are printed, and one sheet is made",
    )  # fmt: skip
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
        help="write every output, the scores as CSV and a sheet of crops there",
    )  # fmt: skip
    command.add_argument(
        "--crop", nargs=4, type=int, metavar=("LEFT", "TOP", "WIDTH", "HEIGHT"),
        help="for the sheet, in pixels of the result (default: the most detailed square)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Reduce sharp pictures, let every method restore them, and score the results."""
    names = chosen_methods(arguments)
    box = Box(*arguments.crop) if arguments.crop else None
    degradation = arguments.degrade or CLEAN
    if len(arguments.images) == 1:
        _compare_one(arguments, names, box, degradation)
        return 0
    return _compare_several(arguments, names, box, degradation)


def _compare_one(
    arguments: argparse.Namespace, names: list[str], box: Box | None, degradation: Degradation
) -> None:
    [path] = arguments.images
    loaded = load_image(path)
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
    print_table(list(benchmark.rows_of(path.name, comparison)), arguments)
    if arguments.out:
        stem = f"{path.stem}_x{arguments.scale}{degradation.tag}"
        box = box or busiest_box(comparison)
        _write_pictures(comparison, arguments.out, stem)
        table = csv_bytes(records(path.name, comparison, box))
        write_atomically(arguments.out / f"{stem}_scores.csv", table)
        save_crop_sheet(comparison, box, arguments.out / f"{stem}_crops.png", name=path.name)
        print(one_line(f"written to {arguments.out}"))


def _compare_several(
    arguments: argparse.Namespace, names: list[str], box: Box | None, degradation: Degradation
) -> int:
    """One picture in memory at a time; 2 if some had to be skipped."""
    scale, out = arguments.scale, arguments.out
    if out:
        _check_names(arguments.images)
    rows: list[benchmark.Row] = []
    strips: list[Strip] = []
    with progress_bar(len(arguments.images)) as bar:

        def tick(number: int, fraction: float, method: str) -> None:
            bar.set_description_str(method, refresh=False)
            bar.n = number + fraction
            bar.refresh()

        def seen(path: Path, comparison: Comparison) -> None:
            rows.extend(benchmark.rows_of(path.name, comparison))
            if out:
                _write_pictures(comparison, out, f"{path.stem}_x{scale}{degradation.tag}")

        for made in compare_series(
            arguments.images, scale, names,
            has_original=not arguments.small, degradation=degradation, box=box,
            progress=tick, seen=seen,
        ):  # fmt: skip
            if isinstance(made, Skipped):
                bar.clear()
                complain(arguments.prog, ImageError(made.reason), made.name)
            else:
                strips.append(made)
    if strips:
        how = f", reduced with {degradation.words}" if degradation != CLEAN else ""
        print(f"means over {len(strips)} pictures{how}")
        print_table(benchmark.means(rows), arguments)
    if strips and out:
        _write_sheet(strips, scale, out, degradation.tag)
    return 0 if len(strips) == len(arguments.images) else 2


def _check_names(images: list[Path]) -> None:
    """The names of outputs come from those of the inputs: refuse two that are alike."""
    stem, count = Counter(path.stem for path in images).most_common(1)[0]
    if count > 1:
        raise ImageError(f"{count} pictures are called {stem}: rename them, or leave -o out.")


def _write_sheet(strips: list[Strip], scale: int, folder: Path, tag: str) -> None:
    figure = series_sheet(strips, scale)
    for suffix in ("png", "pdf"):
        write_atomically(folder / f"sheet_x{scale}{tag}.{suffix}", sheet_bytes(figure, suffix))
    table = csv_bytes([row for strip in strips for row in strip.rows])
    write_atomically(folder / f"scores_x{scale}{tag}.csv", table)
    print(one_line(f"written to {folder}"))


def _write_pictures(comparison: Comparison, folder: Path, stem: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    save_png(folder / f"{stem}_input.png", comparison.lr)
    if comparison.original is not None:
        save_png(folder / f"{stem}_original.png", comparison.original, comparison.opacity)
    for result in comparison.results:
        save_png(folder / f"{stem}_{result.method}.png", result.image, comparison.opacity)
