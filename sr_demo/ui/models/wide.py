"""A table that may be wider than the window, for every hand."""

from html import escape


def wide(label: str, inner: str) -> str:
    """A ``<table>`` around ``inner``, moved sideways by finger, wheel or arrow keys."""
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(label)}">'
        f"<table>{inner}</table></div>"
    )
