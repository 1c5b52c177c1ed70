"""How the scores of a training run went from validation to validation."""

import io
from collections.abc import Mapping, Sequence

import matplotlib
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FuncFormatter, MaxNLocator

from sr_demo.figures.palette import MIDDLE, colour_of
from sr_demo.methods import METHODS

Curve = Sequence[Mapping[str, float]]  # a row for each validation: "step" and the scores by name

# What a curve is drawn of, of a run's scores: those that its weights are chosen by.
_BETTER = {
    "PSNR-Y (dB)": "↑",
    "NIQE": "↓",
    "spectrum distance": "↓",
    "mesh (90 %)": "↓",
}
_PANEL = (3.0, 1.9)  # inches


def curves_figure(curves: Mapping[tuple[str, int], Curve]) -> Figure:
    """A row of panels for each run, one for each score that its weights are chosen by.

    Args:
        curves: by method and scale; at least one, each with at least one row. A run on pixels has
            no score but PSNR, one against a discriminator has all four.
    """
    scores = {run: _drawn(curve) for run, curve in curves.items()}
    columns = max(map(len, scores.values()))
    width, height = _PANEL
    figure = Figure(figsize=(width * columns, height * len(curves)), layout="constrained")
    FigureCanvasSVG(figure)
    figure.patch.set_alpha(0)  # by day and by night
    panels = figure.subplots(len(curves), columns, squeeze=False)
    for row, ((method, scale), curve) in zip(panels, curves.items(), strict=True):
        for panel in row:
            panel.set_axis_off()  # what is filled below is turned on again
        for panel, name in zip(row, scores[method, scale], strict=False):
            points = [(line["step"], line[name]) for line in curve if name in line]
            _draw(panel, points, f"{name} {_BETTER[name]}", colour_of(method))
    for row, (method, scale) in zip(panels, curves, strict=True):
        row[0].set_title(f"{METHODS[method].label} ×{scale}", loc="left", color=MIDDLE, fontsize=9)
    return figure


def svg(figure: Figure) -> bytes:
    """The figure as SVG with a transparent ground, the same bytes for the same figure."""
    buffer = io.BytesIO()
    with matplotlib.rc_context({"svg.hashsalt": "sr_demo", "svg.fonttype": "none"}):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    return buffer.getvalue()


def _drawn(curve: Curve) -> list[str]:
    return [name for name in _BETTER if any(name in line for line in curve)]


def _draw(panel: Axes, points: Sequence[tuple[float, float]], label: str, colour: str) -> None:
    panel.set_axis_on()
    steps, values = zip(*points, strict=True)
    panel.plot(steps, values, color=colour, linewidth=1.5, marker="." if len(points) < 30 else "")
    panel.set_ylabel(label, color=MIDDLE, fontsize=8)
    panel.set_xlabel("step", color=MIDDLE, fontsize=8)
    panel.xaxis.set_major_locator(MaxNLocator(4, integer=True))
    panel.xaxis.set_major_formatter(FuncFormatter(lambda step, _: f"{step:,.0f}"))
    panel.yaxis.set_major_locator(MaxNLocator(4))
    panel.ticklabel_format(axis="y", style="plain", useOffset=False)  # 25.144, not +0.004
    panel.tick_params(colors=MIDDLE, labelsize=7)
    panel.spines[["top", "right"]].set_visible(False)
    panel.spines[["left", "bottom"]].set_color(MIDDLE)
    panel.patch.set_visible(False)
