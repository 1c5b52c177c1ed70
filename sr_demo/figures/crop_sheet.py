"""Pictures to take away: the crop sheet, as super-resolution papers print it.

Figures are built without pyplot, so that nothing is shared between the threads of a server.
"""

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from scipy.ndimage import laplace, uniform_filter

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison
from sr_demo.figures.fonts import FONTS, legible
from sr_demo.formatting import format_psnr, format_ssim
from sr_demo.images import luma
from sr_demo.storage import write_atomically

# Inches, as printed: the text width of a two-column paper.
WIDTH, MAX_HEIGHT, MARGIN, GAP, GUTTER = 7.2, 4.8, 0.08, 0.1, 0.16
CAPTION, FOOTNOTE, MIN_CROP = 0.36, 0.33, 0.85
DPI, SCREEN_DPI = 300, 120

INK, QUIET, BOX = "#111111", "#666666", "#ff3b1f"


@dataclass(frozen=True)
class _Panel:
    pixels: np.ndarray  # the whole picture, of which the box is shown
    label: str
    detail: str = ""  # the second line of the caption


@dataclass(frozen=True)
class _Layout:
    """Where everything goes, in inches from the top left."""

    rows: int
    columns: int
    cell: tuple[float, float]  # width and height of one crop
    whole: tuple[float, float]  # and of the whole picture
    stacked: bool  # the crops are below the whole picture, not beside it

    @property
    def grid(self) -> tuple[float, float]:
        width = self.columns * self.cell[0] + (self.columns - 1) * GAP
        return width, self.rows * (self.cell[1] + CAPTION) + (self.rows - 1) * GAP

    @property
    def size(self) -> tuple[float, float]:
        grid_width, grid_height = self.grid
        whole_width, whole_height = self.whole[0], self.whole[1] + CAPTION
        if self.stacked:
            width, height = max(whole_width, grid_width), whole_height + GUTTER + grid_height
        else:
            width, height = whole_width + GUTTER + grid_width, max(whole_height, grid_height)
        return width + 2 * MARGIN, height + FOOTNOTE + 2 * MARGIN


def crop_sheet(
    comparison: Comparison, box: Box, labels: Mapping[str, str] | None = None, name: str = ""
) -> Figure:
    """The whole picture with the box drawn, and what each method made of the box, enlarged.

    The scores are those of the whole picture, as papers print them, the best in bold; without an
    original there are none, and the small input takes its place. `box` is in pixels of the
    enlarged picture; what lies outside is cut off. `labels` are the methods' names as printed, by
    default those of the table, and `name` is the picture's.
    """
    names = labels or {result.method: result.label for result in comparison.results}
    whole = _whole(comparison, names)
    height, width = whole.pixels.shape[:2]
    box = box.clamped(width, height)
    panels = _panels(comparison, names)
    layout = _layout(len(panels), width / height, box.width / box.height)

    figure = Figure(figsize=layout.size, dpi=DPI, facecolor="white")
    FigureCanvasAgg(figure)
    left = (layout.size[0] - layout.whole[0]) / 2 if layout.stacked else MARGIN
    axes = _picture(figure, whole, (left, MARGIN, *layout.whole), comparison.opacity)
    _draw_box(axes, box)
    for index, panel in enumerate(panels):
        _picture(figure, panel, _cell(layout, index), comparison.opacity, box)
    below = layout.size[1] - MARGIN
    what = _what(comparison, box, name)
    _text(figure, MARGIN, below - 0.13, what, 7, QUIET, "left", math=False)
    _text(figure, MARGIN, below, _protocol(comparison), 7, QUIET, "left")
    return figure


def save_crop_sheet(
    comparison: Comparison, box: Box, path: str | Path, labels: Mapping[str, str] | None = None,
    name: str = "",
) -> None:  # fmt: skip
    """Write `crop_sheet` as .png (300 dpi), .pdf or .svg, by the suffix of `path`."""
    # Type 42 embeds real fonts: the text can be searched, and publishers accept it.
    with matplotlib.rc_context({"pdf.fonttype": 42}):
        file = io.BytesIO()
        figure = crop_sheet(comparison, box, labels, name)
        figure.savefig(file, dpi=DPI, format=Path(path).suffix.strip("."))
    write_atomically(Path(path), file.getvalue())


def crop_sheet_png(comparison: Comparison, box: Box, labels: Mapping[str, str]) -> bytes:
    """`crop_sheet` as a PNG for a screen."""
    file = io.BytesIO()
    crop_sheet(comparison, box, labels).savefig(file, dpi=SCREEN_DPI, format="png")
    return file.getvalue()


def busiest_box(comparison: Comparison) -> Box:
    """A square a sixth of the shorter side, where the small image has the most fine detail."""
    gray = luma(comparison.lr).astype(np.float32)
    shorter = min(gray.shape)
    side = min(shorter, max(12, shorter // 6))
    detail = uniform_filter(np.abs(laplace(gray)), side)
    # A window's value lies at its middle; only windows inside the picture count.
    rows, columns = (slice(side // 2, side // 2 + n - side + 1) for n in gray.shape)
    inside = detail[rows, columns]
    if comparison.opacity is not None:
        clear = _opaque(comparison.opacity, comparison.scale, side)[rows, columns]
        inside = inside * (clear > 0.999 if clear.max() > 0.999 else clear)
    top, left = np.unravel_index(inside.argmax(), inside.shape)
    return Box(int(left), int(top), side, side).scaled(comparison.scale)


def _opaque(opacity: np.ndarray, scale: int, side: int) -> np.ndarray:
    """Which part of the window around each pixel of the small image is opaque: float (h, w)."""
    height, width = (length // scale for length in opacity.shape)
    blocks = opacity[: height * scale, : width * scale].reshape(height, scale, width, scale)
    return uniform_filter((blocks.min(axis=(1, 3)) == 255).astype(np.float32), side)


# --- what is shown --------------------------------------------------------------------------------


def _whole(comparison: Comparison, names: Mapping[str, str]) -> _Panel:
    if comparison.original is not None:
        pixels, name = comparison.original, "Original"
    else:
        pixels, name = _enlarged_input(comparison), "Input"
        if comparison.results:
            pixels, name = comparison.results[-1].image, names[comparison.results[-1].method]
    return _Panel(pixels, name, f"{pixels.shape[1]} × {pixels.shape[0]}")


def _what(comparison: Comparison, box: Box, name: str) -> str:
    """Which picture, and which part of it."""
    picture = f"{name if len(name) <= 40 else f'{name[:30]}…{name[-9:]}'}: " if name else ""
    crop = f"{box.width} × {box.height} pixels at ({box.left}, {box.top})"
    how = f" Input: {comparison.degradation.words}." if comparison.degradation.words else ""
    return f"{picture}enlarged ×{comparison.scale}; the crop is {crop}.{how}"


def _protocol(comparison: Comparison) -> str:
    """How the scores were measured; nothing without an original."""
    if comparison.original is None:
        return ""
    space = {"y": "luma", "rgb": "RGB"}[comparison.color_space]
    best = ", the best in bold" if len(comparison.results) > 1 else ""
    return (
        f"PSNR (dB) ↑ / SSIM ↑ of the whole picture: {space}, {comparison.scale} px border left "
        f"out{best}."
    )


def _panels(comparison: Comparison, names: Mapping[str, str]) -> list[_Panel]:
    height, width = comparison.lr.shape[:2]
    panels = [_Panel(_enlarged_input(comparison), "Input", f"{width} × {height}")]
    if comparison.original is not None:
        original = _Panel(comparison.original, "Original", "PSNR / SSIM")
        # Beside an original the input only fills the cell that an even grid would leave empty.
        panels = [original, *panels] if len(comparison.results) % 2 == 0 else [original]
    for result, line in zip(comparison.results, _score_lines(comparison), strict=True):
        panels.append(_Panel(result.image, names[result.method], line))
    return panels


def _enlarged_input(comparison: Comparison) -> np.ndarray:
    return comparison.lr.repeat(comparison.scale, axis=0).repeat(comparison.scale, axis=1)


def _score_lines(comparison: Comparison) -> list[str]:
    """One line a result, as 28.42 / 0.8123, the best of either in bold; empty if unmeasured."""
    scores = [result.scores for result in comparison.results]
    if comparison.original is None:
        return ["" for _ in scores]
    psnrs = _bold_best(
        [format_psnr(s.psnr).removesuffix(" dB") for s in scores], [s.psnr for s in scores]
    )
    ssims = _bold_best([format_ssim(s.ssim) for s in scores], [s.ssim for s in scores])
    return [f"{a} / {b}" for a, b in zip(psnrs, ssims, strict=True)]


def _bold_best(texts: list[str], values: list[float | None]) -> list[str]:
    measured = [value for value in values if value is not None]
    if len(measured) < 2:
        return texts
    # Equal as printed is equal to the reader: then both are bold.
    best = texts[values.index(max(measured))]
    return [rf"$\mathbf{{{text}}}$" if text == best else text for text in texts]


# --- where it goes --------------------------------------------------------------------------------


def _layout(crops: int, whole_aspect: float, box_aspect: float) -> _Layout:
    """Crops beside the whole picture, as large as can be; below it where that reads better."""
    # Beyond these the slot keeps its shape, and a still longer picture is centred in it.
    whole_aspect, box_aspect = np.clip([whole_aspect, box_aspect], [0.15, 0.6], [12, 12]).tolist()
    grids = [(rows, math.ceil(crops / rows)) for rows in range(1, crops + 1)]
    beside = [_beside(*grid, whole_aspect, box_aspect) for grid in grids]
    beside = [at for at in beside if at.cell[0] >= MIN_CROP]
    if beside and whole_aspect < 1.9:
        return max(beside, key=lambda at: math.prod(at.cell) * crops / (at.rows * at.columns))
    below = [_below(*grid, whole_aspect, box_aspect) for grid in grids]
    return next((at for at in below if at.cell[0] >= MIN_CROP), below[-1])


def _beside(rows: int, columns: int, whole_aspect: float, box_aspect: float) -> _Layout:
    # The whole picture is as high as the crops with the captions between them. Solve
    # whole_aspect (rows·h + gaps) + gutter + columns·box_aspect·h + between = inner for h.
    inner, gaps, between = WIDTH - 2 * MARGIN, (rows - 1) * (CAPTION + GAP), (columns - 1) * GAP
    by_width = (inner - GUTTER - between - whole_aspect * gaps) / (
        whole_aspect * rows + box_aspect * columns
    )
    height = min(by_width, (MAX_HEIGHT - gaps) / rows)
    whole_height = rows * height + gaps
    cell, whole = (box_aspect * height, height), (whole_aspect * whole_height, whole_height)
    return _Layout(rows, columns, cell, whole, stacked=False)


def _below(rows: int, columns: int, whole_aspect: float, box_aspect: float) -> _Layout:
    inner = WIDTH - 2 * MARGIN
    width = (inner - (columns - 1) * GAP) / columns
    whole_height = min(inner / whole_aspect, MAX_HEIGHT * 2 / 3)
    cell, whole = (width, width / box_aspect), (whole_aspect * whole_height, whole_height)
    return _Layout(rows, columns, cell, whole, stacked=True)


def _cell(layout: _Layout, index: int) -> tuple[float, float, float, float]:
    row, column = divmod(index, layout.columns)
    width, height = layout.cell
    if layout.stacked:
        left, top = (layout.size[0] - layout.grid[0]) / 2, layout.whole[1] + CAPTION + GUTTER
    else:
        left, top = MARGIN + layout.whole[0] + GUTTER, 0.0
    return (
        left + column * (width + GAP),
        MARGIN + top + row * (height + CAPTION + GAP),
        width,
        height,
    )


# --- drawing --------------------------------------------------------------------------------------


def _picture(
    figure: Figure,
    panel: _Panel,
    at: tuple[float, float, float, float],
    opacity: np.ndarray | None,
    box: Box | None = None,
) -> Axes:
    """Draw a panel, or its box, into a slot (left, top, width, height), and its caption below."""
    pixels = panel.pixels if opacity is None else np.dstack([panel.pixels, opacity])
    if box is not None:
        pixels = box.crop(pixels)
    left, top, width, height = at
    full_width, full_height = figure.get_size_inches()
    axes = figure.add_axes(
        (
            left / full_width,
            1 - (top + height) / full_height,
            width / full_width,
            height / full_height,
        )
    )
    axes.set_axis_off()
    shrinks = pixels.shape[0] > height * DPI or pixels.shape[1] > width * DPI
    axes.imshow(pixels, interpolation="antialiased" if shrinks else "nearest")
    middle, below = left + width / 2, top + height + 0.06
    _text(figure, middle, below + 0.09, panel.label, 9, INK, math=False)
    _text(figure, middle, below + 0.23, panel.detail, 8, QUIET if box is None else INK)
    return axes


def _draw_box(axes: Axes, box: Box) -> None:
    # Pixel centres are whole numbers, so a pixel's edge is half a unit to the left.
    corner = box.left - 0.5, box.top - 0.5
    for colour, width in (("white", 2.4), (BOX, 1.4)):  # the halo shows on any background
        frame = Rectangle(
            corner, box.width, box.height, fill=False, edgecolor=colour, linewidth=width
        )
        axes.add_patch(frame).set_clip_on(False)


def _text(
    figure: Figure, x: float, y: float, text: str, size: float, colour: str,
    align: str = "center", *, math: bool = True,
) -> None:  # fmt: skip
    """Text with its baseline at `y` inches from the top; not `math` where it is a file's name."""
    width, height = figure.get_size_inches()
    figure.text(
        x / width, 1 - y / height, text if math else legible(text),
        size=size, color=colour, ha=align, va="baseline",
        family=FONTS, math_fontfamily="stix", parse_math=math,
    )  # fmt: skip
