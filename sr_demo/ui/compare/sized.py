"""One of the shown results at an exact size, as a wallpaper or a form asks for it."""

import re
from html import escape
from typing import Any

import gradio as gr
import numpy as np

from sr_demo.methods import SCALES
from sr_demo.sizing import Size, parse_size, resize_to
from sr_demo.ui.components import download, to_download
from sr_demo.ui.guard import is_local
from sr_demo.ui.session import Session, SessionStore, Shown

ABOUT = (
    "A result as large as you need it: 1920x1080, 1920x or x1080, or one number for the longer "
    "side. Bicubic takes it there from the size that is shown."
)
PIXELS, PIXELS_HERE = 16_000_000, 64_000_000  # at most: on a page for others, on one's own machine
NOTHING = "Nothing to save yet: choose a photo."


class SizedCard:
    """An accordion: which result, which size, a button."""

    def __init__(self, app: gr.Blocks, sessions: SessionStore) -> None:
        self.app, self.sessions = app, sessions
        with gr.Accordion("One exact size", open=False, elem_id="sized") as card:
            gr.HTML(f"<p>{ABOUT}</p>", apply_default_css=False)
            with gr.Row():
                self.pane = gr.Dropdown([], label="Result", scale=0, min_width=200)
                self.size = gr.Textbox(
                    label="Size of the result (px)", placeholder="1920x1080", max_lines=1,
                    scale=0, min_width=200,
                )  # fmt: skip
                self.save = gr.Button("Save (PNG)", size="sm", scale=0, min_width=120)
            self.news = gr.HTML("", apply_default_css=False, elem_id="sized-news")
            self.download = download("sized-download")
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        card.expand(self.offer, self.pane, self.pane, queue=False, **quiet)
        self.pane.focus(self.offer, self.pane, self.pane, queue=False, **quiet)
        gr.on(
            [self.save.click, self.size.submit],
            self.make, [self.pane, self.size], [self.download, self.news],
            concurrency_id="sized", concurrency_limit=1, **quiet,
        )  # fmt: skip

    def offer(self, pane: str | None, request: gr.Request) -> Any:
        """The results that are shown now; to begin with the last, which is the newest method's."""
        shown = self.sessions[request.session_hash].shown
        panes = _panes(shown) if shown else {}
        chosen = pane if pane in panes else next(reversed(panes), None)
        return gr.Dropdown([(label, name) for name, label in panes.items()], value=chosen)

    def make(self, pane: str | None, text: str, request: gr.Request) -> list[Any]:
        """Save one result at that size, or say in plain words why it cannot be."""
        session = self.sessions[request.session_hash]
        most = PIXELS_HERE if is_local(self.app) else PIXELS
        try:
            path, news = sized(session, pane, text, most)
        except ValueError as error:
            return [gr.skip(), f'<p class="error" role="alert">{escape(str(error))}</p>']
        return [to_download(path), f'<p role="status">{escape(news)}</p>']


def sized(
    session: Session, pane: str | None, text: str, most: int = PIXELS_HERE
) -> tuple[str, str]:
    """Path of a PNG of that size, and what was done, in a sentence.

    Args:
        session: whose shown results these are.
        pane: of the result, by its name.
        text: "1920x1080", "1920x", "x1080", or "2048" for the longer side.
        most: pixels that it may have.

    Raises:
        ValueError: in plain words, where there is no such result or size.
    """
    shown = session.shown
    found = [r for r in shown.comparison.results if r.method == pane] if shown else []
    if shown is None or not found:
        raise ValueError(NOTHING if shown is None else "Choose one of the results that are shown.")
    size = _size(text)
    image, opacity = found[0].image, shown.comparison.opacity
    _, width, height = size.of(image.shape[1], image.shape[0])
    if width * height > most:
        limit = f"ask for {most // 1_000_000} megapixels at most"
        raise ValueError(f"{width} × {height} is too large: {limit}.")
    made = resize_to(image if opacity is None else np.dstack([image, opacity]), size)
    pixels, clear = made.image[..., :3], None if opacity is None else made.image[..., 3]
    path = shown.job.files.keep_png(f"{shown.job.stem}_{pane}_{width}x{height}", pixels, clear)
    done = "; ".join((f"Saved {width} × {height}", *made.changes))
    return path, f"{done}.{_better(shown, width, image.shape[1])}"


def _panes(shown: Shown) -> dict[str, str]:
    labels = shown.job.panes
    return {r.method: labels[r.method] for r in shown.comparison.results if r.method in labels}


def _size(text: str) -> Size:
    """The page has one field for both ways to ask."""
    match = re.fullmatch(r"\s*(\d{1,9})\s*", text)
    return Size(longer=int(match[1])) if match else parse_size(text)


def _better(shown: Shown, width: int, shown_width: int) -> str:
    """Where a larger scale would have shown more than bicubic does."""
    larger = shown.job.scale < max(SCALES) and not shown.job.has_original and width > shown_width
    return f" ×{max(SCALES)} shows more than that: choose it under Scale." if larger else ""
