"""Many pictures, as a person sees it: choose, wait, look at the sheet, save."""

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
