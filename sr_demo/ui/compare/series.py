"""Many pictures in the page: several files, one box, one sheet and one table."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from pathlib import Path
from typing import Any

import gradio as gr

from sr_demo.boxes import Box
from sr_demo.degradation import CLEAN, parse
from sr_demo.figures.series_sheet import PLOTS, Strip, means, series_sheet, sheet_bytes
from sr_demo.formatting import format_left
from sr_demo.gate import load_untrusted
from sr_demo.images import ImageError, Loaded
from sr_demo.methods import METHODS
from sr_demo.records import csv_bytes
from sr_demo.series import Skipped, compare_series
from sr_demo.storage import CheckpointError
from sr_demo.ui.asked import plain, scale_of
from sr_demo.ui.compare.viewer import NO_METHOD
from sr_demo.ui.components import download, to_download
from sr_demo.ui.files import uploaded
from sr_demo.ui.guard import is_local
from sr_demo.ui.session import Session, SessionStore
from sr_demo.ui.work import working

ABOUT = (
    "Several files, compared by the settings above: one sheet with a row for each and box plots of "
    "all, one table of scores. A file that cannot be read is skipped."
)
CROP, BUSIEST = "crop", "busiest"
BOXES = [("The crop shown above", CROP), ("The most detailed place of each", BUSIEST)]
MOST, MOST_HERE = 24, 200  # pictures on a page for others, and on one's own machine
PIXELS, PIXELS_HERE = 4_000_000, 64_000_000  # of an output, likewise
PULSE = 0.3  # seconds between two reports of progress
FULL = "Too many people are comparing right now: try again in a moment."
Updates = dict[Any, Any]


@dataclass
class Made:
    """What there is of a series so far; setting ``stop`` ends it at the next tile."""

    paths: Sequence[Path]
    box: Box | None
    stop: threading.Event = field(default_factory=threading.Event)
    strips: list[Strip] = field(default_factory=list)
    skipped: list[Skipped] = field(default_factory=list)
    began: float = field(default_factory=time.monotonic)

    @property
    def done(self) -> int:
        """How many pictures are finished, or skipped."""
        return len(self.strips) + len(self.skipped)


class SeriesCard:
    """An accordion with its own files and answers; the settings are the comparison's."""

    def __init__(self, app: gr.Blocks, sessions: SessionStore, settings: Sequence[gr.Radio | Any]):
        """Build it here.

        Args:
            app: that it is part of.
            sessions: of its pages.
            settings: mode, scale, methods, colour space and reduction of the comparison.
        """
        self.app, self.sessions = app, sessions
        self._made: dict[str, Made] = {}  # of each page that asks for one
        with gr.Accordion("Many pictures: one sheet, one table", open=False, elem_id="series"):
            gr.HTML(f"<p>{ABOUT}</p>", apply_default_css=False)
            self.files = gr.File(
                file_count="multiple", label="Pictures", height=140, elem_classes="takes-files"
            )
            self.where = gr.Radio(BOXES, value=CROP, label="Crop", elem_id="series-box")
            with gr.Row():
                self.start = gr.Button("Compare them", size="sm", scale=0, min_width=160)
                self.stop = gr.Button("Cancel", size="sm", scale=0, min_width=120, visible=False)
            self.news = gr.HTML("", apply_default_css=False, elem_id="series-news")
            with gr.Row(visible=False) as self.saves:
                self.png = gr.Button("Sheet (PNG)", size="sm", min_width=120)
                self.pdf = gr.Button("Sheet (PDF)", size="sm", min_width=120)
                self.csv = gr.Button("Scores (CSV)", size="sm", min_width=120)
            self.sheet = gr.Image(
                format="png", type="filepath", interactive=False, show_label=False, visible=False,
                container=False, buttons=["fullscreen"], elem_id="series-sheet",
            )  # fmt: skip
            self.kept = gr.State({})  # suffix -> path
            self.download = download("series-download")
        self._wire(settings)

    def _wire(self, settings: Sequence[Any]) -> None:
        quiet: dict[str, Any] = {"api_visibility": "private", "show_progress": "hidden"}
        answers = [self.start, self.stop, self.news, self.saves, self.sheet, self.kept]
        asked = self.start.click(
            self.begin, [self.files, self.where, *settings], answers, queue=False, **quiet
        )
        run = asked.then(
            self.run, settings, answers, concurrency_id="series", concurrency_limit=1, **quiet
        )
        run.failure(self.turn_away, None, answers, queue=False, **quiet)
        self.stop.click(self.cancel, None, None, queue=False, **quiet)
        for button, suffix in ((self.png, "png"), (self.pdf, "pdf"), (self.csv, "csv")):
            button.click(partial(_give, suffix), self.kept, self.download, queue=False, **quiet)
        self.app.unload(self.leave)

    def begin(
        self, files: list[str] | None, where: str, mode: str, scale: int, methods: list[str],
        color_space: str, degrade: str, request: gr.Request,
    ) -> Updates:  # fmt: skip
        """Take the files, or say what is missing."""
        key, session = request.session_hash or "", self.sessions[request.session_hash]
        most = MOST_HERE if is_local(self.app) else MOST
        if key in self._made:
            return {self.news: gr.skip()}
        if not files:
            return {self.news: _said("Choose several pictures first.")}
        if not methods:
            return {self.news: _said(NO_METHOD)}
        if len(files) > most:
            return {self.news: _said(f"{len(files)} pictures are too many: choose {most} or less.")}
        try:
            paths = [uploaded(file) for file in files]
        except ImageError as error:
            return {self.news: _said(str(error))}
        session.files.use(*map(str, paths))
        self._made[key] = Made(paths, session.box if where == CROP else None)
        return {
            self.start: gr.Button(interactive=False),
            self.stop: gr.Button(visible=True),
            self.news: "<p>Waiting …</p>",
            self.saves: gr.Row(visible=False),
            self.sheet: gr.Image(None, visible=False),
        }

    def run(
        self, mode: str, scale: int, methods: list[str], color_space: str, degrade: str,
        request: gr.Request,
    ) -> Iterator[Updates]:  # fmt: skip
        """Compare picture after picture; what is done when it is cancelled is kept."""
        key, session = request.session_hash or "", self.sessions[request.session_hash]
        made = self._made.get(key)
        yield {self.news: gr.skip()}  # a generator that yields nothing would empty every output
        if made is None:
            return
        made.began = time.monotonic()
        compare = partial(
            compare_series, scale=scale_of(scale), methods=methods, has_original=mode == "sharp",
            color_space=color_space, box=made.box, read=self._reader(mode == "sharp", scale),
            degradation=parse(str(degrade)) if mode == "sharp" else CLEAN,
        )  # fmt: skip
        trouble = ""
        try:
            for fraction, now in _work(made, compare):
                yield {self.news: _going(made, fraction, now)}
        except Exception as error:
            trouble = plain(error, "The comparison", (ImageError, CheckpointError))
        finally:
            self._made.pop(key, None)
        yield self._finished(session, made, scale, color_space, trouble)

    def cancel(self, request: gr.Request) -> None:
        """Stop at the next tile; what is there stays."""
        if made := self._made.get(request.session_hash or ""):
            made.stop.set()

    def leave(self, request: gr.Request) -> None:
        """The page was closed: stop working for it."""
        self.cancel(request)
        self._made.pop(request.session_hash or "", None)

    def turn_away(self, request: gr.Request) -> Updates:
        """The queue was full."""
        self._made.pop(request.session_hash or "", None)
        return self._idle() | {self.news: _said(FULL)}

    def _reader(self, has_original: bool, scale: int) -> Callable[[Path], Loaded]:
        most = PIXELS_HERE if is_local(self.app) else PIXELS

        def read(path: Path) -> Loaded:
            loaded = load_untrusted(path)
            height, width = loaded.pixels.shape[:2]
            pixels = height * width * (1 if has_original else scale**2)
            if pixels > most:
                raise ImageError(
                    f"{path.name} gives {pixels / 1e6:.1f} megapixels, and {most / 1e6:g} is the "
                    "most here: reduce it."
                )
            return loaded

        return read

    def _idle(self) -> Updates:
        return {self.start: gr.Button(interactive=True), self.stop: gr.Button(visible=False)}

    def _finished(
        self, session: Session, made: Made, scale: int, color_space: str, trouble: str
    ) -> Updates:
        news = self._idle() | {self.news: _result(made, trouble)}
        if not made.strips:
            return news
        name = f"{len(made.strips)}_pictures_x{scale}"
        figure = series_sheet(made.strips, scale, color_space)
        rows = [row for strip in made.strips for row in strip.rows]
        content = {suffix: sheet_bytes(figure, suffix) for suffix in ("png", "pdf")}
        content["csv"] = csv_bytes(rows)
        kept = {
            suffix: session.files.keep_file(f"{name}.{suffix}", data)
            for suffix, data in content.items()
        }
        return news | {
            self.saves: gr.Row(visible=True),
            self.sheet: gr.Image(kept["png"], visible=True),
            self.kept: kept,
        }


def _work(
    made: Made, compare: Callable[..., Iterator[Strip | Skipped]]
) -> Iterator[tuple[float, str]]:
    """Work on all pictures, each in a turn of its own, so that others get theirs in between.

    Yields:
        How much of the present picture is done, and what is done with it.
    """
    last = 0.0
    for path in made.paths:

        def work(report: Callable[[Any], None], path: Path = path) -> None:
            def tick(_number: int, fraction: float, method: str) -> None:
                report((fraction, f"{path.name}, {METHODS[method].label}"))

            for item in compare([path], progress=tick):
                report(item)

        for item in working(work, made.stop, PULSE):
            if isinstance(item, Strip):
                made.strips.append(item)
            elif isinstance(item, Skipped):
                made.skipped.append(item)
            elif item and time.monotonic() - last > PULSE:
                last = time.monotonic()
                yield item
        if made.stop.is_set():
            return


def _give(suffix: str, kept: dict[str, str]) -> dict[str, Any]:
    return to_download(kept[suffix])


def _going(made: Made, fraction: float, now: str) -> str:
    """How far it has come, and how long the rest may take as fast as it went."""
    part = (made.done + fraction) / len(made.paths)
    left = ""
    if made.done:
        seconds = (time.monotonic() - made.began) * (1 - part) / part
        left = f", about {format_left(seconds)} left"
    return (
        f'<progress value="{part:.3f}" max="1" aria-label="Progress"></progress>'
        f"<p>{made.done + 1} of {len(made.paths)}: {escape(now)} …{left}</p>"
    )


def _result(made: Made, trouble: str) -> str:
    """What came of it: the means, and the files that were skipped."""
    parts = [_said(trouble)] if trouble else []
    stopped = "Stopped: " if made.stop.is_set() else ""
    count = f"{len(made.strips)} of {len(made.paths)} pictures compared."
    parts.append(f'<p role="status">{stopped}{count}</p>')
    if made.skipped:
        reasons = "".join(f"<li>{escape(_reason(one))}</li>" for one in made.skipped)
        parts.append(f"<p>Skipped:</p><ul>{reasons}</ul>")
    if made.strips:
        parts.append(_table(made.strips))
    return "".join(parts)


def _reason(one: Skipped) -> str:
    return one.reason if one.name in one.reason else f"{one.name}: {one.reason}"


def _table(strips: Sequence[Strip]) -> str:
    rows = means(strips)
    shown = [i for i in range(len(PLOTS)) if any(row[i] is not None for row in rows.values())]
    head = "".join(f'<th scope="col">{PLOTS[i][0]}</th>' for i in shown)
    body = "".join(
        f'<tr><th scope="row">{escape(METHODS[name].label)}</th>'
        + "".join(f"<td>{PLOTS[i][2](row[i])}</td>" for i in shown)
        + "</tr>"
        for name, row in rows.items()
    )
    return (
        '<div class="scores" tabindex="0" role="region" aria-label="Means"><table>'
        f"<caption>Means <span>over {len(strips)} pictures</span></caption>"
        f'<thead><tr><th scope="col">Method</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _said(text: str) -> str:
    return f'<p class="error" role="alert">{escape(text)}</p>'
