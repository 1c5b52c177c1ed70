"""The place where a picture comes in, with its preview and what was changed about it."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import gradio as gr

from sr_demo.samples import SAMPLES, load_sample, thumbnail
from sr_demo.ui.components import js_on_load
from sr_demo.ui.files import file_data, keep_png
from sr_demo.ui.session import Job, Session

HERE = Path(__file__).parent
SMALL_SIDE = 400  # pixels: what is left of a shorter original shows little
SMALL_NOTE = "There is little left to see: to enlarge it, choose “I only have a small image”."


def picker() -> gr.HTML:
    """The component; events ``upload`` with a path and ``sample`` with a name."""
    return gr.HTML(
        value=[_tile(name) for name in SAMPLES],
        html_template=(HERE / "picker.html").read_text(encoding="utf-8"),
        css_template=(HERE / "picker.css").read_text(encoding="utf-8"),
        js_on_load=js_on_load(HERE / "picker.js", "upload", "sample"),
        apply_default_css=False,
        elem_id="picker",
        picture=None,
    )


def _tile(name: str) -> dict[str, Any]:
    small = thumbnail(load_sample(name), 96, 144)
    path = keep_png(f"sample-{name}", small.pixels)
    return {"name": name, "label": SAMPLES[name][0], "file": file_data(path)}


def describe(session: Session, error: str | None = None) -> dict[str, Any]:
    """What the picker shows now: the picture, one line about it, and an error if there is one."""
    picture, job = session.picture, session.latest
    if picture is None:
        return {"error": error}
    small = thumbnail(picture.loaded, 320, 640)
    return {
        "name": picture.name,
        "sample": picture.name if picture.sample else None,
        "file": file_data(session.files.keep_png("preview", small.pixels, small.opacity)),
        "line": line(job) if job else "",
        "error": error,
    }


def line(job: Job) -> str:
    """What becomes of the picture, as one line of plain words."""
    height, width = job.picture.loaded.pixels.shape[:2]
    steps: list[str] = list(job.loaded.changes)
    h, w = job.loaded.pixels.shape[:2]
    if job.has_original:
        if h % job.scale or w % job.scale:
            h, w = h // job.scale * job.scale, w // job.scale * job.scale
            steps.append(f"cropped to {w} × {h}, a multiple of {job.scale}")
        damage = f", with {how}," if (how := job.degradation.words) else ""
        steps.append(f"reduced to {w // job.scale} × {h // job.scale}{damage} for the methods")
    else:
        steps.append(f"enlarged to {w * job.scale} × {h * job.scale}")
    told = f"{job.picture.name}, {width} × {height} px: {_join(steps)}."
    if job.has_original and not job.picture.sample and max(height, width) < SMALL_SIDE:
        return f"{told} {SMALL_NOTE}"
    return told


def _join(steps: Sequence[str]) -> str:
    return ", then ".join(steps) if len(steps) < 3 else f"{', '.join(steps[:-1])}, then {steps[-1]}"
