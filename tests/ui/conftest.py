"""The page, served once for all its tests, and a browser to look at it."""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import gradio as gr
import pytest
from gradio import mcp
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    ViewportSize,
    expect,
    sync_playwright,
)

from sr_demo.ui import SessionStore, build, launch_options, prepare
from sr_demo.ui.compare.tab import FIRST
from tests.helpers import free_port
from tests.ui.comparing import DESK, SAMPLE, finished, whole

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)  # else Playwright's own
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
]  # fmt: skip


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=30_000)  # where every core is busy, five seconds are short
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        except Error as error:
            message = f"NO BROWSER, THE PAGE IS NOT TESTED: {error.message.splitlines()[0]}"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[gr.Blocks, str]]:
    """The app and where it runs. A test's page is a session of its own in it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("cache")))
        prepare(names=(FIRST, SAMPLE))  # as at start-up; what is uploaded is computed
        sessions = SessionStore()
        app = build(sessions)
        options = launch_options(sessions) | {"server_name": "127.0.0.1", "quiet": True}
        patch.setattr(mcp, "DEFAULT_TEMP_DIR", os.environ["GRADIO_TEMP_DIR"])
        _, url, _ = app.launch(
            prevent_thread_lock=True, server_port=free_port(), mcp_server=True, **options
        )
        yield app, url
        app.close()


Contexts = Callable[..., BrowserContext]  # by its options


@pytest.fixture(scope="session")
def contexts(browser: Browser) -> Contexts:
    """A browser's context by its options: one for all pages alike, which share its cache."""
    kept: dict[str, BrowserContext] = {}

    def context(**options: Any) -> BrowserContext:
        key = repr(sorted(options.items()))
        if key not in kept:
            kept[key] = browser.new_context(**options)
        return kept[key]

    return context


@contextmanager
def windows(contexts: Contexts, url: str) -> Iterator[Callable[..., Page]]:
    """A function that opens a link in a window, with the options of a context.

    Windows of any size share a context, and so its cache. All are closed at the end. No page may
    have complained then, or asked for anything elsewhere.
    """
    pages: list[Page] = []
    complaints: list[str] = []

    def check(asked: str) -> None:
        if not asked.startswith((url, "data:", "blob:")):
            complaints.append(asked)

    def refused(status: int, asked: str) -> None:
        if status >= 400:
            complaints.append(f"{status}: {asked}")

    def open_page(
        query: str,
        *,
        viewport: ViewportSize = DESK,
        color_scheme: Literal["light", "dark"] = "light",
        **options: Any,
    ) -> Page:
        page = contexts(**options).new_page()
        page.set_viewport_size(viewport)
        page.emulate_media(color_scheme=color_scheme)
        pages.append(page)
        page.set_default_timeout(60_000)
        page.on("request", lambda request: check(request.url))
        page.on("response", lambda answer: refused(answer.status, answer.url))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda m: complaints.append(m.text) if m.type == "error" else None)
        page.goto(url + query)
        return page

    yield open_page
    for page in pages:
        page.close()
    assert complaints == []


@pytest.fixture(scope="session")
def url(browser: Browser, served: tuple[gr.Blocks, str]) -> str:
    """Where the app runs, for a browser."""
    return served[1]


Opener = Callable[..., Page]  # with a query and what a browser's context takes


@pytest.fixture
def open_compare(contexts: Contexts, url: str) -> Iterator[Opener]:
    """A function that opens the page at a small sample and waits; nothing may complain."""
    with windows(contexts, url) as open_page:

        def open_finished(query: str = f"?sample={SAMPLE}", **options: Any) -> Page:
            page = open_page(query, **options)
            finished(page)
            return page

        yield open_finished


@pytest.fixture(scope="session")
def compare_window(contexts: Contexts, url: str) -> Iterator[Page]:
    """A window that many tests share: to load a page takes longer than most of them."""
    with windows(contexts, url) as open_page:
        yield open_page(f"?sample={SAMPLE}")


@pytest.fixture
def compare_page(compare_window: Page) -> Page:
    """The shared window, all pictures there and in full view."""
    finished(compare_window)
    compare_window.keyboard.press("Escape")
    whole(compare_window)
    compare_window.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
    return compare_window
