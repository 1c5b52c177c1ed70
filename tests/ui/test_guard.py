"""What browsers are told with every answer, and the requests that are refused."""

import re
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import gradio as gr
import httpx
import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from sr_demo.ui.guard import FOREIGN, HEADERS, MISNAMED, Guard

CHANGES = ["upload", "queue/join", "component_server", "run/upscale", "call/upscale", "cancel"]
LOCAL = {"server_name": "127.0.0.1", "root_path": "", "share": False, "space_id": None}


def behind_guard(**blocks: Any) -> TestClient:
    """A client of a server as the page's, launched otherwise; it answers "done" to everything."""

    class App(Starlette):
        def get_blocks(self) -> SimpleNamespace:
            return SimpleNamespace(**LOCAL | blocks)

    async def done(_: Any) -> PlainTextResponse:
        return PlainTextResponse("done")

    routes = [Route("/", done, methods=["GET", "POST"])]
    return TestClient(App(routes=routes, middleware=[Middleware(Guard)]))


@pytest.mark.parametrize("path", ["", "config", "gradio_api/info", "gradio_api/file=/etc/passwd"])
def test_every_answer_carries_the_headers(served: tuple[gr.Blocks, str], path: str) -> None:
    answer = httpx.get(served[1] + path)
    assert (
        HEADERS.items() <= dict(answer.headers).items()
        or {name: answer.headers[name] for name in HEADERS} == HEADERS
    )
    assert "x-frame-options" not in answer.headers
    assert "frame-ancestors" not in answer.headers["content-security-policy"]


def test_only_what_is_named_by_its_content_is_kept_for_a_year(
    served: tuple[gr.Blocks, str],
) -> None:
    page = httpx.get(served[1])
    script = re.search(r'src="\./(assets/[^"]+\.js)"', page.text)
    assert script is not None
    kept = httpx.get(served[1] + script[1])
    assert kept.headers["cache-control"] == "public, max-age=31536000, immutable"
    for answer in (page, httpx.get(served[1] + "config"), httpx.get(served[1] + "assets/none.js")):
        assert "max-age" not in answer.headers.get("cache-control", "")


@pytest.mark.parametrize("path", CHANGES)
@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site", "Origin": "http://127.0.0.1:1"},
        {"Origin": "https://other.example"},
        {"Origin": "http://127.0.0.1:1"},
        {"Origin": "null"},
    ],
)
def test_what_another_website_asks_for_is_refused(
    served: tuple[gr.Blocks, str], path: str, headers: dict[str, str]
) -> None:
    files = {"files": ("photo.png", b"x")}
    answer = httpx.post(f"{served[1]}gradio_api/{path}", headers=headers, files=files)
    assert (answer.status_code, answer.text) == (403, FOREIGN)
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_programs_and_the_page_itself_may_upload(served: tuple[gr.Blocks, str]) -> None:
    own = {"Origin": served[1].rstrip("/")}
    for headers in ({}, own, own | {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        files = {"files": ("photo.png", b"x")}
        answer = httpx.post(f"{served[1]}gradio_api/upload", headers=headers, files=files)
        assert answer.status_code == 200, headers


@pytest.mark.parametrize(
    ("host", "accepted"),
    [
        ("localhost", True),
        ("LocalHost:1", True),
        ("127.0.0.1:7860", True),
        ("[::1]:7860", True),
        ("other.example", False),
        ("other.example:7860", False),
        ("localhost.other.example", False),
        ("127.0.0.1.other.example", False),
        ("127.0.0.1@other.example", False),
        ("[", False),
        ("", False),
    ],
)
def test_a_page_on_this_machine_answers_to_this_machines_names_alone(
    host: str, accepted: bool
) -> None:
    client = behind_guard()
    for method in ("GET", "POST"):
        answer = client.request(method, "/", headers={"Host": host})
        expected = (200, "done") if accepted else (421, MISNAMED)
        assert (answer.status_code, answer.text) == expected


def test_the_page_is_served_with_the_check_of_names(served: tuple[gr.Blocks, str]) -> None:
    answer = httpx.get(served[1], headers={"Host": "other.example"})
    assert (answer.status_code, answer.text) == (421, MISNAMED)


@pytest.mark.parametrize(
    "public",
    [
        {"server_name": "0.0.0.0"},
        {"server_name": "192.168.1.2"},
        {"share": True},
        {"space_id": "someone/sr-demo"},
        {"root_path": "/sr"},
        {"root_path": "https://example.org/sr"},
    ],
)
def test_a_page_for_others_answers_to_any_name(public: dict[str, Any]) -> None:
    client = behind_guard(**public)
    assert client.get("/", headers={"Host": "example.org"}).text == "done"
    own = {"Host": "example.org", "Origin": "https://example.org"}
    assert client.post("/", headers=own).text == "done"
    foreign = own | {"Origin": "https://other.example"}
    assert client.post("/", headers=foreign).text == FOREIGN


def test_behind_a_proxy_its_own_name_is_the_one_that_the_proxy_or_root_path_says() -> None:
    own = {"Host": "127.0.0.1:7860", "Origin": "https://example.org"}
    named = behind_guard(root_path="https://example.org/sr")
    assert named.post("/", headers=own).text == "done"
    forwarded = own | {"X-Forwarded-Host": "example.org, inner"}
    assert behind_guard(root_path="/sr").post("/", headers=forwarded).text == "done"
    assert behind_guard(root_path="/sr").post("/", headers=own).text == FOREIGN


@pytest.fixture
def other_site(tmp_path: Path, url: str) -> Iterator[str]:
    """A website that shows the page in a frame, at another name and port."""
    (tmp_path / "index.html").write_text(
        f'<iframe src="{url}?sample=page&scale=2" width="1200" height="800"></iframe>'
    )
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    handler = partial(quiet, directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://localhost:{server.server_port}/"
        server.shutdown()


def test_another_website_may_show_the_page_in_a_frame_but_not_speak_for_it(
    browser: Browser, url: str, other_site: str
) -> None:
    with browser.new_context() as context:
        page = context.new_page()
        page.goto(other_site)
        frame = page.frame_locator("iframe")
        frame.locator(".run[data-state=done]").wait_for(state="attached", timeout=60_000)
        frame.locator(".pane img").first.wait_for()
        ask = "url => fetch(url, {method: 'POST', mode: 'no-cors', body: new FormData()})"
        with page.expect_response("**/gradio_api/upload") as refused:
            page.evaluate(ask, f"{url}gradio_api/upload")
        assert refused.value.status == 403
