"""Eight lessons, one idea each; every view of them has a link."""

from html import escape
from pathlib import Path

import gradio as gr

from sr_demo.lessons.texts import FIRST, LESSONS, Lesson, section
from sr_demo.lessons.votes import Votes
from sr_demo.samples import SAMPLES
from sr_demo.ui.components import js_on_load
from sr_demo.ui.lessons import serve

HERE = Path(__file__).parent


class LessonsTab:
    """Built inside ``tab``.

    All that a view depends on is in its address: nothing is kept here between two pages but the
    votes of classes.
    """

    def __init__(self, app: gr.Blocks, tab: gr.Tab):
        self.app, self.tab = app, tab
        self.votes: Votes[serve.Round] = Votes()
        handlers: dict[str, list[serve.Handler]] = {
            "equal": [serve.equal_pictures],
            "features": [serve.feature_maps],
            "game": [serve.recorded_run],
            "subpixel": [serve.channel_values],
            "blind": [serve.blind_pictures, *serve.class_handlers(self.votes)],
            "many": [serve.plate_reading],
            "outside": [serve.outside_pictures],
        }
        gr.HTML(
            value=[lesson.title for lesson in LESSONS],
            html_template=_read("steps.html"),
            css_template=_read("steps.css"),
            js_on_load=js_on_load(HERE / "steps.js"),
            apply_default_css=False,
            elem_id="lesson-steps",
        )
        for number, lesson in enumerate(LESSONS, 1):
            _component(number, lesson, handlers.get(lesson.key, []))


def _component(number: int, lesson: Lesson, handlers: list[serve.Handler]) -> gr.HTML:
    stage, _, controls = _read(f"{lesson.key}.html").partition("<!-- beside -->")
    controls = controls.replace("<!-- place -->", _place())
    return gr.HTML(
        html_template=section(number, lesson, stage, controls),
        css_template=_read("frame.css") + _read(f"{lesson.key}.css"),
        js_on_load=js_on_load(HERE / f"{lesson.key}.js"),
        server_functions=list(handlers),
        apply_default_css=False,
        elem_id=f"lesson-{lesson.key}",
    )


def _place() -> str:
    choices = "".join(
        f'<option value="{name}"{" selected" if name == FIRST else ""}>{escape(label)}</option>'
        for name, (label, _) in SAMPLES.items()
    )
    return _read("place.html").replace("<select></select>", f"<select>{choices}</select>")


def _read(name: str) -> str:
    return (HERE / name).read_text(encoding="utf-8")
