"""The tab Models: our own as cards, other people's on one's own machine, and the report."""

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from playwright.sync_api import expect

from sr_demo.boxes import Box
from sr_demo.comparison import compare
from sr_demo.degradation import SETTINGS
from sr_demo.foreign import registry
from sr_demo.foreign.official import FOLDER
from sr_demo.images import luma
from sr_demo.inference.runnable import available
from sr_demo.metrics.psnr import psnr
from sr_demo.samples import load_sample
from sr_demo.ui.compare.tab import CompareTab
from sr_demo.ui.files import keep_file
from sr_demo.ui.models.cards import cards
from sr_demo.ui.models.examples import FAILURE, SIDE, SUCCESS, Example, Shown, example
from sr_demo.ui.models.tab import ModelsTab, report
from sr_demo.ui.session import SessionStore
from tests.foreign.files import compact, write
from tests.ui.conftest import Contexts, windows
from tests.ui.jobs import request

NAME = "Foo_x4"


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    registry.remove_all()


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write(tmp_path / f"{NAME}.pth", compact())


class Room:
    """The tab beside the comparison, as on a page, and a visitor."""

    def __init__(self, server: str) -> None:
        with gr.Blocks() as app:
            with gr.Tab() as under:
                self.compare = CompareTab(app, under, SessionStore())
            with gr.Tab() as models:
                self.tab = ModelsTab(app, models, self.compare)
        app.server_name = server
        self.compare.greet(request(sample="page"))

    def add(self, path: Path, scale: int = 4) -> list[object]:
        uploaded = keep_file(path.name, path.read_bytes())
        answer = self.tab.add(uploaded, scale, ["bicubic"])
        assert not Path(uploaded).exists()
        return answer


@pytest.fixture
def room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Room:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    return Room("127.0.0.1")


def test_a_model_joins_the_comparison(room: Room, model: Path) -> None:
    listed, said, boxes = room.add(model)
    assert f'<th scope="row">{NAME}</th>' in str(listed)
    assert "RealESRGAN Compact" in str(listed)
    assert "not stated" in str(listed)
    assert "is compared from now on" in str(said)
    assert isinstance(boxes, gr.CheckboxGroup)
    assert (NAME, "foo-x4") in boxes.choices
    assert boxes.value == ["bicubic", "foo-x4"]
    assert room.tab.begin(boxes.value, request())["state"] == "begin"
    assert room.tab.begin(["bicubic"], request()) == gr.skip()


def test_a_model_for_another_scale_says_where_it_is(room: Room, model: Path) -> None:
    _, said, boxes = room.add(model, scale=2)
    assert "choose ×4" in str(said)
    assert isinstance(boxes, gr.CheckboxGroup)
    assert boxes.value == ["bicubic"]


def test_a_wrong_file_is_one_sentence(room: Room, tmp_path: Path) -> None:
    path = tmp_path / "<b>.pth"
    path.write_bytes(b"no model")
    _, said, *_ = room.add(path)
    assert 'role="alert"' in str(said)
    assert "more than weights" in str(said)
    assert "<b>" not in str(said)
    assert registry.added() == []


def test_on_a_page_for_others_nobody_adds_a_model(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    room = Room("0.0.0.0")
    place, _, button = room.tab.show()
    assert (place.visible, button.visible) == (False, False)
    uploaded = keep_file(model.name, model.read_bytes())
    _, said, *_ = room.tab.add(uploaded, 4, [])
    assert FOLDER in str(said)
    assert registry.added() == []
    registry.add(model)  # as its owner's folder does
    place, listed, button = room.tab.show()
    assert (place.visible, button.visible) == (True, False)
    assert NAME in listed


def test_a_model_is_added_in_the_browser_and_compared(
    contexts: Contexts, url: str, model: Path
) -> None:
    with windows(contexts, url) as open_page:
        page = open_page("?sample=page", viewport={"width": 1440, "height": 900})
        viewer = page.locator("#viewer .sr")
        expect(viewer).to_have_attribute("data-state", "done")
        page.get_by_role("tab", name="Models").click()
        with page.expect_file_chooser() as chosen:
            page.get_by_role("button", name="Add a model").click()
        chosen.value.set_files(model)
        expect(page.locator("#added table")).to_contain_text(NAME)
        page.get_by_role("tab", name="Compare").click()
        expect(page.locator("#viewer [data-pane='foo-x4'] img")).to_be_visible()
        expect(page.locator("#scores")).to_contain_text(NAME)
        expect(viewer).to_have_attribute("data-state", "done")


# --- our own ----------------------------------------------------------------------------------


def test_every_method_has_a_card_and_nothing_speaks_to_developers() -> None:
    html = cards()
    for name in available(4):
        assert f'id="model-{name}"' in html
        assert f">{name}" not in html  # labels are printed, not names
    assert html.count("Does well") == html.count("Fails") == len(available(4))
    for text in (html, report()):
        assert "python -m train" not in text
        assert "by hand" not in text


def gain(shown: Shown, other: Shown) -> float:
    """By how many dB the one is closer to the original than the other."""
    return psnr(shown.hr, shown.sr) - psnr(other.hr, other.sr)


def test_what_a_card_says_of_its_examples_is_so() -> None:
    for name in ("srcnn", "espcn", "srresnet"):
        place = SUCCESS[name]
        assert gain(example(name, place), example("bicubic", place)) > 3
    for name in ("srcnn", "espcn"):
        lost = example(name, FAILURE[name])
        assert psnr(lost.hr, lost.sr) < 22
    fur, grain = example("srresnet", FAILURE["srresnet"]), example("srgan", SUCCESS["srgan"])
    assert roughness(fur.sr) < 0.4 * roughness(fur.hr)
    assert roughness(grain.sr) > 0.6 * roughness(grain.hr)
    page = FAILURE["srgan"]
    assert gain(example("srgan", page), example("srresnet", page)) < 0
    damaged, letters = SUCCESS["real_srgan"], FAILURE["real_srgan"]
    repaired = example("real_srgan", damaged)
    assert roughness(repaired.sr) < 0.7 * roughness(example("srgan", damaged).sr)
    assert gain(repaired, example("srresnet", damaged)) > 0
    assert gain(example("real_srgan", letters), example("srresnet", letters)) < 0


def roughness(picture: np.ndarray) -> float:
    """The mean step from pixel to pixel."""
    return float(np.abs(np.diff(luma(picture), axis=1)).mean())


@pytest.mark.parametrize("damage", ["clean", "heavy"])
def test_an_example_is_what_the_whole_picture_would_show(damage: str) -> None:
    place = Example("page", 40, 12, "", damage)
    how = SETTINGS[damage]
    whole = compare(load_sample("page").pixels, 4, ["srcnn", "bicubic"], degradation=how)
    box = Box(place.left, place.top, SIDE, SIDE)
    for result in whole.results:
        shown = example(result.method, place)
        assert shown.sr.shape == (SIDE, SIDE, 3)
        off = np.abs(shown.sr.astype(int) - box.crop(result.image))
        assert off.max() <= 1
        np.testing.assert_array_equal(shown.hr, box.crop(whole.sharp))
        lr = box.crop(whole.lr.repeat(4, axis=0).repeat(4, axis=1))
        np.testing.assert_array_equal(shown.lr, lr)


def test_a_phone_shows_the_cards_pixel_for_pixel_and_a_keyboard_reaches_wide_tables(
    contexts: Contexts, url: str
) -> None:
    with windows(contexts, url) as open_page:
        page = open_page("?tab=models", viewport={"width": 390, "height": 844})
        expect(page.locator(".card")).to_have_count(len(available(4)))
        page.get_by_role("button", name="The whole report").click()
        expect(page.locator("#models table").first).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth") <= 390
        unreached = page.evaluate(
            """() => [...document.querySelectorAll('#cards *, #report *')].filter((e) =>
              e.scrollWidth > e.clientWidth + 1 && e.tabIndex < 0 &&
              ['auto', 'scroll'].includes(getComputedStyle(e).overflowX)).map((e) => e.outerHTML)"""
        )
        assert unreached == []
        for image in page.locator(".card img").all():
            assert image.evaluate("i => [i.naturalWidth, i.width]") == [SIDE, 2 * SIDE]
            expect(image).to_have_css("image-rendering", "pixelated")
            assert image.evaluate("i => i.getBoundingClientRect().right") <= 390
        table = page.locator("#models .wide").first
        table.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("document.activeElement.scrollLeft > 0")
