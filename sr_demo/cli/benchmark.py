"""``sr-demo benchmark``: the methods' mean scores on a test set."""

import argparse
import json
from pathlib import Path

from sr_demo import benchmark
from sr_demo.cli.arguments import add_methods, add_scale, chosen_methods
from sr_demo.cli.output import print_table, progress_bar, ticker
from sr_demo.console import one_line
from sr_demo.degradation import SETTINGS
from sr_demo.storage import write_atomically

HELP = "score methods on a test set"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    where = "holds HR/ and LR/, or a folder x2, x3, x4 with them"
    command.add_argument("folder", type=Path, metavar="DIR", help=where)
    add_scale(command)
    add_methods(command)
    command.add_argument(
        "--degrade",
        choices=SETTINGS,
        help="make the small pictures here, clean or as cameras and websites do: light (JPEG 75), "
        "medium (blur σ 1.2, noise σ 5, JPEG 50), heavy (blur σ 2, noise σ 10, JPEG 30)",
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write the means")
    command.add_argument("--csv", type=Path, metavar="FILE", help="write every picture's scores")


def run(arguments: argparse.Namespace) -> int:
    """Score methods on a folder of sharp pictures (HR/), reduced here unless LR/ has them."""
    scale = arguments.scale
    pairs = benchmark.find_pairs(arguments.folder, scale)
    names = chosen_methods(arguments)
    with progress_bar(len(pairs) * len(names)) as bar:
        degradation = None if arguments.degrade is None else SETTINGS[arguments.degrade]
        rows = list(benchmark.run(pairs, scale, names, ticker(bar), degradation))
    how = f", {arguments.degrade}" if arguments.degrade else ""
    print(one_line(f"{arguments.folder}, ×{scale}{how}, mean of {len(pairs)} pictures"))
    print_table(benchmark.means(rows), arguments)
    if arguments.json:
        report = json.dumps(benchmark.as_json(rows, scale), indent=2, allow_nan=False)
        write_atomically(arguments.json, (report + "\n").encode())
    if arguments.csv:
        benchmark.write_csv(rows, arguments.csv)
    return 0
