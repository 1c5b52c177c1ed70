"""What several commands print: the table of scores, and a progress bar."""

import argparse
import sys
from collections.abc import Callable, Sequence

from tqdm import tqdm

from sr_demo import against, benchmark
from sr_demo.console import one_line
from sr_demo.formatting import (
    format_change,
    format_niqe,
    format_psnr,
    format_seconds,
    format_ssim,
)  # fmt: skip
from sr_demo.inference.runnable import missing, parameters
from sr_demo.methods import METHODS
from sr_demo.metrics import niqe
from sr_demo.storage import CheckpointError

HEADER = ("method", "PSNR ↑", "SSIM ↑", "LR-PSNR ↑", "NIQE ↓", "time ↓", "parameters")


def print_table(rows: Sequence[benchmark.Row], arguments: argparse.Namespace) -> None:
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
    lines = [HEADER, *(_line(row, scale) for row in rows)]
    first, *others = (max(map(len, column)) for column in zip(*lines, strict=True))
    return "\n".join(
        "   ".join([line[0].ljust(first), *map(str.rjust, line[1:], others)]) for line in lines
    )


def _line(row: benchmark.Row, scale: int) -> tuple[str, ...]:
    original = row.method == benchmark.ORIGINAL
    return (
        "Original" if original else METHODS[row.method].label,
        format_psnr(row.scores.psnr),
        format_ssim(row.scores.ssim),
        format_psnr(row.scores.lr_psnr),
        format_niqe(row.scores.niqe),
        format_seconds(row.seconds),
        "—" if original else f"{parameters(row.method, scale):,}",
    )


def progress_bar(total: int) -> tqdm:
    """A bar on stderr, where that is a terminal; `total` counts pictures times methods."""
    return tqdm(
        total=total, leave=False, disable=None,
        bar_format="{desc:8} {percentage:3.0f}% {bar} {elapsed} < {remaining}",
    )  # fmt: skip


def ticker(bar: tqdm) -> Callable[..., None]:
    """A callback for a method's finished fraction: each method is one step of the bar."""

    def tick(fraction: float, name: str = "") -> None:
        bar.set_description_str(name, refresh=False)
        bar.n = int(bar.n) + fraction
        bar.refresh()

    return tick


def print_changes(
    label: str, changes: Sequence[against.Change], worst: Sequence[against.Pair]
) -> None:
    """What became of one network: a line a score, and the pictures that lost most."""
    head = ("before", "after", "change", "better", "worse", "same", "p")
    lines = [(label, *head), *map(_change_line, changes)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        cells = [line[0].ljust(widths[0]), *map(str.rjust, line[1:], widths[1:])]
        print("   ".join(cells))
    if worst:
        named = ", ".join(f"{pair.image} {pair.gain:+.2f} dB" for pair in worst)
        print(one_line(f"worst regressions: {named}".replace("-", "−")))


def _change_line(change: against.Change) -> tuple[str, ...]:
    digits = 4 if change.score == "ssim" else 2
    way = "↑" if against.BETTER[change.score] > 0 else "↓"
    p = "—" if change.p is None else f"{change.p:.2g}"
    return (
        f"  {against.TITLES[change.score]} {way}",
        f"{change.before:.{digits}f}",
        f"{change.after:.{digits}f}",
        format_change(change.after, change.before, digits),
        *map(str, (change.better, change.worse, change.same)),
        p,
    )
