"""The first screen and ways to look closer: what a person sees of the comparison."""

import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, Request, expect

import sr_demo
from sr_demo.images import save_png
from sr_demo.inference.runnable import available
from sr_demo.samples import load_sample
from sr_demo.ui.compare.tab import FIRST
from tests.ui.comparing import (
    DESK,
    SAMPLE,
    box,
    centre,
    drag,
    finished,
    pane,
    pixels,
    place,
    seen,
    transforms,
    view,
    whole,
)
from tests.ui.conftest import Contexts, Opener, windows

PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True}
SCREENS = [(1440, 900), (1280, 720), (2560, 1440)]


@pytest.fixture(scope="module")
def first_visit(contexts: Contexts, url: str) -> Iterator[tuple[Page, list[int]]]:
    """The page as a newcomer opens it, untouched, and how many bytes each answer brought."""
    sizes: list[int] = []

    def count(request: Request) -> None:
        sizes.append(max(0, request.sizes()["responseBodySize"]))  # less than none: from the cache

    context = contexts(locale="en-GB")  # of its own: nothing is in its cache
    context.on("requestfinished", count)
    with windows(contexts, url) as open_page:
        page = open_page("", locale="en-GB")
        finished(page)
        yield page, sizes


def differing(page: Page) -> float:
    """The part of the pixels that differ visibly between SRGAN's pane and bicubic's."""
    screen = pixels(page.screenshot()).astype(int)
    a, b = (seen(page, name, screen) for name in ("bicubic", "srgan"))
    assert a.shape == b.shape
    return float((np.abs(a - b).max(axis=2) >= 16).mean())


# --- at first sight -------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "height"), SCREENS)
def test_the_first_screen_shows_all_panes_and_that_they_differ(
    first_visit: tuple[Page, list[int]], width: int, height: int
) -> None:
    page, _ = first_visit
    page.set_viewport_size({"width": width, "height": height})
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    for name in ("original", "input", "bicubic", "srgan"):
        area = place(pane(page, name))
        assert area["y"] + area["height"] <= height + 1
        assert area["x"] + area["width"] <= width
    assert place(pane(page, "srgan"))["width"] > 200
    assert differing(page) >= 0.15
    expect(page.locator(".lead")).to_have_text("The same place, eight ways. Press 1–9 to flip.")
    frame = place(page.locator("#picker .map .seen"))
    picture = place(page.locator("#picker .map .preview"))
    assert frame["width"] < picture["width"] * 0.9


def test_a_phone_shows_the_pictures_first_and_hides_the_options(open_compare: Opener) -> None:
    page = open_compare("", **PHONE)
    bottom = place(page.locator(".strip-of-tabs"))["y"]
    for name in ("original", "bicubic", "srgan"):
        area = place(pane(page, name))
        assert area["y"] + area["height"] <= bottom + 1
    for shown in page.locator(".pane:visible").all():
        facts = place(shown.locator(".facts"))
        assert facts["x"] + facts["width"] <= place(shown)["x"] + place(shown)["width"]
    names = page.locator(".pane:visible figcaption b")
    assert names.evaluate_all("names => names.every(b => b.scrollWidth <= b.clientWidth + 1)")
    assert differing(page) >= 0.15
    expect(page.locator("#controls")).to_be_hidden()
    page.get_by_role("button", name="SRGAN", exact=True).tap()
    expect(page.locator(".pane:visible")).to_have_attribute("data-pane", "srgan")
    page.get_by_role("button", name="Options").tap()
    sideways = "sheet => sheet.scrollWidth - sheet.clientWidth"  # what nobody would look for
    assert page.locator("#controls").evaluate(sideways) == 0
    page.get_by_role("button", name="Printed page").tap()
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('page_x4')")
    expect(page.locator("#controls")).to_be_hidden()
    finished(page)


def test_the_first_screen_loads_little_and_shows_exact_pixels(
    first_visit: tuple[Page, list[int]],
) -> None:
    page, sizes = first_visit
    page.set_viewport_size({"width": 2560, "height": 1440})
    assert 1_000_000 < sum(sizes) <= 2_000_000
    assert page.locator(".layer img:not(.part)").count() == 0
    page.set_viewport_size(DESK)
    page.add_style_tag(content=".box { display: none }")
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    expected = sr_demo.compare(load_sample(FIRST).pixels, 4, ["srgan"]).results[0].image
    left, top, scale = view(page)
    assert scale == 2
    screen = seen(page, "srgan", pixels(page.screenshot()))
    inner = screen[20:120, 20:120]
    rows, columns = ((np.arange(20, 120) - round(start)) // 2 for start in (top, left))
    np.testing.assert_array_equal(inner, expected[np.ix_(rows, columns)])
    whole(page)
    assert page.locator(".layer img.part").count() == 0


def test_the_picture_on_the_left_is_a_map_whose_frame_can_be_dragged(compare_page: Page) -> None:
    page = compare_page
    for _ in range(3):
        page.keyboard.press("+")
    before = transforms(page)
    frame, area = (place(page.locator(f"#picker .map .{name}")) for name in ("seen", "preview"))
    x, y = frame["x"] + frame["width"] / 2, frame["y"] + frame["height"] / 2
    drag(page, (x, y), (area["x"] + 2, area["y"] + 2))
    assert transforms(page) != before
    assert len(set(transforms(page))) == 1
    left, top, _ = view(page)
    assert (left, top) == (0, 0)  # the upper left corner of the picture
    page.locator("#picker .map").press("ArrowRight")
    assert view(page)[0] < 0


# --- the box --------------------------------------------------------------------------------------


def test_all_crops_are_in_the_window_at_once_however_large_the_box(compare_page: Page) -> None:
    page = compare_page
    width = page.locator(".where input").nth(2)
    for side in ("300", "20"):
        width.fill(side)
        width.press("Enter")
        page.locator(".strip").scroll_into_view_if_needed()
        page.locator(".crop").last.scroll_into_view_if_needed()
        for crop in page.locator(".crop canvas").all():
            area = place(crop)
            assert area["x"] >= 0
            assert area["x"] + area["width"] <= DESK["width"]
            assert area["y"] >= 0
            assert area["y"] + area["height"] <= DESK["height"]


def test_the_box_can_be_typed_and_stays_across_scales_modes_and_pictures(
    open_compare: Opener,
) -> None:
    page = open_compare(f"?sample={SAMPLE}&methods=bicubic,espcn")
    for side, value in enumerate((120, 40, 60, 44)):
        page.locator(".where input").nth(side).fill(str(value))
        page.locator(".where input").nth(side).press("Enter")
    page.wait_for_function("!document.querySelector('.strip').classList.contains('stale')")
    assert box(page) == (120, 40, 60, 44)
    page.get_by_label("×3").click()
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('_x3')")
    finished(page)
    assert box(page) == (120, 40, 60, 44)
    page.get_by_label("I only have a small image").click()
    expect(pane(page, "original")).to_have_count(0)
    finished(page)
    assert box(page) == (90, 30, 45, 33)  # ×3 of a quarter
    page.get_by_role("button", name="Pin").click()
    page.get_by_role("button", name="Slider").click()
    page.get_by_role("button", name="Coffee").click()
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('coffee')")
    finished(page)
    assert box(page) == (90, 30, 45, 33)
    shown = page.locator(".pane:visible img").evaluate_all("images => images.map(i => i.src)")
    assert len(shown) == 2  # of the slider, which is never stale
    assert all("coffee_x3" in source for source in shown)


def test_arrows_move_the_box_and_with_shift_the_view(compare_page: Page) -> None:
    page = compare_page
    page.keyboard.press("p")
    page.keyboard.press("+")
    page.locator(".sr").focus()
    at, shown = box(page), transforms(page)
    page.keyboard.press("ArrowLeft")
    assert box(page)[0] < at[0]
    page.keyboard.press("Shift+ArrowLeft")
    page.keyboard.press("Shift+ArrowLeft")
    assert transforms(page) != shown


def test_the_outline_is_one_screen_pixel_wide_at_any_zoom(compare_page: Page) -> None:
    page = compare_page
    x, y = centre(page, "srgan")
    page.mouse.click(x, y)
    orange = np.array([255, 157, 0])
    for key in ("0", "+", "+", "+"):
        page.keyboard.press(key)
        screen = seen(page, "srgan", pixels(page.screenshot())).astype(int)
        line = (np.abs(screen - orange).max(axis=2) < 8)[screen.shape[0] // 2]
        runs = re.findall("1+", "".join(map(str, line.astype(int))))
        assert runs
        assert set(runs) == {"1"}


# --- two at once ----------------------------------------------------------------------------------


def test_the_slider_shows_two_panes_with_the_viewers_zoom(compare_page: Page) -> None:
    page = compare_page
    page.add_style_tag(content=".box { display: none !important }")
    page.keyboard.press("7")
    alone = seen(page, "srgan", pixels(page.screenshot()))
    page.keyboard.press("1")
    original = seen(page, "original", pixels(page.screenshot()))
    page.get_by_role("button", name="Slider").click()
    page.get_by_label("Left picture", exact=True).select_option("Original")
    expect(page.get_by_label("Right picture", exact=True)).to_have_value("srgan")
    divider = page.get_by_role("slider", name="How much is seen")
    divider.fill("25")
    both = seen(page, "srgan", pixels(page.screenshot()))
    cut = both.shape[1] // 4
    rows = slice(60, both.shape[0] - 10)  # beneath the names
    np.testing.assert_array_equal(both[rows, : cut - 24], original[rows, : cut - 24])
    np.testing.assert_array_equal(both[rows, cut + 24 :], alone[rows, cut + 24 :])
    divider.press("ArrowRight")
    assert float(divider.input_value()) > 25
    page.keyboard.press("+")
    assert len(set(transforms(page))) == 1
    page.keyboard.press("Escape")
    expect(page.locator(".pane:visible")).to_have_count(2 + len(available(4)))


def test_the_slider_hides_what_lies_behind_transparent_pixels(
    open_compare: Opener, tmp_path_factory: pytest.TempPathFactory, photo: np.ndarray
) -> None:
    page = open_compare()
    path = tmp_path_factory.mktemp("leaf") / "leaf.png"
    opacity = np.zeros((64, 80), np.uint8)
    opacity[:, 60:] = 255
    save_png(path, photo[:64, :80], opacity)
    page.set_input_files("input[type=file]", path)
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('leaf_x4')")
    finished(page)
    left, _, width, _ = box(page)
    assert left + width > 60  # not among the transparent ones alone
    page.add_style_tag(content=".box { display: none !important }")
    page.keyboard.press("7")
    alone = seen(page, "srgan", pixels(page.screenshot()))
    page.keyboard.press("l")
    page.get_by_role("slider", name="How much is seen").fill("10")
    both = seen(page, "srgan", pixels(page.screenshot()))
    middle = slice(both.shape[1] // 4, both.shape[1] * 3 // 4)
    rows = slice(60, both.shape[0] - 10)
    np.testing.assert_array_equal(both[rows, middle], alone[rows, middle])


# --- where they differ ----------------------------------------------------------------------------


def test_errors_and_disagreement_are_laid_over_the_panes(compare_page: Page) -> None:
    page = compare_page
    page.add_style_tag(content=".box { display: none !important }")
    plain = {name: seen(page, name, pixels(page.screenshot())) for name in ("original", "bicubic")}
    page.keyboard.press("e")
    expect(page.locator(".lead")).to_contain_text("four times as bright")
    errors = seen(page, "bicubic", pixels(page.screenshot()))
    inner = np.s_[errors.shape[0] // 2 - 20 : errors.shape[0] // 2 + 20, 20:-20]
    assert np.ptp(errors[inner].astype(int), axis=2).max() <= 2  # grey
    wrong = np.abs(plain["original"].astype(int) - plain["bicubic"]).mean(axis=2)
    np.testing.assert_allclose(
        errors[inner].mean(axis=2), np.minimum(255, 4 * wrong[inner]), atol=20
    )
    page.keyboard.press("e")
    page.keyboard.press("d")
    page.wait_for_function("document.querySelector('.layer .heat')?.naturalWidth > 0")
    heated = seen(page, "original", pixels(page.screenshot()))
    assert (heated != plain["original"]).any()
    page.keyboard.press("d")
    np.testing.assert_array_equal(
        seen(page, "original", pixels(page.screenshot())), plain["original"]
    )


def test_next_spot_goes_where_the_methods_differ(compare_page: Page) -> None:
    page = compare_page
    expect(page.locator(".verdict")).to_contain_text("Closest: ")
    expect(page.locator(".verdict")).to_contain_text("SRGAN")
    expect(page.locator(".verdict")).to_contain_text("texture: not evidence")
    places = set()
    for number in (1, 2):
        page.keyboard.press("n")
        expect(page.locator(".lead")).to_contain_text(f"Spot {number} of")
        places.add(box(page))
    assert len(places) == 2
    left, top, width, height = places.pop()
    middle = np.s_[top : top + height, left : left + width]
    comparison = sr_demo.compare(load_sample("page").pixels, 4)
    images = np.stack([result.image.astype(int) for result in comparison.results])
    spread = np.ptp(images, axis=0).mean(axis=2)
    assert spread[middle].mean() > spread.mean()


# --- for everyone ---------------------------------------------------------------------------------


def test_a_scrolling_page_is_not_caught_by_a_pane(compare_page: Page) -> None:
    page = compare_page
    page.set_viewport_size({"width": 1440, "height": 600})
    page.evaluate("new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))")
    shown = transforms(page)
    page.mouse.move(*centre(page, "bicubic"))
    page.mouse.wheel(0, 200)
    page.wait_for_function("scrollY > 50")
    assert transforms(page) == shown
    page.set_viewport_size(DESK)


def test_shortcuts_act_in_the_comparison_only(compare_page: Page) -> None:
    page = compare_page
    page.get_by_role("tab", name="Models").click()
    page.keyboard.press("3")
    page.get_by_role("tab", name="Compare").click()
    expect(page.locator(".pane:visible")).to_have_count(2 + len(available(4)))


# --- links ----------------------------------------------------------------------------------------


def test_the_address_follows_and_back_returns_to_the_comparison_before(
    open_compare: Opener, photo: np.ndarray, tmp_path: Path
) -> None:
    page = open_compare("?sample=page&methods=bicubic,espcn&crop=100,40,64,48&zoom=3")
    expect(page.locator(".zoom")).to_have_text("300 %")
    assert page.locator(".pane").count() == 4
    page.wait_for_url(
        re.compile("sample=page&scale=4&methods=bicubic,espcn&crop=100,40,64,48&zoom=3")
    )
    page.get_by_label("×2").click()
    page.wait_for_url(re.compile("scale=2"))
    finished(page)
    page.go_back()
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('_x4')")
    expect(page.locator("#scale input:checked")).to_have_value("4")
    finished(page)
    save_png(tmp_path / "mine.png", photo)
    page.set_input_files("input[type=file]", tmp_path / "mine.png")
    page.wait_for_function("!location.search.includes('sample')")
    assert "crop" not in page.url
    finished(page)
    page.go_back()
    expect(page.locator(".preview")).to_have_attribute("alt", "page")
    page.go_forward()
    expect(page.locator(".preview")).to_have_attribute("alt", "mine")
    finished(page)


def test_the_address_names_the_tab_and_back_leads_out_of_it(open_compare: Opener) -> None:
    page = open_compare()
    page.get_by_label("×3").click()
    page.wait_for_url(re.compile("scale=3"))
    finished(page)
    page.get_by_role("tab", name="Lab").click()
    page.wait_for_url(re.compile(r"sample=page&scale=3&tab=lab$"))
    page.locator("#share-lab").get_by_role("button", name="Copy link").click()
    expect(page.locator("#share-lab output")).to_contain_text(re.compile("Link copied|tab=lab"))
    page.get_by_role("tab", name="Models").click()
    page.wait_for_url(re.compile(r"\?tab=models$"))
    page.go_back()
    expect(page.get_by_role("tab", name="Compare")).to_have_attribute("aria-selected", "true")
    expect(page.locator("#scale input:checked")).to_have_value("4")
    finished(page)
