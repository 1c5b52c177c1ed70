"""More visitors than the page can serve: each is told where it stands, and none is lost."""

import threading
import time
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, Page, expect

import sr_demo
from sr_demo.comparison import Comparison, Progress
from sr_demo.ui import build, launch_options
from sr_demo.ui.compare import prepared
from sr_demo.ui.compare import run as running
from tests.helpers import free_port


@pytest.fixture
def crowded(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Iterator[str]:
    """Where a page runs that lets one wait."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("crowded")))
    app = build(queue_size=1)
    options = launch_options() | {"server_name": "127.0.0.1", "quiet": True}
    _, url, _ = app.launch(prevent_thread_lock=True, server_port=free_port(), **options)
    yield url
    app.close()


def test_who_waits_knows_it_and_who_is_turned_away_can_try_again(
    browser: Browser, crowded: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()

    def held(
        image: np.ndarray, scale: int, methods: Sequence[str], *, progress: Progress, **rest: Any
    ) -> Iterator[Comparison]:
        while not free.is_set():
            progress(0.25, "bicubic")
            time.sleep(0.02)
        yield from sr_demo.stream(image, scale, ["bicubic"], progress=progress, **rest)

    monkeypatch.setattr(running, "stream", held)
    monkeypatch.setattr(prepared, "_ready", {})
    context = browser.new_context()
    try:
        pages: list[Page] = []
        for state, text in (("busy", "Starting"), ("waiting", "1 ahead"), ("full", "Too many")):
            page = context.new_page()
            pages.append(page)
            page.goto(f"{crowded}?sample=page")
            expect(page.locator(".run")).to_have_attribute("data-state", state)
            expect(page.locator(".run .message")).to_contain_text(text)
        first, second, third = pages
        free.set()
        for page in (first, second):
            expect(page.locator(".pane[data-pane=bicubic] img")).to_be_visible()
        third.get_by_role("button", name="Run again").click()
        expect(third.locator(".pane[data-pane=bicubic] img")).to_be_visible()
    finally:
        free.set()
        context.close()
