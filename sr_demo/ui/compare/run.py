"""Run a job in a thread of its own, so that its page hears of progress between two results."""

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, Result, stream
from sr_demo.disagreement import disagreement, spots, undetermined
from sr_demo.images import ImageError, crop_to_multiple
from sr_demo.methods import METHODS
from sr_demo.metrics.scores import Scores, score
from sr_demo.resize import imresize
from sr_demo.ui.compare.look import (
    box_around,
    focus_of,
    heat_png,
    invented_png,
    lossless,
    output_size,
)
from sr_demo.ui.compare.prepared import made_for, ready_for, remember
from sr_demo.ui.compare.verdict import INVENTS
from sr_demo.ui.session import INPUT, NOWHERE, ORIGINAL, Added, Job, Look, Session, Shown, Step
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
        for step in steps(job, kept, lambda fraction, method: report((method, fraction))):
            report(step)

    progress: dict[str, float] = {}
    last = 0.0
    for item in working(work, job.stop):
        if isinstance(item, Step):
            session.show(job, item.comparison, item.outputs, item.files, item.look)
        elif item:
            progress[item[0]] = item[1]
            if time.monotonic() - last < PULSE:
                continue
        last = time.monotonic()
        yield progress


def steps(job: Job, kept: Shown | None, report: Callable[[float, str], None]) -> Iterator[Step]:
    """As ``compare.stream``, but what was made of the picture before is taken from there."""
    if not kept and (ready := ready_for(job)):
        yield ready.given(job.files)
        return
    outputs = dict(kept.outputs) if kept else {}
    files = dict(kept.files) if kept else {}
    look = kept.look if kept else NOWHERE
    last = None
    for name in [name for name in outputs if outputs[name].added and name not in job.panes]:
        del outputs[name]  # taken away since
    at_hand = {} if kept else made_for(job)
    todo = [name for name in job.methods if name not in outputs and name not in at_hand]
    try:
        comparisons = stream(
            job.loaded.pixels, job.scale, todo,
            has_original=job.has_original, opacity=job.loaded.opacity,
            color_space=job.color_space, degradation=job.degradation, progress=report,
        )  # fmt: skip
    except ValueError as error:  # said before any work in plain words, unlike any later one
        raise ImageError(str(error)) from error
    for comparison in comparisons:
        if not comparison.results:
            files = files or _references(job, comparison)
            if kept and kept.comparison.color_space != job.color_space:
                outputs = {name: _rescored(old, comparison) for name, old in outputs.items()}
            for name, made in at_hand.items():
                outputs[name] = made.result
                files[name] = job.files.keep_file(f"{job.stem}_{name}.png", made.png)
            for added in job.added:
                if added.name not in outputs:
                    report(1.0, added.name)
                    outputs[added.name] = _scored(added, comparison)
                    files[added.name] = _keep_added(job, added, comparison.opacity)
        for result in comparison.results:
            if result.method not in outputs:
                outputs[result.method] = result
                path = _keep(job, result.method, result.image, comparison.opacity)
                files[result.method] = path
        order = (*METHODS, *(added.name for added in job.added))
        shown = tuple(outputs[name] for name in order if name in job.panes and name in outputs)
        step = replace(comparison, results=shown)
        look = _look(job, step, outputs, look, settled=kept is not None)
        last = Step(step, dict(outputs), dict(files), look)
        yield last
    if last and not kept:
        remember(job, last)


def _look(
    job: Job, step: Comparison, outputs: Mapping[str, Result], before: Look, *, settled: bool
) -> Look:
    """Where to look first, and the part of every picture there; only what is new is written.

    Args:
        settled: the picture has been looked at, so that its focus may not move any more.
    """
    look = before
    made = [result.image for result in step.results if not result.added]
    done = len(made) == len(job.methods)
    if done and len(made) > 1:
        plane = disagreement(made)
        heat = job.files.keep_file(f"{job.stem}_disagreement.png", heat_png(plane))
        look = replace(look, spots=spots(plane, step.opacity), heat=heat)
    if done and look.invented is None and INVENTS in outputs:
        rest = invented_png(undetermined(outputs[INVENTS].image, step.scale))
        name = f"{job.stem}_{INVENTS}_invented.png"
        look = replace(look, invented=job.files.keep_file(name, rest))
    if before is NOWHERE or (done and not settled):
        focus = focus_of(job, step, look.spots)
        box = box_around(focus, *output_size(step), step.scale)
        kept = look.files if box == look.box else {}
        look = replace(look, focus=focus, box=box, files=kept)
    return replace(look, files={**look.files, **_parts(job, step, outputs, look)})


def _parts(job: Job, step: Comparison, outputs: Mapping[str, Result], look: Look) -> dict[str, str]:
    """The files of the part, but those that are there."""
    images = {name: (result.image, step.opacity) for name, result in outputs.items()}
    if step.original is not None:
        images[ORIGINAL] = step.original, step.opacity
    files = {
        name: _keep_part(job, name, look.box, *image)
        for name, image in images.items()
        if name not in look.files
    }
    if INPUT not in look.files:
        small = Box(*(side // step.scale for side in look.box))
        files[INPUT] = _keep_part(job, INPUT, small, step.lr, _small_opacity(job, step))
    return files


def _keep_part(
    job: Job, pane: str, box: Box, pixels: np.ndarray, opacity: np.ndarray | None
) -> str:
    clear = None if opacity is None else box.crop(opacity)
    return job.files.keep_file(f"{job.stem}_{pane}.webp", lossless(box.crop(pixels), clear))


def _scored(added: Added, start: Comparison) -> Result:
    """What another program made, as one more result; how long that took nobody knows."""
    unmeasured = Scores(None, None, None)
    result = Result(added.name, added.loaded.pixels, None, 0, unmeasured, added.label)
    return _rescored(result, start)


def _keep_added(job: Job, added: Added, opacity: np.ndarray | None) -> str:
    """With the transparency of its own file, or else of the picture."""
    own = added.loaded.opacity
    return _keep(job, added.slug, added.loaded.pixels, opacity if own is None else own)


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
    files = {INPUT: _keep(job, INPUT, start.lr, _small_opacity(job, start))}
    if start.original is not None:
        files[ORIGINAL] = _keep(job, ORIGINAL, start.original, start.opacity)
    return files


def _small_opacity(job: Job, start: Comparison) -> np.ndarray | None:
    opacity = job.loaded.opacity
    if opacity is not None and start.original is not None:
        opacity = imresize(crop_to_multiple(opacity, job.scale), 1 / job.scale)
    return opacity


def _keep(job: Job, pane: str, pixels: np.ndarray, opacity: np.ndarray | None) -> str:
    return job.files.keep_png(f"{job.stem}_{pane}", pixels, opacity)
