"""The fonts of printed figures, which come with matplotlib: a figure looks the same everywhere."""

from functools import cache

from matplotlib.font_manager import findfont, get_font

FONTS = ["STIXGeneral", "DejaVu Sans"]  # the second for letters that the first lacks


def legible(text: str) -> str:
    """A file's name with a square for each letter that no font here has, as of Chinese."""
    return "".join(c if ord(c) in _letters() else "□" for c in text)


@cache
def _letters() -> frozenset[int]:
    return frozenset(code for name in FONTS for code in get_font(findfont(name)).get_charmap())
