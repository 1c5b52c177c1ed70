"""The page's endpoints for programs and agents: their names, types, bounds and examples.

>>> from gradio_client import Client, handle_file
>>> client = Client("http://127.0.0.1:7860")
>>> client.predict(handle_file("photo.png"), "srresnet", 4, api_name="/upscale")
"""

import inspect
import os
import re
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr
from gradio import FileData

from sr_demo import interpolation
from sr_demo.methods import METHODS, SCALES
from sr_demo.sizing import MAX_SIDE
from sr_demo.ui.asked import plain
from sr_demo.ui.endpoints import MAX_IMAGES, Endpoints
from sr_demo.ui.quota import Quota
from sr_demo.ui.work import working

PULSE = 0.25  # seconds until it shows that a client has gone
SETTING, MEGAPIXELS_A_MINUTE = "SR_DEMO_API_QUOTA", 60.0
_PHOTO = {"path": "photo.png", "orig_name": "photo.png", "meta": {"_type": "gradio.FileData"}}


def register(page: gr.Blocks) -> None:
    """Add the endpoints to the ``gr.Blocks`` that is being built."""
    endpoints = Endpoints(quota())
    for function, outputs in (
        (endpoints.upscale, 1), (endpoints.compare, 2), (endpoints.benchmark, 2),
    ):  # fmt: skip
        waiting = None if outputs == 1 else (None,) * outputs
        added = gr.events.api(
            _stoppable(function, waiting), api_name=function.__name__,
            concurrency_id="network", concurrency_limit=1,
        )  # fmt: skip
        _describe(page.fns[added["id"]])


def quota() -> Quota | None:
    """What each client but this machine may have a minute, in pixels made; None without limit.

    Raises:
        ValueError: if ``SR_DEMO_API_QUOTA`` is not a number of megapixels.
    """
    given = os.environ.get(SETTING)
    try:
        megapixels = MEGAPIXELS_A_MINUTE if given is None else float(given)
    except ValueError:
        megapixels = -1
    if not 0 <= megapixels < float("inf"):
        raise ValueError(f"{SETTING} is “{given}”; give megapixels a minute, 0 for no limit.")
    return Quota(megapixels * 1e6, megapixels * 1e6) if megapixels else None


def _schemas() -> dict[str, dict[str, Any]]:
    """JSON Schema of each parameter, by its name."""
    names = {"type": "string", "enum": list(METHODS)}
    picture = FileData.model_json_schema()
    return {
        "image": picture,
        "images": {
            "type": "array", "items": picture, "minItems": 1, "maxItems": MAX_IMAGES,
            "$defs": picture.get("$defs", {}),
        },
        "method": {"type": "string", "enum": [*METHODS, interpolation.NAME]},
        "methods": _or_null({"type": "array", "items": names}),
        "scale": {"type": "integer", "minimum": min(SCALES), "maximum": max(SCALES)},
        "alpha": _or_null({"type": "number", "minimum": 0, "maximum": 1}),
        "size": _or_null({"type": "string", "pattern": "[0-9]*x[0-9]*"}),
        "max_side": _or_null({"type": "integer", "minimum": 1, "maximum": MAX_SIDE}),
        "has_original": {"type": "boolean"},
        "color_space": {"type": "string", "enum": ["y", "rgb"]},
        "degrade": {"type": "string"},
    }  # fmt: skip


def _or_null(schema: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [{"type": "null"}, schema]}


_EXAMPLES: dict[str, Any] = {
    "image": _PHOTO, "images": [_PHOTO], "methods": ["bicubic", "srresnet"], "alpha": 0.4,
    "size": "1920x1080", "max_side": 2048, "degrade": "medium",
}  # fmt: skip


def _describe(event: Any) -> None:
    """Give an endpoint's parameters what Gradio does not read from a signature.

    Their names, bounds, descriptions and examples, for the API page, clients and agents.
    """
    schemas = _schemas()
    asked = [name for name, has, default, kind in gr.utils.get_function_params(event.fn)]
    described = gr.utils.get_function_description(event.fn)[1]
    for component, name in zip(event.inputs, asked, strict=True):
        text = described[name]
        component.label = name
        component._api_info = {**schemas[name], "additional_description": text}
        if name in _EXAMPLES:
            component.example_payload = component.example_value = lambda of=name: _EXAMPLES[of]


def _stoppable(function: Callable[..., Any], waiting: Any) -> Callable[..., Iterator[Any]]:
    """The endpoint of a function: a generator, whose last value is the function's.

    Gradio can stop nothing else when a client cancels or leaves; see :func:`working`.

    Args:
        waiting: what it yields before.
    """
    name = f"/{function.__name__}"

    @wraps(function)
    def endpoint(*args: Any) -> Iterator[Any]:
        def work(report: Callable[[Any], None]) -> None:
            report(function(*args, progress=lambda *_: report(None)))

        try:
            for made in working(work, threading.Event(), PULSE):
                yield waiting if made is None else made
        except Exception as error:
            raise gr.Error(plain(error, name), print_exception=False) from error

    # Gradio asks its callers for every parameter that it sees.
    asked = inspect.signature(function)
    seen = [p for p in asked.parameters.values() if p.name != "progress"]
    endpoint.__signature__ = asked.replace(parameters=seen)  # type: ignore[attr-defined]
    # It reads a line for each parameter and output, and leaves out what follows on the next.
    endpoint.__doc__ = re.sub(r"\n {8,}", " ", inspect.getdoc(function) or "")
    return endpoint
