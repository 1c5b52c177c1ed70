"""Original → LR → every method → a ``Comparison`` of results and scores; and plain upscaling."""

import logging
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import cast

import numpy as np

from sr_demo import interpolation
from sr_demo.degradation import CLEAN, Degradation, degrade
from sr_demo.images import crop_to_multiple
from sr_demo.inference import engine
from sr_demo.inference.runnable import available, parameters
from sr_demo.inference.runnable import engine as prepared
from sr_demo.methods import METHODS, check
from sr_demo.metrics.scores import Scores, score
from sr_demo.resize import INTEGERS, imresize

log = logging.getLogger(__name__)

Progress = Callable[[float, str], None]


@dataclass(frozen=True)
class Result:
    """What one method made of the image, or another program."""

    method: str  # of METHODS, or any other name where another program made it
    image: np.ndarray  # uint8 RGB (H, W, 3)
    seconds: float | None  # wall time of the restoration, scores not included
    parameters: int
    scores: Scores
    added: str = ""  # what it is called, where another program made it

    @property
    def label(self) -> str:
        """As printed."""
        return self.added or METHODS[self.method].label


@dataclass(frozen=True)
class Comparison:
    """One image, restored by several methods."""

    scale: int
    color_space: str  # "y" or "rgb": what PSNR and SSIM are measured on
    lr: np.ndarray  # uint8 RGB (h, w, 3)
    original: np.ndarray | None  # uint8 RGB (h·scale, w·scale, 3), where there is one
    opacity: np.ndarray | None  # uint8 (h·scale, w·scale), where the image has one
    results: tuple[Result, ...] = ()  # in the order of methods.METHODS
    degradation: Degradation = CLEAN  # of the small picture, beside its reduction from the original

    @property
    def sharp(self) -> np.ndarray:
        """The original; ``ValueError`` in plain words where there is none."""
        if self.original is None:
            raise ValueError("There is no sharp original to compare with.")
        return self.original

    def result(self, method: str) -> Result:
        """The result of one method; ``KeyError`` if it was not compared."""
        for result in self.results:
            if result.method == method:
                return result
        raise KeyError(method)


def compare(
    image: np.ndarray,
    scale: int = 4,
    methods: Sequence[str] | None = None,
    *,
    has_original: bool = True,
    opacity: np.ndarray | None = None,
    color_space: str = "y",
    degradation: Degradation = CLEAN,
    progress: Progress | None = None,
) -> Comparison:
    """Restore an image with every method and score the results; see :func:`stream`."""
    *_, last = stream(
        image, scale, methods,
        has_original=has_original, opacity=opacity, color_space=color_space,
        degradation=degradation, progress=progress,
    )  # fmt: skip
    return last


def stream(
    image: np.ndarray,
    scale: int = 4,
    methods: Sequence[str] | None = None,
    *,
    has_original: bool = True,
    opacity: np.ndarray | None = None,
    color_space: str = "y",
    degradation: Degradation = CLEAN,
    progress: Progress | None = None,
) -> Iterator[Comparison]:
    """Compare step by step: first without results, then with one more each time, fastest first.

    Args:
        image: ``uint8`` RGB ``(H, W, 3)``. With ``has_original`` it is the sharp original, which is
            cropped to a multiple of the scale, reduced by the project's bicubic, restored and
            scored; without, it *is* the small image, and there is no PSNR and no SSIM.
        scale: 2, 3 or 4.
        methods: names of ``sr_demo.methods.METHODS``; by default all that have a checkpoint.
        opacity: ``uint8`` ``(H, W)``, kept beside the image and enlarged by bicubic where needed.
        color_space: "y" (luma, as papers print it) or "rgb".
        degradation: what happens to the original besides its reduction, before any method sees it.
        progress: called between tiles with the method's finished fraction and its name; it may
            raise ``engine.Cancelled`` to stop.

    Raises:
        ValueError: in plain words, for an unknown method or scale, an image too small to reduce, or
            a degradation of one that is not reduced.
        engine.TooLarge: if the network input would exceed ``engine.MAX_INPUT_PIXELS``.
        CheckpointError: if a method that was asked for has no usable checkpoint.
    """
    names = sorted(_chosen(methods, scale), key=lambda name: METHODS[name].cost)
    if has_original:
        start = _reduce(image, opacity, scale, color_space, degradation)
    elif degradation != CLEAN:
        raise ValueError("A small image is enlarged as it is: only an original can be degraded.")
    else:
        enlarged = None if opacity is None else imresize(opacity, scale)
        start = Comparison(scale, color_space, image, None, enlarged)
    engine.check_size(start.lr)
    return _results(start, names, progress)


def _results(
    comparison: Comparison, names: list[str], progress: Progress | None
) -> Iterator[Comparison]:
    yield comparison
    table = list(METHODS)
    for name in names:
        result = _restore(comparison, name, progress)
        results = sorted((*comparison.results, result), key=lambda r: table.index(r.method))
        comparison = replace(comparison, results=tuple(results))
        yield comparison


def upscale(
    image: np.ndarray,
    method: str = "srresnet",
    scale: int = 4,
    *,
    alpha: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> np.ndarray:
    """Enlarge one image.

    Args:
        image: ``uint8`` ``(H, W)`` gray, ``(H, W, 3)`` RGB or ``(H, W, 4)`` RGBA; or ``uint16``.
        method: a name of ``sr_demo.methods.METHODS``, or "interpolation": the network between
            SRResNet and SRGAN (:mod:`sr_demo.interpolation`).
        scale: 2, 3 or 4.
        alpha: for "interpolation" alone, from 0 (SRResNet itself) to 1 (SRGAN itself).
        progress: called with the finished fraction between tiles; may raise ``engine.Cancelled``.

    Returns:
        as the image, ``scale`` times as high and wide; alpha by bicubic. The wall time goes to the
        log of this module, at level INFO.

    Raises:
        ValueError, engine.TooLarge, CheckpointError: as :func:`stream`.
    """
    check("bicubic" if method == interpolation.NAME else method, scale)
    interpolation.check(alpha, method)
    fits = image.ndim in (2, 3) and image.size and image.shape[2:] in ((), (3,), (4,))
    if image.dtype not in INTEGERS or not fits:
        raise ValueError(
            "expected a uint8 image (H, W), (H, W, 3) or (H, W, 4), "
            f"got {image.dtype} {image.shape}"
        )
    engine.check_size(image)
    rgb = image[..., :3] if image.ndim == 3 else np.stack([image] * 3, axis=-1)
    if alpha in (0, 1):
        method = interpolation.ENDS[int(alpha)]
    if method == interpolation.NAME:
        net = interpolation.network_between(cast(float, alpha), scale)
        enlarged = engine.Engine(net).restore(rgb, progress)
    else:
        enlarged, _ = _enlarge(rgb, method, scale, progress)
    if image.ndim == 2:
        return enlarged[..., 1]  # gray in, gray out: green, which counts most in brightness
    if image.shape[2] == 3:
        return enlarged
    return np.dstack([enlarged, imresize(image[..., 3], scale)])


def _chosen(names: Sequence[str] | None, scale: int) -> list[str]:
    check("bicubic", scale)
    if names is None:
        return available(scale)
    for name in names:
        check(name, scale)
    return list(dict.fromkeys(names))


def _reduce(
    image: np.ndarray, opacity: np.ndarray | None, scale: int, color_space: str, how: Degradation
) -> Comparison:
    original = crop_to_multiple(image, scale)
    if original.size == 0:
        height, width = image.shape[:2]
        raise ValueError(
            f"{width}×{height} pixels are too few to reduce ×{scale}; "
            f"use a picture of at least {scale}×{scale}, or enlarge it as a small image."
        )
    opacity = None if opacity is None else crop_to_multiple(opacity, scale)
    lr = degrade(original, scale, how)
    return Comparison(scale, color_space, lr, original, opacity, degradation=how)


def _restore(comparison: Comparison, name: str, progress: Progress | None) -> Result:
    tick = None if progress is None else lambda fraction: progress(fraction, name)
    image, seconds = _enlarge(comparison.lr, name, comparison.scale, tick)
    scores = score(
        image, original=comparison.original, lr=comparison.lr,
        scale=comparison.scale, color_space=comparison.color_space,
    )  # fmt: skip
    return Result(name, image, seconds, parameters(name, comparison.scale), scores)


def _enlarge(
    image: np.ndarray, name: str, scale: int, progress: Callable[[float], None] | None
) -> tuple[np.ndarray, float]:
    """The enlarged RGB image, and the seconds it took."""
    ready = None if name == "bicubic" else prepared(name, scale)  # loading is not timed
    started = time.perf_counter()
    if ready is not None:
        enlarged = ready.restore(image, progress)
    else:
        enlarged = imresize(image, scale)
        if progress:
            progress(1.0)
    seconds = time.perf_counter() - started
    log.info("%s ×%d: %d×%d in %.3f s", name, scale, *enlarged.shape[1::-1], seconds)
    return enlarged, seconds
