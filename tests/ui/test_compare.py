"""The page without a browser: what its handlers answer."""

import csv
import io
import json
import threading
import zipfile
from collections.abc import Iterator, Sequence
from contextvars import ContextVar, copy_context
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import IO, Any

import gradio as gr
import numpy as np
import pytest
from PIL import Image

import sr_demo
from sr_demo import samples
from sr_demo.boxes import Box, box_from
from sr_demo.comparison import Comparison, Progress, Result
from sr_demo.degradation import CLEAN, SETTINGS, Degradation, degrade
from sr_demo.images import ImageError, Loaded, save_png
from sr_demo.methods import METHODS
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.scores import Scores
from sr_demo.metrics.ssim import ssim
from sr_demo.records import csv_bytes, records
from sr_demo.ui.compare import advice as advising
from sr_demo.ui.compare import downloads
from sr_demo.ui.compare import run as running
from sr_demo.ui.compare import tab as compare_tab
from sr_demo.ui.compare.advice import advice, in_order
from sr_demo.ui.compare.look import busiest_spot
from sr_demo.ui.compare.picker import describe, line
from sr_demo.ui.compare.run import run
from sr_demo.ui.compare.scores import table
from sr_demo.ui.compare.tab import FIRST, SHARP, SMALL, CompareTab
from sr_demo.ui.compare.viewer import crop_scores, view
from sr_demo.ui.files import file_name, keep_file, uploaded
from sr_demo.ui.session import Job, Picture, Session, SessionStore
from tests.helpers import present


@pytest.fixture(scope="module", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def picture(photo: np.ndarray) -> Picture:
    return Picture("cat", Loaded(photo, None, ()))


def job(picture: Picture, **changes: Any) -> Job:
    return replace(Job(picture, picture.loaded, True, 4, ("bicubic",), "y"), **changes)


def work(session: Session, wanted: Job) -> list[dict[str, float]]:
    session.ask(wanted)
    assert session.begin() is wanted
    return [dict(progress) for progress in run(session, wanted)]


def read(path: str | Path | IO[bytes]) -> np.ndarray:
    return np.asarray(Image.open(path))


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


# --- asking ---------------------------------------------------------------------------------------


@pytest.fixture
def tab() -> CompareTab:
    with gr.Blocks() as app, gr.Tab() as tab:
        return CompareTab(app, tab, SessionStore())


def request(**query: str) -> gr.Request:
    return SimpleNamespace(session_hash="me", query_params=query)  # type: ignore[return-value]


def event(**data: object) -> gr.EventData:
    return gr.EventData(None, data)


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
