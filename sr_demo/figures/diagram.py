"""A network as a drawing to scale: each convolution a bar, between the small picture and the large.

A bar is as wide as its convolution has channels, and as high as the picture that it makes; the two
squares are the small picture and the result, by the same measure.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from html import escape
from itertools import groupby

from sr_demo.inference.layers import Layer

_LINE, _LETTER = 15, 6.6  # CSS pixels between two lines of text, and that a letter takes
_MEASURE = 64  # channels that the bar of the scale stands for


@dataclass(frozen=True)
class Ruler:
    """How large things are drawn, in CSS pixels.

    Attributes:
        width: of the whole drawing; a network that is longer is drawn narrower, to fit.
        side: of the small picture.
        channel: of each channel of a layer.
        gap: between the layers of a group.
        space: between groups.
    """

    width: float
    side: float
    channel: float
    gap: float
    space: float


WIDE = Ruler(width=640, side=22, channel=0.1, gap=3, space=9)
NARROW = Ruler(width=340, side=11, channel=0.042, gap=1.3, space=8)


@dataclass(frozen=True)
class Group:
    """Layers that follow each other in one part of a network, such as its blocks."""

    layers: tuple[Layer, ...]

    @property
    def kernels(self) -> str:
        """Their filters: ``9×9``, or ``32 × 3×3`` where there are several alike."""
        sizes = {layer.kernel for layer in self.layers}
        text = " and ".join(f"{size}×{size}" for size in sorted(sizes))
        return f"{len(self.layers)} × {text}" if len(self.layers) > 1 else text

    @property
    def channels(self) -> str:
        """How many each of them makes: ``64``, or ``32–64``."""
        counts = sorted({layer.outputs for layer in self.layers})
        return f"{counts[0]}" if len(counts) == 1 else f"{counts[0]}–{counts[-1]}"

    def width(self, ruler: Ruler) -> float:
        """Of its bars and the gaps between them."""
        channels = sum(layer.outputs for layer in self.layers)
        return channels * ruler.channel + (len(self.layers) - 1) * ruler.gap

    def room(self, ruler: Ruler) -> float:
        """Of its bars or its two labels, whichever takes more."""
        return max(self.width(ruler), _LETTER * max(len(self.kernels), len(self.channels)))


def groups(layers: Sequence[Layer]) -> list[Group]:
    """The layers by the part of the network that they stand in, in order."""
    parts = groupby(layers, key=lambda layer: layer.name.partition(".")[0])
    return [Group(tuple(part)) for _, part in parts]


def told(layers: Sequence[Layer], scale: int) -> str:
    """The drawing in words."""
    if not layers:
        return f"From the small picture to one {scale} times as wide by a formula, without layers."
    parts = ", ".join(f"{group.kernels} of {group.channels} channels" for group in groups(layers))
    return f"Convolutions from the small picture to one {scale} times as wide: {parts}."


def diagram(layers: Sequence[Layer], scale: int, colour: str, ruler: Ruler) -> str:
    """One ``<svg>``, whose text and outlines have the colour of the text around it."""
    parts = groups(layers)
    large = scale * ruler.side
    pictures = ruler.side + large + 2 * ruler.space
    ruler = _fitted(parts, ruler, pictures)
    middle = large / 2 + 1
    drawn = [_picture(0.5, middle, ruler.side), _text(ruler.side / 2, large, "in")]
    x = ruler.side + ruler.space
    for part in parts:
        room = part.room(ruler)
        drawn += _bars(part, x + (room - part.width(ruler)) / 2, middle, colour, ruler)
        drawn += [
            _text(x + room / 2, large, part.kernels),
            _text(x + room / 2, large + _LINE, part.channels, "quiet"),
        ]
        x += room + ruler.space
    if not parts:
        drawn.append(_text(x + 30, middle + 4 - _LINE, "formula"))
        x += 60 + ruler.space
    drawn += [_picture(x, middle, large), _text(x + large / 2, large, f"out, ×{scale}")]
    width, height = x + large + 1, large + _LINE + 6
    if parts:
        drawn.append(_measure(large + 2 * _LINE, ruler))
        height += 2 * _LINE
    return (
        f'<svg viewBox="0 0 {width:.0f} {height:.0f}" width="{width:.0f}" height="{height:.0f}" '
        f'role="img" aria-label="{escape(told(layers, scale))}">{"".join(drawn)}</svg>'
    )


def _fitted(parts: Sequence[Group], ruler: Ruler, pictures: float) -> Ruler:
    """The ruler, or one by which a longer network is as wide as the drawing may be."""
    bars = sum(part.width(ruler) for part in parts)
    rest = sum(ruler.space + part.room(ruler) - part.width(ruler) for part in parts)
    by = min(1.0, (ruler.width - pictures - rest) / bars) if bars else 1.0
    return replace(ruler, channel=ruler.channel * by, gap=ruler.gap * by)


def _bars(part: Group, x: float, middle: float, colour: str, ruler: Ruler) -> list[str]:
    drawn = []
    for layer in part.layers:
        width, height = layer.outputs * ruler.channel, layer.finer * ruler.side
        drawn.append(
            f'<rect class="layer" data-layer="{layer.name}" x="{x:.2f}" '
            f'y="{middle - height / 2:.2f}" width="{max(width, 0.5):.2f}" height="{height:.2f}" '
            f'fill="{colour}"/>'
        )
        x += width + ruler.gap
    return drawn


def _picture(x: float, middle: float, side: float) -> str:
    return (
        f'<rect class="picture" x="{x:.2f}" y="{middle - side / 2:.2f}" width="{side:.2f}" '
        f'height="{side:.2f}" fill="none" stroke="currentColor"/>'
    )


def _text(x: float, below: float, text: str, kind: str = "") -> str:
    return f'<text class="{kind}" x="{x:.1f}" y="{below + _LINE:.1f}">{escape(text)}</text>'


def _measure(below: float, ruler: Ruler) -> str:
    """The scale of widths: a bar of so many channels."""
    width = _MEASURE * ruler.channel
    return (
        f'<rect class="measure" x="0.5" y="{below + 5:.1f}" width="{width:.2f}" height="10" '
        f'fill="currentColor"/><text class="quiet start" x="{width + 6:.1f}" '
        f'y="{below + _LINE:.1f}">{_MEASURE} channels</text>'
    )
