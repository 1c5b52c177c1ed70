"""The page behind a real nginx, under a path, as docs/hosting.md sets it up."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import numpy as np
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from sr_demo.images import save_png
from sr_demo.ui import SessionStore, build, launch_options, prepare
from sr_demo.ui.compare.tab import FIRST
from tests.helpers import free_port

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "hosting.md"
NGINX = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
AROUND = """
daemon off; master_process off; pid pid; error_log stderr crit;
events {{}}
http {{
    access_log off;
    client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi;
    uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    server {{ listen 127.0.0.1:{port}; {location} }}
}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("nginx")


@pytest.fixture(scope="module")
def address(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where nginx serves the page."""
    if NGINX is None:
        pytest.skip("NO NGINX, THE PAGE IS NOT TESTED BEHIND IT: apt-get install nginx")
    blocks = re.findall(r"```nginx\n(.*?)```", DOCUMENT.read_text(encoding="utf-8"), re.S)
    (location,) = [block for block in blocks if block.startswith("location")]
    port = free_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("cache")))
        patch.setenv("GRADIO_ROOT_PATH", "/sr")
        patch.setenv("GRADIO_ALLOWED_PATHS", str(folder))
        prepare(names=(FIRST,))
        sessions = SessionStore()
        app = build(sessions)
        options = launch_options(sessions) | {"server_port": free_port(), "quiet": True}
        app.launch(prevent_thread_lock=True, **options)
        location = location.replace("127.0.0.1:7860", f"127.0.0.1:{app.server_port}")
        (folder / "nginx.conf").write_text(AROUND.format(port=port, location=location))
        command = [NGINX, "-p", str(folder), "-c", "nginx.conf", "-e", "stderr"]
        with subprocess.Popen(command, cwd=folder) as nginx:
            yield f"http://127.0.0.1:{port}/sr/"
            nginx.terminate()
        app.close()


def test_gradios_variables_are_obeyed(address: str, folder: Path) -> None:
    assert httpx.get(f"{address}config").json()["root"] == address.rstrip("/")
    configuration = folder / "nginx.conf"
    served = httpx.get(f"{address}gradio_api/file={configuration}")
    assert served.text == configuration.read_text()


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """One that asks for nothing elsewhere, and complains of nothing."""
    complaints: list[str] = []

    def check(request: Request) -> None:
        if not request.url.startswith((address, "data:", "blob:")):
            complaints.append(request.url)

    def hear(message: ConsoleMessage) -> None:
        icon = message.location["url"].endswith("/favicon.ico")  # the browser's own wish
        if message.type == "error" and not icon:
            complaints.append(message.text)

    with browser.new_context() as context:
        page = context.new_page()
        page.on("request", check)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", hear)
        yield page
    assert complaints == []


def test_the_first_screen_is_found_under_a_path_too(page: Page, address: str) -> None:
    page.goto(address, wait_until="commit")
    picture = page.frame_locator("iframe").locator(".pane .layer img").first
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.wait_for_function("!document.querySelector('iframe')", timeout=60_000)
    page.locator(".run[data-state=done]").wait_for(state="attached", timeout=60_000)


def test_the_page_works_under_a_path_behind_nginx(
    page: Page, address: str, tmp_path: Path, photo: np.ndarray
) -> None:
    page.goto(f"{address}?sample=page&scale=2")
    done = page.locator(".run[data-state=done]")
    done.wait_for(state="attached", timeout=60_000)
    page.wait_for_function("document.querySelector('.pane img').naturalWidth > 0")
    save_png(tmp_path / "cat.png", photo[:64, :80])
    page.set_input_files("input[type=file]", tmp_path / "cat.png")
    page.wait_for_function("document.querySelector('.pane img').src.includes('cat_x2')")
    done.wait_for(state="attached", timeout=60_000)
    with page.expect_download() as caught:
        page.get_by_role("button", name="Scores (CSV)").click()
    assert caught.value.suggested_filename == "cat_x2_scores.csv"
    assert "bicubic" in Path(caught.value.path()).read_text(encoding="utf-8")
