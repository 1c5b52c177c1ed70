"""A card for each method of our own: its network drawn to scale, what it costs, what one sees."""

from html import escape

from sr_demo.figures.diagram import NARROW, WIDE, diagram
from sr_demo.foreign.network import ForeignNetwork
from sr_demo.formatting import format_count
from sr_demo.inference.layers import Layer, layers, receptive_field
from sr_demo.inference.runnable import available, network, operations, parameters
from sr_demo.methods import METHODS, SCALES, Method
from sr_demo.networks import SuperResolver
from sr_demo.storage import Latest
from sr_demo.ui.models.examples import FAILURE, SCALE, SUCCESS, Example, address, example

INTRO = (
    "Each bar is a convolution: as wide as it has channels, as high as the picture that it makes. "
    "All are drawn by one measure, between the small picture and one {scale} times as wide. The "
    "receptive field is the part of the small picture that can change one pixel of the result."
)
KEYS = 4  # the width of his cubic, in pixels of the small picture


def cards() -> str:
    """HTML: every method of this project that can run here, by the largest scale that it has."""
    shown = "".join(_card(METHODS[name], scale) for name, scale in _offered().items())
    return f'<h2>The methods</h2><p>{INTRO.format(scale=SCALE)}</p><div class="cards">{shown}</div>'


def _offered() -> dict[str, int]:
    scales = {name: scale for scale in sorted(SCALES) for name in available(scale)}
    return {
        name: scales[name]
        for name in METHODS
        if name in scales and (METHODS[name].network or not METHODS[name].learns)
    }


def _card(method: Method, scale: int) -> str:
    parts = _layers[method.name, scale] if method.learns else ()
    drawn = "".join(
        f'<div class="{kind}">{diagram(parts, scale, method.colour, ruler)}</div>'
        for kind, ruler in (("long", WIDE), ("short", NARROW))
    )
    title = f"model-{method.name}"
    return (
        f'<article class="card" aria-labelledby="{title}">'
        f'<header><h3 id="{title}">{escape(method.label)}</h3> <span>{escape(method.paper)}</span>'
        f"</header><p>{escape(method.idea)}</p>"
        f'<div class="drawing">{drawn}</div>{_facts(method, scale, len(parts))}'
        f"{_examples(method.name) if scale == SCALE else ''}</article>"
    )


def _facts(method: Method, scale: int, count: int) -> str:
    sees = receptive_field(_native(method.name, scale)) if method.learns else KEYS
    work = operations(method.name, scale)
    facts = {
        "Receptive field": f"{sees} × {sees} small pixels",
        "Operations / px": f"{format_count(work)} multiplications",
        "Has learnt": f"{format_count(parameters(method.name, scale))} numbers, {count} layers"
        if method.learns
        else "nothing",
    }
    if scale != SCALE:
        facts["Drawn for"] = f"×{scale}"
    rows = "".join(
        f"<div><dt>{name}</dt><dd>{escape(text)}</dd></div>" for name, text in facts.items()
    )
    return f"<dl>{rows}</dl>"


def _examples(name: str) -> str:
    found = [("Does well", SUCCESS.get(name)), ("Fails", FAILURE.get(name))]
    shown = "".join(_example(name, kind, chosen) for kind, chosen in found if chosen)
    return f'<div class="examples">{shown}</div>' if shown else ""


def _example(name: str, kind: str, chosen: Example) -> str:
    shown = example(name, chosen)
    pictures = (
        ("Small picture", shown.lr), (METHODS[name].label, shown.sr), ("Original", shown.hr)
    )  # fmt: skip
    images = "".join(
        f'<span><img src="{address(pixels)}" alt="{escape(label)}">{escape(label)}</span>'
        for label, pixels in pictures
    )
    return (
        f"<figure><div>{images}</div>"
        f"<figcaption><b>{kind}</b> {escape(chosen.says)}</figcaption></figure>"
    )


def _native(name: str, scale: int) -> SuperResolver:
    """The network in our own class, where it runs by its authors' weights."""
    net = network(name, scale)
    return net.native or net if isinstance(net, ForeignNetwork) else net


_layers: Latest[tuple[str, int], tuple[Layer, ...]] = Latest(
    make=lambda key: tuple(layers(_native(*key))), version=lambda key: network(*key)
)
