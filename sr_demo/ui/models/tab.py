"""The models: our own as cards, other people's, which may be added, and the report of it all."""

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
from sr_demo.ui.models.cards import cards
from sr_demo.ui.models.check import WeightsCheck
from sr_demo.ui.models.wide import wide

ABOUT = (
    "ESRGAN, Real-ESRGAN, SwinIR and many others run here beside our own. Choose a file of weights "
    "(.safetensors, or .pth, of which nothing but weights is read): it becomes one more method, "
    "until this page’s server stops."
)
REPORT = "The whole report: scores on test sets, training curves, and how each file was made"
DRAWING = "<h2>The methods</h2><p>Drawing the networks …</p>"
NOT_HERE = f"On a page for others, its owner chooses the models: {FOLDER} names their folder."
QUIET: dict[str, Any] = {"api_visibility": "private"}


class ModelsTab:
    """A card for each method; the models that were added; the report, folded.

    The cards are made when the tab is first opened: their pictures need the networks.
    """

    def __init__(self, app: gr.Blocks, tab: gr.Tab, compare: CompareTab) -> None:
        self.app, self.compare = app, compare
        self.cards = gr.HTML(DRAWING, apply_default_css=False, elem_id="cards", min_height=320)
        with gr.Column(elem_id="added") as self.room:
            self.list = gr.HTML(apply_default_css=False)
            self.answer = gr.HTML(apply_default_css=False)
            self.button = gr.UploadButton(
                "Add a model", file_types=list(SUFFIXES), size="sm", elem_id="add-model", scale=0
            )
        WeightsCheck(app)
        with gr.Accordion(REPORT, open=False, elem_id="report"):
            gr.Markdown(report(), elem_id="models", container=False)
        tab.select(cards, None, self.cards, queue=False, show_progress="hidden", **QUIET)
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
    table = wide("Added models", f"<thead><tr>{head}</tr></thead><tbody>{rows}</tbody>")
    table = table if rows else ""
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


def report() -> str:
    """The report for visitors: without its head, which tells its authors how it is made."""
    path = checkpoints_folder() / "README.md"
    if not path.is_file():
        return "These weights came without a report."
    text = path.read_text(encoding="utf-8")
    text = text[max(0, text.find("\n## ")) :]
    text = re.sub(r"(?<=\]\()\w+\.svg(?=\))", lambda m: _within(path.parent / m[0]), text)
    # A table that is moved sideways can be moved by the keyboard; Markdown lets no aria-label pass
    region = '<div class="wide" role="region" tabindex="0" title="Scores">'
    return re.sub(r"(?:^\|.*\n)+", lambda m: f"{region}\n\n{m[0]}\n</div>\n", text, flags=re.M)


def _within(picture: Path) -> str:
    """A picture as its own address: the page serves no file of the checkpoints' folder."""
    if not picture.is_file():
        return ""
    return f"data:image/svg+xml;base64,{base64.b64encode(picture.read_bytes()).decode()}"
