"""The lab in a real browser: α under the finger, dots that open pictures, and a phone."""

import itertools
import re
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, expect
from skimage import data

import sr_demo
from sr_demo import interpolation
from sr_demo.formatting import format_psnr
from sr_demo.images import save_png
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS
from sr_demo.metrics.psnr import psnr
from sr_demo.networks import SuperResolver
from sr_demo.samples import load_sample
from tests.ui.comparing import download, loaded, pixels, place
from tests.ui.conftest import Contexts, windows

SAMPLE = "page"  # the smallest
LINK = f"?tab=lab&sample={SAMPLE}"
PHONE: dict[str, Any] = {
    "viewport": {"width": 390, "height": 844},
    "has_touch": True,
    "is_mobile": True,
}

Visit = Callable[..., Page]  # with a query, a state to wait for and what a browser's context takes


@pytest.fixture(scope="module", autouse=True)
def _both_networks() -> None:
    if 4 not in interpolation.scales():
        pytest.skip("SRResNet ×4 or SRGAN ×4 is missing")


@pytest.fixture
def visit(contexts: Contexts, url: str) -> Iterator[Visit]:
    """A function that opens the lab and waits for all steps; nothing may complain."""
    with windows(contexts, url) as open_page:

        def open_lab(query: str = LINK, state: str = "done", **options: Any) -> Page:
            page = open_page(query, **({"viewport": {"width": 1280, "height": 720}} | options))
            page.wait_for_function(f"document.querySelector('.lab')?.dataset.state === '{state}'")
            return page

        yield open_lab


@pytest.fixture(scope="module")
def projector(contexts: Contexts, url: str) -> Iterator[Page]:
    """The lab in a window that many tests share: to load a page takes longer than most of them."""
    with windows(contexts, url) as open_page:
        yield open_page(LINK, viewport={"width": 1280, "height": 720})


@pytest.fixture(scope="module")
def phone(contexts: Contexts, url: str) -> Iterator[Page]:
    """The lab on a phone, shared too."""
    with windows(contexts, url) as open_page:
        yield open_page(LINK, **PHONE)


@pytest.fixture
def page(projector: Page) -> Page:
    """The shared lab in front, all its steps there, nothing pointed at."""
    return in_front(projector)


def in_front(page: Page) -> Page:
    page.get_by_role("tab", name="Lab").click()
    page.wait_for_function("document.querySelector('.lab')?.dataset.state === 'done'")
    page.evaluate("document.activeElement?.blur()")
    page.mouse.move(1, 1)
    return page


def lab_image(page: Page, end: str = "") -> Locator:
    """The picture in one of the three panes."""
    return page.locator(f".lab figure[data-end='{end}'] .layer img")


def slide(page: Page, alpha: float) -> None:
    page.get_by_role("slider", name="α").fill(f"{alpha:g}")


def test_the_slider_shows_the_blend_at_alpha_and_its_numbers(page: Page) -> None:
    comparison = sr_demo.compare(load_sample(SAMPLE).pixels, 4, list(interpolation.ENDS))
    start, end = (loaded(page, lab_image(page, end)) for end in "01")
    for name, image in zip(interpolation.ENDS, (start, end), strict=True):
        np.testing.assert_array_equal(image, comparison.result(name).image)
    for kind, alpha in (("pictures", 0.3), ("pictures", 0.8), ("networks", 0.3), ("networks", 1)):
        page.get_by_role("button", name=f"Interpolate {kind}").click()
        slide(page, alpha)
        page.wait_for_function(
            "n => document.querySelector('.lab figure[data-end=\"\"] img')?.src.includes(n)",
            arg=f"interpolation-{kind}-{alpha:g}.png",
        )
        shown = loaded(page, lab_image(page))
        expected = interpolation.images_between(start, end, alpha)
        if kind == "networks" and alpha < 1:
            expected = sr_demo.upscale(comparison.lr, "interpolation", 4, alpha=alpha)
        np.testing.assert_array_equal(shown, expected)
        facts = page.locator(".lab figure[data-end=''] figcaption")
        expect(facts).to_contain_text(f"α = {alpha:g}")
        expected_psnr = psnr(comparison.sharp, shown, border=4)
        expect(facts).to_contain_text(format_psnr(expected_psnr))
        point = page.locator(f".curve[data-kind={kind}] [data-alpha='{alpha:g}']")
        at = f"translate({point.get_attribute('cx')} {point.get_attribute('cy')})"
        expect(page.locator(".now")).to_have_attribute("transform", at)


def test_moving_the_slider_asks_the_server_for_nothing(visit: Visit) -> None:
    page = visit()
    page.wait_for_function(
        "n => performance.getEntries().filter(e => e.name.includes('interpolation-')).length === n",
        arg=2 * len(interpolation.ALPHAS),
    )
    asked = []
    # Whatever asks, joins the queue first. Its stream of answers alone is Gradio keeping in touch:
    # it may be opened again at any time.
    page.on("request", lambda r: asked.append(r.url) if "/queue/data" not in r.url else None)
    for alpha in interpolation.ALPHAS:
        slide(page, alpha)
        page.wait_for_function(
            "n => document.querySelector('.lab figure[data-end=\"\"] img')?.src.includes(n)",
            arg=f"interpolation-networks-{alpha:g}.png",
        )
    assert asked == []


def test_a_dot_opens_its_picture_in_the_viewer(page: Page) -> None:
    for name, how in itertools.product(["original", *available(4)], ["click", "Enter"]):
        in_front(page)
        dot = page.locator(f".dot[data-name={name}]:visible")
        if how == "click":
            dot.locator(".mark").click()
        else:
            dot.press("Enter")
        expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
        expect(page.locator(".pane:visible")).to_have_count(1)
        expect(page.locator(".pane:visible")).to_have_attribute("data-pane", name)
        source = re.compile(re.escape(f"{SAMPLE}_x4_{name}.png") + "$")
        expect(page.locator(".pane:visible img")).to_have_attribute("src", source)
        page.keyboard.press("Escape")  # all panes again, before the next dot
        expect(page.locator(".pane:visible")).to_have_count(2 + len(available(4)))


def test_a_dot_under_the_pointer_or_in_focus_shows_its_crop(page: Page) -> None:
    tip = page.locator(".tip")
    expect(tip).to_be_hidden()
    page.locator(".dot[data-name=srgan] .mark").hover()
    expect(tip).to_contain_text("SRGAN: RMSE")
    canvas = "document.querySelector('.tip canvas').getContext('2d')"
    read = f"[...{canvas}.getImageData(0, 0, 96, 72).data]"
    page.wait_for_function(f"{read}[3] > 0")
    data = page.evaluate(read)
    shown = np.reshape(data, (72, 96, 4))[..., :3]
    image = loaded(page, lab_image(page, "1"))
    windows = np.lib.stride_tricks.sliding_window_view(image[..., 0], (72, 96))
    assert (windows == shown[..., 0]).all(axis=(2, 3)).any()
    page.mouse.move(5, 5)
    expect(tip).to_be_hidden()
    page.locator(".dot[data-name=espcn]").focus()
    expect(tip).to_contain_text("ESPCN: RMSE")


def test_a_point_of_the_curve_moves_the_slider(page: Page) -> None:
    slide(page, 0.1)
    page.locator(".curve[data-kind=pictures] [data-alpha='0.6']").dispatch_event("click")
    expect(page.get_by_role("slider", name="α")).to_have_value("0.6")
    expect(page.get_by_role("button", name="Interpolate pictures")).to_have_attribute(
        "aria-pressed", "true"
    )


def test_panes_move_as_one_by_hand_and_by_keys(page: Page) -> None:

    def places() -> list[tuple[int, int]]:
        layers = page.locator(".lab .layer").evaluate_all(
            "all => all.map(l => l.getBoundingClientRect().x + ' ' + l.getBoundingClientRect().y)"
        )
        stages = page.locator(".lab .stage").evaluate_all(
            "all => all.map(s => s.getBoundingClientRect().x + s.clientWidth / 2)"
        )
        return [
            (round(float(at.split()[0]) - middle), round(float(at.split()[1])))
            for at, middle in zip(layers, stages, strict=True)
        ]

    page.get_by_role("button", name="×4").click()
    before = places()
    area = place(page.locator(".lab .stage").nth(1))
    page.mouse.move(area["x"] + 60, area["y"] + 60)
    page.mouse.down()
    page.mouse.move(area["x"] + 30, area["y"] + 75, steps=3)
    page.mouse.up()
    after = places()
    page.keyboard.press("ArrowLeft")
    for state in (before, after, places()):
        assert np.ptp([x for x, _ in state]) <= 1
        assert np.ptp([y for _, y in state]) <= 1
    assert abs(after[1][0] - before[1][0] + 30) <= 1
    assert abs(after[1][1] - before[1][1] - 15) <= 1
    assert places()[1][0] > after[1][0]


def test_the_original_can_be_laid_over(page: Page) -> None:
    slide(page, 0.1)
    page.get_by_role("button", name="Original", exact=True).click()
    page.wait_for_function(
        "document.querySelector('.lab figure[data-end=\"\"] img').src.endsWith('_original.png')"
    )
    slide(page, 0.2)
    page.wait_for_function(
        "document.querySelector('.lab figure[data-end=\"\"] img').src.endsWith('-0.2.png')"
    )


def test_the_plane_is_taken_home(page: Page) -> None:
    name, content = download(page, page.get_by_role("button", name="Plane (SVG)"))
    assert name == f"{SAMPLE}_x4_plane.svg"
    assert b"<svg" in content
    name, content = download(page, page.get_by_role("button", name="Plane (PNG)"))
    assert min(pixels(content).shape[:2]) >= 900


def test_a_click_saves_one_file_also_while_steps_are_made(
    visit: Visit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page, quick = visit(), interpolation.network_between

    def slowly(alpha: float, scale: int) -> SuperResolver:
        time.sleep(0.1)  # on a fast machine there would be no time to click
        return quick(alpha, scale)

    monkeypatch.setattr(interpolation, "network_between", slowly)
    save_png(tmp_path / "cat.png", data.chelsea()[40:240, 80:320])
    page.set_input_files("input[type=file]", tmp_path / "cat.png")
    # The lab is in front, and hears of the new comparison from the other tab.
    page.wait_for_function("document.querySelector('.lab .layer img')?.alt.endsWith(': cat')")
    with suppress(PlaywrightError):  # where few steps are to be made, they begin by themselves
        page.get_by_role("button", name="Compute the steps").click(timeout=1000)
    page.wait_for_selector(".lab[data-state=busy]")
    saved = []
    page.on("download", lambda file: saved.append(file.suggested_filename))
    page.get_by_role("button", name="Plane (SVG)").click()
    page.wait_for_selector(".lab[data-state=done]")
    page.wait_for_timeout(200)
    assert saved == ["cat_x4_plane.svg"]
    with page.expect_download():
        page.get_by_role("button", name="Plane (SVG)").click()
    page.wait_for_timeout(200)
    assert saved == ["cat_x4_plane.svg"] * 2


def test_the_cards_beneath_open_and_follow_their_choices(page: Page) -> None:
    page.get_by_role("button", name="Maps:").click()
    expect(page.locator("#maps img")).to_have_attribute("src", re.compile("_error.png"))
    page.get_by_label("Spectrum").click()
    expect(page.locator("#maps img")).to_have_attribute("src", re.compile("_spectrum.png"))
    page.get_by_role("button", name="Protocol:").click()
    table = page.locator("#protocol table")
    expect(table).to_contain_text(METHODS["srgan"].label)
    expect(table).not_to_contain_text("change")
    page.locator("#protocol").get_by_label("nothing").click()
    expect(table).to_contain_text("change")


def test_the_lab_says_what_it_needs(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    page = visit(f"?tab=lab&sample={SAMPLE}&methods=bicubic&mode=small", state="none")
    expect(page.locator(".say")).to_contain_text("I have the sharp original")
    monkeypatch.setattr(interpolation, "scales", lambda: [4])  # as with weights of one's own
    page = visit(f"?tab=lab&sample={SAMPLE}&methods=bicubic&scale=3", state="none")
    expect(page.locator(".say")).to_contain_text("There is no SRGAN for ×3")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lab_fits_its_window(visit: Visit, scheme: str) -> None:
    page = visit(color_scheme=scheme, viewport={"width": 390, "height": 720})
    for width in (390, 820, 1280):
        page.set_viewport_size({"width": width, "height": 720})
        check_it_fits(page, width)


def check_it_fits(page: Page, width: int) -> None:
    # In the frame after the next, the plane is drawn for its new width.
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for part in (".plane svg", ".slide", ".lab figure[data-end='']"):
        area = place(page.locator(part))
        assert area["x"] >= 0
        assert area["x"] + area["width"] <= width + 1
    if width == 1280:  # a projector shows the pictures, the slider and the plane at once
        assert place(page.locator(".slide"))["y"] < 660
        assert area["y"] + area["height"] < 720


def test_on_a_phone_alpha_is_alone_and_a_dot_is_a_finger_wide(phone: Page) -> None:
    page = in_front(phone)
    expect(page.locator(".lab figure:visible")).to_have_count(1)
    text = page.locator(".dot text").first.evaluate("t => t.getBoundingClientRect().height")
    assert text >= 12
    page.locator(".dot[data-name=srgan] .mark").tap()
    expect(page.locator(".pane:visible")).to_have_attribute("data-pane", "srgan")


def test_on_a_phone_the_label_of_alpha_stays_inside_and_maps_can_be_read(phone: Page) -> None:
    page = in_front(phone)
    plane = page.locator("svg:visible:has(.now)")
    for alpha in (0.2, 0.5, 0.8):
        page.get_by_role("slider", name="α").fill(f"{alpha:g}")
        label = page.locator(".now text:visible")
        expect(label).to_have_text(f"α = {alpha:g}")
        outer, inner = place(plane), place(label)
        assert outer["x"] <= inner["x"]
        assert inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    page.get_by_text("Maps: errors").tap()
    picture = page.locator("#maps img")
    expect(picture).to_be_visible()
    assert place(picture)["width"] > 600  # 960 pixels of figure: letters of 7 and more
    picture.scroll_into_view_if_needed()
    page.locator("#maps .figure").evaluate("f => f.scrollTo(1000, 0)")
    box = place(picture)
    assert box["x"] + box["width"] <= 390  # its right edge can be reached
