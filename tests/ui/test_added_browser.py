"""A result of another program is dropped, seen beside the methods, scored, and taken away again."""

import base64
from pathlib import Path

import numpy as np
from playwright.sync_api import Page, expect

from sr_demo.images import png_bytes, save_png
from sr_demo.samples import load_sample
from tests.ui.comparing import SAMPLE, finished, loaded, pane, pixels, seen, whole
from tests.ui.conftest import Opener

DROP = """([selector, name, content]) => {
  const bytes = Uint8Array.from(atob(content), (letter) => letter.charCodeAt(0));
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, { type: 'image/png' }));
  const target = document.querySelector(selector);
  const options = { dataTransfer: data, bubbles: true, cancelable: true };
  for (const kind of ['dragover', 'drop']) target.dispatchEvent(new DragEvent(kind, options));
}"""


def joined(page: Page, label: str) -> None:
    """Wait until its pane is there with its picture."""
    page.get_by_role("button", name=f"Remove {label}").wait_for()
    page.locator(".tabs").get_by_role("button", name=label).last.wait_for()
    finished(page)


def test_a_dropped_result_is_seen_scored_and_removed(open_compare: Opener) -> None:
    page = open_compare()
    theirs = 255 - load_sample(SAMPLE).pixels[:, ::-1]
    preview = page.locator(".preview").get_attribute("src")
    content = base64.b64encode(png_bytes(theirs)).decode()
    page.evaluate(DROP, ["#adder .drop", "theirs.png", content])
    joined(page, "theirs")
    assert page.locator(".preview").get_attribute("src") == preview  # no new picture
    whole(page)
    added = page.locator(".pane").last
    name = str(added.get_attribute("data-pane"))
    height, width = (side // 4 * 4 for side in theirs.shape[:2])  # cropped as the original is
    np.testing.assert_array_equal(loaded(page, added.locator("img")), theirs[:height, :width])
    shown = [seen(page, each, pixels(page.screenshot())).astype(int) for each in (name, "bicubic")]
    assert np.abs(shown[0] - shown[1]).mean() > 40
    expect(added.locator(".facts")).to_contain_text("PSNR")
    expect(page.locator(f".crop[data-pane={name}] .facts")).to_contain_text("dB")
    expect(page.locator("#scores").get_by_role("row", name="theirs")).to_contain_text("dB")
    page.get_by_role("checkbox", name="SRCNN").uncheck()
    expect(pane(page, "srcnn")).to_have_count(0)
    expect(pane(page, name)).to_have_count(1)
    page.get_by_role("button", name="Remove theirs").click()
    expect(pane(page, name)).to_have_count(0)
    expect(page.locator("#scores").get_by_role("row", name="theirs")).to_have_count(0)


def test_a_wrong_size_is_said_in_a_sentence_on_a_phone_too(
    open_compare: Opener, tmp_path: Path
) -> None:
    page = open_compare(viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    height, width = load_sample(SAMPLE).pixels.shape[:2]
    save_png(tmp_path / "small.png", np.zeros((20, 30, 3), np.uint8))
    page.get_by_role("button", name="Options").click()
    page.get_by_label("Add a result").set_input_files(tmp_path / "small.png")
    said = page.locator("#adder").get_by_role("alert")
    expect(said).to_contain_text("small.png is 30 × 20 pixels")
    expect(said).to_contain_text(f"{width // 4 * 4} × {height // 4 * 4}")
    save_png(tmp_path / "right.png", np.zeros((height, width, 3), np.uint8))
    page.get_by_label("Add a result").set_input_files(tmp_path / "right.png")
    joined(page, "right")
    expect(said).to_be_hidden()
