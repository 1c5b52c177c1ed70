"""Score methods over a folder of sharp pictures, as the tables of papers do."""

import csv
import io
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from statistics import fmean

import numpy as np
from PIL import Image

from sr_demo.comparison import Comparison, stream
from sr_demo.degradation import Degradation, degrade
from sr_demo.images import ImageError, crop_to_multiple, load_image
from sr_demo.metrics.artifacts import colour_shift, mesh, spectrum_distance
from sr_demo.metrics.scores import Scores, fidelity, naturalness
from sr_demo.storage import write_atomically

ORIGINAL = "original"  # stands for a method in rows about the sharp picture itself
OF_ORIGINAL = ("niqe", "mesh")  # what can be said of it
SCORES = (
    "psnr", "ssim", "lr_psnr", "niqe", "mesh", "spectrum_distance", "colour_shift", "seconds",
)  # fmt: skip


@dataclass(frozen=True)
class Row:
    """What one method made of one picture, or the mean over all of them."""

    image: str
    method: str  # or ORIGINAL
    scores: Scores
    seconds: float | None
    mesh: float | None = None  # of sr_demo.metrics.artifacts, the 90th percentile
    spectrum_distance: float | None = None  # of the same, from the original
    colour_shift: float | None = None  # against the small picture, in grey levels

    def values(self) -> dict[str, float | None]:
        """By the names of `SCORES`."""
        every = {**vars(self.scores), **vars(self)}
        return {key: every[key] for key in SCORES}


def find_pairs(folder: Path, scale: int) -> list[tuple[Path, Path | None]]:
    """The pictures of `folder`/HR, each with its small version in `folder`/LR if there is an LR.

    A folder that holds x2, x3, x4 stands for the one of the scale. The two files have the same
    name, the suffix apart, or the small one has x4 (the scale) behind it. Raises ImageError.
    """
    root = next((f for f in (folder, folder / f"x{scale}") if (f / "HR").is_dir()), None)
    if root is None:
        what = "has no HR folder in it" if folder.is_dir() else "is not a folder"
        raise ImageError(f"{folder} {what}: give a folder whose HR/ holds sharp pictures.")
    sharp = _pictures(root / "HR")
    if not sharp:
        raise ImageError(f"{root / 'HR'} holds no pictures.")
    if not (root / "LR").is_dir():
        return [(path, None) for path in sharp]
    small = {path.stem: path for path in _pictures(root / "LR")}
    pairs = [(path, small.get(path.stem, small.get(f"{path.stem}x{scale}"))) for path in sharp]
    for path, partner in pairs:
        if partner is None:
            raise ImageError(f"{root / 'LR'} has nothing to go with HR/{path.name}.")
    return pairs


def load_pair(
    path: Path, small: Path | None, scale: int, degradation: Degradation | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """The original, cropped to a multiple of the scale, and its LR: as given, or made here.

    With a degradation it is always made here.
    """
    original = crop_to_multiple(load_image(path).pixels, scale)
    if not original.size:
        raise ImageError(f"{path.name} is too small to be reduced ×{scale}.")
    if small is None or degradation is not None:
        return original, degrade(original, scale, degradation or Degradation())
    lr = load_image(small).pixels
    height, width = original.shape[0] // scale, original.shape[1] // scale
    if lr.shape != (height, width, 3):
        raise ImageError(
            f"LR/{small.name} is {lr.shape[1]} × {lr.shape[0]} pixels, but HR/{path.name} "
            f"reduced ×{scale} is {width} × {height}: is the scale right?"
        )
    return original, lr


def run(
    pairs: Iterable[tuple[Path, Path | None]],
    scale: int,
    methods: Sequence[str] | None = None,
    progress: Callable[[float, str], None] | None = None,
    degradation: Degradation | None = None,
) -> Iterator[Row]:
    """Restore and score picture after picture, every method on each.

    LR files are used as given, or not at all where there is a `degradation`. `progress` is that of
    `compare.stream`. Raises ImageError, naming the file, for a picture that cannot be used, and
    CheckpointError as `compare.stream`.
    """
    for path, small in pairs:
        try:
            original, lr = load_pair(path, small, scale, degradation)
            yield from score(path.stem, original, lr, scale, methods, progress)
        except ValueError as error:
            known = path.name in str(error)
            raise ImageError(str(error) if known else f"{path.name}: {error}") from error


def score(
    name: str,
    original: np.ndarray,
    lr: np.ndarray,
    scale: int,
    methods: Sequence[str] | None = None,
    progress: Callable[[float, str], None] | None = None,
) -> Iterator[Row]:
    """Restore one small picture by every method, and score the results against the original."""
    *_, comparison = stream(lr, scale, methods, has_original=False, progress=progress)
    yield from rows_of(name, _against(original, comparison))


def _against(original: np.ndarray, comparison: Comparison) -> Comparison:
    """A comparison that knew no original, completed by what can only be scored with one."""
    results = []
    for result in comparison.results:
        psnr, ssim = fidelity(result.image, original, border=comparison.scale)
        results.append(replace(result, scores=replace(result.scores, psnr=psnr, ssim=ssim)))
    return replace(comparison, original=original, results=tuple(results))


def rows_of(name: str, comparison: Comparison) -> Iterator[Row]:
    """What is measured of one comparison: a row for every method, and one for the original."""
    original = comparison.original
    for result in comparison.results:
        yield Row(
            name, result.method, result.scores, result.seconds,
            _mesh(result.image),
            None if original is None else spectrum_distance(result.image, original),
            colour_shift(result.image, comparison.lr),
        )  # fmt: skip
    if original is not None:
        scores = Scores(None, None, None, naturalness(original))
        yield Row(name, ORIGINAL, scores, None, _mesh(original))


def _mesh(image: np.ndarray) -> float | None:
    tiles = mesh(image)
    return None if tiles is None else tiles.percentile


def means(rows: Sequence[Row]) -> list[Row]:
    """The mean over pictures, one row a method; a score that no picture has stays None."""
    averages = []
    for method in dict.fromkeys(row.method for row in rows):
        table = [row.values() for row in rows if row.method == method]
        mean = {key: _mean([values[key] for values in table]) for key in SCORES}
        scores = Scores(*(mean.pop(field.name) for field in fields(Scores)))
        averages.append(Row("mean", method, scores, **mean))
    return averages


def as_json(rows: Sequence[Row], scale: int) -> dict[str, object]:
    """The means as plain values for `json.dumps`, each method's an `as_entry`.

    The sharp pictures' own NIQE and mesh stand beside the methods, under "original".
    """
    entries = {row.method: as_entry(row) for row in means(rows)}
    original = entries.pop(ORIGINAL, {})
    return {
        "scale": scale,
        "images": sum(row.method == rows[0].method for row in rows),
        "methods": entries,
        "original": {key: original.get(key) for key in OF_ORIGINAL},
    }


def as_entry(row: Row) -> dict[str, object]:
    """The scores as plain values for `json.dumps`.

    JSON has no infinity: a PSNR that is infinite because every pixel was right is null, and its
    name then stands in the list "infinite". A null without that was not measurable.
    """
    values = row.values()
    infinite = [key for key, value in values.items() if value is not None and math.isinf(value)]
    entry: dict[str, object] = {k: None if k in infinite else v for k, v in values.items()}
    return {**entry, "infinite": infinite} if infinite else entry


def csv_bytes(rows: Iterable[Row]) -> bytes:
    """Every picture and method on a line of its own; infinite is "inf", unmeasured is empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["image", "method", *SCORES])
    for row in rows:
        values = row.values()
        writer.writerow([row.image, row.method, *(values[key] for key in SCORES)])
    return text.getvalue().encode("utf-8", "replace")


def write_csv(rows: Iterable[Row], path: Path) -> None:
    """Write `csv_bytes` to a file."""
    write_atomically(path, csv_bytes(rows))


def _pictures(folder: Path) -> list[Path]:
    suffixes = Image.registered_extensions()
    return sorted(
        path
        for path in folder.iterdir()
        if path.suffix.lower() in suffixes and not path.name.startswith(".")
    )


def _mean(values: Sequence[float | None]) -> float | None:
    measured = [value for value in values if value is not None]
    return fmean(measured) if measured else None
