"""Where a restored picture differs from its original, and which frequencies it has lost.

All on luma (Y of BT.601), which the scores are measured on.
"""

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from scipy import fft

from sr_demo.comparison import Comparison
from sr_demo.figures.fonts import legible
from sr_demo.figures.palette import MIDDLE, colour_of, dash_of
from sr_demo.images import luma
from sr_demo.metrics.ssim import ssim_map


def error_map(original: np.ndarray, image: np.ndarray) -> np.ndarray:
    """|ΔY| of two uint8 RGB pictures (H, W, 3): float32 (H, W), in grey levels, 0 … 219."""
    return np.abs(luma(original) - luma(image)).astype(np.float32)


def radial_spectrum(image: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Power of the Y of a uint8 RGB picture (H, W, 3) by spatial frequency, whatever the direction.

    Returns:
        frequencies (N,) in cycles per pixel, above 0 and up to 0.5, and the power (N,) there, in
        grey levels²: white noise of variance v has power v everywhere. N is half the shorter side.

    The mean is taken off and a Hann window laid over, so that the picture's edges, which meet when
    it is repeated, do not count as detail.

    Raises:
        ValueError: for a picture less than 4 pixels high or wide.
    """
    height, width = image.shape[:2]
    if min(height, width) < 4:
        raise ValueError(f"{width} × {height} pixels are too few for a spectrum")
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])
    plane = luma(image)
    plane -= np.average(plane, weights=window)
    power = np.square(np.abs(fft.fft2(plane * window))) / np.square(window).sum()
    distance = np.hypot(*np.meshgrid(fft.fftfreq(height), fft.fftfreq(width), indexing="ij"))
    count = min(height, width) // 2
    rings = np.rint(distance * 2 * count).astype(np.intp).ravel()  # 0 is the mean, count is 0.5
    totals = np.bincount(rings, power.ravel())[1 : count + 1]
    pixels = np.bincount(rings)[1 : count + 1]
    return np.arange(1, count + 1) / (2 * count), totals / pixels


# --- figures --------------------------------------------------------------------------------------


def error_figure(comparison: Comparison) -> Figure:
    """The error map of every method on one colour scale, a transparent ground behind.

    The scale ends where 99.5 % of the pixels of the worst method lie, or single ones would darken
    all others.
    """
    original = _original(comparison)
    maps = {r.label: error_map(original, r.image) for r in comparison.results}
    top = max(1.0, *(float(np.percentile(plane, 99.5)) for plane in maps.values()))
    return _maps(maps, "Error of Y (grey levels)", "magma", 0, top, extend="max")


def ssim_figure(comparison: Comparison) -> Figure:
    """The local SSIM of every method, 1 (white) where it is like the original."""
    original = _original(comparison)
    maps = {r.label: ssim_map(original, r.image) for r in comparison.results}
    return _maps(maps, "Local SSIM (1 is alike)", "gray", 0, 1, extend="min")


def spectrum_figure(comparison: Comparison) -> Figure:
    """The power spectra of the original and of every method, both axes logarithmic."""
    pictures = [("original", "Original", _original(comparison))]
    pictures += [(result.method, result.label, result.image) for result in comparison.results]
    figure = _figure(9.6, 4.2)
    axes = figure.add_axes((0.08, 0.14, 0.89, 0.82))
    for name, label, image in pictures:
        frequencies, power = radial_spectrum(image)
        axes.loglog(*_smooth(frequencies, power), color=colour_of(name), dashes=dash_of(name),
                    linewidth=2.2 if name == "original" else 1.6, label=legible(label))  # fmt: skip
    limit = 0.5 / comparison.scale
    axes.axvline(limit, color=MIDDLE, linewidth=1, linestyle=":")
    for x, text, side in (
        (0.96, "told by the small picture", "right"),
        (1.04, "to be guessed", "left"),
    ):
        axes.text(limit * x, 0.03, text, ha=side, va="bottom", size=8.5, color=MIDDLE,
                  transform=axes.get_xaxis_transform())  # fmt: skip
    axes.set_xlim(max(0.01, float(frequencies[0])), 0.5)
    ticks = [tick for tick in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5) if tick >= axes.get_xlim()[0]]
    axes.set_xticks(ticks, [f"{tick:g}" for tick in ticks])
    axes.set_xticks([], minor=True)
    axes.set_xlabel("spatial frequency (cycles per pixel)")
    axes.set_ylabel("power of Y (grey levels²)")
    _quiet(axes)
    legend = axes.legend(frameon=False, labelcolor=MIDDLE, fontsize=9, handlelength=3.2)
    for written in legend.get_texts():
        written.set_parse_math(False)  # a file's name may have dollars in it
    return figure


def _original(comparison: Comparison) -> np.ndarray:
    if comparison.original is None or not comparison.results:
        raise ValueError("maps need a sharp original and at least one method to compare with it")
    return comparison.original


def _smooth(frequencies: np.ndarray, power: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Averages over rings of even width on a logarithmic axis: fine ones only jitter there."""
    edges = np.geomspace(frequencies[0], 0.5 * 1.001, 60)
    places = np.searchsorted(edges, frequencies, side="right")
    counts = np.bincount(places)
    filled = counts > 0
    means = [np.bincount(places, values)[filled] / counts[filled] for values in
             (np.log(frequencies), power)]  # fmt: skip
    return np.exp(means[0]), means[1]


def _maps(
    maps: Mapping[str, np.ndarray], title: str, colours: str, low: float, high: float, extend: str
) -> Figure:
    """Panels of equal size in rows of three at most, and one colour bar for all beneath."""
    height, width = next(iter(maps.values())).shape
    columns = min(3, len(maps))
    rows = -(-len(maps) // columns)
    panel = (9.6 - 0.1 * (columns - 1)) / columns
    tall = min(panel * height / width, 2 * panel)
    total = rows * (tall + 0.3) + 0.6
    figure = _figure(9.6, total)
    for index, (label, plane) in enumerate(maps.items()):
        row, column = divmod(index, columns)
        left, top = column * (panel + 0.1), 0.3 + row * (tall + 0.3)
        axes = figure.add_axes((left / 9.6, 1 - (top + tall) / total, panel / 9.6, tall / total))
        axes.set_axis_off()
        drawn = axes.imshow(plane, cmap=colours, vmin=low, vmax=high, interpolation="antialiased")
        axes.set_title(legible(label), size=10, color=MIDDLE, pad=3, parse_math=False)
    bar = figure.colorbar(
        drawn, cax=figure.add_axes((0.3, 0.42 / total, 0.4, 0.11 / total)),
        orientation="horizontal", extend=extend,
    )  # fmt: skip
    bar.set_label(title, size=9, color=MIDDLE)
    bar.outline.set_visible(False)
    bar.ax.tick_params(labelsize=8, colors=MIDDLE)
    return figure


def _figure(width: float, height: float) -> Figure:
    figure = Figure(figsize=(width, height), dpi=150)
    figure.patch.set_alpha(0)  # by day and by night
    FigureCanvasAgg(figure)
    return figure


def _quiet(axes: Axes) -> None:
    axes.patch.set_alpha(0)
    axes.tick_params(which="both", colors=MIDDLE, labelsize=9)
    for label in (axes.xaxis.label, axes.yaxis.label):
        label.set(color=MIDDLE, size=9.5)
    for place, spine in axes.spines.items():
        spine.set_visible(place in ("left", "bottom"))
        spine.set_color(MIDDLE)
