"""What programs may ask of the page: to enlarge a picture, compare methods, benchmark them."""

from collections.abc import Callable
from typing import Any

import gradio as gr
import numpy as np
from gradio import FileData

import sr_demo
from sr_demo import benchmark, interpolation
from sr_demo.degradation import Degradation, parse
from sr_demo.degradation import degrade as reduced
from sr_demo.gate import load_untrusted
from sr_demo.images import ImageError, Loaded, crop_to_multiple
from sr_demo.inference.runnable import parameters
from sr_demo.methods import METHODS
from sr_demo.sizing import Size, parse_size, upscale_to
from sr_demo.ui.asked import flag, methods_of, number, one_of, scale_of, whole
from sr_demo.ui.files import file_data, file_name, keep_file, keep_png, uploaded
from sr_demo.ui.quota import HERE, Quota, client_of

MAX_OUTPUT_PIXELS = 16_000_000  # of one picture; the page, where one person waits, has four times
MAX_IMAGES = 100  # of a benchmark


class Endpoints:
    """What programs may call. Errors that they can do something about are ``ValueError``.

    The docstrings are what programs and agents are told; Gradio reads their "Args:" and "Returns:".
    """

    def __init__(self, quota: Quota | None) -> None:
        self._quota = quota

    def upscale(
        self,
        image: FileData,
        method: str = "srresnet",
        scale: int = 4,
        alpha: float | None = None,
        size: str | None = None,
        max_side: int | None = None,
        request: gr.Request | None = None,
        *,
        progress: Callable[..., None],
    ) -> FileData:
        """Enlarge an image by super-resolution; transparency is kept.

        At most 16 megapixels come out; a cancelled call stops within a tile.

        Args:
            image: The picture to enlarge, in any usual format.
            method: srresnet is closest to the truth, srgan the sharpest but invents texture,
                real_srgan is for blurred, noisy or compressed pictures, espcn and srcnn are fast,
                bicubic is plain interpolation, interpolation lies between srresnet and srgan.
            scale: How many times larger each side becomes: 2, 3 or 4. Not every method has every
                scale; real_srgan has 2 and 4.
            alpha: Only for the method interpolation, from 0 (srresnet) to 1 (srgan).
            size: Instead of a scale, exactly so many pixels: 1920x1080, or one side, 1920x or
                x1080. Other proportions are cut from the middle.
            max_side: Instead of a scale, how many pixels the longer side has.

        Returns:
            The enlarged picture, a lossless PNG.
        """
        scale, method = scale_of(scale), one_of(method, [*METHODS, interpolation.NAME], "method")
        alpha, target = number(alpha, "alpha"), _size(size, max_side)
        interpolation.check(alpha, method)
        name, loaded = _load(image)
        height, width = loaded.pixels.shape[:2]
        if target is None:
            self._admit(request, width * scale, height * scale)
            pixels = sr_demo.upscale(
                _with_opacity(loaded), method, scale, alpha=alpha, progress=progress
            )
        else:
            _, *new = target.of(width, height)
            self._admit(request, *new)
            pixels = upscale_to(
                _with_opacity(loaded), target, method, alpha=alpha, progress=progress
            ).image
        tag = f"x{scale}" if target is None else str(target)
        return file_data(keep_png(f"{name}_{tag}_{method}", pixels))  # type: ignore[return-value]

    def compare(
        self,
        image: FileData,
        scale: int = 4,
        methods: list[str] | None = None,
        has_original: bool = True,
        color_space: str = "y",
        degrade: str = "clean",
        request: gr.Request | None = None,
        *,
        progress: Callable[..., None],
    ) -> tuple[dict[str, Any], list[FileData]]:
        """Compare super-resolution methods on one picture: reduce it, restore it, and score.

        At most 16 megapixels come out of each method; a cancelled call stops within a tile.

        Args:
            image: The sharp original, or with has_original false the small picture itself.
            scale: By how much the original is reduced and restored: 2, 3 or 4.
            methods: Which methods; by default all that have weights at the scale.
            has_original: True reduces the picture first, so that there is something to measure
                against; false enlarges it, without PSNR and SSIM.
            color_space: What PSNR and SSIM are measured on: y is luma, as papers have it, or rgb.
            degrade: What happens to the original besides its reduction: clean is bicubic alone;
                light, medium and heavy add blur, noise and JPEG as cameras and websites do; or
                blur σ, noise σ and JPEG quality as 1.2,5,50, with 0 for none.

        Returns:
            Scores by method, and of the original: psnr in dB (higher is better), ssim (1 at best),
                lr_psnr in dB (fidelity to the small picture), niqe (naturalness, lower is better),
                mesh (a pattern of the upsampling, lower is better), spectrum_distance (how far
                fine texture is from the original's, lower is better), colour_shift in grey levels,
                seconds, parameters; null is what could not be measured, or is infinite where the
                entry "infinite" names it
            The pictures that the methods made, lossless PNGs
        """
        scale, names = scale_of(scale), methods_of(methods)
        has_original = flag(has_original, "has_original")
        color_space = one_of(color_space, ("y", "rgb"), "color_space")
        degradation = _degradation(degrade)
        name, loaded = _load(image)
        count = len(METHODS if names is None else set(names))
        factor = 1 if has_original else scale
        height, width = loaded.pixels.shape[:2]
        self._admit(request, width * factor, height * factor, count)
        comparison = sr_demo.compare(
            loaded.pixels,
            scale,
            names,
            has_original=has_original,
            opacity=loaded.opacity,
            color_space=color_space,
            degradation=degradation,
            progress=progress,
        )
        scores = {
            row.method: benchmark.as_entry(row) | _weights(row.method, scale)
            for row in benchmark.rows_of(name, comparison)
        }
        stem = f"{name}_x{scale}{degradation.tag}"
        files = [
            file_data(keep_png(f"{stem}_{made.method}", made.image, comparison.opacity))
            for made in comparison.results
        ]
        return scores, files  # type: ignore[return-value]

    def benchmark(
        self,
        images: list[FileData],
        scale: int = 4,
        methods: list[str] | None = None,
        degrade: str = "clean",
        request: gr.Request | None = None,
        *,
        progress: Callable[..., None],
    ) -> tuple[dict[str, Any], FileData]:
        """Score super-resolution methods on a set of sharp pictures, as the tables of papers do.

        At most 100 pictures of 16 megapixels; a cancelled call stops within a tile.

        Args:
            images: The sharp originals.
            scale: By how much they are reduced and restored: 2, 3 or 4.
            methods: Which methods; by default all that have weights at the scale.
            degrade: How they are reduced: clean is bicubic, as papers do; light, medium and heavy
                add blur, noise and JPEG as cameras and websites do; or blur σ, noise σ and JPEG
                quality as 1.2,5,50, with 0 for none.

        Returns:
            The means by method, as sr-demo benchmark --json writes them
            Every picture's scores, a CSV file
        """
        scale, names = scale_of(scale), methods_of(methods)
        degradation = _degradation(degrade)
        if not isinstance(images, list) or not 1 <= len(images) <= MAX_IMAGES:
            raise ValueError(f"Give the pictures as a list, 1 to {MAX_IMAGES} of them.")
        rows: list[benchmark.Row] = []
        for image in images:
            name, original = _original(image, scale)
            count = len(METHODS if names is None else set(names))
            self._admit(request, original.shape[1], original.shape[0], count)
            lr = reduced(original, scale, degradation)
            rows += benchmark.score(name, original, lr, scale, names, progress)
        table = keep_file(f"benchmark_x{scale}.csv", benchmark.csv_bytes(rows))
        return benchmark.as_json(rows, scale), file_data(table)  # type: ignore[return-value]

    def _admit(self, request: gr.Request | None, width: int, height: int, count: int = 1) -> None:
        """Refuse what is too large, or too much for one client.

        Args:
            width: of an output, in pixels, as its height.
            count: of outputs.
        """
        if height * width > MAX_OUTPUT_PIXELS:
            raise ValueError(
                f"{width}×{height} is {height * width / 1e6:.1f} megapixels of output; programs "
                f"may have {MAX_OUTPUT_PIXELS / 1e6:g}. Send a smaller picture, or use the page."
            )
        client = client_of(request)
        if self._quota and client != HERE:
            self._quota.take(client, height * width * count)


def _degradation(text: Any) -> Degradation:
    if not isinstance(text, str):
        raise ValueError('Give degrade as text, such as "medium" or "1.2,5,50".')
    return parse(text)


def _size(size: Any, max_side: Any) -> Size | None:
    """The size that is asked for, if one is."""
    if size is None and max_side is None:
        return None
    if size is not None and max_side is not None:
        raise ValueError("Give size or max_side, not both.")
    if size is not None:
        return parse_size(str(size))
    longer = whole(max_side)
    if longer is None:
        raise ValueError("max_side is a whole number of pixels.")
    return Size(longer=longer)


def _weights(method: str, scale: int) -> dict[str, int]:
    return {"parameters": parameters(method, scale)} if method in METHODS else {}


def _original(image: Any, scale: int) -> tuple[str, np.ndarray]:
    name, loaded = _load(image)
    original = crop_to_multiple(loaded.pixels, scale)
    if not original.size:
        raise ImageError(f"{name} is too small to be reduced ×{scale}.")
    return name, original


def _load(image: Any) -> tuple[str, Loaded]:
    # Gradio hands over the plain dict, whatever the annotation says.
    path = image.get("path") if isinstance(image, dict) else None
    if not isinstance(path, str):
        raise ValueError("Upload the picture: handle_file(…) of gradio_client does that.")
    file = uploaded(path)
    return file_name(file.stem), load_untrusted(file)


def _with_opacity(loaded: Loaded) -> np.ndarray:
    return loaded.pixels if loaded.opacity is None else np.dstack([loaded.pixels, loaded.opacity])
