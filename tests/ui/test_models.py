"""The tab Models: other people's models, on one's own machine, and the report of ours."""

from collections.abc import Iterator
from pathlib import Path

import gradio as gr
import pytest
from playwright.sync_api import expect

from sr_demo.foreign import registry
from sr_demo.foreign.official import FOLDER
from sr_demo.ui.compare.tab import CompareTab
from sr_demo.ui.files import keep_file
from sr_demo.ui.models.tab import ModelsTab
from sr_demo.ui.session import SessionStore
from tests.foreign.files import compact, write
from tests.ui.conftest import Contexts, windows
from tests.ui.test_compare import request

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
            self.tab = ModelsTab(app, self.compare)
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
