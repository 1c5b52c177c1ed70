"""A document of its own with the viewer alone, in a frame over the page until that is there.

Gradio needs two seconds on a laptop until its page stands; the viewer needs neither Gradio nor, for
a sample that was compared at start-up, any work. So the page's HTML begins with a script that opens
``first`` in a frame, has Gradio begin once that shows its pictures, and takes it away when the page
shows them, too (``cover.js``).
"""

import json
import os
import re
from collections.abc import Callable
from html import escape
from pathlib import Path
from secrets import token_hex
from typing import Any
from urllib.parse import parse_qsl, quote

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sr_demo.inference.runnable import available
from sr_demo.samples import load_sample
from sr_demo.ui.compare.prepared import COLOR_SPACE, SCALE, Ready, ready_for
from sr_demo.ui.compare.tab import FIRST
from sr_demo.ui.compare.viewer import html, view
from sr_demo.ui.components import js_on_load
from sr_demo.ui.session import Job, Picture, Session, SessionStore

HERE = Path(__file__).parent
UI = HERE.parent
STATIC = UI.parent / "static"
# Where Gradio begins, and the same as an element that does nothing until cover.js copies it
ENTRY = re.compile(rb'<script type="module"( crossorigin src="[^"]+")></script>')
WAITING = rb'<script type="text/plain" data-entry\1></script>'
TABS = ("Compare", "Lab", "Lessons", "Models")


class FirstScreen:
    """ASGI middleware for a Gradio app: answers ``first``, and has the page open it."""

    def __init__(self, app: ASGIApp, sessions: SessionStore) -> None:
        self._app = app
        self._first = First(sessions)
        self._script = f"<script>{_read('first/cover.js')}</script>".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        path = scope["path"] if scope["type"] == "http" else ""
        if path == "/first":
            answer = HTMLResponse(await run_in_threadpool(self._first.document))
            await answer(scope, receive, send)
        else:
            covered = path == "/" and not _asks(scope["query_string"])
            await self._app(scope, receive, self._covered(send) if covered else send)

    def _covered(self, send: Send) -> Callable[[Message], Any]:
        """As ``send``, for the page, which is one message: its scripts have to wait for ours."""
        start: Message = {}

        async def send_covered(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                start = message  # waits until it is known how long the page is
                return
            if start:
                if not message.get("more_body") and message.get("body"):
                    page = message["body"].replace(b"<head>", b"<head>" + self._script, 1)
                    message["body"] = ENTRY.sub(WAITING, page)
                    MutableHeaders(scope=start)["content-length"] = str(len(message["body"]))
                await send(start)
                start = {}
            await send(message)

        return send_covered


def _asks(query: bytes) -> bool:
    """Whether a link asks for something, which is then what the page shows first."""
    return any(not name.startswith("__") for name, _ in parse_qsl(query.decode("latin-1")))


class First:
    """The document, made anew when what it shows is; its files are a session's of its own."""

    def __init__(self, sessions: SessionStore) -> None:
        self._sessions = sessions
        self._key = token_hex(16)  # browsers say whose page they are: none knows this one
        self._made: tuple[Ready, Session, str] | None = None

    @property
    def session(self) -> Session:
        """The one that keeps its files."""
        return self._sessions[self._key]

    def document(self) -> str:
        """An empty one while the sample that it shows has not been compared."""
        sample, methods = load_sample(FIRST), tuple(available(SCALE))
        session = self.session
        picture = session.picture or Picture(FIRST, sample, sample=True)
        job = Job(picture, sample, True, SCALE, methods, COLOR_SPACE, files=session.files)
        ready = ready_for(job)
        if ready is None:
            return ""
        if self._made and self._made[0] is ready and self._made[1] is session and _kept(session):
            return self._made[2]
        session.picture = picture
        session.show(job, *ready.given(session.files))
        document = _document(_with_urls(view(session, {}, "done")))
        self._made = ready, session, document
        return document


def _kept(session: Session) -> bool:
    """Whether nobody has deleted a file, or let go of it; and from now on they are young again."""
    try:
        for path in session.files.paths:
            os.utime(path)
    except FileNotFoundError:
        return False
    return session.shown is not None


def _document(value: dict[str, Any]) -> str:
    parts = {
        "preload": "".join(_preload(pane["first"]["url"]) for pane in value["panes"]),
        "css": _css(),
        "tabs": "".join(f"<span>{name}</span>" for name in TABS),
        "viewer": html(),
        "value": json.dumps(value),
        "script": js_on_load(HERE / "screen.js").replace("</", "<\\/"),
    }
    document = (HERE / "screen.html").read_text(encoding="utf-8")
    for name, part in parts.items():
        document = document.replace(f"<!-- {name} -->", part)
    return document


def _preload(url: str) -> str:
    return f'<link rel="preload" as="image" href="{escape(url)}">'


def _css() -> str:
    """The page's own, the viewer's, and what Gradio's theme gives them there."""
    theme = (STATIC / "theme.css").read_text(encoding="utf-8")
    viewer = f"#viewer {{\n{_read('compare/viewer.css')}\n}}"
    return "\n".join([theme, _read("page.css"), viewer, _read("first/screen.css")])


def _with_urls(value: Any) -> Any:
    """Gradio gives files in values a URL; here it is relative to the document's."""
    if isinstance(value, list):
        return [_with_urls(item) for item in value]
    if not isinstance(value, dict):
        return value
    copy = {name: _with_urls(item) for name, item in value.items()}
    is_file = "_type" in value.get("meta", {})
    return copy | ({"url": f"gradio_api/file={quote(value['path'])}"} if is_file else {})


def _read(name: str) -> str:
    return (UI / name).read_text(encoding="utf-8")
