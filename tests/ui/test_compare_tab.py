"""The page without a browser: what the Compare tab answers when it is asked."""

from collections.abc import Iterator
from dataclasses import replace

import gradio as gr
import numpy as np
import pytest

from sr_demo.degradation import CLEAN, SETTINGS, Degradation, degrade
from sr_demo.images import ImageError, Loaded, save_png
from sr_demo.records import records
from sr_demo.ui.compare import advice as advising
from sr_demo.ui.compare import downloads
from sr_demo.ui.compare import tab as compare_tab
from sr_demo.ui.compare.advice import advice, in_order
from sr_demo.ui.compare.picker import describe, line
from sr_demo.ui.compare.scores import table
from sr_demo.ui.compare.tab import FIRST, SHARP, SMALL, CompareTab
from sr_demo.ui.compare.viewer import view
from sr_demo.ui.files import keep_file, uploaded
from sr_demo.ui.session import Job, Picture, Session, SessionStore
from tests.helpers import present
from tests.ui.jobs import event, job, read, request, work


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def picture(photo: np.ndarray) -> Picture:
    return Picture("cat", Loaded(photo, None, ()))


@pytest.fixture
def tab() -> CompareTab:
    with gr.Blocks() as app, gr.Tab() as tab:
        return CompareTab(app, tab, SessionStore())


def asked(tab: CompareTab) -> Job:
    """The job that a handler left waiting, or showed at once."""
    session = tab.sessions["me"]
    return present(session.begin() or session.latest)


CONTROLS = (SHARP, 4, ["bicubic"], "y", "clean")


def test_the_first_visit_shows_a_sample_and_a_link_its_own(tab: CompareTab) -> None:
    tab.greet(request())
    assert asked(tab).picture.name == FIRST
    tab.greet(request(sample="rocket", scale="2", crop="8,16,64,48", mode=SMALL))
    job = asked(tab)
    assert (job.picture.name, job.scale, job.box) == ("rocket", 2, (8, 16, 64, 48))
    assert not job.has_original


def test_the_small_picture_is_degraded_as_asked(tab: CompareTab, photo: np.ndarray) -> None:
    updates = tab.greet(request(sample="rocket", degrade="1.20,5,50"))
    medium = asked(tab)
    assert medium.degradation == SETTINGS["medium"]
    assert updates[tab.reduction].value == "medium"
    tab.change(*CONTROLS[:4], "0,0,40", request())
    own = asked(tab)
    assert own.degradation == Degradation(jpeg=40)
    assert not own.same_outputs(medium)
    assert own.stem == "rocket_x4_0-0-40"
    tab.change(SMALL, *CONTROLS[1:4], "heavy", request())
    assert asked(tab).degradation == CLEAN
    with pytest.raises(ValueError, match="no degradation"):
        tab.change(*CONTROLS[:4], ["heavy"], request())  # type: ignore[arg-type]
    tab.greet(request(degrade="badly"))
    assert asked(tab).degradation == CLEAN


def test_a_degraded_comparison_says_so(picture: Picture) -> None:
    session = Session()
    light = job(picture, degradation=SETTINGS["light"])
    work(session, light)
    shown = present(session.shown)
    np.testing.assert_array_equal(
        read(shown.files["input"]), degrade(picture.loaded.pixels, 4, SETTINGS["light"])
    )
    value = view(session, {}, "done")
    assert value["link"]["degrade"] == "light"
    assert value["panes"][1]["facts"][1]["text"] == "JPEG 75"
    assert "reduced to 40 × 30, with JPEG 75, for the methods" in line(light)
    assert "small picture with JPEG 75" in table(shown.comparison, {"bicubic": "Bicubic"})
    (row,) = records("cat", shown.comparison, None)
    assert row["degradation"] == "JPEG 75"
    work(session, job(picture))
    assert view(session, {}, "done")["link"]["degrade"] is None
    assert present(session.shown).comparison.results[0] is not shown.comparison.results[0]


def test_for_a_damaged_small_image_the_method_that_repairs_is_named(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered = {2: ["bicubic"], 3: ["bicubic"], 4: ["bicubic", "real_srgan"]}
    monkeypatch.setattr(advising, "available", offered.get)
    both, one = ("bicubic", "real_srgan"), ("bicubic",)
    seen = job(picture, has_original=False, traces=("JPEG’s blocks", "noise"), methods=both)
    assert in_order(seen) == ["real_srgan", "bicubic"]
    assert advice(seen) == (
        "The picture shows JPEG’s blocks and noise: Real-SRGAN repairs that and stands first; "
        "the others enlarge it, too."
    )
    assert ": tick Real-SRGAN" in advice(replace(seen, methods=one))
    elsewhere = replace(seen, scale=2, methods=one)
    assert advice(elsewhere).endswith("enlarge that, too; Real-SRGAN repairs it, at ×4.")
    offered[4] = ["bicubic"]
    assert advice(elsewhere).endswith("expect a clean reduction and enlarge that, too.")
    clean = replace(seen, traces=())
    assert (advice(clean), in_order(clean)) == ("", list(both))


def test_a_lessons_link_compares_nothing_until_the_tab_is_opened(tab: CompareTab) -> None:
    session = tab.sessions["me"]
    tab.welcome(request())  # browsers say that the first tab is open before anything is greeted
    tab.greet(request(lesson="3"))
    assert session.picture is None
    assert tab.welcome(request())["state"] == "begin"
    assert session.waiting is None
    tab.change(*CONTROLS, request())
    waiting = present(tab.sessions["me"].waiting)
    assert waiting.picture.name == FIRST
    assert tab.welcome(request()) == gr.skip()
    assert session.waiting is waiting


@pytest.mark.parametrize("query", [{"sample": "../x"}, {"scale": "9"}, {"crop": "a,b"}])
def test_a_broken_link_shows_the_first_sample(tab: CompareTab, query: dict[str, str]) -> None:
    tab.greet(request(**query))
    job = asked(tab)
    assert (job.picture.name, job.scale, job.box) == (FIRST, 4, None)


def test_a_bad_file_is_declined_in_plain_words_and_changes_nothing(tab: CompareTab) -> None:
    tab.greet(request())
    before = tab.sessions["me"].picture
    path = keep_file("report.png", b"%PDF-1.7 ...")
    updates = tab.upload(*CONTROLS, event(path=path), request())
    assert list(updates) == [tab.picker]
    assert "report.png is a PDF document" in updates[tab.picker].props["picture"]["error"]
    assert tab.sessions["me"].picture is before


def test_visitors_are_told_where_a_method_runs_not_how_to_train_it(
    tab: CompareTab, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compare_tab, "available", lambda scale: ["srgan"] if scale != 3 else [])
    monkeypatch.setattr(compare_tab, "missing", lambda scale: ["srgan"] if scale == 3 else [])
    note = tab.greet(request(sample="page", scale="3"))[tab.missing]
    assert "SRGAN was not trained for this scale: choose ×2 or ×4 to see it." in note
    assert "python" not in note
    assert tab.greet(request(sample="page"))[tab.missing] == ""


@pytest.mark.parametrize("path", ["/etc/passwd", "../../etc/passwd", ""])
def test_only_uploaded_files_are_opened(tab: CompareTab, path: str) -> None:
    with pytest.raises(ImageError, match="not uploaded"):
        uploaded(path)
    updates = tab.upload(*CONTROLS, event(path=path), request())
    assert "choose a picture again" in updates[tab.picker].props["picture"]["error"]


def test_an_upload_is_compared_under_its_own_name(tab: CompareTab, photo: np.ndarray) -> None:
    path = keep_file("my cat.png", b"")
    save_png(path, photo)
    tab.upload(*CONTROLS, event(path=path), request())
    job = asked(tab)
    assert job.picture.name == "my cat"
    np.testing.assert_array_equal(job.loaded.pixels, photo)


@pytest.mark.parametrize(
    ("shape", "mode", "message"),
    [
        ((1, 1, 3), SHARP, "too few"),
        ((2100, 2100, 3), SMALL, "limit"),
    ],
)
def test_what_cannot_be_compared_is_declined_in_plain_words(
    tab: CompareTab, shape: tuple[int, int, int], mode: str, message: str
) -> None:
    path = keep_file("dot.png", b"")
    save_png(path, np.zeros(shape, np.uint8))
    tab.upload(mode, 4, ["bicubic"], "y", "clean", event(path=path), request())
    *_, last = tab.run(request())
    assert message in last[tab.picker].props["picture"]["error"]
    assert last[tab.viewer]["state"] == "done"


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 50, 3), (7, 2, 3)])
def test_the_smallest_pictures_are_enlarged(tab: CompareTab, shape: tuple[int, int, int]) -> None:
    path = keep_file("dot.png", b"")
    save_png(path, np.full(shape, 77, np.uint8))
    tab.upload(SMALL, 4, ["bicubic"], "y", "clean", event(path=path), request())
    *_, last = tab.run(request())
    value = last[tab.viewer]
    assert (value["height"], value["width"]) == (shape[0] * 4, shape[1] * 4)
    x, y = value["focus"]
    assert 0 <= x <= value["width"]
    assert 0 <= y <= value["height"]


def test_a_sample_as_a_small_image_is_small(tab: CompareTab) -> None:
    tab.choose_sample(SMALL, 4, ["bicubic"], "y", "clean", event(name="coffee"), request())
    session = tab.sessions["me"]
    assert present(session.waiting).loaded.pixels.shape == (100, 150, 3)
    assert "reduced to a quarter" in describe(session)["line"]


def test_an_unchecked_method_stays_out(tab: CompareTab) -> None:
    tab.choose_sample(SHARP, 4, [], "y", "clean", event(name="coffee"), request())
    assert asked(tab).methods == ()
    tab.change(SHARP, 2, [], "y", "clean", request())
    assert "bicubic" not in asked(tab).methods


def test_without_a_method_the_page_says_so_and_saves_nothing(tab: CompareTab) -> None:
    tab.choose_sample(SHARP, 4, [], "y", "clean", event(name="page"), request())
    *_, last = tab.run(request())
    assert "No method is checked" in last[tab.viewer]["verdict"]
    with pytest.raises(gr.Error, match="No method is checked"):
        tab._giver(downloads.csv_file)(request())


def test_a_crop_of_another_picture_is_ignored(tab: CompareTab, picture: Picture) -> None:
    session = tab.sessions["me"]
    work(session, job(picture))
    number = present(session.shown).number
    tab.crop(event(run=number - 1, box=[0, 0, 9, 9]), request())
    tab.crop(event(run=number, box=["x"]), request())
    assert session.box is None
    tab.crop(event(run=number, box=[150, 110, 99, 99]), request())
    assert session.box == (150, 110, 10, 10)
