"""The address of a tab that is no comparison, and a button that copies it."""

from pathlib import Path

import gradio as gr

from sr_demo.ui.components import js_on_load

HERE = Path(__file__).parent


def share(tab: str, *, compared: bool = False) -> gr.HTML:
    """Built inside a tab.

    Args:
        tab: its name in addresses.
        compared: it shows what is compared, which its address names, too.
    """
    return gr.HTML(
        value={"tab": tab, "compared": compared},
        html_template=(HERE / "share.html").read_text(encoding="utf-8"),
        css_template=(HERE / "share.css").read_text(encoding="utf-8"),
        js_on_load=js_on_load(HERE / "share.js"),
        apply_default_css=False,
        elem_id=f"share-{tab}",
    )
