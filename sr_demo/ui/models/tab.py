"""What each checkpoint was trained on, how, and how well it does: its card, as shipped."""

import gradio as gr

from sr_demo.storage import CHECKPOINTS

README = CHECKPOINTS / "README.md"


class ModelsTab:
    """The text that ``python -m train report`` wrote beside the weights, which it measured."""

    def __init__(self) -> None:
        gr.Markdown(_text(), elem_id="models", container=False)


def _text() -> str:
    if not README.is_file():
        return "No report here yet. Make it with `python -m train report --data TESTSETS`."
    _, _, text = README.read_text(encoding="utf-8").partition("\n")  # the tab is the title
    return text
