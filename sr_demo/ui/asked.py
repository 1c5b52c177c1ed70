"""What browsers and programs ask for, which may be anything: checked, or refused in a sentence."""

import logging
from collections.abc import Collection
from typing import Any
from urllib.parse import unquote

import gradio as gr
from fastapi.exception_handlers import request_validation_exception_handler
from fastapi.exceptions import RequestValidationError
from gradio.components.api_component import Api
from gradio.route_utils import FnIndexInferError
from gradio_client.utils import is_http_url_like
from starlette.requests import Request
from starlette.responses import JSONResponse

from sr_demo.images import ImageError
from sr_demo.methods import METHODS, SCALES
from sr_demo.samples import SAMPLES
from sr_demo.storage import CheckpointError

log = logging.getLogger(__name__)

NOT_THESE = "These values do not fit: look up what is asked for under “Use via API”."
NOT_UNDERSTOOD = (  # by Gradio's routes
    RequestValidationError, FnIndexInferError, KeyError, TypeError, ValueError,
)  # fmt: skip
OURS = (ValueError, PermissionError, CheckpointError)  # errors that say what to do


class CheckedBlocks(gr.Blocks):
    """Blocks that fetch nothing from addresses, and refuse whatever they refuse in a sentence."""

    async def process_api(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """As Gradio's, which of errors that are not its own tells ``{"error": null}``."""
        try:
            return await super().process_api(*args, **kwargs)
        except gr.Error:
            raise
        except Exception as error:
            raise gr.Error(plain(error, "This"), print_exception=False) from error

    async def preprocess_data(
        self, block_fn: Any, inputs: list[Any], state: Any, explicit_call: bool = False
    ) -> list[Any]:
        """As Gradio's, which fetches each file whose path is an address, and tells no reasons.

        What a program leaves out at the end is as by default, whichever way it asks.
        """
        left = block_fn.inputs[len(inputs) :]
        if all(isinstance(component, Api) for component in left):
            inputs = [*inputs, *(component.value for component in left)]
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
    """Raise ``ImageError`` where a file, at any depth of JSON, is one of another machine.

    The address of a file that was uploaded here, which agents are given, becomes its path.
    """
    if isinstance(value, dict):
        address, of_file, path = str(value.get("path")).partition("/gradio_api/file=")
        if of_file and is_http_url_like(address):
            value["path"] = unquote(path)
        elif is_http_url_like(str(value.get("path"))):
            raise ImageError("Upload the picture: nothing is fetched from other addresses here.")
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        refuse_addresses(item)


async def decline(request: Request, error: Exception) -> JSONResponse:
    """Say to a program, in a sentence, that what it asks for cannot be understood.

    An exception handler of the server, for what Gradio finds out before there is an event.

    Raises:
        Exception: the error itself, where it is not about the words of a call.
    """
    if "/gradio_api/call/" not in request.url.path:
        if isinstance(error, RequestValidationError):
            return await request_validation_exception_handler(request, error)
        raise error
    log.info("refused: %s", error)
    if isinstance(error, FnIndexInferError):
        return JSONResponse({"error": "There is no such endpoint: look under “Use via API”."}, 404)
    return JSONResponse({"error": NOT_THESE}, 422)


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


def number(value: Any, name: str) -> float | None:
    """A number or None; a ``ValueError`` in plain words for anything else."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ValueError(f"{name} is a number, not “{_short(value)}”.")
    return float(value)


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
