"""The control that damages the small picture, and the advice for one that comes damaged."""

from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from sr_demo.degradation import SETTINGS, Degradation, degrade, jpeg
from sr_demo.images import save_png
from sr_demo.samples import load_sample, small_version
from tests.ui.comparing import SAMPLE, finished, loaded, pane, whole
from tests.ui.conftest import Opener


def compared(page: Page, degraded: str) -> None:
    """Wait until the address names a degradation, and all pictures are there."""
    page.wait_for_function(
        "asked => (new URLSearchParams(location.search).get('degrade') || '') === asked",
        arg=degraded,
    )
    finished(page)


def seen(page: Page) -> np.ndarray:
    whole(page)
    return loaded(page, pane(page, "input").locator("img"))


def test_the_small_picture_is_damaged_as_chosen_and_the_address_restores_it(
    open_compare: Opener,
) -> None:
    page = open_compare(f"?sample={SAMPLE}&methods=bicubic")
    original = load_sample(SAMPLE).pixels[:188]
    how, own = page.get_by_label("Reduced by"), page.get_by_role("group", name="Your own")
    expect(how).to_have_value("clean")
    expect(own).to_be_hidden()

    how.select_option("heavy")
    compared(page, "heavy")
    np.testing.assert_array_equal(seen(page), degrade(original, 4, SETTINGS["heavy"]))
    expect(pane(page, "input")).to_contain_text("blur σ 2, noise σ 10, JPEG 30")

    how.select_option("own")  # begins with what was chosen
    quality = own.get_by_label("JPEG")
    expect(quality).to_have_value("30")
    quality.fill("0.5")
    quality.press("Enter")
    assert not quality.evaluate("input => input.checkValidity()")
    quality.fill("")
    quality.press("Enter")
    own.get_by_label("Noise").fill("3")
    own.get_by_label("Noise").press("Enter")
    compared(page, "2,3,0")
    np.testing.assert_array_equal(seen(page), degrade(original, 4, Degradation(2, 3)))

    page.reload()
    compared(page, "2,3,0")
    expect(how).to_have_value("own")
    expect(own.get_by_label("Noise")).to_have_value("3")
    page.get_by_label("I only have a small image").click()
    expect(how).to_be_hidden()
    compared(page, "")


def test_a_damaged_small_image_gets_advice(open_compare: Opener, tmp_path: Path) -> None:
    page = open_compare(f"?sample={SAMPLE}&methods=bicubic,real_srgan&mode=small")
    expect(page.locator(".verdict")).not_to_contain_text("shows")
    save_png(tmp_path / "web.png", jpeg(small_version(load_sample("coffee")).pixels, 30))
    page.set_input_files("input[type=file]", tmp_path / "web.png")
    page.wait_for_function("document.querySelector('.pane img')?.src.includes('web_x4')")
    expect(page.locator(".verdict")).to_have_text(
        "The picture shows JPEG’s blocks: Real-SRGAN repairs that and stands first; the others "
        "enlarge it, too."
    )
    panes = page.locator(".pane").evaluate_all("panes => panes.map(p => p.dataset.pane)")
    assert panes == ["input", "real_srgan", "bicubic"]
    expect(page.locator(".says .why")).to_be_hidden()  # there are no numbers to explain
