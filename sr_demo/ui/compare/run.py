"""Run a job in a thread of its own, so that its page hears of progress between two results."""

import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from sr_demo.comparison import Comparison, Result, stream
from sr_demo.images import ImageError, crop_to_multiple
from sr_demo.methods import METHODS
from sr_demo.metrics.scores import score
from sr_demo.resize import imresize
from sr_demo.ui.session import Job, Session, Shown
from sr_demo.ui.work import working

PULSE = 0.1  # seconds between two reports of progress


def run(session: Session, job: Job) -> Iterator[dict[str, float]]:
    """Work on a session's job; yield the running methods' finished fractions after each change.

    Results and files appear in the session. Ends early, without a word, once ``job.stop`` is set.

    Raises:
        ImageError: in plain words, for a picture that cannot be compared.
        CheckpointError: if a method has no usable checkpoint.
    """
    kept = session.kept(job)

    def work(report: Callable[[Step | tuple[str, float]], None]) -> None:
        for step in _steps(job, kept, lambda fraction, method: report((method, fraction))):
            report(step)

    progress: dict[str, float] = {}
    last = 0.0
    for item in working(work, job.stop):
        if isinstance(item, Step):
            session.show(job, item.comparison, item.outputs, item.files)
        elif item:
            progress[item[0]] = item[1]
            if time.monotonic() - last < PULSE:
                continue
        last = time.monotonic()
        yield progress


class Step(NamedTuple):
    """What there is after one more method."""

    comparison: Comparison  # of the methods that were asked for, as far as they are done
    outputs: dict[str, Result]  # these and what earlier jobs made of the same picture
    files: dict[str, str]  # pane -> PNG


def _steps(job: Job, kept: Shown | None, report: Callable[[float, str], None]) -> Iterator[Step]:
    """As ``compare.stream``, but what an earlier job made already is taken from there."""
    outputs = dict(kept.outputs) if kept else {}
    files = dict(kept.files) if kept else {}
    todo = [name for name in job.methods if name not in outputs]
    try:
        comparisons = stream(
            job.loaded.pixels, job.scale, todo,
            has_original=job.has_original, opacity=job.loaded.opacity,
            color_space=job.color_space, progress=report,
        )  # fmt: skip
    except ValueError as error:  # said before any work in plain words, unlike any later one
        raise ImageError(str(error)) from error
    for comparison in comparisons:
        if not comparison.results:
            files = files or _references(job, comparison)
            if kept and kept.comparison.color_space != job.color_space:
                outputs = {name: _rescored(old, comparison) for name, old in outputs.items()}
        for result in comparison.results:
            if result.method not in outputs:
                outputs[result.method] = result
                path = _keep(job, result.method, result.image, comparison.opacity)
                files[result.method] = path
        shown = tuple(outputs[name] for name in METHODS if name in job.methods and name in outputs)
        yield Step(replace(comparison, results=shown), dict(outputs), dict(files))


def _rescored(result: Result, start: Comparison) -> Result:
    """The same pixels, scored in the colour space that is asked for now."""
    scores = score(
        result.image,
        original=start.original,
        lr=start.lr,
        scale=start.scale,
        color_space=start.color_space,
    )
    return replace(result, scores=scores)


def _references(job: Job, start: Comparison) -> dict[str, str]:
    """PNGs of what the methods are given and, where there is one, of the original."""
    opacity = job.loaded.opacity
    if opacity is not None and start.original is not None:
        opacity = imresize(crop_to_multiple(opacity, job.scale), 1 / job.scale)
    files = {"input": _keep(job, "input", start.lr, opacity)}
    if start.original is not None:
        files["original"] = _keep(job, "original", start.original, start.opacity)
    return files


def _keep(job: Job, pane: str, pixels: np.ndarray, opacity: np.ndarray | None) -> str:
    return job.files.keep_png(f"{job.stem}_{pane}", pixels, opacity)
