"""Before and after training: an uploaded checkpoint against the one in use, on the samples."""

import threading
from collections.abc import Callable, Iterator
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np

from sr_demo import against
from sr_demo.checkpoints import load_file, load_network
from sr_demo.figures.crop_sheet import crop_sheet_png
from sr_demo.formatting import format_change
from sr_demo.images import crop_to_multiple
from sr_demo.inference.engine import Engine
from sr_demo.methods import METHODS
from sr_demo.networks import SuperResolver
from sr_demo.resize import imresize
from sr_demo.samples import SAMPLES, load_sample
from sr_demo.ui.asked import plain
from sr_demo.ui.files import delete, keep_file, uploaded
from sr_demo.ui.guard import is_local
from sr_demo.ui.models.wide import wide
from sr_demo.ui.work import working

SIDE = 384  # pixels of the middle of a sample: NIQE needs two blocks of 96, and nobody waits long
ABOUT = (
    "Choose a checkpoint that you trained: on the middle of each sample photo it is set against "
    "the weights in use of the same network. For a folder of test pictures, on the command line: "
    "<code>sr-demo benchmark DIR --against CHECKPOINTS</code>."
)
NOT_HERE = "This page is for others, too: compare checkpoints on a page of your own machine."
Report = tuple[str, list[str]]  # HTML, and the files of crop sheets


class WeightsCheck:
    """A button for a file, a table of what changed, and crops of what became worse."""

    def __init__(self, app: gr.Blocks) -> None:
        self.app = app
        with gr.Column(elem_id="check") as self.room:
            gr.HTML(f"<h2>Before and after training</h2><p>{ABOUT}</p>", apply_default_css=False)
            self.button = gr.UploadButton(
                "Compare a checkpoint", file_types=[".safetensors"], size="sm", scale=0,
                elem_id="check-weights",
            )  # fmt: skip
            self.answer = gr.HTML(apply_default_css=False)
            self.crops = gr.Gallery(
                visible=False, format="png", columns=1, show_label=False, object_fit="contain",
                height="auto", buttons=["download", "fullscreen"], elem_id="check-crops",
            )  # fmt: skip
        app.load(self.show, None, self.room, queue=False, api_visibility="private")
        self.button.upload(
            self.check, self.button, [self.answer, self.crops], api_visibility="private",
            concurrency_id="network", concurrency_limit=1, show_progress="minimal",
            show_progress_on=self.answer,
        )  # fmt: skip

    def show(self) -> Any:
        """Only where one's own machine serves the page: a checkpoint may be of a huge network."""
        return gr.Column(visible=is_local(self.app))

    def check(self, file: str) -> Iterator[list[Any]]:
        """Yield the table and the crops, or why there are none, in plain words."""
        if not is_local(self.app):
            yield [_refused(NOT_HERE), gr.Gallery(visible=False)]
            return
        path = uploaded(file)

        def work(report: Callable[[Report | str], None]) -> None:
            report(compared(path, lambda name: report(f"<p>… {escape(name)}</p>")))

        try:
            for news in working(work, threading.Event()):
                html, crops = (news, []) if isinstance(news, str) else news or ("", [])
                yield [html, gr.Gallery(crops, visible=bool(crops))]
        except Exception as error:
            yield [_refused(plain(error, "The comparison")), gr.Gallery(visible=False)]
        finally:
            delete(path)


def compared(path: Path, progress: Callable[[str], None]) -> Report:
    """What a checkpoint changes on the samples, and the three pictures that lost most.

    Args:
        progress: told each sample's label before it is restored; may raise.

    Raises:
        CheckpointError: if the file, or that of the weights in use, cannot be used.
    """
    network = load_file(path)
    assert network.card is not None
    method, scale = network.card.method, network.scale
    engines = Engine(load_network(method, scale)), Engine(network)
    pictures, pairs = {}, []
    for name, (label, _) in SAMPLES.items():
        progress(label)
        original = _middle(load_sample(name).pixels, scale)
        pictures[label] = against.restored(original, imresize(original, 1 / scale), engines)
        pairs.append(against.measured(label, pictures[label]))
    sheets = []
    for pair in against.regressions(pairs):
        comparison = pictures[pair.image]
        png = crop_sheet_png(comparison, against.worst_box(comparison), against.LABELS)
        sheets.append(keep_file(f"{method}_x{scale}_{pair.image}.png", png))
    return table(network, pairs), sheets


def table(network: SuperResolver, pairs: list[against.Pair]) -> str:
    """HTML: a row for each score that was measured, and the worst regressions in a sentence."""
    card = network.card
    assert card is not None
    rows = "".join(map(_row, against.changes(pairs)))
    head = "<th>Before</th><th>After</th><th>Change</th><th>Better</th><th>Worse</th><th>p</th>"
    worst = ", ".join(f"{p.image} {p.gain:+.2f} dB" for p in against.regressions(pairs))
    lost = f"Most was lost in: {worst}." if worst else "No picture lost PSNR."
    return (
        f"<p>{escape(METHODS[card.method].label)} ×{card.scale}, {card.steps:,} steps on "
        f"{escape(card.data)}; {len(pairs)} pictures. p is that of Wilcoxon’s signed-rank test.</p>"
        + wide("Scores", f"<thead><tr><th>Score</th>{head}</tr></thead><tbody>{rows}</tbody>")
        + f"<p>{escape(lost.replace('-', '−'))}</p>"
    )


def _row(change: against.Change) -> str:
    digits = 4 if change.score == "ssim" else 2
    way = "↑" if against.BETTER[change.score] > 0 else "↓"
    cells = (
        f"{change.before:.{digits}f}", f"{change.after:.{digits}f}",
        format_change(change.after, change.before, digits), str(change.better), str(change.worse),
        "—" if change.p is None else f"{change.p:.2g}",
    )  # fmt: skip
    title = f'<th scope="row">{against.TITLES[change.score]} {way}</th>'
    return f"<tr>{title}{''.join(f'<td>{cell}</td>' for cell in cells)}</tr>"


def _middle(pixels: np.ndarray, scale: int) -> np.ndarray:
    top, left = (max(0, (side - SIDE) // 2) for side in pixels.shape[:2])
    part = pixels[top : top + SIDE, left : left + SIDE]
    return np.ascontiguousarray(crop_to_multiple(part, scale))


def _refused(text: str) -> str:
    return f'<p class="error" role="alert">{escape(text)}</p>'
