"""What the numbers say of a comparison, in one line."""

import math
from collections.abc import Callable

from sr_demo.comparison import Comparison, Result
from sr_demo.formatting import format_psnr

INVENTS = "srgan"  # whose additions can be laid over
# What these add is likely, but nothing in the small picture says that it was there
INVENTIVE = ("srgan", "esrgan", "real_srgan")
CAUTION = "texture: not evidence"


def verdict(comparison: Comparison) -> str:
    """Which method is closest to the original and which looks most natural, by PSNR and NIQE.

    Wherever SRGAN or a method like it is compared it is said that what it adds is no evidence.

    Returns:
        One or two sentences; nothing where fewer than two methods were compared.
    """
    if len(comparison.results) < 2:
        return ""
    said = []
    if closest := _best(comparison, lambda r: r.scores.psnr, max):
        said.append(f"Closest: {closest.label}, {format_psnr(closest.scores.psnr)}.")
    natural = _best(comparison, lambda r: r.scores.niqe, min)
    inventive = [result for result in comparison.results if result.method in INVENTIVE]
    if natural and inventive == [natural]:
        said.append(f"Most natural: {natural.label} — which invents {CAUTION}.")
        return " ".join(said)
    if natural:
        said.append(f"Most natural, by NIQE: {natural.label}.")
    if inventive:
        verb = "invents" if len(inventive) == 1 else "invent"
        said.append(f"{' and '.join(result.label for result in inventive)} {verb} {CAUTION}.")
    return " ".join(said)


def _best(
    comparison: Comparison, value: Callable[[Result], float | None], better: Callable[..., Result]
) -> Result | None:
    """The first of those that score best; None where nothing could be measured."""
    measured = [r for r in comparison.results if (v := value(r)) is not None and not math.isnan(v)]
    return better(measured, key=value) if measured else None
