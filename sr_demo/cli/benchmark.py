"""``sr-demo benchmark``: the methods' mean scores on a test set, or two checkpoints' of one."""

import argparse
import io
import json
from collections.abc import Callable
from contextlib import redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path

from sr_demo import against, benchmark
from sr_demo.checkpoints import checkpoint_path, load_network
from sr_demo.cli.arguments import add_degrade, add_methods, add_models, add_scale, chosen_methods
from sr_demo.cli.output import print_changes, print_table, progress_bar, ticker
from sr_demo.console import one_line
from sr_demo.figures.crop_sheet import save_crop_sheet
from sr_demo.inference.engine import Engine
from sr_demo.methods import METHODS
from sr_demo.shards import Processes, processes
from sr_demo.storage import CheckpointError, write_atomically

HELP = "score methods on a test set"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    where = "holds HR/ and LR/, or a folder x2, x3, x4 with them"
    command.add_argument("folder", type=Path, metavar="DIR", help=where)
    add_scale(command)
    add_methods(command)
    add_models(command)
    add_degrade(command)
    command.add_argument(
        "--against",
        type=Path,
        metavar="CHECKPOINTS",
        help="another folder of checkpoints, those of before: means, a paired test, wins and "
        "losses of the same networks",
    )
    command.add_argument("--json", type=Path, metavar="FILE", help="write the means")
    command.add_argument("--csv", type=Path, metavar="FILE", help="write every picture's scores")
    command.add_argument(
        "-o", dest="out", type=Path, metavar="DIR",
        help="with --against: write crops of the three worst regressions of each network there",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Score methods on a folder of sharp pictures (HR/), reduced here unless LR/ has them.

    Started by `accelerate launch -m sr_demo benchmark …`, several processes share the pictures.
    """
    group = processes()
    if group.first:
        return _run(arguments, group)
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        try:
            return _run(arguments, group)
        except (ValueError, CheckpointError, OSError):
            return 2  # the first process says why


def _run(arguments: argparse.Namespace, group: Processes) -> int:
    if arguments.out and not arguments.against:
        raise ValueError("-o is for the crops of --against.")
    pairs = benchmark.find_pairs(arguments.folder, arguments.scale)
    if arguments.against:
        return _compare_weights(arguments, pairs, group)
    scale, names = arguments.scale, chosen_methods(arguments)
    with progress_bar(len(group.share(pairs)) * len(names)) as bar:
        rows = group.gather(
            pairs,
            lambda pair: list(benchmark.run([pair], scale, names, ticker(bar), arguments.degrade)),
        )
    _report(arguments, [row for of_picture in rows for row in of_picture], len(pairs), group)
    return 0


def _report(
    arguments: argparse.Namespace, rows: list[benchmark.Row], count: int, group: Processes
) -> None:
    how = f", {arguments.degrade}" if arguments.degrade else ""
    print(one_line(f"{arguments.folder}, ×{arguments.scale}{how}, mean of {count} pictures"))
    print_table(benchmark.means(rows), arguments)
    if group.first:
        _write(arguments, benchmark.as_json(rows, arguments.scale), rows)


def _write(
    arguments: argparse.Namespace, report: dict[str, object], rows: list[benchmark.Row]
) -> None:
    if arguments.json:
        text = json.dumps(report, indent=2, allow_nan=False)
        write_atomically(arguments.json, (text + "\n").encode())
    if arguments.csv:
        benchmark.write_csv(rows, arguments.csv)


# --- two sets of weights --------------------------------------------------------------------------


def _compare_weights(
    arguments: argparse.Namespace, pairs: list[tuple[Path, Path | None]], group: Processes
) -> int:
    if arguments.degrade:
        raise ValueError("--against measures on clean pictures: leave --degrade out.")
    scale, folder = arguments.scale, arguments.against
    names = _in_both(arguments)
    report: dict[str, object] = {}
    rows: list[benchmark.Row] = []
    print(one_line(f"{arguments.folder}, ×{scale}, {len(pairs)} pictures, before: {folder}"))
    for name in names:
        engines = Engine(load_network(name, scale, folder)), Engine(load_network(name, scale))
        with progress_bar(len(group.share(pairs)) * 2) as bar:
            both = group.gather(pairs, partial(_measured, scale, engines, ticker(bar)))
        report[name] = against.as_json(both)
        rows += against.rows(both, name)
        worst = against.regressions(both)
        print_changes(METHODS[name].label, against.changes(both), worst)
        if arguments.out and group.first:
            paths = {path.stem: (path, small) for path, small in pairs}
            for number, pair in enumerate(worst, 1):
                target = arguments.out / f"{name}_x{scale}_worst{number}_{pair.image}.png"
                _save_crops(paths[pair.image], scale, engines, target)
    if group.first:
        _write(arguments, {"scale": scale, "images": len(pairs), "methods": report}, rows)
    return 0


def _measured(
    scale: int,
    engines: tuple[Engine, Engine],
    tick: Callable[[float], None],
    pair: tuple[Path, Path | None],
) -> against.Pair:
    pictures = benchmark.load_pair(*pair, scale)
    return against.measured(pair[0].stem, against.restored(*pictures, engines, tick))


def _save_crops(
    pair: tuple[Path, Path | None], scale: int, engines: tuple[Engine, Engine], target: Path
) -> None:
    comparison = against.restored(*benchmark.load_pair(*pair, scale), engines)
    save_crop_sheet(comparison, against.worst_box(comparison), target, against.LABELS)


def _in_both(arguments: argparse.Namespace) -> list[str]:
    """The networks that were asked for, or all with a checkpoint in both folders."""
    if arguments.methods:
        return [name for name in chosen_methods(arguments) if METHODS[name].network]
    learnt = [name for name in chosen_methods(arguments) if METHODS[name].network]
    folder = arguments.against
    names = [n for n in learnt if checkpoint_path(n, arguments.scale, folder).is_file()]
    if not names:
        raise CheckpointError(
            f"{folder} holds no checkpoint for ×{arguments.scale} that is here too."
        )
    return names
