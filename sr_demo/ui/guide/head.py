"""The head of the page: its name, and the tour of a minute."""

from pathlib import Path

import gradio as gr

from sr_demo.ui.components import js_on_load

HERE = Path(__file__).parent


def head() -> gr.HTML:
    """The component. Its event “lesson” asks for the lessons' tab: somebody pressed a “why?”."""
    return gr.HTML(
        html_template=(HERE / "head.html").read_text(encoding="utf-8"),
        css_template=(HERE / "head.css").read_text(encoding="utf-8"),
        js_on_load=js_on_load(HERE / "head.js", "lesson"),
        apply_default_css=False,
        elem_id="head",
    )
