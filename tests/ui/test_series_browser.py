"""Many pictures, and one exact size, as a person sees it: choose, wait, look, save."""

import io
from pathlib import Path

import numpy as np
from PIL import Image
from playwright.sync_api import expect

from sr_demo.images import save_png
from tests.ui.comparing import download
from tests.ui.conftest import Opener


def test_several_files_become_one_sheet_and_one_table(
    open_compare: Opener, photo: np.ndarray, tmp_path: Path
) -> None:
    page = open_compare("?sample=page&methods=bicubic,espcn")
    before = page.locator(".preview").get_attribute("src")
    save_png(tmp_path / "one.png", photo)
    save_png(tmp_path / "two.png", photo[:96, :128])
    (tmp_path / "three.png").write_text("no picture")
    page.get_by_role("button", name="Many pictures").click()
    card = page.locator("#series")
    card.locator("input[type=file]").set_input_files(
        [tmp_path / f"{name}.png" for name in ("one", "three", "two")]
    )
    expect(card.get_by_role("row", name="two.png")).to_be_visible()
    card.get_by_role("button", name="Compare them").click()
    expect(card).to_contain_text("2 of 3 pictures compared")
    expect(card.get_by_role("list").last).to_contain_text("three.png")
    expect(card.get_by_role("row", name="ESPCN")).to_contain_text(".")
    sheet = card.locator("#series-sheet img")
    page.wait_for_function("image => image.naturalWidth === 1440", arg=sheet.element_handle())
    name, content = download(page, card.get_by_role("button", name="Scores (CSV)"))
    assert name == "2_pictures_x4.csv"
    assert len(content.decode().splitlines()) == 5
    name, content = download(page, card.get_by_role("button", name="Sheet (PNG)"))
    with Image.open(io.BytesIO(content)) as image:
        assert image.width == 1440
    assert page.locator(".preview").get_attribute("src") == before


def test_a_result_is_saved_at_the_size_that_was_typed(open_compare: Opener) -> None:
    page = open_compare("?sample=page&methods=bicubic,espcn")
    page.get_by_role("button", name="One exact size").click()
    card = page.locator("#sized")
    expect(card.get_by_label("Result", exact=True)).to_have_value("ESPCN")
    card.get_by_label("Size of the result").fill("huge")
    card.get_by_role("button", name="Save (PNG)").click()
    expect(card.get_by_role("alert")).to_contain_text("“huge” is no size: give 1920x1080")
    card.get_by_label("Size of the result").fill("200x150")
    name, content = download(page, card.get_by_role("button", name="Save (PNG)"))
    assert name == "page_x4_espcn_200x150.png"
    with Image.open(io.BytesIO(content)) as image:
        assert image.size == (200, 150)
    expect(card.get_by_role("status")).to_contain_text("Saved 200 × 150")
