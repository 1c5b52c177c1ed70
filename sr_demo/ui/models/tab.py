"""What each checkpoint was trained on, how, and how well it does: its card, as shipped."""

import gradio as gr

from sr_demo.checkpoints import checkpoints_folder


class ModelsTab:
    """The text that ``python -m train report`` wrote beside the weights, which it measured."""

    def __init__(self) -> None:
        gr.Markdown(_text(), elem_id="models", container=False)


def _text() -> str:
    report = checkpoints_folder() / "README.md"
    if not report.is_file():
        return "No report here yet. Make it with `python -m train report --data TESTSETS`."
    _, _, text = report.read_text(encoding="utf-8").partition("\n")  # the tab is the title
    return text
