"""The scores of a comparison as rows that say what was measured, and how."""

import csv
import io
from collections.abc import Sequence

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, Result
from sr_demo.inference.runnable import operations
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import ssim

Record = dict[str, str | int | float | None]


def records(picture: str, comparison: Comparison, box: Box | None) -> list[Record]:
    """One row a result: its picture, the rules, the scores, and those of a crop.

    Args:
        picture: its name.
        box: the crop, in pixels of the results; what lies outside of them is cut off.

    Returns:
        The same keys in every row. Without an original there is nothing to measure PSNR and SSIM
        against, and no such key.
    """
    height, width = (side * comparison.scale for side in comparison.lr.shape[:2])
    box = box and box.clamped(width, height)
    scored = crop_scores(comparison, box) if box else {}
    rows = []
    for result in comparison.results:
        row: Record = {
            "picture": _cell(picture),
            "method": _cell(result.added or result.method),
            "scale": comparison.scale,
            "degradation": comparison.degradation.words or "none",
            "width": width,
            "height": height,
        }
        rows.append(row | _scores(comparison, result) | _crop(comparison, result, box, scored))
    return rows


def crop_scores(comparison: Comparison, box: Box) -> dict[str, tuple[float | None, float | None]]:
    """PSNR and SSIM of every result inside a box, without a border; empty without an original.

    Args:
        box: inside the picture.
    """
    if comparison.original is None:
        return {}
    original, space = box.crop(comparison.original), comparison.color_space
    return {
        result.method: (
            psnr(original, box.crop(result.image), color_space=space),
            ssim(original, box.crop(result.image), color_space=space),
        )
        for result in comparison.results
    }


def csv_bytes(rows: Sequence[Record]) -> bytes:
    """As CSV in full precision; what could not be measured is empty, what is infinite "inf"."""
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, list(rows[0]) if rows else [], lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode("utf-8", "replace")


def _scores(comparison: Comparison, result: Result) -> Record:
    scores = result.scores
    row: Record = {}
    if comparison.original is not None:
        row = {
            "color_space": comparison.color_space,
            "border_px": comparison.scale,
            "psnr_db": scores.psnr,
            "ssim": scores.ssim,
        }
    return row | {
        "lr_psnr_db": scores.lr_psnr,
        "niqe": scores.niqe,
        "seconds": result.seconds,
        "parameters": None if result.added else result.parameters,
        "operations_per_pixel": (
            None if result.added else operations(result.method, comparison.scale)
        ),
    }


def _crop(
    comparison: Comparison,
    result: Result,
    box: Box | None,
    scored: dict[str, tuple[float | None, float | None]],
) -> Record:
    sides = box or (None, None, None, None)
    names = ("crop_left", "crop_top", "crop_width", "crop_height")
    row: Record = dict(zip(names, sides, strict=True))
    if comparison.original is not None:
        row["crop_psnr_db"], row["crop_ssim"] = scored.get(result.method, (None, None))
    return row


def _cell(text: str) -> str:
    """A file's name that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
