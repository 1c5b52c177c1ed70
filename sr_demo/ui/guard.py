"""What browsers may do with the page: headers on every answer, and requests that are refused.

A browser sends what any website asks it to send. The page has no login that would tell its visitor
from such a website, and on a laptop it trusts whoever can reach 127.0.0.1. So of two kinds of
requests none is answered:

- One that changes something and that another website makes. Browsers say so in ``Sec-Fetch-Site``,
  older ones and those without TLS in ``Origin``: the order of the checks is that of Go's
  ``http.CrossOriginProtection``. Programs send neither and pass.
- One to a page on this machine alone by a name that is not this machine's, which is how a website
  whose name suddenly means 127.0.0.1 would become the page's own origin (DNS rebinding).
"""

import re
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

HERE = ("localhost", "127.0.0.1", "::1")
# What the page needs, and nothing from another host: Gradio's HTML holds scripts and styles, and it
# makes functions of texts (every js_on_load); components are linked by blob URLs (components.py).
# No frame-ancestors: Spaces, courses and editors show the page in a frame, and it has no login, and
# nothing that a misled click could give away.
POLICY = {
    "default-src": "'self'",
    "script-src": "'self' 'unsafe-inline' 'unsafe-eval' blob:",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self' data:",
    "connect-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'self'",
    "form-action": "'self'",
}
HEADERS = {
    "Content-Security-Policy": "; ".join(f"{name} {value}" for name, value in POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}

# Gradio names scripts and styles by their content, and does not say how long they may be kept.
NAMED_BY_CONTENT = re.compile(r"/assets/[^/]+-[\w-]{8,}\.(css|js)")
FOR_A_YEAR = "public, max-age=31536000, immutable"

# So are a page's pictures (files.py): the first screen and the page show the same ones.
PICTURES = re.compile(r"/gradio_api/file=.*/[0-9a-f]{64}/[^/]+\.(webp|png)")
FOR_A_WHILE = "private, max-age=600"

FOREIGN = "Refused: another website asked for this. Open the page itself and do it there.\n"
MISNAMED = (
    "Refused: this page is for this machine alone, open it at 127.0.0.1 or localhost. Where a "
    "proxy serves it under another name, set GRADIO_ROOT_PATH to the address that it has there.\n"
)


class Guard:
    """ASGI middleware for a Gradio app; it passes messages on one by one, as streams need it."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        # Gradio compresses what has a name like x.js, but not "/": 0.80 MB that are 0.16 then
        self._page = GZipMiddleware(app, compresslevel=5)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or refuse it in one sentence."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        blocks = scope["app"].get_blocks()
        headers = Headers(scope=scope)
        answer: ASGIApp = self._page if scope["path"] in ("/", "/first") else self._app
        if is_local(blocks) and _name(headers.get("host", "")) not in HERE:
            answer = PlainTextResponse(MISNAMED, 421)
        elif scope["method"] not in ("GET", "HEAD", "OPTIONS") and _foreign(headers, blocks):
            answer = PlainTextResponse(FOREIGN, 403)

        if "/gradio_api/mcp" in scope["path"]:
            scope = _with_client_noted(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                present = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    present.setdefault(name, value)
                if message["status"] == 200 and NAMED_BY_CONTENT.search(scope["path"]):
                    present.setdefault("Cache-Control", FOR_A_YEAR)
                elif message["status"] == 200 and PICTURES.search(scope["path"]):
                    present.setdefault("Cache-Control", FOR_A_WHILE)
            await send(message)

        await answer(scope, receive, send_with_headers)


def _with_client_noted(scope: Scope) -> Scope:
    """As a proxy notes who asks: an agent's calls are passed on from this machine, with headers."""
    name, peer = b"x-forwarded-for", (scope.get("client") or ("",))[0].encode()
    noted = [value for key, value in scope["headers"] if key == name]
    others = [(key, value) for key, value in scope["headers"] if key != name]
    return {**scope, "headers": [*others, (name, b", ".join([*noted, peer]))]}


def is_local(blocks: Any) -> bool:
    """Whether only browsers on this machine see the page, under no name that a proxy gave it."""
    elsewhere = blocks.root_path or blocks.share or blocks.space_id
    # A server that somebody else started, with the page mounted in it, has no name here.
    return not elsewhere and getattr(blocks, "server_name", "").strip("[]") in HERE


def _foreign(headers: Headers, blocks: Any) -> bool:
    """Whether a browser makes this request for a page of another origin."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None:
        return site not in ("same-origin", "none")
    if origin is None:
        return False
    # As Gradio finds out its own address: a proxy's word, or what GRADIO_ROOT_PATH says in full
    forwarded = headers.get("x-forwarded-host", "").split(",")[0].strip()
    own = {headers.get("host"), forwarded, urlsplit(blocks.root_path).netloc} - {"", None}
    return urlsplit(origin).netloc not in own


def _name(host: str) -> str:
    """The host's name or address without port or brackets; "" if it is none."""
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""
