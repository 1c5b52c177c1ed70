"""How the small picture is made of the original: cleanly, or as cameras and websites make it."""

from pathlib import Path

import gradio as gr

from sr_demo.degradation import SETTINGS
from sr_demo.ui.components import js_on_load

HERE = Path(__file__).parent


def reduction() -> gr.HTML:
    """The component, with the event ``choose``; `sr_demo.degradation.parse` reads its value."""
    return gr.HTML(
        value="clean",
        html_template=(HERE / "reduction.html").read_text(encoding="utf-8"),
        css_template=(HERE / "reduction.css").read_text(encoding="utf-8"),
        js_on_load=js_on_load(HERE / "reduction.js", "choose"),
        apply_default_css=False,
        elem_id="reduction",
        settings={
            name: {"words": how.words, "numbers": how.numbers} for name, how in SETTINGS.items()
        },
    )
