"""The page's endpoints for programs: ``/upscale`` and ``/compare`` through ``gradio_client``.

>>> from gradio_client import Client, handle_file
>>> client = Client("http://127.0.0.1:7860")
>>> client.predict(handle_file("photo.png"), "srresnet", 4, api_name="/upscale")
"""

import inspect
import os
import threading
from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np
from gradio import FileData

import sr_demo
from sr_demo.gate import load_untrusted
from sr_demo.images import Loaded
from sr_demo.methods import METHODS
from sr_demo.ui.asked import flag, methods_of, one_of, plain, scale_of
from sr_demo.ui.files import file_data, file_name, keep_png, uploaded
from sr_demo.ui.quota import HERE, Quota, client_of
from sr_demo.ui.work import working

MAX_OUTPUT_PIXELS = 16_000_000  # of one picture; the page, where one person waits, has four times
PULSE = 0.25  # seconds until it shows that a client has gone
SETTING, MEGAPIXELS_A_MINUTE = "SR_DEMO_API_QUOTA", 60.0


def register() -> None:
    """Add the endpoints to the ``gr.Blocks`` that is being built."""
    endpoints = Endpoints(quota())
    for function, waiting in ((endpoints.upscale, None), (endpoints.compare, (None, None))):
        gr.events.api(_stoppable(function, waiting), api_name=function.__name__,
               concurrency_id="network", concurrency_limit=1)  # fmt: skip


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


class Endpoints:
    """What programs may call. Errors that they can do something about are ``ValueError``."""

    def __init__(self, quota: Quota | None) -> None:
        self._quota = quota

    def upscale(
        self,
        image: FileData,
        method: str = "srresnet",
        scale: int = 4,
        request: gr.Request | None = None,
        *,
        progress: Callable[..., None],
    ) -> FileData:
        """Enlarge an image by one method; returns a PNG with the input's opacity, if it has one.

        At most 16 megapixels of output; cancelled calls stop within a tile.
        """
        scale, method = scale_of(scale), one_of(method, METHODS, "method")
        name, loaded = _load(image)
        self._admit(request, loaded.pixels, scale)
        pixels = sr_demo.upscale(_with_opacity(loaded), method, scale, progress=progress)
        return file_data(keep_png(f"{name}_x{scale}_{method}", pixels))  # type: ignore[return-value]

    def compare(
        self,
        image: FileData,
        scale: int = 4,
        methods: list[str] | None = None,
        has_original: bool = True,
        color_space: str = "y",
        request: gr.Request | None = None,
        *,
        progress: Callable[..., None],
    ) -> tuple[dict[str, Any], list[FileData]]:
        """Compare methods: the scores by method (dB, seconds), then the outputs as PNGs.

        With has_original the image is the sharp original, which is reduced and restored; without,
        it is the small image itself, and there is no PSNR or SSIM. At most 16 megapixels of output
        from each method; cancelled calls stop within a tile.
        """
        scale, names = scale_of(scale), methods_of(methods)
        has_original = flag(has_original, "has_original")
        color_space = one_of(color_space, ("y", "rgb"), "color_space")
        name, loaded = _load(image)
        count = len(METHODS if names is None else set(names))
        self._admit(request, loaded.pixels, 1 if has_original else scale, count)
        comparison = sr_demo.compare(
            loaded.pixels,
            scale,
            names,
            has_original=has_original,
            opacity=loaded.opacity,
            color_space=color_space,
            progress=progress,
        )
        scores = {result.method: _scores(result) for result in comparison.results}
        files = [
            file_data(keep_png(f"{name}_x{scale}_{made.method}", made.image, comparison.opacity))
            for made in comparison.results
        ]
        return scores, files  # type: ignore[return-value]

    def _admit(
        self, request: gr.Request | None, pixels: np.ndarray, factor: int, count: int = 1
    ) -> None:
        """Refuse what is too large, or too much for one client.

        Args:
            factor: pixels a side of an output, for each of these.
            count: of outputs.
        """
        height, width = (side * factor for side in pixels.shape[:2])
        if height * width > MAX_OUTPUT_PIXELS:
            raise ValueError(
                f"{width}×{height} is {height * width / 1e6:.1f} megapixels of output; programs "
                f"may have {MAX_OUTPUT_PIXELS / 1e6:g}. Send a smaller picture, or use the page."
            )
        client = client_of(request)
        if self._quota and client != HERE:
            self._quota.take(client, height * width * count)


def _scores(result: sr_demo.Result) -> dict[str, Any]:
    values = {
        "psnr": result.scores.psnr,
        "ssim": result.scores.ssim,
        "lr_psnr": result.scores.lr_psnr,
        "seconds": result.seconds,
        "parameters": result.parameters,
    }
    # JSON knows no infinity, which two identical pictures have: null there means "identical".
    return {k: None if v is None or np.isinf(v) else v for k, v in values.items()}


def _load(image: Any) -> tuple[str, Loaded]:
    # Gradio hands over the plain dict, whatever the annotation says.
    path = image.get("path") if isinstance(image, dict) else None
    if not isinstance(path, str):
        raise ValueError("Upload the picture: handle_file(…) of gradio_client does that.")
    file = uploaded(path)
    return file_name(file.stem), load_untrusted(file)


def _with_opacity(loaded: Loaded) -> np.ndarray:
    return loaded.pixels if loaded.opacity is None else np.dstack([loaded.pixels, loaded.opacity])


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
    return endpoint
