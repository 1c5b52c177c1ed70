"""Results of other programs, which join the comparison as panes of their own."""

import itertools
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr

from sr_demo.gate import load_untrusted
from sr_demo.images import ImageError, Loaded, crop_to_multiple
from sr_demo.methods import METHODS
from sr_demo.ui.components import js_on_load
from sr_demo.ui.files import file_name
from sr_demo.ui.session import INPUT, ORIGINAL, Added, Job, Session

HERE = Path(__file__).parent
MOST = 4  # of one picture
LETTERS = 20  # of a name
_FILES = (ORIGINAL, INPUT, "crops", "scores", "disagreement")  # other names of a job's files
_numbers = itertools.count(1)  # a name is never used again: what it stood for may still be kept
_lock = threading.Lock()  # held while a result is added: several may be dropped at once


def adder() -> gr.HTML:
    """The component; events ``result`` with a path and ``discard`` with a name."""
    return gr.HTML(
        html_template=(HERE / "added.html").read_text(encoding="utf-8"),
        css_template=(HERE / "added.css").read_text(encoding="utf-8"),
        js_on_load=js_on_load(HERE / "added.js", "result", "discard"),
        apply_default_css=False,
        elem_id="adder",
    )


def describe_added(session: Session, error: str | None = None) -> dict[str, Any]:
    """What the adder shows now: the results beside the latest job, and an error if there is one."""
    job = session.latest
    results = [{"name": one.name, "label": one.label} for one in (job.added if job else ())]
    return {"results": results, "error": error}


def add(session: Session, path: Path) -> None:
    """Ask for what is compared with one more result beside it.

    Args:
        path: of a picture that anybody may have made.

    Raises:
        ImageError: in plain words, for what is no picture, or not of this picture's size.
    """
    job = session.latest
    if session.picture is None or job is None:
        raise ImageError("Choose a photo first: results are set beside the methods’.")
    loaded = fitted(load_untrusted(path), job, path.name)
    with _lock:
        latest = session.latest
        if latest is None or not latest.same_outputs(job):
            raise ImageError(f"The picture or the scale is another one now: add {path.name} again.")
        if len(session.added) >= MOST:
            raise ImageError(f"{MOST} results of a picture may be added: remove one of them first.")
        label = _label(path.stem, session)
        name = f"added-{next(_numbers)}"
        added = Added(name, label, file_name(label), loaded, latest)
        session.added = (*session.added, added)
        session.ask(_again(latest))


def remove(session: Session, name: str) -> bool:
    """Ask for what is compared without a result; False where there is none of that name."""
    with _lock:
        latest = session.latest
        left = tuple(added for added in session.added if added.name != name)
        if latest is None or len(left) == len(session.added):
            return False
        session.added = left
        session.ask(_again(latest))
        return True


def fitted(loaded: Loaded, job: Job, name: str) -> Loaded:
    """A result as large as the methods' outputs; cropped as the original is, if it is like that.

    Args:
        name: of its file, for the error.

    Raises:
        ImageError: for any other size; it names both.
    """
    height, width = job.loaded.pixels.shape[:2]
    size = loaded.pixels.shape[1::-1]
    if not job.has_original:
        wanted, what = (width * job.scale, height * job.scale), f"the picture enlarged ×{job.scale}"
    else:
        wanted, what = (width - width % job.scale, height - height % job.scale), "the original"
        if size == (width, height):
            pixels, opacity = loaded.pixels, loaded.opacity
            opacity = None if opacity is None else crop_to_multiple(opacity, job.scale)
            return replace(loaded, pixels=crop_to_multiple(pixels, job.scale), opacity=opacity)
        if wanted != (width, height):
            what += f", cropped for ×{job.scale},"
    if size != wanted:
        raise ImageError(
            f"{name} is {size[0]} × {size[1]} pixels, but {what} is {wanted[0]} × {wanted[1]}: "
            "add a result of exactly that size."
        )
    return loaded


def _again(job: Job) -> Job:
    return replace(job, stop=threading.Event())


def _label(stem: str, session: Session) -> str:
    """The file's name, shortened, and unlike any other pane's or file's."""
    words = " ".join("".join(c if c.isprintable() else " " for c in stem).split()) or "result"
    if len(words) > LETTERS:
        words = f"{words[: LETTERS - 9].rstrip()}…{words[-8:].lstrip()}"
    names = [*_FILES, *METHODS, *(METHODS[name].label for name in METHODS)]
    taken = {file_name(name).casefold() for name in names}
    taken |= {added.slug.casefold() for added in session.added}
    labels = (words if number == 1 else f"{words} ({number})" for number in itertools.count(1))
    return next(label for label in labels if file_name(label).casefold() not in taken)
