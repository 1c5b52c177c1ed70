"""What browsers and programs ask for, which may be anything: checked, or refused in a sentence."""

import logging
from collections.abc import Collection
from typing import Any

import gradio as gr
from gradio_client.utils import is_http_url_like

from sr_demo.images import ImageError
from sr_demo.methods import METHODS, SCALES
from sr_demo.samples import SAMPLES
from sr_demo.storage import CheckpointError

log = logging.getLogger(__name__)

NOT_THESE = "These values do not fit: look up what is asked for under “Use via API”."
OURS = (ValueError, PermissionError, CheckpointError)  # errors that say what to do


class CheckedBlocks(gr.Blocks):
    """Blocks that fetch nothing from addresses, and refuse odd values of an event in a sentence."""

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """As Gradio's, which fetches each file whose path is an address, and tells no reasons."""
        try:
            refuse_addresses(inputs)
            return await super().preprocess_data(block_fn, inputs, state, explicit_call)
        except gr.Error:
            raise
        except Exception as error:
            log.info("refused: %s", error)
            reason = str(error) if isinstance(error, ImageError) else NOT_THESE
            raise gr.Error(reason, print_exception=False) from error


def refuse_addresses(value: Any) -> None:
    """Raise ``ImageError`` where a file, at any depth of JSON, is one of another machine."""
    if isinstance(value, dict):
        if is_http_url_like(str(value.get("path"))):
            raise ImageError("Upload the picture: nothing is fetched from other addresses here.")
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        refuse_addresses(item)


def plain(error: Exception, what: str, ours: tuple[type[Exception], ...] = OURS) -> str:
    """One line to tell the person; of an error that is not ours, the log gets the rest.

    Args:
        what: was done, at the beginning of a sentence: "The comparison".
        ours: errors whose own message is in plain words.
    """
    if isinstance(error, ours):
        return " ".join(str(error).split())
    log.error("%s failed", what, exc_info=error)
    if isinstance(error, MemoryError):
        return "This machine ran out of memory: try a smaller picture."
    return f"{what} failed ({type(error).__name__}). Try again, or try another picture."


def said(event: gr.EventData, name: str) -> Any:
    """What a component's script said with an event under that name; None if it did not."""
    return getattr(event, name, None)


def whole(value: Any) -> int | None:
    """4 of 4, 4.0 and "4"; None of whatever is no whole number."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = int(value)
    except (ValueError, OverflowError):
        return None
    return number if isinstance(value, str) or number == value else None


def scale_of(value: Any) -> int:
    """One of ``SCALES``; a ``ValueError`` in plain words for anything else."""
    scale = whole(value)
    if scale not in SCALES:
        offered = ", ".join(map(str, SCALES))
        raise ValueError(f"There is no scale ×{_short(value)}; choose from {offered}.")
    return scale


def one_of(value: Any, choices: Collection[str], what: str) -> str:
    """One of the choices; a ``ValueError`` in plain words for anything else."""
    if not isinstance(value, str) or value not in choices:
        raise ValueError(f"There is no {what} “{_short(value)}”; choose from {', '.join(choices)}.")
    return value


def methods_of(value: Any) -> list[str] | None:
    """A list of names in ``METHODS``, or None, which means all.

    Raises:
        ValueError: in plain words, for anything else.
    """
    if value is None:
        return None
    if not isinstance(value, list | tuple):
        raise ValueError('Name the methods as a list, such as ["bicubic", "espcn"].')
    return [one_of(name, METHODS, "method") for name in value]


def flag(value: Any, name: str) -> bool:
    """True or False; a ``ValueError`` in plain words for anything else."""
    if not isinstance(value, bool):
        raise ValueError(f"{name} is true or false, not “{_short(value)}”.")
    return value


def sample_of(value: Any) -> str | None:
    """The name of a sample; None of anything else."""
    return value if isinstance(value, str) and value in SAMPLES else None


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 40 else f"{text[:40]} …"
