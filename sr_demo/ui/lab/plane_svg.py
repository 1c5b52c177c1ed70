"""The plane as SVG for the page: the same axes and places as in `plane.plane_figure`, but alive.

Drawn twice, for wide and for narrow windows, so that letters keep their size. What moves and what
answers to a click is in bench.js.
"""

import math
from collections.abc import Iterable, Sequence
from html import escape

from sr_demo.figures.palette import colour_of
from sr_demo.figures.perception_distortion import (
    NOT_REACHED,
    ORIGIN,
    Plane,
    Point,
    named,
    not_reached,
    place_labels,
    rmse_of,
)
from sr_demo.formatting import format_niqe, format_psnr

WIDE, NARROW = (560, 440), (360, 380)
_LEFT, _RIGHT, _TOP, _BOTTOM = 44, 12, 40, 46  # margins around the axes
_LETTER = 7.4  # about the width of one, in pixels
_PALE = 3.5  # radius of a dot that is a mean over a test set
_MARK, _NEAR = 7, 15  # of a method's, and of where a finger finds it

Size = tuple[float, float]


def plane_svg(plane: Plane, size: Size) -> str:
    """One `<svg>`; dots carry `data-name`, points of a curve `data-alpha`."""
    inner = size[0] - _LEFT - _RIGHT, size[1] - _TOP - _BOTTOM
    outline = " ".join(
        f"{x * inner[0]:.1f},{(1 - y) * inner[1]:.1f}" for x, y in not_reached(plane)
    )
    parts = [
        f'<svg viewBox="0 0 {size[0]} {size[1]}" role="group" '
        'aria-label="Perception–distortion plane: a dot for every method">'
        f'<g transform="translate({_LEFT} {_TOP})">',
        f'<polygon class="not-reached" points="{outline}"/>',
        f'<text class="reach" x="{inner[0] - 8}" y="{inner[1] - 9}">{NOT_REACHED}</text>',
        *_axes(plane, inner),
        *(_means(plane, points, inner) for points in plane.testsets.values()),
        *(_curve(plane, kind, inner) for kind in plane.curves),
        '<g class="now" hidden=""><circle r="8"/><text x="12" y="-5"></text></g>',
        *_dots(plane, inner),
        "</g></svg>",
    ]  # fmt: skip
    return "".join(parts)


def tell(point: Point) -> str:
    """Where a point lies, in words."""
    if not point.rmse:
        return f"{point.label}: distortion 0, NIQE {format_niqe(point.niqe)}"
    return (
        f"{point.label}: RMSE {point.rmse:.1f} grey levels "
        f"({format_psnr(point.psnr)}), NIQE {format_niqe(point.niqe)}"
    )


def _at(plane: Plane, point: Point, inner: Size) -> Size:
    return plane.frame.x(point.rmse) * inner[0], (1 - plane.frame.y(point.niqe)) * inner[1]


def _axes(plane: Plane, inner: Size) -> Iterable[str]:
    (width, height), frame = inner, plane.frame
    yield f'<path class="axis" d="M0 0V{height}H{width}"/>'
    if frame.start:
        yield f'<path class="axis" d="M{1.75 * ORIGIN * width - 5} {height + 5}l6 -10m4 0l-6 10"/>'
    for tick in frame.x_ticks:
        yield _tick(frame.x(tick) * width, height, 0, 5, f"{tick:g}", 16)
    for tick in frame.y_ticks:
        y = (1 - frame.y(tick)) * height
        yield f'<path class="axis" d="M0 {y:.1f}h-5"/>'
        yield f'<text class="y" x="-8" y="{y + 4:.1f}">{tick:g}</text>'
    for tick in frame.psnr_ticks:
        yield _tick(frame.x(rmse_of(tick)) * width, 0, 0, -5, f"{tick:g}", -5)
    closer = "← closer to the original" if width > 400 else "← closer"
    below = f"RMSE of luma, grey levels ({closer})"
    yield f'<text class="title" x="{width / 2}" y="{height + 40}">{below}</text>'
    yield f'<text class="title above" x="{width / 2}" y="-26">PSNR of luma, dB</text>'
    yield (
        f'<text class="title" transform="translate(-32 {height / 2}) rotate(-90)">'
        "NIQE (↓ more natural)</text>"
    )


def _tick(x: float, y: float, dx: float, dy: float, text: str, below: float) -> str:
    kind = "x" if dy > 0 else "x above"
    return (
        f'<path class="axis" d="M{x:.1f} {y}l{dx} {dy}"/>'
        f'<text class="{kind}" x="{x:.1f}" y="{y + dy + (below if dy > 0 else -4)}">{text}</text>'
    )


def _means(plane: Plane, points: Sequence[Point], inner: Size) -> str:
    """All methods' means over one test set, joined by a line."""
    line = " ".join(f"{x:.1f},{y:.1f}" for x, y in (_at(plane, point, inner) for point in points))
    dots = "".join(_pale(plane, point, inner) for point in points)
    return f'<g class="means"><polyline points="{line}"/>{dots}</g>'


def _pale(plane: Plane, point: Point, inner: Size) -> str:
    x, y = _at(plane, point, inner)
    return (
        f'<circle class="pale" cx="{x:.1f}" cy="{y:.1f}" r="{_PALE}" '
        f'fill="{colour_of(point.name)}"><title>{escape(tell(point))}</title></circle>'
    )


def _curve(plane: Plane, kind: str, inner: Size) -> str:
    places = [(point, *_at(plane, point, inner)) for point in plane.curves[kind]]
    line = " ".join(f"{x:.1f},{y:.1f}" for _, x, y in places)
    points = "".join(
        f'<circle class="alpha" data-alpha="{point.name}" cx="{x:.1f}" cy="{y:.1f}" r="3.5">'
        f"<title>{escape(tell(point))}</title></circle>"
        for point, x, y in places
    )
    return f'<g class="curve" data-kind="{kind}"><polyline points="{line}"/>{points}</g>'


def _dots(plane: Plane, inner: Size) -> Iterable[str]:
    labels = named(plane)
    dots = [_at(plane, point, inner) for point, _ in labels]
    sizes = [(_LETTER * len(text), 14.0) for _, text in labels]
    curves = [*plane.curves.values(), plane.testset_means]
    others = [_at(plane, point, inner) for curve in curves for point in curve]
    corners = place_labels(dots, sizes, inner, others)
    for (point, text), (x, y), (left, top), (wide, _) in zip(
        labels, dots, corners, sizes, strict=True
    ):
        middle = left + wide / 2
        anchor = "middle" if abs(middle - x) < 1 else "start" if left > x else "end"
        edge = {"start": left, "middle": middle, "end": left + wide}[anchor]
        label = f'x="{edge:.1f}" y="{top + 11:.1f}" text-anchor="{anchor}">{escape(text)}</text>'
        if point.testset:
            yield f'<text class="testset" {label}'
            continue
        at = f'cx="{x:.1f}" cy="{y:.1f}"'
        yield (
            f'<g class="dot" role="link" tabindex="0" data-name="{point.name}" '
            f'aria-label="{escape(tell(point))}. Open its picture.">'
            f'<circle class="near" {at} r="{_reach((x, y), dots):.1f}"/>'
            f'<circle class="mark" {at} r="{_MARK}" fill="{colour_of(point.name)}"/>'
            f"<text {label}</g>"
        )


def _reach(dot: Size, dots: Sequence[Size]) -> float:
    """How far around a dot a finger finds it: not to where it would cover another."""
    gaps = [math.dist(dot, other) for other in dots if other != dot]
    return max(_MARK, min([_NEAR, *(gap / 2 for gap in gaps)]))
