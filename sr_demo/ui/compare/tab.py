"""The comparison: controls at the left, pictures at the right, numbers and files beneath."""

from collections.abc import Callable, Iterator
from html import escape
from typing import Any

import gradio as gr

from sr_demo.boxes import Box, box_from
from sr_demo.degradation import CLEAN, parse
from sr_demo.gate import load_untrusted
from sr_demo.images import ImageError
from sr_demo.inference.runnable import available, missing
from sr_demo.methods import METHODS, SCALES, Method
from sr_demo.samples import SAMPLES, load_sample, small_version
from sr_demo.storage import CheckpointError
from sr_demo.traces import traces
from sr_demo.ui.asked import plain, said, sample_of, scale_of
from sr_demo.ui.compare import downloads
from sr_demo.ui.compare.added import add, adder, describe_added, remove
from sr_demo.ui.compare.look import output_size
from sr_demo.ui.compare.picker import describe, picker
from sr_demo.ui.compare.prepared import ready_for
from sr_demo.ui.compare.reduction import reduction
from sr_demo.ui.compare.run import run
from sr_demo.ui.compare.scores import table
from sr_demo.ui.compare.series import SeriesCard
from sr_demo.ui.compare.sized import SizedCard
from sr_demo.ui.compare.viewer import NO_METHOD, crop_scores, view, viewer
from sr_demo.ui.components import download, to_download
from sr_demo.ui.files import uploaded
from sr_demo.ui.session import Job, Picture, Session, SessionStore, Shown

SHARP, SMALL = "sharp", "small"
MODES = [("I have the sharp original", SHARP), ("I only have a small image", SMALL)]
MODE_NOTES = {
    SHARP: "It is reduced, restored by each method, and scored against the original.",
    SMALL: "Each method enlarges it. With no original there is nothing to score against.",
}
FIRST = "motorcycle"
GONE = "That was an earlier picture of your own, which is not kept: choose it again."
Updates = dict[Any, Any]


class CompareTab:
    """Built inside ``tab``; every handler looks its session up by the page's hash."""

    def __init__(self, app: gr.Blocks, tab: gr.Tab, sessions: SessionStore):
        self.app, self.tab, self.sessions = app, tab, sessions
        with gr.Row(elem_id="compare"):
            with gr.Column(scale=0, min_width=312, elem_id="controls"):
                self._controls()
            with gr.Column(scale=1, min_width=340):
                self.viewer = viewer()
        with gr.Row(visible=False, elem_id="below") as self.below, gr.Column(min_width=340):
            self._numbers()
        settings = [self.mode, self.scale, self.methods, self.color_space, self.reduction]
        SizedCard(app, sessions)
        SeriesCard(app, sessions, settings)
        self.download = download("download")
        self._wire()

    # --- what is on the page ----------------------------------------------------------------------

    def _controls(self) -> None:
        self.picker = picker()
        self.mode = gr.Radio(
            MODES, value=SHARP, label="What do you have?", info=MODE_NOTES[SHARP], elem_id="mode"
        )
        self.scale = gr.Radio(
            [(f"×{scale}", scale) for scale in SCALES], value=4, label="Scale", elem_id="scale"
        )
        self.reduction = reduction()
        self.methods = gr.CheckboxGroup(
            _choices(4), value=available(4), label="Methods", elem_id="methods"
        )
        self.missing = gr.HTML(_missing_note(4), apply_default_css=False, elem_id="missing")
        self.adder = adder()
        self.color_space = gr.Radio(
            [("Luma (Y), as papers do", "y"), ("RGB", "rgb")],
            value="y", label="Scores on", elem_id="color-space",
        )  # fmt: skip

    def _numbers(self) -> None:
        self.table = gr.HTML("", apply_default_css=False, elem_id="scores")
        with gr.Row():
            self.sheet = gr.Button("Crop sheet (PNG)", size="sm", min_width=120)
            self.zip = gr.Button("Everything (ZIP)", size="sm", min_width=120)
            self.csv = gr.Button("Scores (CSV)", size="sm", min_width=120)

    # --- events -----------------------------------------------------------------------------------

    def _wire(self) -> None:
        controls = [self.mode, self.scale, self.methods, self.color_space, self.reduction]
        shown = [self.viewer, self.table, self.below, self.picker]
        asked = [*shown, *controls, self.missing, self.adder]
        quick: dict[str, Any] = {
            "queue": False, "show_progress": "hidden", "api_visibility": "private",
            "trigger_mode": "multiple",
        }  # fmt: skip
        changes = [self.mode.input, self.scale.input, self.methods.input, self.color_space.input]
        asks = [
            self.picker.sample(self.choose_sample, controls, asked, **quick),
            # Its wait is for the decoder: in the queue, where it takes no other event's thread
            self.picker.upload(
                self.upload,
                controls,
                asked,
                concurrency_id="decoder",
                concurrency_limit=4,
                **quick | {"queue": True},
            ),
            gr.on(changes, self.change, controls, asked, **quick),
            self.reduction.choose(self.change, controls, asked, **quick),
            self.viewer.again(self.change, controls, asked, **quick),
            self.app.load(self.greet, None, asked, **quick),
            self.viewer.visit(self.visit, None, asked, **quick),
            self.adder.result(
                self.add_result,
                None,
                [self.viewer, self.adder],
                concurrency_id="decoder",
                concurrency_limit=4,
                **quick | {"queue": True},
            ),
            self.adder.discard(self.remove_result, None, [self.viewer, self.adder], **quick),
        ]
        self.tab.select(self.welcome, None, self.viewer, **quick)
        runs = [
            ask.then(
                self.run, None, shown,
                concurrency_id="network", concurrency_limit=1, show_progress_on=self.viewer,
                **quick | {"queue": True, "show_progress": "minimal"},
            )
            for ask in asks
        ]  # fmt: skip
        for queued in runs:
            queued.failure(self.turn_away, None, self.viewer, **quick)
        self.viewer.cancel(self.cancel, None, self.viewer, cancels=runs, **quick)
        self.viewer.crop(self.crop, None, self.viewer, **quick | {"trigger_mode": "always_last"})
        for button, make in (
            (self.sheet, downloads.crop_sheet),
            (self.zip, downloads.everything),
            (self.csv, downloads.csv_file),
        ):
            button.click(self._giver(make), None, self.download, **quick | {"queue": True})

    # --- asking for a comparison: quick, never queued ---------------------------------------------

    def greet(self, request: gr.Request) -> Updates:
        """Begin with a sample, or with what a link asks for: ?sample=coffee&crop=x,y,w,h."""
        query = dict(request.query_params or {})
        if "lesson" in query:  # a class opens it all at once: nothing is compared before it is seen
            self._session(request).unseen = True
            return {self.viewer: gr.skip()}
        return self._greet(request, query)

    def welcome(self, request: gr.Request) -> Any:
        """The tab was opened; after a lesson's link there is nothing in it yet.

        Its script then asks for the comparison: browsers say that a tab is open before anything is
        greeted, and to let a job follow each time would take two places in the queue for each page.
        """
        session = self._session(request)
        if not session.unseen:
            return gr.skip()
        session.unseen = False
        session.picture = Picture(FIRST, load_sample(FIRST), sample=True)
        return view(session, {}, "begin")

    def visit(self, event: gr.EventData, request: gr.Request) -> Updates:
        """Back or Forward: compare what the address asks for, or the page's own picture."""
        said_query = said(event, "query")
        asked = said_query.items() if isinstance(said_query, dict) else ()
        query = {str(name): str(value) for name, value in asked}
        session = self._session(request)
        if "sample" in query:
            return self._greet(request, query)
        if session.own and str(session.own.number) == query.get("own"):
            return self._greet(request, query, session.own)
        return self._refuse(session, GONE)

    def _greet(
        self, request: gr.Request, query: dict[str, str], own: Picture | None = None
    ) -> Updates:
        name = query.get("sample", FIRST)
        name = name if name in SAMPLES else FIRST
        scale = next((s for s in SCALES if str(s) == query.get("scale")), 4)
        mode = SMALL if query.get("mode") == SMALL else SHARP
        picture = own or Picture(name, load_sample(name), sample=True)
        named = query.get("methods", "").split(",")
        wanted = [name for name in available(scale) if name in named] or list(METHODS)
        updates = self._ask(
            self._session(request),
            picture,
            mode,
            scale,
            wanted,
            "y",
            _linked(query.get("degrade", "")),
            box_from(query.get("crop")),
        )
        return {**updates, self.scale: scale}

    def choose_sample(
        self, mode: str, scale: int, methods: list[str], color_space: str, degrade: str,
        event: gr.EventData, request: gr.Request,
    ) -> Updates:  # fmt: skip
        """A sample was chosen: compare it by the settings as they stand."""
        name = sample_of(said(event, "name"))
        if name is None:
            return self._refuse(self._session(request), "Choose one of the samples.")
        picture = Picture(name, load_sample(name), sample=True)
        session = self._session(request)
        return self._ask(session, picture, mode, scale, methods, color_space, degrade)

    def upload(
        self, mode: str, scale: int, methods: list[str], color_space: str, degrade: str,
        event: gr.EventData, request: gr.Request,
    ) -> Updates:  # fmt: skip
        """A file was uploaded: compare it, or say in plain words why it cannot be."""
        session = self._session(request)
        try:
            path = uploaded(said(event, "path"))
            session.files.use(str(path))
            picture = session.upload(path.stem, load_untrusted(path))
        except ImageError as error:
            return self._refuse(session, str(error))
        return self._ask(session, picture, mode, scale, methods, color_space, degrade)

    def change(
        self, mode: str, scale: int, methods: list[str], color_space: str, degrade: str,
        request: gr.Request,
    ) -> Updates:  # fmt: skip
        """A setting was changed: compare the same picture again."""
        session = self._session(request)
        if session.picture is None:
            return self._refuse(session, "Choose a photo first.")
        return self._ask(session, session.picture, mode, scale, methods, color_space, degrade)

    def add_result(self, event: gr.EventData, request: gr.Request) -> Updates:
        """What another program made was uploaded: compare it, too, or say why it cannot be."""
        session = self._session(request)
        try:
            path = uploaded(said(event, "path"))
            session.files.use(str(path))
            add(session, path)
        except ImageError as error:
            return {self.adder: describe_added(session, str(error))}
        return {self.viewer: view(session, {}, "waiting"), self.adder: describe_added(session)}

    def remove_result(self, event: gr.EventData, request: gr.Request) -> Updates:
        """A result of another program is wanted no more."""
        session = self._session(request)
        if not remove(session, str(said(event, "name"))):
            return {self.adder: describe_added(session)}
        return {self.viewer: view(session, {}, "waiting"), self.adder: describe_added(session)}

    def _ask(
        self, session: Session, picture: Picture, mode: str, scale: int, methods: list[str],
        color_space: str, degrade: str, box: Box | None = None,
    ) -> Updates:  # fmt: skip
        scale, degradation = scale_of(scale), parse(str(degrade))
        wanted = _still_wanted(methods, session, scale)
        small = picture.sample and mode == SMALL
        loaded = small_version(picture.loaded) if small else picture.loaded
        session.picture = picture
        session.ask(
            Job(
                picture, loaded, mode == SHARP, scale, tuple(wanted), color_space,
                degradation if mode == SHARP else CLEAN,
                traces(loaded.pixels) if mode == SMALL else (), box, session.files,
            )
        )  # fmt: skip
        return {
            **(self._at_once(session) or {self.viewer: view(session, {}, "waiting")}),
            self.picker: gr.HTML(picture=describe(session)),
            self.mode: gr.Radio(value=mode, info=MODE_NOTES[mode]),
            self.methods: gr.CheckboxGroup(_choices(scale), value=wanted),
            self.missing: _missing_note(scale),
            self.color_space: gr.Radio(visible=mode == SHARP),
            self.reduction: gr.HTML(value=degrade, visible=mode == SHARP),
            self.adder: describe_added(session),
        }

    def _at_once(self, session: Session) -> Updates:
        """What was made at start-up takes no place in the queue; nothing where there is none."""
        ready = session.waiting and not session.kept(session.waiting) and ready_for(session.waiting)
        if not ready or not (job := session.begin()):
            return {}
        session.show(job, *ready.given(job.files))
        return self._done(session, job, session.turn)

    def _done(self, session: Session, job: Job, turn: int) -> Updates:
        """All of a job that has ended; a page that has turned to another leaves it."""
        comparison = session.shown.comparison if session.shown else None
        return {
            self.viewer: view(session, {}, "done") | {"turn": turn},
            self.table: table(comparison, job.panes) if comparison else gr.skip(),
            self.below: gr.Row(visible=True),
        }

    def _refuse(self, session: Session, message: str) -> Updates:
        return {self.picker: gr.HTML(picture=describe(session, message))}

    # --- running ----------------------------------------------------------------------------------

    def run(self, request: gr.Request) -> Iterator[Updates]:
        """Work on what was asked for; yield what changes on the page, as it comes."""
        session = self._session(request)
        job = session.begin()
        yield {self.viewer: gr.skip()}  # a generator that yields nothing would empty every output
        if job is None:
            return
        done, turn = -1, session.turn
        try:
            for progress in run(session, job):
                yield {self.viewer: view(session, progress, "busy") | {"turn": turn}}
                comparison = session.shown.comparison if session.shown else None
                if comparison and len(comparison.results) != done:
                    done = len(comparison.results)
                    yield {self.table: table(comparison, job.panes)}
        except Exception as error:
            reason = plain(error, "The comparison", (ImageError, CheckpointError))
            picture = describe(session, reason) | {"line": ""}
            yield {
                self.picker: gr.HTML(picture=picture),
                self.viewer: view(session, {}, "done") | {"turn": turn},
            }
            return
        if session.shown and not job.stop.is_set():
            yield self._done(session, job, turn)

    def cancel(self, request: gr.Request) -> dict[str, Any]:
        """Stop at the next tile; what is there stays."""
        session = self._session(request)
        session.cancel()
        return view(session, {}, "stopped")

    def turn_away(self, request: gr.Request) -> dict[str, Any]:
        """The queue was full: forget what was asked for, so that the page can ask again."""
        session = self._session(request)
        if session.waiting is None:  # cancelled while it waited, which Gradio calls a failure too
            return gr.skip()
        session.cancel()
        return view(session, {}, "full")

    def leave(self, request: gr.Request) -> None:
        """The page was closed: stop working for it."""
        self.sessions.leave(request.session_hash)

    # --- looking closer ---------------------------------------------------------------------------

    def crop(self, event: gr.EventData, request: gr.Request) -> Any:
        """A box was drawn: the scores of what lies in it."""
        session = self._session(request)
        box = box_from(said(event, "box"))
        shown = session.shown
        if shown is None or said(event, "run") != shown.number or box is None:
            return gr.skip()
        height, width = output_size(shown.comparison)
        session.box = box.clamped(width, height)
        of = crop_scores(shown.comparison, session.box)
        return gr.HTML(scores={"run": shown.number, "box": session.box, "of": of})

    def _giver(self, make: Callable[[Shown, Box | None], str]) -> Callable[[gr.Request], Any]:
        def give(request: gr.Request) -> Any:
            session = self._session(request)
            if session.shown is None:
                raise gr.Error("Nothing to save yet: choose a photo.", print_exception=False)
            if not session.shown.comparison.results:
                raise gr.Error(f"Nothing to save. {NO_METHOD}", print_exception=False)
            return to_download(make(session.shown, session.box))

        return give

    def _session(self, request: gr.Request) -> Session:
        return self.sessions[request.session_hash]


def _choices(scale: int) -> list[tuple[str, str]]:
    return [(METHODS[name].label, name) for name in available(scale)]


def _still_wanted(methods: list[str], session: Session, scale: int) -> list[str]:
    """The checked methods, and those that were not on offer at the scale before."""
    before = session.latest
    offered = available(before.scale) if before else list(METHODS)
    return [name for name in available(scale) if name in methods or name not in offered]


def _linked(degrade: str) -> str:
    """What a link says of the degradation, if that is one."""
    try:
        return str(parse(degrade))
    except ValueError:
        return str(CLEAN)


def _missing_note(scale: int) -> str:
    """For visitors, who train nothing: which methods rest at this scale, and where they run."""
    absent = [METHODS[name] for name in missing(scale)]
    if not absent:
        return ""
    names = ", ".join(method.label for method in absent)
    details = "".join(f"<p>{escape(_elsewhere(method))}</p>" for method in absent)
    return f"<details><summary>Not available at ×{scale}: {names}</summary>{details}</details>"


def _elsewhere(method: Method) -> str:
    scales = " or ".join(f"×{scale}" for scale in SCALES if method.name in available(scale))
    there = f"choose {scales} to see it" if scales else "it has no weights on this page"
    return f"{method.label} was not trained for this scale: {there}."
