"""The colour and the dashes of everything that is drawn: the methods' own, and four more."""

from sr_demo.methods import METHODS

ORIGINAL = "#71717a"
INTERPOLATION = "#cc79a7"  # the path from SRResNet to SRGAN
ADDED = "#8b5a2b"  # what other programs made of the picture
MIDDLE = "#76767f"  # of text on a transparent ground: legible by day and by night


def colour_of(name: str) -> str:
    """Of a method, "original" or "interpolation"; of any other name that of an added result."""
    others = {"original": ORIGINAL, "interpolation": INTERPOLATION}
    if name in others:
        return others[name]
    return METHODS[name].colour if name in METHODS else ADDED


def dash_of(name: str) -> tuple[float, ...]:
    """Of a method's line; all others are solid."""
    return METHODS[name].dash if name in METHODS else ()
