"""The page's endpoints for programs: ``/upscale`` and ``/compare`` through ``gradio_client``.

>>> from gradio_client import Client, handle_file
>>> client = Client("http://127.0.0.1:7860")
>>> client.predict(handle_file("photo.png"), "srresnet", 4, api_name="/upscale")
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

import gradio as gr
import numpy as np
from gradio import FileData

import sr_demo
from sr_demo.images import Loaded, load_image
from sr_demo.ui.files import file_data, file_name, keep_png, uploaded


def register() -> None:
    """Add the endpoints to the ``gr.Blocks`` that is being built."""
    for function in (upscale, compare):
        gr.events.api(_plainly(function), api_name=function.__name__,
               concurrency_id="network", concurrency_limit=1)  # fmt: skip


def upscale(image: FileData, method: str = "srresnet", scale: int = 4) -> FileData:
    """Enlarge an image by one method; returns a PNG with the input's opacity, if it has one."""
    name, loaded = _load(image)
    enlarged = sr_demo.upscale(_pixels(loaded), method, scale)
    return file_data(keep_png(f"{name}_x{scale}_{method}", enlarged))  # type: ignore[return-value]


def compare(
    image: FileData,
    scale: int = 4,
    methods: list[str] | None = None,
    has_original: bool = True,
    color_space: str = "y",
) -> tuple[dict[str, Any], list[FileData]]:
    """Compare methods: the scores by method (dB, seconds) and the outputs as PNGs, in that order.

    With has_original the image is the sharp original, which is reduced and restored; without, it is
    the small image itself, and there is no PSNR or SSIM.
    """
    name, loaded = _load(image)
    comparison = sr_demo.compare(
        loaded.pixels,
        scale,
        methods,
        has_original=has_original,
        opacity=loaded.opacity,
        color_space=color_space,
    )
    scores = {result.method: _scores(result) for result in comparison.results}
    files = [
        file_data(keep_png(f"{name}_x{scale}_{result.method}", result.image, comparison.opacity))
        for result in comparison.results
    ]
    return scores, files  # type: ignore[return-value]


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


def _load(image: FileData) -> tuple[str, Loaded]:
    # Gradio hands over the plain dict, whatever the annotation says.
    path = uploaded(image["path"] if isinstance(image, dict) else image.path)
    return file_name(path.stem), load_image(path)


def _pixels(loaded: Loaded) -> np.ndarray:
    return loaded.pixels if loaded.opacity is None else np.dstack([loaded.pixels, loaded.opacity])


def _plainly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, whose plain-worded errors reach the caller."""

    @wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except ValueError as error:
            raise gr.Error(str(error), print_exception=False) from error

    return call
