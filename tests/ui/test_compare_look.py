"""What the first screen is made of: a telling place, its pixels, a verdict, what is prepared."""

import math
import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import sr_demo
from sr_demo.boxes import Box
from sr_demo.comparison import Comparison, Result
from sr_demo.degradation import SETTINGS
from sr_demo.figures.crop_sheet import busiest_box
from sr_demo.images import Loaded
from sr_demo.inference.runnable import available, engine, operations
from sr_demo.metrics.scores import Scores
from sr_demo.samples import TELLING, load_sample, small_version
from sr_demo.ui.compare import prepared, preparing
from sr_demo.ui.compare import run as running
from sr_demo.ui.compare.look import SIDE, box_around
from sr_demo.ui.compare.run import run
from sr_demo.ui.compare.verdict import verdict
from sr_demo.ui.session import Job, Picture, Session, Shown
from tests.helpers import present


@pytest.fixture(autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.getbasetemp() / "look"))


def sample(name: str, **changes: Any) -> Job:
    loaded = load_sample(name)
    job = Job(Picture(name, loaded, sample=True), loaded, True, 4, ("bicubic", "espcn"), "y")
    return replace(job, **changes)


def shown(session: Session, job: Job) -> Shown:
    job = replace(job, stop=threading.Event())  # of its own: the one before is stopped now
    session.ask(job)
    session.begin()
    for _ in run(session, job):
        pass
    return present(session.shown)


def read(path: str) -> np.ndarray:
    return np.asarray(Image.open(path))


def test_a_sample_opens_at_its_telling_place_and_its_part_holds_the_same_pixels() -> None:
    result = shown(Session(), sample("page"))
    look = result.look
    assert look.focus == TELLING["page"]
    for name in ("original", "bicubic", "espcn"):
        np.testing.assert_array_equal(
            read(look.files[name]), look.box.crop(read(result.files[name]))
        )
    small = Box(*(side // 4 for side in look.box))
    assert small.scaled(4) == look.box
    np.testing.assert_array_equal(
        read(look.files["input"]), small.crop(read(result.files["input"]))
    )


@pytest.mark.parametrize("name", TELLING)
def test_every_telling_place_lies_inside_its_sample(name: str) -> None:
    height, width = load_sample(name).pixels.shape[:2]
    x, y = TELLING[name]
    assert 60 <= x <= width - 60
    assert 60 <= y <= height - 60


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("focus", [(0, 0), (400, 333), (799, 599)])
def test_the_part_lies_inside_and_is_whole_in_the_input(focus: tuple[int, int], scale: int) -> None:
    height, width = 600 // scale * scale, 800 // scale * scale
    box = box_around(focus, height, width, scale)
    assert all(side % scale == 0 for side in box)
    assert 0 <= box.left <= box.right <= width
    assert 0 <= box.top <= box.bottom <= height
    assert min(box.width, box.height) > SIDE - 4
    assert box_around((5, 5), 12, 8, 4) == (0, 0, 8, 12)


def test_an_upload_opens_where_the_methods_disagree(rng: np.random.Generator) -> None:
    pixels = np.full((240, 320, 3), 90, np.uint8)
    pixels[160:200, 240:280] = rng.integers(0, 256, (40, 40, 3))
    job = replace(sample("page"), picture=Picture("mine", Loaded(pixels, None, ())),
                  loaded=Loaded(pixels, None, ()))  # fmt: skip
    session = Session()
    look = shown(session, job).look
    assert abs(look.focus[0] - 260) < 50
    assert abs(look.focus[1] - 180) < 50
    assert look.focus == look.spots[0]
    later = shown(session, replace(job, methods=("bicubic",))).look
    assert later.focus == look.focus  # it was looked at: nothing moves


def test_the_first_place_is_not_among_transparent_pixels(rng: np.random.Generator) -> None:
    lr = rng.integers(0, 256, (60, 80, 3), dtype=np.uint8)
    opacity = np.full((240, 320), 255, np.uint8)
    opacity[:, :160] = 0
    box = busiest_box(Comparison(4, "y", lr, None, opacity))
    assert box.left >= 160
    assert busiest_box(Comparison(4, "y", lr, None, np.zeros_like(opacity)))


def test_the_crop_keeps_its_place_of_the_picture() -> None:
    session, job = Session(), sample("page", methods=("bicubic",))
    shown(session, job)
    session.box = Box(120, 40, 60, 44)
    shown(session, replace(job, scale=3))
    assert session.box == (120, 40, 60, 44)
    small = replace(job, loaded=small_version(job.picture.loaded), has_original=False)
    shown(session, small)
    assert session.box == (120, 40, 60, 44)  # ×4 of a quarter
    shown(session, replace(small, scale=2))
    assert session.box == (60, 20, 30, 22)
    shown(session, sample("coffee", methods=("bicubic",)))
    assert session.box is None


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """What is computed of a picture, once the sample "page" is prepared."""
    computed: list[list[str]] = []

    def spy(
        image: np.ndarray, scale: int, methods: Sequence[str], **options: Any
    ) -> Iterator[Comparison]:
        computed.append(list(methods))
        return sr_demo.stream(image, scale, methods, **options)

    for store in ("_made", "_ready"):
        monkeypatch.setattr(prepared, store, {})
    for module in (prepared, preparing):
        monkeypatch.setattr(module, "available", lambda _scale: ["bicubic", "espcn"])
    preparing.prepare(names=("page",))
    monkeypatch.setattr(running, "stream", spy)
    return computed


def test_a_first_visit_is_shown_what_was_prepared(asked: list[list[str]]) -> None:
    job = sample("page")
    result = shown(Session(), job)
    assert asked == []
    expected = sr_demo.compare(job.loaded.pixels, 4, ["bicubic", "espcn"])
    for ours, theirs in zip(result.comparison.results, expected.results, strict=True):
        assert (ours.method, ours.scores) == (theirs.method, theirs.scores)
        np.testing.assert_array_equal(read(result.files[ours.method]), theirs.image)
    prepared.forget()
    computed = shown(Session(), job)
    assert asked == [["bicubic", "espcn"]]
    assert (result.files, result.look) == (computed.files, computed.look)


def test_a_visitor_who_leaves_takes_nothing_from_the_next(asked: list[list[str]]) -> None:
    pages = [Session(), Session()]
    for page in pages:
        job = replace(sample("page"), files=page.files)
        look = shown(page, job).look
        paths = [*present(page.shown).files.values(), *look.files.values(), present(look.heat)]
        assert all(Path(path).is_file() for path in paths)
        assert page.files.paths >= {*paths}
        page.files.delete(())
        assert not any(Path(path).exists() for path in paths)
    assert asked == []


def test_another_wish_is_computed_with_what_is_at_hand(asked: list[list[str]]) -> None:
    job = sample("page")
    shown(Session(), replace(job, box=Box(0, 0, 64, 64)))  # looked at elsewhere
    assert asked == [[]]
    shown(Session(), replace(job, color_space="rgb"))
    assert asked[-1] == ["bicubic", "espcn"]
    assert prepared.made_for(job)
    assert not prepared.made_for(replace(job, degradation=SETTINGS["light"]))


def test_a_method_that_came_since_is_computed(
    asked: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    now = ("bicubic", "srcnn", "espcn")
    monkeypatch.setattr(prepared, "available", lambda _scale: [*now])
    result = shown(Session(), sample("page", methods=now))
    assert asked == [["srcnn"]]
    assert result.files.keys() >= {*now}


def test_once_prepared_the_networks_are_new_and_hold_no_picture(
    asked: list[list[str]],
) -> None:
    before = engine("espcn", 4)
    preparing.prepare(names=("page",))
    assert engine("espcn", 4) is not before
    assert engine("espcn", 4) is engine("espcn", 4)


def test_preparing_stops_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for store in ("_made", "_ready"):
        monkeypatch.setattr(prepared, store, {})
    preparing.prepare(stopped=lambda: True)
    assert not prepared._made
    assert not prepared._ready


# --- the verdict ----------------------------------------------------------------------------------


def judged(*rows: tuple[str, float | None, float | None]) -> str:
    blank = np.zeros((8, 8, 3), np.uint8)
    results = tuple(
        Result(name, blank, 0.1, 1, Scores(psnr, None, 40.0, niqe)) for name, psnr, niqe in rows
    )
    return verdict(Comparison(4, "y", blank[:2, :2], blank, None, results))


def test_the_verdict_names_the_closest_and_the_most_natural() -> None:
    assert judged(("srresnet", 27.461, 8.0), ("srgan", 26.0, 4.9)) == (
        "Closest: SRResNet, 27.46 dB. Most natural: SRGAN — which invents texture: not evidence."
    )
    assert judged(("bicubic", 25.0, 6.0), ("srresnet", 27.0, 8.0)) == (
        "Closest: SRResNet, 27.00 dB. Most natural, by NIQE: Bicubic."
    )
    assert judged(("srresnet", 27.0, 7.0), ("srgan", 26.0, 9.0)).endswith(
        "Most natural, by NIQE: SRResNet. SRGAN invents texture: not evidence."
    )
    assert judged(("bicubic", None, 9.0), ("srgan", None, None)) == (
        "Most natural, by NIQE: Bicubic. SRGAN invents texture: not evidence."
    )
    assert judged(("srgan", 26.0, 5.0), ("real_srgan", 25.0, 4.0)) == (
        "Closest: SRGAN, 26.00 dB. Most natural, by NIQE: Real-SRGAN. "
        "SRGAN and Real-SRGAN invent texture: not evidence."
    )
    assert "identical" in judged(("bicubic", math.inf, None), ("srcnn", 30.0, None))
    assert judged(("srgan", 26.0, 4.0)) == ""


def test_operations_are_those_of_the_convolutions() -> None:
    assert operations("bicubic", 4) == 15
    if "srcnn" in available(4):
        assert operations("srcnn", 4) == 9 * 9 * 64 + 64 * 32 + 32 * 5 * 5
    if {"espcn", "srresnet"} <= {*available(4)}:
        assert present(operations("espcn", 4)) < present(operations("srresnet", 4))
