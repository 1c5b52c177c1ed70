"""The first screen as a server gives it: what a page begins with, and when it is made anew."""

import json
import math
import re
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, StreamingResponse
from starlette.routing import Route
from starlette.testclient import TestClient

import sr_demo
from sr_demo.ui import SessionStore, prepare
from sr_demo.ui.compare import prepared
from sr_demo.ui.compare.tab import FIRST
from sr_demo.ui.first.screen import First, FirstScreen
from sr_demo.ui.theme import theme

ENTRY = '<script type="module" crossorigin src="./assets/index-Dph_-1.js"></script>'
PAGE = f"<!doctype html><html><head><title>é</title>{ENTRY}</head><body></body></html>"


def page(_request: Request) -> HTMLResponse:
    return HTMLResponse(PAGE)


async def parts() -> AsyncIterator[str]:
    for part in ("<head>", "rest"):
        yield part


@pytest.fixture
def sessions() -> SessionStore:
    return SessionStore()


@pytest.fixture
def client(sessions: SessionStore) -> TestClient:
    stream = Route("/stream", lambda _request: StreamingResponse(parts()))
    routes = [Route("/", page), Route("/other", page), stream]
    return TestClient(
        Starlette(routes=routes, middleware=[Middleware(FirstScreen, sessions=sessions)])
    )


@pytest.fixture
def compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first sample is at hand, as after start-up."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(prepared, "_ready", {})
    prepare(names=(FIRST,))


@pytest.mark.parametrize("query", ["/", "/?__theme=dark"])
def test_a_page_without_a_wish_begins_with_the_script_and_gradio_waits(
    client: TestClient, query: str
) -> None:
    answer = client.get(query)
    assert re.search(r"<head><script>.*first.*</script><title>é</title>", answer.text, re.DOTALL)
    assert ENTRY not in answer.text
    waiting = ENTRY.replace('type="module"', 'type="text/plain" data-entry')
    assert waiting in answer.text
    assert int(answer.headers["content-length"]) == len(answer.content)


@pytest.mark.parametrize("query", ["/?sample=coffee", "/?lesson=3", "/?tab=lab", "/other"])
def test_what_a_link_asks_for_comes_as_it_is(client: TestClient, query: str) -> None:
    assert client.get(query).text == PAGE


def test_what_comes_in_parts_comes_as_it_is(client: TestClient) -> None:
    assert client.get("/stream").text == "<head>rest"


def test_the_document_is_empty_until_the_sample_was_compared(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(prepared, "_ready", {})
    answer = client.get("/first")
    assert (answer.status_code, answer.text) == (200, "")


def told(document: str) -> dict[str, object]:
    found = re.search(r"const props = \{ value: (.*) \};", document)
    assert found
    value: dict[str, object] = json.loads(found[1])
    return value


@pytest.mark.usefixtures("compared")
def test_the_document_is_kept_while_its_files_are_there(sessions: SessionStore) -> None:
    first = First(sessions)
    document = first.document()
    files = [Path(path) for path in first.session.files.paths]
    assert told(document)["name"] == FIRST
    assert all(str(path) in document for path in files if path.suffix == ".webp")
    assert first.document() is document
    files[0].unlink()
    again = first.document()
    assert again is not document
    assert files[0].exists()
    sessions.forget(math.inf)
    assert not any(path.exists() for path in files)
    assert told(first.document())["name"] == FIRST
    assert all(path.exists() for path in files)


@pytest.mark.usefixtures("compared")
def test_no_browser_can_pass_for_the_first_screen(sessions: SessionStore) -> None:
    first = First(sessions)
    document = first.document()
    sessions["first"].picture = None
    sessions["first"].release()
    assert first.document() is document
    assert first.session is not First(sessions).session


@pytest.mark.usefixtures("compared")
def test_what_is_compared_anew_is_shown_anew(sessions: SessionStore) -> None:
    first = First(sessions)
    document = first.document()
    prepared.forget()
    assert first.document() == ""
    prepare(names=(FIRST,))
    assert first.document() != ""
    assert told(document)["panes"] == told(first.document())["panes"]


@pytest.mark.parametrize("dark", [False, True])
def test_the_colours_are_those_of_gradios_theme(dark: bool) -> None:
    ours = (Path(sr_demo.__file__).parent / "static" / "theme.css").read_text(encoding="utf-8")
    own, given = (text.partition(".dark")[2 if dark else 0] for text in (ours, _css_of_theme()))
    for name, colour in re.findall(r"--([\w-]+): (#\w+);", own):
        if f"--{name}:" in given:
            assert colour == _resolved(f"var(--{name})", given), name


def _css_of_theme() -> str:
    css: str = theme()._get_theme_css()  # type: ignore[no-untyped-call]
    return css


def _resolved(value: str, given: str) -> str:
    while named := re.fullmatch(r"var\(--([\w-]+)\)", value):
        found = re.search(rf"--{named[1]}: ([^;]+);", given) or re.search(
            rf"--{named[1]}: ([^;]+);", _css_of_theme()
        )
        assert found
        value = found[1]
    return {"white": "#fff"}.get(value, value)
