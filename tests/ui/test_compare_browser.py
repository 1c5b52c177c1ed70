"""The page in a real browser: what a person would see, click and take home."""

import csv
import io
import re
import time
import zipfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

import sr_demo
from sr_demo.comparison import Comparison, Progress
from sr_demo.formatting import format_psnr, format_ssim
from sr_demo.images import save_png
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import ssim
from sr_demo.samples import load_sample
from sr_demo.storage import CHECKPOINTS
from sr_demo.ui.compare import run as running
from tests.helpers import present
from tests.ui.comparing import (
    SAMPLE,
    box,
    centre,
    download,
    drag,
    finished,
    loaded,
    outputs,
    pane,
    pixels,
    place,
    transforms,
    view,
    whole,
)
from tests.ui.conftest import Opener


@pytest.fixture(scope="module")
def expected(url: str) -> Comparison:
    return sr_demo.compare(load_sample(SAMPLE).pixels, 4)


# --- pixels ---------------------------------------------------------------------------------------


def test_a_sample_fills_every_pane_with_the_methods_pixels(
    open_compare: Opener, expected: Comparison
) -> None:
    page = open_compare(f"?sample={SAMPLE}&scale=3")
    page.get_by_label("×4").click()
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('page_x4')")
    finished(page)
    whole(page)
    shown = page.locator(".pane").evaluate_all("panes => panes.map(p => p.dataset.pane)")
    assert shown == ["original", "input", *available(4)]
    for name, image in outputs(expected).items():
        picture = pane(page, name).locator("img")
        served = loaded(page, picture)
        np.testing.assert_array_equal(served, image)
        size = picture.evaluate("i => [i.naturalHeight, i.naturalWidth]")
        assert tuple(size) == image.shape[:2]
    for result in expected.results:
        caption = pane(page, result.method).locator("figcaption")
        expect(caption).to_contain_text(METHODS[result.method].label)
        expect(caption).to_contain_text(format_psnr(result.scores.psnr))
        expect(caption).to_contain_text(format_ssim(result.scores.ssim))
        row = page.get_by_role("row", name=re.compile(f"^{METHODS[result.method].label} "))
        expect(row).to_contain_text(re.compile(r"\d m?s"))


@pytest.mark.parametrize("density", [1, 1.5, 2])
def test_at_100_percent_a_screen_pixel_is_an_image_pixel(
    open_compare: Opener, expected: Comparison, density: float
) -> None:
    page = open_compare(device_scale_factor=density)
    page.add_style_tag(content=".box { display: none }")
    whole(page)
    page.keyboard.press("p")
    expect(page.locator(".zoom")).to_have_text("100 %")
    screen = pixels(page.screenshot())
    for name in ("original", available(4)[-1]):
        area = place(pane(page, name).locator(".stage"))
        left, top = map(float, re.findall(r"(-?[\d.]+)px", transforms(page)[0]))
        x, y = (area["x"] + left) * density, (area["y"] + top) * density
        assert abs(x - round(x)) < 0.01
        assert abs(y - round(y)) < 0.01
        image = outputs(expected)[name]
        # The middle of the pane, away from its rounded corners.
        middle = (c * density for c in reversed(centre(page, name)))
        rows, columns = (slice(round(c) - 30, round(c) + 30) for c in middle)
        seen = screen[rows, columns, :3]
        inside = image[rows.start - round(y) :, columns.start - round(x) :][:60, :60]
        np.testing.assert_array_equal(seen, inside)


# --- looking around -------------------------------------------------------------------------------


def test_zoom_and_pan_move_all_panes_as_one(compare_page: Page) -> None:
    page = compare_page
    at_first = transforms(page)
    x, y = centre(page, "bicubic")
    page.mouse.click(x + 30, y)
    page.mouse.wheel(0, -300)
    page.wait_for_function(f"document.querySelector('.layer').style.transform !== '{at_first[0]}'")
    zoomed = transforms(page)
    drag(page, (x, y), (x - 40, y - 25))
    panned = transforms(page)
    for views in (at_first, zoomed, panned):
        assert len(set(views)) == 1
    assert len({at_first[0], zoomed[0], panned[0]}) == 3
    page.mouse.dblclick(x, y)
    assert transforms(page) == at_first
    page.get_by_role("button", name="100 %").click()
    assert set(transforms(page)) != set(at_first)
    page.get_by_role("button", name="Fit").click()
    assert transforms(page) == at_first


def test_the_wheel_zooms_around_the_cursor(compare_page: Page) -> None:
    page = compare_page
    stage = place(pane(page, "original").locator(".stage"))
    x, y = stage["x"] + stage["width"] * 0.6, stage["y"] + stage["height"] * 0.5

    def under_cursor() -> tuple[float, float]:
        left, top, scale = view(page)
        return (x - stage["x"] - left) / scale, (y - stage["y"] - top) / scale

    before = under_cursor()
    page.mouse.click(x, y)
    page.mouse.wheel(0, -500)
    page.wait_for_function("document.querySelector('.sr').classList.contains('zoomed')")
    np.testing.assert_allclose(under_cursor(), before, atol=2)  # whole screen pixels


def test_keys_flip_one_picture_through_the_methods(compare_page: Page) -> None:
    page = compare_page
    names = ["original", "input", *available(4)]
    grid_width = place(pane(page, "original").locator(".stage"))["width"]
    places = []
    keys = ["original", "input", *METHODS]  # always the same, whatever is shown
    for name in names:
        page.keyboard.press(str(1 + keys.index(name)))
        expect(page.locator(".pane:visible")).to_have_attribute("data-pane", name)
        places.append(place(pane(page, name).locator("img")))
    assert all(other == places[0] for other in places)
    assert places[0]["width"] > grid_width
    page.keyboard.press("Escape")
    expect(page.locator(".pane:visible")).to_have_count(len(names))
    page.keyboard.press("?")
    expect(page.locator(".help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator(".help")).to_be_hidden()


def test_smooth_and_sharp_pixels(compare_page: Page) -> None:
    page = compare_page
    for _ in range(3):
        page.keyboard.press("+")
    picture = page.locator(".layer img").first
    expect(picture).to_have_css("image-rendering", "pixelated")
    page.get_by_role("button", name="Smooth").click()
    expect(picture).to_have_css("image-rendering", "auto")
    page.get_by_role("button", name="Smooth").click()
    expect(picture).to_have_css("image-rendering", "pixelated")


# --- the crop -------------------------------------------------------------------------------------


def check_crop(page: Page, expected: Comparison) -> None:
    """The strip shows the pixels under the box and their scores."""
    left, top, width, height = box(page)
    cut = np.s_[top : top + height, left : left + width]
    page.wait_for_function("!document.querySelector('.strip').classList.contains('stale')")
    enlarged = np.repeat(np.repeat(expected.lr, 4, axis=0), 4, axis=1)
    for name, image in (outputs(expected) | {"input": enlarged}).items():
        crop = page.locator(f".crop[data-pane={name}]")
        drawn = crop.locator("canvas").evaluate(
            "c => [...c.getContext('2d').getImageData(0, 0, c.width, c.height).data]"
        )
        shown = np.reshape(drawn, (height, width, 4)).astype(np.uint8)[..., :3]
        np.testing.assert_array_equal(shown, image[cut])
        zoom = crop.locator("canvas").evaluate("c => c.clientWidth / c.width")
        assert zoom in range(1, 9)
    for result in expected.results:
        caption = page.locator(f".crop[data-pane={result.method}] figcaption")
        decibels = psnr(outputs(expected)["original"][cut], result.image[cut])
        similarity = ssim(outputs(expected)["original"][cut], result.image[cut])
        expect(caption).to_contain_text(format_psnr(decibels))
        expect(caption).to_contain_text(format_ssim(similarity))


def test_the_crop_follows_a_click_a_drawn_box_and_the_arrows(
    compare_page: Page, expected: Comparison
) -> None:
    page = compare_page
    check_crop(page, expected)
    at_first = box(page)
    x, y = centre(page, "bicubic")
    page.mouse.click(x, y)
    clicked = box(page)
    check_crop(page, expected)
    height, width = expected.sharp.shape[:2]
    assert abs(clicked[0] + clicked[2] / 2 - width / 2) < 3
    assert abs(clicked[1] + clicked[3] / 2 - height / 2) < 3
    page.keyboard.press("ArrowRight")
    assert box(page)[0] > clicked[0]
    page.keyboard.down("Shift")
    drag(page, (x - 30, y - 20), (x + 20, y + 10))
    page.keyboard.up("Shift")
    drawn = box(page)
    check_crop(page, expected)
    page.get_by_role("button", name="Draw crop").click()
    drag(page, (x - 20, y - 20), (x + 20, y + 10))
    check_crop(page, expected)
    assert len({at_first, clicked, drawn, box(page)}) == 4
    assert len(set(transforms(page))) == 1


def test_a_link_opens_its_crop(open_compare: Opener, expected: Comparison) -> None:
    page = open_compare(f"?sample={SAMPLE}&scale=4&crop=100,40,64,48")
    assert box(page) == (100, 40, 64, 48)
    check_crop(page, expected)


# --- taking home ----------------------------------------------------------------------------------


def test_downloads_open_and_hold_the_outputs(compare_page: Page, expected: Comparison) -> None:
    page = compare_page
    name, content = download(page, page.get_by_role("button", name="Scores (CSV)"))
    rows = list(csv.DictReader(io.StringIO(content.decode())))
    assert name == f"{SAMPLE}_x4_scores.csv"
    assert [row["method"] for row in rows] == available(4)
    assert [float(row["psnr_db"]) for row in rows] == [r.scores.psnr for r in expected.results]

    name, content = download(page, page.get_by_role("button", name="Everything (ZIP)"))
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        for part, image in outputs(expected).items():
            saved = pixels(archive.read(f"{SAMPLE}_x4_{part}.png"))
            np.testing.assert_array_equal(saved, image)

    name, content = download(page, page.get_by_role("button", name="Crop sheet (PNG)"))
    assert name == f"{SAMPLE}_x4_crops.png"
    assert min(pixels(content).shape[:2]) > 300

    last = available(4)[-1]
    name, content = download(page, pane(page, last).get_by_role("link"))
    assert name == f"{SAMPLE}_x4_{last}.png"
    np.testing.assert_array_equal(pixels(content), outputs(expected)[last])


def test_the_table_shows_every_method_and_the_best(
    compare_page: Page, expected: Comparison
) -> None:
    page = compare_page
    rows = page.locator(".scores tbody th").all_text_contents()
    assert rows == [METHODS[name].label for name in available(4)]
    best = max(present(result.scores.psnr) for result in expected.results)
    assert format_psnr(best) in page.locator(".scores b").all_text_contents()


# --- other pictures -------------------------------------------------------------------------------


def test_an_upload_with_alpha_is_shown_and_a_bad_file_changes_nothing(
    open_compare: Opener, tmp_path: Path, photo: np.ndarray
) -> None:
    page = open_compare()
    opacity = np.tile(np.linspace(1, 255, 80).astype(np.uint8), (64, 1))
    save_png(tmp_path / "leaf.png", photo[:64, :80], opacity)
    page.set_input_files("input[type=file]", tmp_path / "leaf.png")
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('leaf_x4')")
    finished(page)
    source = pane(page, "bicubic").locator("img").get_attribute("src")
    expected = sr_demo.compare(photo[:64, :80], 4, opacity=opacity)
    for result in expected.results:
        served = loaded(page, pane(page, result.method).locator("img"))
        np.testing.assert_array_equal(served[..., :3], result.image)
        np.testing.assert_array_equal(served[..., 3], opacity)
    expect(page.locator(".picker .line")).to_have_text(
        "leaf, 80 × 64 px: reduced to 20 × 16 for the methods. There is little left to see: "
        "to enlarge it, choose “I only have a small image”."
    )

    (tmp_path / "report.png").write_bytes(b"%PDF-1.7")
    page.set_input_files("input[type=file]", tmp_path / "report.png")
    expect(page.get_by_role("alert")).to_contain_text("report.png is a PDF document")
    finished(page)
    assert pane(page, "bicubic").locator("img").get_attribute("src") == source

    Image.new("RGB", (2100, 2100)).save(tmp_path / "huge.png")
    page.get_by_label("I only have a small image").click()
    expect(pane(page, "original")).to_have_count(0)
    finished(page)
    page.set_input_files("input[type=file]", tmp_path / "huge.png")
    expect(page.get_by_role("alert")).to_contain_text("limit")
    finished(page)
    expect(pane(page, "bicubic").locator("img")).to_have_attribute("src", re.compile("leaf"))


def test_a_small_image_gets_no_scores(open_compare: Opener) -> None:
    page = open_compare(f"?sample={SAMPLE}&methods=bicubic,espcn")
    expect(pane(page, "original")).to_have_count(1)
    page.get_by_label("I only have a small image").click()
    expect(pane(page, "original")).to_have_count(0)
    finished(page)
    expect(page.locator(".scores caption")).to_contain_text("No original")
    assert "dB ↑" not in page.locator("#viewer").inner_text()
    assert "SSIM" not in page.locator("#viewer").inner_text()
    titles = page.locator(".scores thead th").all_inner_texts()
    heads = [title.removesuffix(" why?") for title in titles]
    assert "LR-PSNR ↑" in heads
    assert "PSNR ↑" not in heads


def test_methods_come_and_go(compare_page: Page) -> None:
    page = compare_page
    page.get_by_role("checkbox", name="Bicubic").click()
    expect(pane(page, "bicubic")).to_have_count(0)
    finished(page)
    page.get_by_role("checkbox", name="Bicubic").click()
    expect(pane(page, "bicubic")).to_have_count(1)
    finished(page)


def test_cancel_stops_the_work(open_compare: Opener, monkeypatch: pytest.MonkeyPatch) -> None:
    page = open_compare(f"?sample={SAMPLE}&methods=bicubic,espcn")
    ended = []

    def endless(
        image: np.ndarray, scale: int, methods: Sequence[str], *, progress: Progress, **_: object
    ) -> Iterator[Comparison]:
        yield Comparison(scale, "y", image[::4, ::4], image[:188], None)
        try:
            while True:
                progress(0.25, "bicubic")
                time.sleep(0.02)
        except BaseException as error:
            ended.append(type(error).__name__)
            raise

    monkeypatch.setattr(running, "stream", endless)
    page.get_by_role("button", name="Coffee").click()
    expect(page.locator(".run")).to_contain_text("Bicubic")
    page.get_by_role("button", name="Cancel").click()
    expect(page.locator(".run")).to_contain_text("Stopped")
    monkeypatch.undo()
    page.get_by_role("button", name="Run again").click()
    finished(page)
    assert ended == ["Cancelled"]


# --- looks ----------------------------------------------------------------------------------------


def test_a_link_opens_its_tab_and_the_models_show_their_report(open_compare: Opener) -> None:
    page = open_compare(f"?sample={SAMPLE}&tab=models")
    expect(page.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")
    models = page.locator("#models")
    page.get_by_role("button", name="The whole report").click()
    expect(models.get_by_role("heading", name="Limits of use")).to_be_attached()
    for path in sorted(CHECKPOINTS.glob("*_x*.safetensors")):
        name = re.compile(f"^{re.escape(path.name)}")  # not another's that ends alike
        expect(models.get_by_role("heading", name=name)).to_be_attached()
    curves = models.get_by_role("img", name="Scores over training steps")
    curves.scroll_into_view_if_needed()
    page.wait_for_function("image => image.naturalWidth > 0", arg=curves.element_handle())
    page.get_by_role("tab", name="Compare").click()
    expect(pane(page, "original").locator("img")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_fits_its_window_by_day_and_by_night(open_compare: Opener, scheme: str) -> None:
    page = open_compare(color_scheme=scheme, viewport={"width": 390, "height": 844})
    for width in (390, 1440):
        page.set_viewport_size({"width": width, "height": 844})
        page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        corner = pixels(page.screenshot())[-2, 1, :3].mean()
        assert corner > 200 if scheme == "light" else corner < 60
        for name in ("original", available(4)[-1]):
            area = place(pane(page, name))
            assert area["x"] >= 0
            assert area["x"] + area["width"] <= width


def test_two_fingers_zoom_all_panes(open_compare: Opener) -> None:
    page = open_compare(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    pane(page, "bicubic").scroll_into_view_if_needed()
    x, y = centre(page, "bicubic")
    fingers = page.context.new_cdp_session(page)

    def touch(kind: str, spread: float) -> None:
        points = [{"x": x - spread, "y": y}, {"x": x + spread, "y": y}] if spread else []
        fingers.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})

    before = page.locator(".zoom").inner_text()
    touch("touchStart", 10)
    for spread in (20, 30, 40):
        touch("touchMove", spread)
    touch("touchEnd", 0)
    expect(page.locator(".zoom")).not_to_have_text(before)
    assert len(set(transforms(page))) == 1
