"""Results of other programs beside those of the methods: what joins, what is refused."""

import csv
import io
import math
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import gradio as gr
import numpy as np
import pytest

import sr_demo
from sr_demo.boxes import Box
from sr_demo.comparison import Comparison
from sr_demo.figures.perception_distortion import Plane, Point
from sr_demo.images import ImageError, Loaded, load_image, save_png
from sr_demo.metrics.scores import score
from sr_demo.ui.compare import added as adding
from sr_demo.ui.compare import downloads
from sr_demo.ui.compare import run as running
from sr_demo.ui.compare.added import LETTERS, MOST, add, describe_added, fitted, remove
from sr_demo.ui.compare.run import run
from sr_demo.ui.compare.scores import table
from sr_demo.ui.compare.tab import CompareTab
from sr_demo.ui.compare.viewer import crop_scores, view
from sr_demo.ui.lab.plane_svg import WIDE, plane_svg
from sr_demo.ui.session import Job, Picture, Session, SessionStore
from tests.helpers import present

NASTY = "<img src=x onerror=alert(1)> $x$"


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    # What the gate does has tests of its own; its process takes a second to start
    monkeypatch.setattr(adding, "load_untrusted", load_image)


@pytest.fixture
def session(photo: np.ndarray) -> Session:
    """A page that shows bicubic ×4 of a photo whose sides it divides."""
    session = Session(picture=Picture("cat", Loaded(photo, None, ())))
    work(session, job(session))
    return session


def job(session: Session, **changes: Any) -> Job:
    picture = present(session.picture)
    return replace(Job(picture, picture.loaded, True, 4, ("bicubic",), "y"), **changes)


def work(session: Session, wanted: Job | None = None) -> None:
    if wanted:
        session.ask(wanted)
    for _ in run(session, present(session.begin())):
        pass


@pytest.fixture
def result(photo: np.ndarray, tmp_path: Path) -> Path:
    """What another program may have made of the photo."""
    path = tmp_path / "theirs.png"
    save_png(path, np.roll(photo, 1, axis=1))
    return path


def test_it_joins_scored_and_nothing_else_is_computed(
    session: Session, result: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def spy(
        image: np.ndarray, scale: int, methods: Sequence[str], **options: Any
    ) -> Iterator[Comparison]:
        asked.append(list(methods))
        return sr_demo.stream(image, scale, methods, **options)

    monkeypatch.setattr(running, "stream", spy)
    add(session, result)
    work(session)
    assert asked == [[]]
    comparison = present(session.shown).comparison
    bicubic, theirs = comparison.results
    assert (bicubic.label, theirs.label) == ("Bicubic", "theirs")
    pixels = load_image(result).pixels
    np.testing.assert_array_equal(theirs.image, pixels)
    expected = score(pixels, original=comparison.original, lr=comparison.lr, scale=4)
    assert theirs.scores == expected
    pane = view(session, {}, "done")["panes"][-1]
    assert (pane["label"], pane["key"]) == ("theirs", 8)  # of a method that does not ship
    np.testing.assert_array_equal(load_image(pane["file"]["path"]).pixels, pixels)
    assert pane["first"]
    assert pane["id"] in crop_scores(comparison, Box(8, 8, 40, 40))


def test_it_is_saved_with_the_rest(session: Session, result: Path) -> None:
    add(session, result)
    work(session)
    shown = present(session.shown)
    with zipfile.ZipFile(downloads.everything(shown, None)) as archive:
        assert "cat_x4_theirs.png" in archive.namelist()
        content = archive.read("cat_x4_scores.csv").decode()
    rows = list(csv.DictReader(io.StringIO(content)))
    assert [row["method"] for row in rows] == ["bicubic", "theirs"]
    assert float(rows[1]["psnr_db"]) == shown.comparison.results[1].scores.psnr
    assert rows[1]["seconds"] == ""


def test_it_goes_and_comes_back_with_its_scale_and_goes_with_its_picture(
    session: Session, result: Path, photo: np.ndarray
) -> None:
    add(session, result)
    work(session)
    luma = present(session.shown).comparison.results[1].scores
    work(session, job(session, color_space="rgb"))
    rgb = present(session.shown).comparison.results[1].scores
    assert rgb.psnr != luma.psnr
    for other in ({"scale": 2}, {"has_original": False}):
        work(session, job(session, **other))
        assert [r.method for r in present(session.shown).comparison.results] == ["bicubic"]
        assert describe_added(session)["results"] == []
    work(session, job(session))
    assert present(session.shown).comparison.results[1].scores == luma
    session.picture = Picture("cat", Loaded(photo, None, ()))
    work(session, job(session))
    assert session.added == ()


def test_one_can_be_removed_and_another_takes_its_place(session: Session, result: Path) -> None:
    for _ in range(MOST):
        add(session, result)
    work(session)
    labels = [one["label"] for one in describe_added(session)["results"]]
    assert labels == ["theirs", "theirs (2)", "theirs (3)", "theirs (4)"]
    with pytest.raises(ImageError, match=r"remove one"):
        add(session, result)
    second = describe_added(session)["results"][1]["name"]
    assert remove(session, second)
    assert not remove(session, second)
    add(session, result)
    work(session)
    shown = present(session.shown)
    labels = [result.label for result in shown.comparison.results]
    assert labels == ["Bicubic", "theirs", "theirs (3)", "theirs (4)", "theirs (2)"]
    assert second not in shown.outputs


def test_the_size_that_fails_is_named_beside_the_one_that_is_wanted(session: Session) -> None:
    other = Loaded(np.zeros((30, 50, 3), np.uint8), None, ())
    with pytest.raises(ImageError, match=r"a.png is 50 × 30 pixels, .*original is 160 × 120:"):
        fitted(other, job(session), "a.png")
    with pytest.raises(ImageError, match=r"50 × 30 .* enlarged ×3 is 480 × 360:"):
        fitted(other, job(session, has_original=False, scale=3), "a.png")
    with pytest.raises(ImageError, match="original, cropped for ×3, is 159 × 120:"):
        fitted(other, job(session, scale=3), "a.png")
    whole = Loaded(np.zeros((120, 160, 3), np.uint8), np.zeros((120, 160), np.uint8), ())
    cropped = fitted(whole, job(session, scale=3), "a.png")
    assert cropped.pixels.shape == (120, 159, 3)
    assert present(cropped.opacity).shape == (120, 159)


def test_a_name_is_shortened_and_never_markup(
    session: Session, result: Path, tmp_path: Path
) -> None:
    named = result.rename(tmp_path / f"{NASTY}.png")
    add(session, named)
    add(session, named.rename(tmp_path / ("long " * 20 + "end.png")))
    add(session, tmp_path.joinpath("long " * 20 + "end.png").rename(tmp_path / "SRGAN.png"))
    work(session)
    shown = present(session.shown)
    labels = list(shown.job.panes.values())
    assert all(len(label) <= LETTERS for label in labels)
    assert labels[2].endswith("ong end")
    assert labels[3] == "SRGAN (2)"  # not to be taken for the method
    html = table(shown.comparison, shown.job.panes)
    assert "<img" not in html
    assert "&lt;img" in html
    point = Point("added-1", labels[1], 30, 5)
    svg = plane_svg(Plane(Point("original", "Original", math.inf, 4), (point,)), WIDE)
    assert "&lt;img" in svg
    assert "<img" not in svg
    assert load_image(downloads.crop_sheet(shown, None)).pixels.size
    with zipfile.ZipFile(downloads.everything(shown, None)) as archive:
        names = archive.namelist()
    assert len(names) == len(set(names))
    assert all(set(name).isdisjoint('<>$/"= ') for name in names)


def test_without_a_photo_there_is_nothing_to_set_it_beside(result: Path) -> None:
    with pytest.raises(ImageError, match="Choose a photo first"):
        add(Session(), result)


def test_the_page_says_why_a_file_is_refused(
    session: Session, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with gr.Blocks() as app, gr.Tab() as tab:
        compare = CompareTab(app, tab, SessionStore())
    monkeypatch.setattr(compare, "_session", lambda _: session)
    folder = tmp_path / "cache"
    folder.mkdir(exist_ok=True)
    text = folder / "notes.png"
    text.write_text("not a picture")
    request = gr.Request(session_hash="a")
    for path, reason in ((text, "text file"), (tmp_path / "elsewhere.png", "not uploaded here")):
        event = gr.EventData(None, {"path": str(path)})
        answer = compare.add_result(event, request)
        assert reason in answer[compare.adder]["error"]
        assert list(answer) == [compare.adder]
