"""The page for everyone: what axe finds, focus that is seen, targets that a finger meets."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.comparing import SAMPLE
from tests.ui.conftest import Opener

AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
TABS = ("Compare", "Lab", "Lessons", "Models")
VIOLATIONS = """async () => (await axe.run(document, { resultTypes: ['violations'] })).violations
  .filter(({ impact }) => impact === 'serious' || impact === 'critical')
  .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html}`))"""
# Once the page has heard of a scheme colours fade to it, and half way they are neither
SETTLED = """() => document.body.classList.contains('dark')
  === matchMedia('(prefers-color-scheme: dark)').matches
  && document.getAnimations().every((animation) => animation.playState !== 'running')"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_or_critical_violation_in_any_tab(
    compare_page: Page, scheme: str
) -> None:
    page = compare_page
    if not AXE.is_file():
        pytest.skip("NO AXE, ACCESSIBILITY IS NOT TESTED: run npm ci")
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.wait_for_function(SETTLED)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = {}
    for name in TABS:
        page.get_by_role("tab", name=name, exact=True).click()
        expect(page.get_by_role("tabpanel").filter(visible=True).first).to_be_visible()
        if name == "Models":
            expect(page.locator("#cards .card").first).to_be_visible()
        found[name] = page.evaluate(VIOLATIONS)
    page.get_by_role("tab", name="Compare", exact=True).click()
    page.emulate_media(color_scheme="light")
    assert not any(found.values()), found


def test_fingers_meet_every_control_of_the_comparison(open_compare: Opener) -> None:
    page = open_compare(
        f"?sample={SAMPLE}",
        viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True,
    )  # fmt: skip
    page.get_by_role("button", name="Options").tap()
    small = page.locator("#viewer button:visible, #controls button:visible").evaluate_all(
        "all => all.filter((e) => e.getBoundingClientRect().height < 44).map((e) => e.outerHTML)"
    )
    assert small == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_a_swipe_over_the_panes_scrolls_the_page_until_one_was_tapped(open_compare: Opener) -> None:
    page = open_compare(
        f"?sample={SAMPLE}",
        viewport={"width": 390, "height": 600}, has_touch=True, is_mobile=True,
    )  # fmt: skip
    stage = page.locator(".stage").first
    expect(stage).to_have_css("touch-action", "pan-y")
    stage.tap()
    expect(stage).to_have_css("touch-action", "none")
    page.get_by_role("tab", name="Compare", exact=True).focus()
    expect(stage).to_have_css("touch-action", "pan-y")


def test_the_keyboards_focus_is_seen(compare_page: Page) -> None:
    page = compare_page
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        page.locator("#picker .map").focus()
        for _ in range(12):
            page.keyboard.press("Tab")
            seen = page.evaluate("""() => {
              const focused = document.activeElement;
              const around = [focused, focused.closest('label'), focused.parentElement];
              return around.some((e) => e && (parseFloat(getComputedStyle(e).outlineWidth) >= 2 &&
                getComputedStyle(e).outlineStyle !== 'none')) || focused.outerHTML;
            }""")
            assert seen is True
    page.emulate_media(color_scheme="light")
