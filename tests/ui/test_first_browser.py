"""The first screen as a person sees it: before Gradio has begun, and the same as what follows."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Browser, FrameLocator, Page, Route, expect

from sr_demo.inference.runnable import available
from tests.ui.comparing import DESK, SAMPLE, finished, pixels, view

PHONE = {
    "viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True,
    "device_scale_factor": 2,
}  # fmt: skip
SCREENS: list[dict[str, Any]] = [
    {"viewport": DESK},
    {"viewport": {"width": 1280, "height": 720}, "color_scheme": "dark"},
    {"viewport": {"width": 2560, "height": 1440}},
    PHONE,
]
DRAWN = "new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r)))"
PANES = len(available(4)) + 2
Covered = Callable[..., tuple[Page, FrameLocator, Callable[[], None]]]


@pytest.fixture
def covered(browser: Browser, url: str) -> Iterator[Covered]:
    """A function that opens a page whose Gradio is held back; the last that it gives lets it go."""
    contexts = []

    def open_covered(**options: Any) -> tuple[Page, FrameLocator, Callable[[], None]]:
        held: list[Route] = []
        free: list[bool] = []
        contexts.append(browser.new_context(**options))
        page = contexts[-1].new_page()
        page.route(
            re.compile(r"/assets/index-[^/]*\.js$"),
            lambda route: route.continue_() if free else held.append(route),
        )
        page.goto(url, wait_until="commit")
        frame = page.frame_locator("iframe")
        expect(frame.locator(".pane .layer img")).to_have_count(PANES)

        def let_go() -> None:
            free.append(True)
            for route in held:
                route.continue_()

        return page, frame, let_go

    yield open_covered
    for context in contexts:
        context.close()


def settled(page: Page) -> None:
    expect(page.locator("iframe")).to_have_count(0)
    finished(page)
    page.evaluate(DRAWN)


@pytest.mark.parametrize("options", SCREENS, ids=["desk", "small and dark", "large", "phone"])
def test_the_first_screen_is_there_before_gradio_and_stays_as_it_is(
    covered: Covered, options: dict[str, Any]
) -> None:
    page, frame, let_go = covered(**options)
    expect(frame.get_by_role("heading", name="SR Demo")).to_be_visible()
    expect(frame.locator(".verdict")).to_contain_text("Closest: SRResNet")
    expect(page.locator("#tabs")).to_have_count(0)
    page.evaluate(DRAWN)
    before = pixels(page.screenshot())
    area = frame.locator(".frame").bounding_box()
    let_go()
    settled(page)
    assert page.locator(".frame").bounding_box() == area
    after = pixels(page.screenshot())
    # To the pixel, from the panes to the window's end
    assert area
    density = options.get("device_scale_factor", 1)
    left, top = round(area["x"] * density), round((area["y"] - 4) * density)
    right = left + round(area["width"] * density)
    same = (before == after).all(axis=2)[top:, left:right]
    assert same.mean() > 0.999, np.argwhere(~same)[:5]


def test_what_was_done_with_the_first_screen_stays_done(covered: Covered) -> None:
    page, frame, let_go = covered(viewport=DESK)
    frame.locator("[data-do=in]").click()
    frame.locator(".pane[data-pane=srgan] .stage").click(position={"x": 60, "y": 60})
    sides = frame.locator(".where input").evaluate_all("inputs => inputs.map(i => i.value)")
    page.keyboard.press("7")
    expect(frame.locator(".pane:visible")).to_have_attribute("data-pane", "srgan")
    transform = frame.locator(".layer").first.evaluate("layer => layer.style.transform")
    let_go()
    settled(page)
    expect(page.locator(".pane:visible")).to_have_attribute("data-pane", "srgan")
    assert page.locator(".layer").first.evaluate("layer => layer.style.transform") == transform
    chosen = page.locator(".where input").evaluate_all("inputs => inputs.map(i => i.value)")
    assert chosen == sides
    page.keyboard.press("3")  # the keyboard is the viewer's, as before
    expect(page.locator(".pane:visible")).to_have_attribute("data-pane", "bicubic")


def test_an_untouched_first_screen_leaves_an_untouched_page(covered: Covered) -> None:
    page, _, let_go = covered(viewport=DESK)
    let_go()
    settled(page)
    assert "crop" not in page.url
    assert "zoom" not in page.url
    before = view(page)
    page.get_by_role("button", name="Coffee").click()  # another picture opens at its own place
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('coffee')")
    finished(page)
    assert view(page) != before


def test_a_link_shows_what_it_asks_for_at_once(browser: Browser, url: str) -> None:
    with browser.new_context(viewport=DESK) as context:
        page = context.new_page()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{url}?sample={SAMPLE}")
        finished(page)
        assert not [address for address in asked if address.endswith("/first")]
