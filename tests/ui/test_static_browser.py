"""The static page in a real browser, from a plain file server, with nothing else to reach."""

import base64
import io
import json
import re
import threading
import zipfile
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, FilePayload, Page, ViewportSize, expect

import sr_demo
from sr_demo.formatting import format_psnr, format_ssim
from sr_demo.images import png_bytes
from sr_demo.inference import export
from sr_demo.inference.runnable import available
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import ssim
from sr_demo.samples import load_sample
from sr_demo.static import models, runtime, site
from tests.helpers import free_port, present
from tests.ui.conftest import windows

SAMPLE = "page"  # the smallest
DESK: ViewportSize = {"width": 1440, "height": 900}


class Files(SimpleHTTPRequestHandler):
    """A plain file server; `instead` has other content for some paths."""

    def __init__(self, *args: Any, instead: dict[str, bytes], **options: Any) -> None:
        self.instead = instead
        super().__init__(*args, **options)

    def do_GET(self) -> None:
        name = self.path.partition("?")[0].lstrip("/") or "index.html"
        content = self.instead.get(name)
        if content is None:
            super().do_GET()
            return
        self.send_response(200)
        self.send_header("Content-Type", self.guess_type(name))
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        pass


@pytest.fixture(scope="module")
def folder(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site with the networks of ×4 and some of the others."""
    pytest.importorskip("onnx")
    out = tmp_path_factory.mktemp("static") / "site"
    wanted = [(name, 4) for name in ("espcn", "srcnn", "srresnet", "srgan", "real_srgan")]
    wanted += [("espcn", 2), ("espcn", 3)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("npm_config_offline", "true")  # what is not here is not fetched for a test
        patch.setattr(export, "verify", lambda *_: "")  # has its own tests
        patch.setattr(site, "LEVEL", 1)
        patch.setattr(site, "models", lambda: [models.model(*pair) for pair in wanted])
        try:
            site.write_site(out)
        except runtime.RuntimeMissing as error:
            pytest.skip(f"NO ONNX RUNTIME FOR BROWSERS, THE STATIC PAGE IS NOT TESTED: {error}")
    return out


def with_espcn_alone(folder: Path) -> dict[str, bytes]:
    """The page with one network, where what is tested is not what the others make."""
    before, tag, rest = (folder / "index.html").read_text(encoding="utf-8").partition('id="site">')
    text, end, after = rest.partition("</script>")
    described = json.loads(text)
    networks = described["networks"]
    described["networks"] = {name: networks[name] for name in networks if "espcn" in name}
    page = "".join([before, tag, json.dumps(described), end, after])
    return {"index.html": page.encode()}


Serve = Callable[..., tuple[str, ThreadingHTTPServer]]


@pytest.fixture(scope="module")
def serve(folder: Path) -> Iterator[Serve]:
    """Serve the site, with other content for some of its files."""
    servers: list[ThreadingHTTPServer] = []

    def start(**instead: bytes) -> tuple[str, ThreadingHTTPServer]:
        port = free_port()
        handler = partial(Files, directory=str(folder), instead=instead)
        server = ThreadingHTTPServer(("127.0.0.1", port), handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{port}/", server

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture(scope="module")
def context(browser: Browser) -> Iterator[BrowserContext]:
    """A window's storage that nothing has visited yet."""
    context = browser.new_context(viewport=DESK)
    yield context
    context.close()


@pytest.fixture(scope="module")
def visited(context: BrowserContext, serve: Serve) -> Iterator[Page]:
    """The page at its smallest sample, where all is done."""
    address, _ = serve()
    with windows(lambda **_: context, address) as open_page:
        page = open_page(f"?sample={SAMPLE}")
        finished(page)
        yield page


@pytest.fixture
def page(visited: Page) -> Page:
    finished(visited)
    return visited


@pytest.fixture
def quick(page: Page) -> Page:
    """The same page with the quick methods alone."""
    for name in ("SRResNet", "SRGAN", "Real-SRGAN"):
        page.locator("#methods").get_by_label(name, exact=True).uncheck()
    finished(page)
    return page


def finished(page: Page) -> None:
    page.wait_for_function(
        """() => {
          const panes = [...document.querySelectorAll('.pane')];
          return document.querySelector('.run')?.dataset.state === 'done' && panes.length > 0 &&
            panes.every((pane) => pane.querySelector('img')?.naturalWidth > 0);
        }"""
    )


def pixels(page: Page, pane: str) -> np.ndarray:
    """What an img of the page shows, to the byte."""
    text = page.locator(f".pane[data-pane={pane}] img").evaluate(
        """(img) => {
          const canvas = new OffscreenCanvas(img.naturalWidth, img.naturalHeight);
          const brush = canvas.getContext('2d', { willReadFrequently: true });
          brush.drawImage(img, 0, 0);
          const { data } = brush.getImageData(0, 0, canvas.width, canvas.height);
          let text = '';
          for (let i = 0; i < data.length; i += 8192) {
            text += String.fromCharCode(...data.subarray(i, i + 8192));
          }
          return [btoa(text), canvas.height, canvas.width];
        }"""
    )
    content, height, width = text
    return np.frombuffer(base64.b64decode(content), np.uint8).reshape(height, width, 4)[..., :3]


def test_every_method_makes_the_servers_pixels_and_scores(page: Page) -> None:
    expected = sr_demo.compare(load_sample(SAMPLE).pixels, 4)
    np.testing.assert_array_equal(pixels(page, "original"), expected.sharp)
    np.testing.assert_array_equal(pixels(page, "input"), expected.lr)
    np.testing.assert_array_equal(pixels(page, "bicubic"), expected.result("bicubic").image)
    shown = page.locator(".pane").evaluate_all("panes => panes.map(p => p.dataset.pane)")
    assert shown == ["original", "input", *available(4)]
    for result in expected.results:
        found = pixels(page, result.method)
        assert (np.abs(found.astype(int) - result.image) <= 2).mean() > 0.999, result.method
        facts = page.locator(f".pane[data-pane={result.method}] .facts").inner_text()
        assert f"PSNR {format_psnr(psnr(expected.sharp, found, border=4))} ↑" in facts
        assert f"SSIM {format_ssim(ssim(expected.sharp, found, border=4))} ↑" in facts
        score = present(result.scores.psnr)
        assert float(present(re.search(r"PSNR ([\d.]+)", facts))[1]) == pytest.approx(
            score, abs=0.02
        )


def test_two_threads_compute_and_the_page_says_that_nothing_is_uploaded(page: Page) -> None:
    assert page.evaluate("crossOriginIsolated")
    expect(page.locator("#foot")).to_contain_text("Nothing is uploaded")
    cores = page.evaluate("navigator.hardwareConcurrency")
    threads = min(8, max(min(cores, 4), cores // 2))
    expect(page.locator("#foot .engine")).to_contain_text(f"WebAssembly, {threads} thread")


def test_a_crop_has_scores_of_its_own(page: Page) -> None:
    page.locator(".pane[data-pane=srgan] .stage").click(position={"x": 60, "y": 40})
    inputs = page.locator(".strip .where input")
    left, top, width, height = (int(inputs.nth(side).input_value()) for side in range(4))
    box = np.s_[top : top + height, left : left + width]
    score = psnr(pixels(page, "original")[box], pixels(page, "srgan")[box])
    facts = page.locator(".crop[data-pane=srgan] .facts")
    expect(facts).to_contain_text(f"PSNR {format_psnr(score)} ↑")


def test_keys_show_one_picture_and_everything_can_be_saved(page: Page) -> None:
    page.keyboard.press("7")
    expect(page.locator(".pane.shown")).to_have_attribute("data-pane", "srgan")
    page.keyboard.press("Escape")
    with page.expect_download() as download:
        page.get_by_role("button", name="Everything (ZIP)").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.testzip() is None
        names = archive.namelist()
        saved = np.asarray(Image.open(io.BytesIO(archive.read(f"{SAMPLE}_x4_srgan.png"))))
    assert len(names) == 2 + len(available(4)) + 1  # and the scores
    np.testing.assert_array_equal(saved[..., :3], pixels(page, "srgan"))


def test_a_picture_of_ones_own_keeps_its_transparency(quick: Page) -> None:
    photo = load_sample("chelsea").pixels[100:140, 100:164]
    opacity = np.full(photo.shape[:2], 255, np.uint8)
    opacity[:, :20] = 0
    content = png_bytes(photo, opacity)
    file: FilePayload = {"name": "cut out.png", "mimeType": "image/png", "buffer": content}
    quick.get_by_label("I only have a small image").check()
    quick.get_by_label("×2").check()
    quick.locator(".picker input").set_input_files(file)
    expect(quick.locator(".picker .line")).to_have_text(
        "cut out, 64 × 40 px: transparency kept, then enlarged to 128 × 80."
    )
    finished(quick)
    expect(quick.locator(".absent")).to_contain_text(
        "Not available at ×2: SRCNN, SRResNet, SRGAN, Real-SRGAN"
    )
    expect(quick.locator(".pane[data-pane=original]")).to_have_count(0)
    shown = pixels(quick, "bicubic")
    assert (shown[:, :30] == 0).all()  # what a canvas shows of full transparency
    # The hidden colour is the nearest visible one: no black seam beside the edge
    assert np.abs(shown[:, 44:60].astype(int).mean() - photo[:, 22:30].mean()) < 12
    quick.get_by_label("I have the sharp original").check()
    quick.get_by_label("×4").check()
    quick.get_by_role("button", name="Printed page").click()
    expect(quick.locator(".picker .line")).to_contain_text("page, 384 × 191 px")


def test_a_picture_too_large_or_none_at_all_is_refused_in_a_sentence(quick: Page) -> None:
    quick.get_by_label("I only have a small image").check()
    large = np.zeros((1001, 1000, 3), np.uint8)
    error = quick.locator(".picker .error")
    for name, content, words in (
        ("large.png", png_bytes(large), "1000×1001 is 1.0 megapixels of network input; the limit"),
        ("words.txt", b"no picture", "words is no picture that this browser can read"),
    ):
        file: FilePayload = {"name": name, "mimeType": "image/png", "buffer": content}
        quick.locator(".picker input").set_input_files(file)
        expect(error).to_contain_text(words)
    quick.get_by_label("I have the sharp original").check()
    quick.get_by_role("button", name="Printed page").click()
    expect(error).to_be_hidden()


def test_work_stops_between_two_tiles_and_can_go_on(quick: Page) -> None:
    quick.get_by_role("button", name="Coffee").click()
    quick.get_by_role("button", name="Cancel").click()
    expect(quick.locator(".run .message")).to_have_text("Stopped.")
    quick.get_by_role("button", name="Printed page").click()
    finished(quick)


def test_every_lesson_opens(page: Page) -> None:
    page.get_by_role("tab", name="Lessons").click()
    steps = page.locator(".steps li button")
    expect(steps).to_have_count(4)
    for number in range(4):
        steps.nth(number).click()
        expect(page.locator(".lesson.open")).to_have_attribute("data-state", "ready")
        assert page.locator(".lesson.open").count() == 1
    page.locator(".lesson.blind .tile button").first.click()
    page.get_by_role("button", name="Show names and numbers").click()
    expect(page.locator(".lesson.blind .answer")).to_be_visible()
    page.get_by_role("tab", name="Compare").click()


def test_offline_after_the_first_visit_all_is_there(
    browser: Browser, folder: Path, serve: Serve
) -> None:
    address, server = serve(**with_espcn_alone(folder))
    context = browser.new_context(viewport=DESK)
    with windows(lambda **_: context, address) as open_page:
        page = open_page(f"?sample={SAMPLE}")
        expect(page.locator(".offline")).to_have_text("works offline from now on")
        server.shutdown()
        server.server_close()
        page.goto(f"{address}?sample={SAMPLE}&scale=2")
        finished(page)
        expect(page.locator(".pane[data-pane=espcn] img")).to_be_visible()
    context.close()


def test_a_backend_that_fails_gives_way_and_the_last_one_says_so(
    browser: Browser, folder: Path, serve: Serve
) -> None:
    """A GPU that is promised and does not come; then pixels that are wrong on every backend."""
    script = (folder / "static" / "engine.js").read_text(encoding="utf-8")
    promised = script.replace("await hasGpu()", "true")
    assert promised != script
    address, _ = serve(**with_espcn_alone(folder) | {"static/engine.js": promised.encode()})
    context = browser.new_context(viewport=DESK)
    with windows(lambda **_: context, address) as open_page:
        page = open_page(f"?sample={SAMPLE}")
        finished(page)
        expect(page.locator("#foot .engine")).to_contain_text("WebAssembly")
    context.close()
    wrong = bytes((folder / "models" / "espcn_x4.pixels").stat().st_size)
    address, _ = serve(**with_espcn_alone(folder) | {"models/espcn_x4.pixels": wrong})
    context = browser.new_context(viewport=DESK)
    with windows(lambda **_: context, address) as open_page:
        page = open_page(f"?sample={SAMPLE}")
        expect(page.locator(".picker .error")).to_contain_text("This browser computes wrong pixels")
        expect(page.locator(".run .message")).to_have_text("Stopped.")
    context.close()
