"""The page, served once for all its tests, and a browser to look at it."""

import os
import shutil
from collections.abc import Iterator

import gradio as gr
import pytest
from playwright.sync_api import Browser, Error, expect, sync_playwright

from sr_demo.ui import build, launch_options

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
        app = build()
        options = launch_options() | {"server_name": "127.0.0.1", "quiet": True}
        _, url, _ = app.launch(prevent_thread_lock=True, **options)
        yield app, url
        app.close()


@pytest.fixture(scope="session")
def url(browser: Browser, served: tuple[gr.Blocks, str]) -> str:
    """Where the app runs, for a browser."""
    return served[1]
