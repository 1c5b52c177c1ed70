"""The perception–distortion lab: the plane, the path of α, the maps."""

import logging
import threading
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import gradio as gr

from sr_demo.figures.perception_distortion import save_plane
from sr_demo.inference.engine import Cancelled
from sr_demo.storage import CheckpointError
from sr_demo.ui.asked import said
from sr_demo.ui.components import download, to_download
from sr_demo.ui.lab.bench import lab, seen, view
from sr_demo.ui.lab.cards import DistanceCard, MapsCard, ProtocolCard
from sr_demo.ui.lab.sweeps import Sweep, Sweeps, walk
from sr_demo.ui.session import Session, SessionStore, Shown

log = logging.getLogger(__name__)


QUICK: dict[str, Any] = {
    "queue": False, "show_progress": "hidden", "api_visibility": "private",
    "trigger_mode": "multiple",
}  # fmt: skip
QUEUED = QUICK | {"queue": True}
NETWORK: dict[str, Any] = {"concurrency_id": "network", "concurrency_limit": 1, **QUEUED}


class LabTab:
    """Built inside ``tab``; shows what the page's session has compared."""

    def __init__(self, app: gr.Blocks, tab: gr.Tab, sessions: SessionStore):
        self.app, self.sessions, self.sweeps = app, sessions, Sweeps()
        self._walks: dict[str, threading.Event] = {}  # of each page; setting one stops it
        self.lab = lab()
        self.download = download("lab-download")
        with gr.Column(elem_id="closer"):
            self.closer = (
                MapsCard(self._seen),
                ProtocolCard(self._seen, self.sweeps),
                DistanceCard(self._seen),
            )
        self.lab.look(self.look, None, self.lab, **QUICK)
        self.lab.sweep(self.sweep, None, self.lab, **NETWORK)
        self.lab.cancel(self.cancel, None, None, **QUICK)
        self.lab.draw(self.draw, None, self.download, **QUEUED)
        app.unload(self.cancel)
        of = gr.State("")  # the picture that the cards speak of
        cards = [part for card in self.closer for part in card.parts]
        tab.select(self.turn, of, [of, *cards], **QUICK)

    def turn(self, of: str, request: gr.Request) -> Any:
        """Close the cards when there is another picture."""
        shown = self._session(request).shown
        now = f"{shown.files.get('original')} {shown.number}" if shown else ""
        closed = [part for card in self.closer for part in card.closed()]
        return gr.skip() if now == of else [now, *closed]

    def look(self, request: gr.Request) -> dict[str, Any]:
        """What there is to see now."""
        return self._view(request, "busy" if self._key(request) in self._walks else "stopped")

    def _view(self, request: gr.Request, state: str, say: str = "") -> dict[str, Any]:
        session = self._session(request)
        shown = seen(session)
        if not isinstance(shown, Shown):
            return shown
        return view(shown, session.box, self.sweeps.of(shown), state, say)

    def sweep(self, request: gr.Request) -> Iterator[Any]:
        """Make the steps that are missing, one after the other."""
        session, key = self._session(request), self._key(request)
        shown = seen(session)
        yield gr.skip()  # a generator that yields nothing would empty its output
        if not isinstance(shown, Shown) or key in self._walks:
            return
        self._walks[key] = stop = threading.Event()
        sweep, say = self.sweeps.of(shown), ""
        try:
            yield view(shown, session.box, sweep, "busy")
            for _ in self._steps(session, shown, sweep, stop):
                yield view(shown, session.box, sweep, "busy")
        except Cancelled:
            pass
        except CheckpointError as error:
            say = str(error)
        except Exception as error:
            log.exception("the interpolation failed", exc_info=error)
            say = f"The interpolation failed ({type(error).__name__}): try another picture."
        finally:
            self._walks.pop(key, None)
        # Not of `sweep`: there may be another picture by now.
        yield self._view(request, "stopped", say)

    def _steps(
        self, session: Session, shown: Shown, sweep: Sweep, stop: threading.Event
    ) -> Iterator[None]:
        def go_on(_: float) -> None:
            if stop.is_set() or session.shown is not shown:
                raise Cancelled

        for step in walk(shown, sweep, go_on):
            go_on(1)
            yield step

    def cancel(self, request: gr.Request) -> None:
        """Stop at the next tile; what is there stays."""
        if walk := self._walks.get(self._key(request)):
            walk.set()

    def draw(self, event: gr.EventData, request: gr.Request) -> Any:
        """The plane as a file for slides."""
        shown = seen(self._session(request))
        plane = self.sweeps.of(shown).drawn(shown) if isinstance(shown, Shown) else None
        suffix = said(event, "suffix")
        if not isinstance(shown, Shown) or plane is None or suffix not in ("png", "svg"):
            return gr.skip()
        name = f"{shown.job.stem}_plane.{suffix}"
        with TemporaryDirectory() as folder:
            path = Path(folder, name)
            save_plane(plane, path, f"{shown.job.picture.name}, ×{shown.job.scale}")
            return to_download(shown.job.files.keep_file(name, path.read_bytes()))

    def _seen(self, request: gr.Request) -> Shown:
        """What is shown, if there is something to measure; else an error in plain words."""
        shown = seen(self._session(request))
        if not isinstance(shown, Shown):
            raise gr.Error(shown["say"], print_exception=False)
        return shown

    def _key(self, request: gr.Request) -> str:
        return request.session_hash or ""

    def _session(self, request: gr.Request) -> Session:
        return self.sessions[request.session_hash]
