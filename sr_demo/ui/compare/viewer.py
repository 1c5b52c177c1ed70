"""The synced viewer: panes that zoom and pan as one, and the strip of crops beneath them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import gradio as gr

from sr_demo import records
from sr_demo.boxes import Box
from sr_demo.comparison import Comparison
from sr_demo.degradation import CLEAN
from sr_demo.formatting import format_psnr, format_ssim
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS
from sr_demo.ui.compare.advice import advice, in_order
from sr_demo.ui.compare.look import output_size
from sr_demo.ui.compare.verdict import verdict
from sr_demo.ui.components import js_on_load
from sr_demo.ui.files import file_data
from sr_demo.ui.guide.why import why
from sr_demo.ui.session import INPUT, ORIGINAL, Job, Session, Shown

HERE = Path(__file__).parent
TURNS = ("tab_compare", "tab_lab", "tab_lessons", "tab_models")  # to the tab that Back leads to
LABELS = {ORIGINAL: "Original", INPUT: "Input"}
NO_METHOD = "No method is checked: tick some under Methods."


def key_of(pane: str, job: Job) -> int:
    """The key that shows a pane alone: always the same, whatever else is shown.

    Added results take those of methods that are not at hand, then those beyond.
    """
    places = [ORIGINAL, INPUT, *METHODS]
    if pane in places:
        return places.index(pane) + 1
    taken = {places.index(name) + 1 for name in (ORIGINAL, INPUT, *available(job.scale))}
    number = [added.name for added in job.added].index(pane)
    return [key for key in range(1, len(places) + number + 2) if key not in taken][number]


def viewer() -> gr.HTML:
    """The component. Its value comes from :func:`view`; ``scores`` from :func:`crop_scores`."""
    return gr.HTML(
        html_template=html(),
        css_template=(HERE / "viewer.css").read_text(encoding="utf-8"),
        js_on_load=js_on_load(HERE / "viewer.js", "crop", "visit", "cancel", "again", *TURNS),
        apply_default_css=False,
        elem_id="viewer",
        scores=None,
    )


def html() -> str:
    """The viewer's elements, before it is told anything."""
    text = (HERE / "viewer.html").read_text(encoding="utf-8")
    return text.replace("<!-- why -->", why("PSNR and NIQE", "equal"))


def view(session: Session, progress: Mapping[str, float], state: str) -> dict[str, Any]:
    """What the viewer shows now.

    Args:
        progress: finished fraction of each method that is running.
        state: "begin" to ask for a comparison, "waiting" for its turn, "busy", "done", "stopped",
            or "full" where no one more may wait.
    """
    shown = session.shown
    if shown is None:
        return {"state": state, "turn": session.turn, "panes": []}
    comparison, job = shown.comparison, shown.job
    height, width = output_size(comparison)
    done = {result.method for result in comparison.results}
    panes = [_reference(shown, name) for name in (ORIGINAL, INPUT)]
    order = dict.fromkeys([*in_order(job), *job.panes])
    panes += [_result(shown, name, progress) for name in order]
    if state == "done" and len(done) < len(job.panes):
        state = "stopped"
    finished = len(done) + sum(progress.get(name, 0) for name in job.panes if name not in done)
    return {
        "state": state,
        "turn": session.turn,
        "run": shown.number,
        "name": job.picture.name,
        "scale": comparison.scale,
        "width": width,
        "height": height,
        "link": _link(shown),
        "linked": job.box is not None,
        "focus": shown.look.focus,
        "first": shown.look.box,
        "spots": shown.look.spots,
        "heat": shown.look.heat and file_data(shown.look.heat),
        "invented": shown.look.invented and file_data(shown.look.invented),
        **_said(job, comparison),
        "box": session.box,
        "progress": 0 if state == "waiting" else finished / max(1, len(job.panes)),
        "panes": [pane for pane in panes if pane],
    }


def _said(job: Job, comparison: Comparison) -> dict[str, Any]:
    """The line above the panes; `ranks` where it tells who is best, which a lesson explains."""
    advised = advice(job) if job.panes else NO_METHOD
    said = verdict(comparison)
    return {"verdict": advised or said, "ranks": not advised and bool(said)}


def _link(shown: Shown) -> dict[str, Any]:
    """What an address has to say to compare the same again; of an upload the settings.

    Its number stays in the browser, which tells it when Back or Forward leads there.
    """
    job = shown.job
    everything = list(job.methods) == available(job.scale)
    return {
        "sample": job.picture.name if job.picture.sample else None,
        "own": job.picture.number or None,
        "scale": job.scale,
        "mode": None if job.has_original else "small",
        "degrade": None if job.degradation == CLEAN else str(job.degradation),
        "methods": None if everything else ",".join(job.methods),
    }


def _reference(shown: Shown, name: str) -> dict[str, Any] | None:
    image = shown.comparison.original if name == ORIGINAL else shown.comparison.lr
    if image is None:
        return None
    height, width = image.shape[:2]
    note = "what the methods see" if name == INPUT else "what they should come close to"
    facts = [{"text": f"{width} × {height} px", "title": note}]
    if name == INPUT and (how := shown.job.degradation.words):
        facts.append({"text": how, "title": "what happened to it besides its reduction"})
    return {**_pane(shown, name), "idea": "", "facts": facts}


def _result(shown: Shown, name: str, progress: Mapping[str, float]) -> dict[str, Any]:
    method = METHODS.get(name)
    pane = {
        **_pane(shown, name),
        "idea": method.idea if method else "Added: what another program made of the picture.",
        "paper": method.paper if method else "",
        "facts": [],
    }
    result = next((r for r in shown.comparison.results if r.method == name), None)
    if result is None:
        return {**pane, "file": None, "progress": progress.get(name)}
    return {**pane, "facts": _facts(result.scores.psnr, result.scores.ssim)}


def _pane(shown: Shown, name: str) -> dict[str, Any]:
    path, first = shown.files.get(name), shown.look.files.get(name)
    return {
        "id": name,
        "label": LABELS.get(name) or shown.job.panes[name],
        "key": key_of(name, shown.job),
        "file": path and file_data(path),
        "first": first and file_data(first),
    }


def _facts(psnr: float | None, ssim: float | None) -> list[dict[str, str]]:
    facts = []
    if psnr is not None:
        facts.append({"text": f"PSNR {format_psnr(psnr)} ↑", "title": "PSNR, more is better"})
    if ssim is not None:
        text = f"SSIM {format_ssim(ssim)} ↑"
        facts.append({"text": text, "title": "SSIM, more is better"})
    return facts


def crop_scores(comparison: Comparison, box: Box) -> dict[str, list[dict[str, str]]]:
    """PSNR and SSIM of every method inside a box; nothing where there is no original."""
    return {name: _facts(*scores) for name, scores in records.crop_scores(comparison, box).items()}
