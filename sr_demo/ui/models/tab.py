"""The models: other people's, which may be added, and what each checkpoint of our own is."""

import base64
import re
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from sr_demo.checkpoints import checkpoints_folder
from sr_demo.foreign import registry
from sr_demo.foreign.official import FOLDER, OFFICIAL, arrived
from sr_demo.foreign.weights import SUFFIXES
from sr_demo.formatting import format_count
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS, Method
from sr_demo.ui.asked import plain
from sr_demo.ui.compare.tab import CompareTab
from sr_demo.ui.compare.viewer import view
from sr_demo.ui.files import delete, uploaded
from sr_demo.ui.guard import is_local

ABOUT = (
    "ESRGAN, Real-ESRGAN, SwinIR and many others run here beside our own. Choose a file of weights "
    "(.safetensors, or .pth, of which nothing but weights is read): it becomes one more method, "
    "until this page’s server stops."
)
NOT_HERE = f"On a page for others, its owner chooses the models: {FOLDER} names their folder."
QUIET: dict[str, Any] = {"api_visibility": "private"}


class ModelsTab:
    """The models that were added; beneath, the report that ``python -m train report`` wrote."""

    def __init__(self, app: gr.Blocks, compare: CompareTab) -> None:
        self.app, self.compare = app, compare
        with gr.Column(elem_id="added") as self.room:
            self.list = gr.HTML(apply_default_css=False)
            self.answer = gr.HTML(apply_default_css=False)
            self.button = gr.UploadButton(
                "Add a model", file_types=list(SUFFIXES), size="sm", elem_id="add-model", scale=0
            )
        gr.Markdown(_text(), elem_id="models", container=False)
        app.load(self.show, None, [self.room, self.list, self.button], queue=False, **QUIET)
        added = self.button.upload(
            self.add, [self.button, compare.scale, compare.methods],
            [self.list, self.answer, compare.methods], **QUIET,
        )  # fmt: skip
        # Once its box is there: the viewer asks by the boxes as they stand
        added.then(self.begin, compare.methods, compare.viewer, queue=False, **QUIET)

    def show(self) -> list[Any]:
        """The list; on a page for others only where its owner has chosen some, and no button."""
        own = is_local(self.app)
        return [
            gr.Column(visible=own or bool(registry.added())),
            _list(own),
            gr.Button(visible=own),
        ]

    def add(self, file: str, scale: int, methods: list[str]) -> list[Any]:
        """Read an uploaded file and offer its method, or say in plain words why that cannot be."""
        skip = gr.skip()
        if not is_local(self.app):
            return [skip, _said(NOT_HERE, "error"), skip]
        path = uploaded(file)
        try:
            method = registry.add(path)
        except Exception as error:
            return [skip, _said(plain(error, "Reading the model"), "error"), skip]
        finally:
            delete(path)
        offered = available(scale)
        said = f"{method.label} is added and is compared from now on, under Compare."
        if method.name not in offered:
            said = f"{method.label} is added: choose ×{_scale(method)} under Compare to see it."
        chosen = [name for name in offered if name in methods or name == method.name]
        boxes = gr.CheckboxGroup([(METHODS[name].label, name) for name in offered], value=chosen)
        return [_list(True), _said(said), boxes]

    def begin(self, methods: list[str], request: gr.Request) -> Any:
        """Let the viewer ask for the comparison, if a method is chosen that it has not."""
        session = self.compare.sessions[request.session_hash]
        latest = session.latest
        if latest is None or set(methods) <= set(latest.methods):
            return gr.skip()
        return view(session, {}, "begin")


def _scale(method: Method) -> int:
    return method.model.about.scale if method.model else 0


def _list(own: bool) -> str:
    rows = "".join(map(_row, registry.added()))
    head = "<th>Model</th><th>Network</th><th>Enlarges</th><th>Parameters</th><th>Licence</th>"
    table = f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>" if rows else ""
    if not own:
        return f"<h2>Other people’s models</h2>{table}"
    return f"<h2>Other people’s models</h2><p>{ABOUT}{_known()}</p>{table}"


def _row(method: Method) -> str:
    assert method.model is not None
    about = method.model.about
    cells = (about.architecture, f"×{about.scale}", format_count(about.parameters), about.licence)
    return (
        f'<tr><th scope="row">{escape(method.label)}</th>'
        + "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        + "</tr>"
    )


def _known() -> str:
    """What can be had by name and is not here yet."""
    absent = [official for official in OFFICIAL.values() if not arrived(official)]
    if not absent:
        return ""
    commands = " or ".join(f"<code>sr-demo get {official.name}</code>" for official in absent)
    return f" Before the page is started, {commands} brings the authors’ own file."


def _said(text: str, kind: str = "done") -> str:
    role = "alert" if kind == "error" else "status"
    return f'<p class="{kind}" role="{role}">{escape(text)}</p>'


def _text() -> str:
    report = checkpoints_folder() / "README.md"
    if not report.is_file():
        return "No report here yet. Make it with `python -m train report --data TESTSETS`."
    _, _, text = report.read_text(encoding="utf-8").partition("\n")  # the tab is the title
    text = re.sub(r"(?<=\]\()\w+\.svg(?=\))", lambda m: _within(report.parent / m[0]), text)
    return f"## Our own weights\n{text}"


def _within(picture: Path) -> str:
    """A picture as its own address: the page serves no file of the checkpoints' folder."""
    if not picture.is_file():
        return ""
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.read_bytes()).decode()}"
