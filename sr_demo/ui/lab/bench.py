"""The lab's bench: the picture at α between SRResNet and SRGAN, and the plane beside it."""

from pathlib import Path
from typing import Any

import gradio as gr

from sr_demo import interpolation
from sr_demo.boxes import Box
from sr_demo.figures.perception_distortion import Point
from sr_demo.formatting import format_niqe, format_psnr
from sr_demo.ui.compare.look import output_size
from sr_demo.ui.components import js_on_load
from sr_demo.ui.files import file_data
from sr_demo.ui.guide.why import why
from sr_demo.ui.lab.plane_svg import NARROW, WIDE, plane_svg
from sr_demo.ui.lab.sweeps import Sweep
from sr_demo.ui.session import Session, Shown

HERE = Path(__file__).parent


def lab() -> gr.HTML:
    """The component. Its value comes from :func:`view` or :func:`seen`."""
    html = (HERE / "bench.html").read_text(encoding="utf-8")
    return gr.HTML(
        html_template=html.replace("<!-- why -->", why("PSNR against NIQE", "equal")),
        css_template=(HERE / "bench.css").read_text(encoding="utf-8"),
        js_on_load=js_on_load(HERE / "bench.js", "look", "sweep", "cancel", "draw", "open"),
        apply_default_css=False,
        elem_id="lab",
    )


def seen(session: Session) -> Shown | dict[str, Any]:
    """What the lab looks at; or a value of the component that says why there is nothing yet."""
    if _on_its_way(session):
        return {"state": "waiting", "say": "The comparison is being made …"}
    shown = session.shown
    if shown is None:
        return _say("Nothing is compared yet: choose a photo under Compare, then come back.")
    comparison = shown.comparison
    if comparison.original is None:
        return _say(
            "The lab measures how close a picture comes to its original. Choose “I have the sharp "
            "original” under Compare, then come back."
        )
    if comparison.scale not in interpolation.scales():
        at = " or ".join(f"×{scale}" for scale in interpolation.scales()) or "no scale yet"
        return _say(
            f"There is no SRGAN for ×{comparison.scale}. The lab goes from SRResNet to SRGAN, and "
            f"both are at hand for {at}: choose it under Compare, then come back."
        )
    if not comparison.results:
        return _say("No method is chosen: tick some under Compare, then come back.")
    return shown


def _say(text: str) -> dict[str, Any]:
    return {"state": "none", "say": text}


def _on_its_way(session: Session) -> bool:
    """Whether a comparison is waiting, or has started and lacks some of its methods."""
    if session.waiting:
        return True
    shown, job = session.shown, session.running
    if shown is None or job is None or job.stop.is_set() or job is not shown.job:
        return False
    return len(shown.comparison.results) < len(job.methods)


def view(shown: Shown, box: Box | None, sweep: Sweep, state: str, say: str = "") -> dict[str, Any]:
    """What the bench shows of a comparison that :func:`seen` lets pass.

    Args:
        box: the crop of the page, to look at first.
        state: "busy" while steps are made, else "stopped"; "ready" and "done" follow from how many
            there are.
    """
    comparison = shown.comparison
    missing = len(sweep.missing)
    if not missing:
        state, say = "done", ""
    elif state != "busy" and missing == len(interpolation.ALPHAS):
        state = "ready"
    height, width = output_size(comparison)
    plane = sweep.drawn(shown)
    panes = ["original", *(result.method for result in comparison.results), *interpolation.ENDS]
    return {
        "state": state,
        "say": say or _time(shown, sweep),
        "key": f"{shown.files['original']} {shown.files['input']}",
        "name": shown.job.picture.name,
        "width": width,
        "height": height,
        "focus": box.middle if box else shown.look.focus,
        "seconds": _seconds(shown),
        "progress": 1 - missing / len(interpolation.ALPHAS),
        "files": {name: file_data(shown.files[name]) for name in panes if name in shown.files},
        "interpolated": {
            kind: {f"{alpha:g}": file_data(path) for alpha, path in files.items()}
            for kind, files in sweep.files.items()
        },
        "facts": {
            kind: {f"{alpha:g}": _facts(point) for alpha, point in points.items()}
            for kind, points in sweep.points.items()
        },
        "svg": plane and {"wide": plane_svg(plane, WIDE), "narrow": plane_svg(plane, NARROW)},
        "testsetMeans": bool(plane and plane.testset_means),
    }


def _facts(point: Point) -> str:
    return f"{format_psnr(point.psnr)} ↑ · NIQE {format_niqe(point.niqe)} ↓"


def _seconds(shown: Shown) -> float | None:
    """How long all steps may take: as long as an end took, for each, where that is known."""
    ends = [shown.outputs[name] for name in interpolation.ENDS if name in shown.outputs]
    known = [end.seconds for end in ends if end.seconds is not None]
    return max(known) * (len(interpolation.ALPHAS) - 2) if known else None


def _time(shown: Shown, sweep: Sweep) -> str:
    missing, seconds = len(sweep.missing), _seconds(shown)
    done = len(interpolation.ALPHAS) - missing - 2
    if done > 0:
        seconds = sweep.seconds / done * missing
    if seconds is None:
        return f"{missing} steps to make."
    time = f"{max(1, round(seconds))} s" if seconds < 90 else f"{round(seconds / 60)} min"
    return f"{missing} of {len(interpolation.ALPHAS)} steps to make, about {time}."
