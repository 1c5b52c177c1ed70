"""What is printed: one line stays one line, and no terminal lacks a character to the death."""

import codecs
import io
import sys

_PLAIN = {
    "↑": "^", "↓": "v", "×": "x", "–": "-", "—": "-", "−": "-", "…": "...", "²": "2",
    "“": '"', "”": '"', "’": "'", "→": "->", "·": ".",
}  # fmt: skip


def use_plain_characters() -> None:
    """From now on, what stdout and stderr cannot encode is written in ASCII, as near as may be.

    Windows' consoles of before UTF-8 have no arrows: printing one would end the program.
    """
    codecs.register_error("sr_demo.plain", _plain)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="sr_demo.plain")


def _plain(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(_PLAIN.get(c, "?") for c in error.object[error.start : error.end]), error.end


def one_line(text: str) -> str:
    """A text that may hold any file's name, without what would break the line or move the cursor.

    Spaces in a row become one.
    """
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
