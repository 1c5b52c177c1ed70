"""Many pictures on one sheet: a row of crops for each, and beneath them box plots and means."""

import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sr_demo.boxes import Box
from sr_demo.figures.fonts import FONTS, legible
from sr_demo.figures.palette import colour_of
from sr_demo.formatting import format_niqe, format_psnr, format_ssim
from sr_demo.methods import METHODS
from sr_demo.metrics.scores import Scores
from sr_demo.records import Record

WIDTH, MARGIN, GAP = 7.2, 0.1, 0.06  # inches
HEAD, NAME, SCORE, FOOT, PLOT = 0.3, 0.22, 0.18, 0.36, 2.1
ROWS = 60  # of pictures that are printed; scores count all
TALLEST = 1.6  # height of a crop, in its widths
DPI = 200
SIDE = 480  # pixels of a crop that are worth keeping
INK, QUIET = "#111111", "#666666"

Value = Callable[[Scores], float | None]
PLOTS: tuple[tuple[str, Value, Callable[[float | None], str]], ...] = (
    ("PSNR (dB) ↑", lambda s: s.psnr, lambda v: format_psnr(v).removesuffix(" dB")),
    ("SSIM ↑", lambda s: s.ssim, format_ssim),
    ("LR-PSNR (dB) ↑", lambda s: s.lr_psnr, lambda v: format_psnr(v).removesuffix(" dB")),
    ("NIQE ↓", lambda s: s.niqe, format_niqe),
)


@dataclass(frozen=True)
class Strip:
    """What is kept of one picture: the same box of everything, and the scores.

    Attributes:
        name: of the picture's file.
        box: in pixels of the results.
        crops: "original" or "input", then every method: ``uint8`` RGB ``(h, w, 3)``, reduced where
            the box is larger than is printed.
        scores: of every method, for the whole picture.
        rows: the same and more, for a table.
    """

    name: str
    box: Box
    crops: Mapping[str, np.ndarray]
    scores: Mapping[str, Scores]
    rows: Sequence[Record]


def series_sheet(strips: Sequence[Strip], scale: int, color_space: str = "y") -> Figure:
    """The crops of every picture and method with PSNR and SSIM, then how all pictures scored.

    Args:
        strips: at least one; all of the same methods.
        scale: that they were restored by.
        color_space: "y" or "rgb", of the scores.
    """
    shown = strips[:ROWS]
    columns = list(strips[0].crops)
    cell = (WIDTH - 2 * MARGIN - (len(columns) - 1) * GAP) / len(columns)
    heights = [min(_aspect(strip), TALLEST) * cell for strip in shown]
    above = HEAD + sum(height + NAME + SCORE for height in heights)
    figure = Figure(figsize=(WIDTH, above + PLOT + FOOT + 2 * MARGIN), dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    page = _page(figure)
    for index, name in enumerate(columns):
        label = METHODS[name].label if name in METHODS else name.capitalize()
        _text(page, _left(index, cell) + cell / 2, MARGIN + 0.16, label, 9, middle=True)
    top = MARGIN + HEAD
    for strip, height in zip(shown, heights, strict=True):
        _row(page, strip, top, cell, height)
        top += NAME + height + SCORE
    _plots(figure, strips, top + 0.1)
    top += PLOT + FOOT - 0.13
    for line, text in enumerate(_footnote(strips, scale, color_space)):
        _text(page, MARGIN, top + 0.14 * line, text, 7, QUIET)
    return figure


def sheet_bytes(figure: Figure, suffix: str) -> bytes:
    """A sheet as the bytes of a file.

    Args:
        figure: from :func:`series_sheet`.
        suffix: "png" (200 dpi) or "pdf".
    """
    file = io.BytesIO()
    with matplotlib.rc_context({"pdf.fonttype": 42}):  # real fonts: the text can be searched
        figure.savefig(file, dpi=DPI, format=suffix)
    return file.getvalue()


def means(strips: Sequence[Strip]) -> dict[str, tuple[float | None, ...]]:
    """Of each method the mean of every score in `PLOTS` over the pictures that have it."""
    return {
        name: tuple(_mean(_measured(strips, name, value)) for _, value, _ in PLOTS)
        for name in strips[0].scores
    }


def _measured(strips: Sequence[Strip], name: str, value: Value) -> list[float]:
    values = [value(strip.scores[name]) for strip in strips if name in strip.scores]
    return [v for v in values if v is not None]


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def _aspect(strip: Strip) -> float:
    return strip.box.height / strip.box.width


def _left(index: int, cell: float) -> float:
    return MARGIN + index * (cell + GAP)


def _page(figure: Figure) -> Axes:
    """Axes over the whole page, in inches from its top left."""
    width, height = figure.get_size_inches()
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set(xlim=(0, width), ylim=(height, 0), autoscale_on=False)
    return axes


def _row(page: Axes, strip: Strip, top: float, cell: float, height: float) -> None:
    _text(page, MARGIN, top + 0.15, _short(strip.name), 7, QUIET)
    top += NAME
    best = [_best([value(s) for s in strip.scores.values()]) for _, value, _ in PLOTS[:2]]
    for index, (name, crop) in enumerate(strip.crops.items()):
        left = _left(index, cell)
        wide = min(cell, height / _aspect(strip))
        start = left + (cell - wide) / 2
        smooth = crop.shape[1] > wide * DPI
        page.imshow(
            crop, extent=(start, start + wide, top + height, top), aspect="auto",
            interpolation="antialiased" if smooth else "nearest",
        )  # fmt: skip
        scores = strip.scores.get(name)
        if scores is None or scores.psnr is None:
            continue
        size = min(7, cell * 72 / 7)  # as wide as the crop: fourteen figures of half their height
        for part, (_, value, text) in enumerate(PLOTS[:2]):
            bold = "bold" if value(scores) == best[part] and len(strip.scores) > 1 else "normal"
            place = left + cell * (0.27 + 0.48 * part)
            _text(page, place, top + height + 0.12, text(value(scores)), size, weight=bold,
                  middle=True)  # fmt: skip


def _best(values: Sequence[float | None]) -> float | None:
    return max((v for v in values if v is not None), default=None)


def _plots(figure: Figure, strips: Sequence[Strip], top: float) -> None:
    """A box plot for each score that was measured: a box a method, its mean below."""
    width, height = figure.get_size_inches()
    names = list(strips[0].scores)
    kept = [plot for plot in PLOTS if any(_finite(strips, name, plot[1]) for name in names)]
    each = (WIDTH - 2 * MARGIN) / max(1, len(kept))
    for index, (title, value, text) in enumerate(kept):
        place = (MARGIN + index * each + 0.34, height - top - PLOT + 0.72, each - 0.42, PLOT - 1.0)
        axes = figure.add_axes(tuple(np.divide(place, (width, height, width, height)).tolist()))
        axes.set_title(title, size=8, color=INK, family=FONTS)
        data = [_finite(strips, name, value) for name in names]
        drawn = axes.boxplot(
            data, widths=0.6, showmeans=True, patch_artist=True,
            meanprops={"marker": "D", "markersize": 3, "markerfacecolor": "white",
                       "markeredgecolor": INK, "markeredgewidth": 0.7},
            medianprops={"color": INK, "linewidth": 1}, flierprops={"markersize": 2.5},
            whiskerprops={"linewidth": 0.7}, capprops={"linewidth": 0.7},
        )  # fmt: skip
        for box, name in zip(drawn["boxes"], names, strict=True):
            box.set(facecolor=colour_of(name), alpha=0.75, linewidth=0.7)
        labels = [f"{METHODS[n].label} {text(_mean(d))}" for n, d in zip(names, data, strict=True)]
        axes.set_xticks(range(1, len(names) + 1), labels, rotation=40, ha="right")
        axes.tick_params(labelsize=6.5, length=2, pad=1, colors=INK)
        axes.spines[["top", "right"]].set_visible(False)
        axes.grid(axis="y", linewidth=0.3, alpha=0.6)


def _finite(strips: Sequence[Strip], name: str, value: Value) -> list[float]:
    return [v for v in _measured(strips, name, value) if math.isfinite(v)]


def _footnote(strips: Sequence[Strip], scale: int, color_space: str) -> list[str]:
    """Its lines."""
    count = f"{len(strips)} pictures" if len(strips) > 1 else "1 picture"
    if len(strips) > ROWS:
        count += f", the first {ROWS} of them shown"
    lines = [f"{count}, ×{scale}. Boxes: quartiles and median; diamonds and figures: means."]
    if any(s.psnr is not None for s in strips[0].scores.values()):
        space = {"y": "luma", "rgb": "RGB"}[color_space]
        lines.append(
            f"Below each crop PSNR (dB) ↑ and SSIM ↑ of the whole picture: {space}, "
            f"{scale} px border left out; the best in bold."
        )
    return lines


def _short(name: str) -> str:
    return name if len(name) <= 90 else f"{name[:60]}…{name[-29:]}"


def _text(
    page: Axes, x: float, y: float, text: str, size: float, colour: str = INK, *,
    weight: str = "normal", middle: bool = False,
) -> None:  # fmt: skip
    """Text with its first baseline at `y` inches from the top; a file's name is no mathematics."""
    page.text(
        x, y, legible(text), size=size, color=colour, weight=weight,
        ha="center" if middle else "left",
        va="baseline", family=FONTS, parse_math=False,
    )  # fmt: skip
