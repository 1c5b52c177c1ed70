"""The colour and the dashes of everything that is drawn: the methods' own, and three more."""

from sr_demo.methods import METHODS

ORIGINAL = "#71717a"
INTERPOLATION = "#cc79a7"  # the path from SRResNet to SRGAN
MIDDLE = "#76767f"  # of text on a transparent ground: legible by day and by night


def colour_of(name: str) -> str:
    """Of a method, "original" or "interpolation"."""
    others = {"original": ORIGINAL, "interpolation": INTERPOLATION}
    return others[name] if name in others else METHODS[name].colour


def dash_of(name: str) -> tuple[float, ...]:
    """Of a method's line; the original's is solid."""
    return () if name == "original" else METHODS[name].dash
