"""The scores of a run over its steps, as CSV: small enough to stand beside the weights it made.

A run has its curve up to now in its folder; a checkpoint has it up to its own step in
``curves/`` beside it, and ``python -m train report`` draws these.
"""

import csv
import io
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sr_demo.storage import write_atomically

NAME = "curve.csv"


def read(path: Path) -> list[dict[str, float]]:
    """The rows of a curve, earliest first; none where there is no file. A score may be missing.

    Rows that are damaged are left out: a run shall not end for the sake of its log.
    """
    if not path.is_file():
        return []
    text = path.read_text(encoding="utf-8", errors="replace").replace("\0", "")
    rows = []
    for row in csv.DictReader(io.StringIO(text, newline="")):
        with suppress(ValueError, TypeError):
            numbers = {name: float(value) for name, value in row.items() if value}
            if "step" in numbers:
                rows.append(numbers)
    return rows


def add(path: Path, step: int, scores: Mapping[str, float]) -> None:
    """Write one validation's scores as the last row.

    Rows of this step and of later ones go: a killed run had made them, and is making them again.
    """
    rows = [row for row in read(path) if row["step"] < step] + [{"step": step, **scores}]
    names = list(dict.fromkeys(name for row in rows for name in row))
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, names, lineterminator="\n")
    writer.writeheader()
    for row in rows:
        values = {name: f"{value:.5g}" for name, value in row.items()}
        writer.writerow({**values, "step": f"{row['step']:.0f}"})
    write_atomically(path, text.getvalue().encode())


def shipped_path(checkpoint: Path) -> Path:
    """Where the curve of a checkpoint's run stands: ``curves/srgan_x4.csv`` in its folder."""
    return checkpoint.parent / "curves" / f"{checkpoint.stem}.csv"


def ship(path: Path, checkpoint: Path) -> None:
    """Put a run's curve, as far as it has come, beside the checkpoint that it led to."""
    write_atomically(shipped_path(checkpoint), path.read_bytes())
