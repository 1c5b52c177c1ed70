"""The page without a browser: what a run leaves, and what is shown of it."""

import csv
import io
import json
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextvars import ContextVar, copy_context
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sr_demo
from sr_demo import samples
from sr_demo.boxes import Box, box_from
from sr_demo.comparison import Comparison, Progress, Result
from sr_demo.images import Loaded
from sr_demo.methods import METHODS
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.scores import Scores
from sr_demo.metrics.ssim import ssim
from sr_demo.records import csv_bytes, records
from sr_demo.ui.compare import downloads
from sr_demo.ui.compare import run as running
from sr_demo.ui.compare.look import busiest_spot
from sr_demo.ui.compare.picker import line
from sr_demo.ui.compare.scores import table
from sr_demo.ui.compare.viewer import crop_scores, view
from sr_demo.ui.files import file_name, keep_file
from sr_demo.ui.session import Picture, Session, SessionStore
from tests.helpers import present
from tests.ui.jobs import job, read, work


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def picture(photo: np.ndarray) -> Picture:
    return Picture("cat", Loaded(photo, None, ()))


# --- running --------------------------------------------------------------------------------------


def test_a_run_leaves_what_compare_gives_and_the_same_pixels_on_disk(picture: Picture) -> None:
    session = Session()
    work(session, job(picture))
    expected = sr_demo.compare(picture.loaded.pixels, 4, ["bicubic"])
    shown = present(session.shown)
    bicubic = shown.comparison.result("bicubic")
    np.testing.assert_array_equal(bicubic.image, expected.result("bicubic").image)
    assert bicubic.scores == expected.result("bicubic").scores
    np.testing.assert_array_equal(read(shown.files["bicubic"]), bicubic.image)
    np.testing.assert_array_equal(read(shown.files["original"]), expected.sharp)
    np.testing.assert_array_equal(read(shown.files["input"]), expected.lr)


def test_files_keep_the_alpha(photo: np.ndarray) -> None:
    opacity = np.tile(np.linspace(0, 255, photo.shape[1]).astype(np.uint8), (photo.shape[0], 1))
    session = Session()
    work(session, job(Picture("leaf", Loaded(photo, opacity, ()))))
    files = present(session.shown).files
    np.testing.assert_array_equal(read(files["bicubic"])[..., 3], opacity)
    np.testing.assert_array_equal(read(files["original"])[..., 3], opacity)
    assert read(files["input"]).shape == (30, 40, 4)


def test_what_is_there_already_is_not_computed_again(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    session = Session()
    work(session, job(picture))
    first = present(session.shown).comparison.result("bicubic")
    asked = []

    def spy(
        image: np.ndarray, scale: int, methods: Sequence[str], **options: Any
    ) -> Iterator[Comparison]:
        asked.append(methods)
        return sr_demo.stream(image, scale, methods, **options)

    monkeypatch.setattr(running, "stream", spy)
    work(session, job(picture, color_space="rgb"))
    assert asked == [[]]
    comparison = present(session.shown).comparison
    second = comparison.result("bicubic")
    assert second.image is first.image
    assert second.scores.psnr == psnr(comparison.sharp, first.image, border=4, color_space="rgb")
    work(session, job(picture, scale=2))
    assert asked[-1] == ["bicubic"]


def test_a_run_works_in_the_context_of_its_request(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On ZeroGPU it tells from whose quota a GPU is borrowed."""
    visitor, seen = ContextVar("visitor", default="nobody"), []

    def stream(*_: object, **__: object) -> Iterator[Comparison]:
        seen.append(visitor.get())
        yield from ()

    monkeypatch.setattr(running, "stream", stream)
    copy_context().run(lambda: (visitor.set("me"), work(Session(), job(picture))))
    assert seen == ["me"]


def test_a_stopped_run_ends_between_tiles_and_keeps_quiet(
    picture: Picture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks = []
    slow = job(picture, methods=("bicubic",))

    def stream(
        image: np.ndarray, scale: int, methods: Sequence[str], *, progress: Progress, **_: object
    ) -> Iterator[Comparison]:
        yield Comparison(4, "y", image[::4, ::4], image, None)
        for tick in range(1000):
            ticks.append(tick)
            progress(tick / 1000, "bicubic")
            if tick == 3:
                slow.stop.set()

    monkeypatch.setattr(running, "stream", stream)
    session = Session()
    work(session, slow)
    assert ticks == [0, 1, 2, 3, 4]


def test_a_picture_too_large_leaves_the_last_result_as_it_was(picture: Picture) -> None:
    session = Session()
    work(session, job(picture))
    before = present(session.shown)
    huge = Picture("huge", Loaded(np.zeros((2100, 2100, 3), np.uint8), None, ()))
    with pytest.raises(ValueError, match=r"2100.*limit"):
        work(session, job(huge, has_original=False))
    assert session.shown is before
    assert before.job.picture is picture


def test_a_new_question_stops_the_old_one(picture: Picture) -> None:
    session = Session()
    session.ask(job(picture))
    old = present(session.begin())
    session.ask(job(picture, scale=2))
    assert old.stop.is_set()
    assert present(session.begin()).scale == 2
    assert session.begin() is None


def test_the_store_gives_everyone_their_own_and_drops_the_longest_unused() -> None:
    store, pixels = SessionStore(max_bytes=3 * 240), np.zeros((10, 4, 3), np.uint8)  # 120 bytes
    for name in "abc":
        store[name].picture = Picture("cat", Loaded(pixels, None, ()))
    a, b = store["a"], store["b"]
    assert a is not b
    store["d"].picture = a.picture
    assert store["a"] is a
    assert store["b"] is b
    assert store["c"].picture is None


def test_two_sessions_run_in_threads_of_their_own(picture: Picture) -> None:
    sessions = [Session(), Session()]
    threads = [
        threading.Thread(target=work, args=(session, job(picture, scale=scale)))
        for session, scale in zip(sessions, (2, 4), strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [present(session.shown).comparison.scale for session in sessions] == [2, 4]


# --- what is shown --------------------------------------------------------------------------------


def test_the_view_is_json_and_a_pane_waits_for_its_result(picture: Picture) -> None:
    session = Session()
    work(session, job(picture))
    value = json.loads(json.dumps(view(session, {}, "done")))
    assert [pane["id"] for pane in value["panes"]] == ["original", "input", "bicubic"]
    assert (value["width"], value["height"], value["progress"]) == (160, 120, 1)
    session.shown = replace(present(session.shown), job=job(picture, methods=("bicubic", "srcnn")))
    value = view(session, {"srcnn": 0.5}, "busy")
    assert value["panes"][-1]["file"] is None
    assert value["panes"][-1]["progress"] == 0.5
    assert value["progress"] == 0.75
    assert view(session, {}, "done")["state"] == "stopped"  # not done while a pane is empty


def test_crop_scores_are_those_of_the_cropped_pixels(picture: Picture) -> None:
    session = Session()
    work(session, job(picture))
    comparison = present(session.shown).comparison
    texts = [fact["text"] for fact in crop_scores(comparison, Box(40, 8, 48, 32))["bicubic"]]
    cut = np.s_[8:40, 40:88]
    original, image = comparison.sharp[cut], comparison.results[0].image[cut]
    assert texts == [
        f"PSNR {psnr(original, image):.2f} dB ↑",
        f"SSIM {ssim(original, image):.4f} ↑",
    ]


def test_without_an_original_no_psnr_or_ssim_is_shown_anywhere(picture: Picture) -> None:
    session = Session()
    work(session, job(picture, has_original=False))
    comparison = present(session.shown).comparison
    shown = json.dumps(view(session, {}, "done")) + table(comparison, {"bicubic": "Bicubic"})
    assert "dB ↑" not in shown
    assert ">PSNR ↑" not in shown
    assert "SSIM" not in json.dumps(view(session, {}, "done"))
    (row,) = records("cat", comparison, None)
    assert not {"psnr_db", "ssim", "crop_psnr_db"} & {*row}
    assert crop_scores(comparison, Box(0, 0, 20, 20)) == {}


def test_the_first_crop_goes_where_the_detail_is(rng: np.random.Generator) -> None:
    lr = np.full((60, 80, 3), 128, np.uint8)
    lr[24:36, 48:60] = rng.integers(0, 256, (12, 12, 3))
    assert busiest_spot(Comparison(4, "y", lr, None, None)) == (54 * 4, 30 * 4)
    assert busiest_spot(Comparison(2, "y", lr[:1, :1], None, None)) == (1, 1)


def result(name: str, psnr: float, seconds: float) -> Result:
    return Result(name, np.zeros((8, 8, 3), np.uint8), seconds, 1234567, Scores(psnr, None, 40.0))


def comparison(*results: Result) -> Comparison:
    lr, original = np.zeros((2, 2, 3), np.uint8), np.zeros((8, 8, 3), np.uint8)
    return Comparison(4, "y", lr, original, None, results)


def test_the_table_prints_the_best_of_each_column_bold() -> None:
    two = comparison(result("bicubic", 28.0, 0.01), result("srcnn", 30.5, 0.2))
    html = table(two, {name: METHODS[name].label for name in ("bicubic", "srcnn", "espcn")})
    assert "<b>30.50 dB</b>" in html
    assert "<td>28.00 dB</td>" in html
    assert "<td>10 ms</td>" in html  # of no rank: it tells of the machine as much as of the method
    assert html.count("<b>40.00 dB</b>") == 2
    assert "PSNR ↑" in html
    assert "NIQE ↓" in html
    assert "Operations / px" in html
    assert html.count("<td>…</td>") == 7  # of the method that is not done


def test_the_csv_holds_the_scores_unrounded() -> None:
    rows = records("=cat", comparison(result("bicubic", 28.123456789, 0.01)), Box(2, 2, 99, 4))
    (row,) = csv.DictReader(io.StringIO(csv_bytes(rows).decode()))
    assert float(row["psnr_db"]) == 28.123456789
    assert (row["method"], row["scale"], row["ssim"]) == ("bicubic", "4", "")
    assert row["picture"] == "'=cat"  # no formula
    assert (row["width"], row["height"], row["border_px"], row["color_space"]) == (
        "8",
        "8",
        "4",
        "y",
    )
    sides = [row[f"crop_{side}"] for side in ("left", "top", "width", "height")]
    assert sides == ["2", "2", "6", "4"]  # inside
    assert row["crop_psnr_db"] == "inf"


def test_the_zip_holds_every_shown_file_as_it_is(picture: Picture) -> None:
    session = Session()
    work(session, job(picture))
    shown, box = present(session.shown), Box(40, 8, 48, 32)
    with zipfile.ZipFile(downloads.everything(shown, box)) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    assert set(files) == {
        *(f"cat_x4_{name}.png" for name in ("original", "input", "bicubic", "crops")),
        "cat_x4_scores.csv",
    }
    np.testing.assert_array_equal(
        read(io.BytesIO(files["cat_x4_bicubic.png"])), shown.comparison.results[0].image
    )
    assert files["cat_x4_scores.csv"] == csv_bytes(records("cat", shown.comparison, box))


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "cat, 160 × 120 px: reduced to 40 × 30 for the methods."),
        ({"has_original": False}, "cat, 160 × 120 px: enlarged to 640 × 480."),
        (
            {"scale": 3},
            "cat, 160 × 120 px: cropped to 159 × 120, a multiple of 3, "
            "then reduced to 53 × 40 for the methods.",
        ),
    ],
)
def test_one_line_says_what_becomes_of_the_picture(
    picture: Picture, options: dict[str, Any], expected: str
) -> None:
    photo = replace(picture, sample=True)
    assert line(job(photo, **options)) == expected
    told = line(job(picture, **options))
    offered = "choose “I only have a small image”" in told
    assert offered == options.get("has_original", True)


def test_the_line_names_every_change(photo: np.ndarray) -> None:
    turned = Picture("phone", Loaded(photo, None, ("rotated by its EXIF tag", "CMYK to RGB")))
    assert line(job(turned)).startswith(
        "phone, 160 × 120 px: rotated by its EXIF tag, CMYK to RGB, then reduced"
    )


def test_samples_are_at_hand_and_differ() -> None:
    loaded = [samples.load_sample(name) for name in samples.SAMPLES]
    assert len({image.pixels.tobytes() for image in loaded}) == len(samples.SAMPLES) >= 5
    assert all(min(image.pixels.shape[:2]) >= 128 for image in loaded)


# --- what comes from outside ----------------------------------------------------------------------


@pytest.mark.parametrize("value", [None, "", "1,2,3", "1,2,3,4,5", [1, 2, None, 4], {"a": 1}])
def test_no_box_comes_of_nonsense(value: object) -> None:
    assert box_from(value) is None


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("a b/c", "a-b-c"),
        ("..", "picture"),
        ("x" * 99, "x" * 40),
        ("照片", "照片"),
        ("Gro\u0308\u00dfe", "Gr\u00f6\u00dfe"),  # as macOS names it
        ("फ़ोटो 1", "फ़ोटो-1"),
        ("a\n\u202eb\0%2f#?", "a-b-2f"),  # no line, no turned text, nothing of a URL's
        ("con.1", "picture-con.1"),
    ],
)
def test_file_names_are_harmless(text: str, name: str) -> None:
    assert file_name(text) == name


def test_a_file_that_is_there_is_kept_and_a_new_one_appears_whole() -> None:
    """Thirty pages that open one link write the same pictures while others read them."""
    content = bytes(1000) * 1000
    first = Path(keep_file("a.png", content))
    before = first.stat()
    assert keep_file("a.png", content) == str(first)
    assert first.stat().st_ino == before.st_ino
    assert [path.name for path in first.parent.iterdir()] == ["a.png"]
    assert keep_file("a.png", content + b"!") != str(first)
