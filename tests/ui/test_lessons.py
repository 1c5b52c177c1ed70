"""What the lessons claim, as laws; and what their scripts may ask Python for."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import segno
import torch
import torch.nn.functional as F
from PIL import Image
from skimage.metrics import peak_signal_noise_ratio

from sr_demo.boxes import Box
from sr_demo.comparison import upscale
from sr_demo.degradation import SETTINGS
from sr_demo.images import luma
from sr_demo.inference.runnable import available, network
from sr_demo.lessons import blind, equal, features, many, outside, subpixel
from sr_demo.lessons.texts import LESSONS
from sr_demo.lessons.votes import Votes
from sr_demo.networks import ESPCN
from sr_demo.resize import imresize
from sr_demo.samples import SAMPLES, load_sample
from sr_demo.ui.lessons import serve
from sr_demo.ui.lessons.places import LARGEST, SIDE, place
from sr_demo.ui.lessons.tab import HERE

BOX = Box(20, 10, 96, 84)


@pytest.fixture(autouse=True)
def _cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))


# --- 2: equal PSNR --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["chelsea", "coffee", "page"])
def test_all_damages_have_the_same_psnr(name: str) -> None:
    where = place({"image": name})
    original = luma(where.box.crop(load_sample(name).pixels))
    values = [
        peak_signal_noise_ratio(original, luma(item.image), data_range=255)
        for item in equal.gallery(where.photo, where.box)
    ]
    assert len(values) == 5
    assert max(values) - min(values) <= 2 * equal.TOLERANCE
    np.testing.assert_allclose(values, values[3], atol=0.02)


def test_the_damages_are_different_pictures_and_always_the_same(photo: np.ndarray) -> None:
    first, again = (equal.gallery(photo, BOX) for _ in range(2))
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.image, b.image)
    assert len({item.image.tobytes() for item in first}) == 5


def test_the_shift_brings_in_the_photos_next_column(photo: np.ndarray) -> None:
    shift = {item.name: item.image for item in equal.gallery(photo, BOX)}["shift"]
    np.testing.assert_array_equal(shift, BOX._replace(left=BOX.left - 1).crop(photo))


@pytest.mark.parametrize("value", [0, 128, 255])
def test_a_flat_place_is_refused_with_advice(value: int) -> None:
    with pytest.raises(ValueError, match=r"flat.*Move the box"):
        equal.gallery(np.full((120, 120, 3), value, np.uint8), BOX)


# --- 3: features ----------------------------------------------------------------------------------


def grating(wavelength: float, angle: float, phase: float, size: int = 96) -> np.ndarray:
    """A grey wave of 40 grey levels of Y, its stripes at `angle` degrees above the horizontal."""
    y, x = np.mgrid[:size, :size]
    across = x * np.sin(np.radians(angle)) + y * np.cos(np.radians(angle))
    wave = 128 + 40 * 255 / 219 * np.cos(2 * np.pi * across / wavelength + phase)
    return np.repeat(np.rint(wave).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize("phase", [0, 1, 2.5])
@pytest.mark.parametrize("wavelength", features.WAVELENGTHS)
@pytest.mark.parametrize("angle", features.ANGLES)
def test_a_filter_measures_the_amplitude_of_its_own_wave(
    angle: int, wavelength: int, phase: float
) -> None:
    energies = features.energies(grating(wavelength, angle, phase))[:, :, 30:-30, 30:-30]
    own = features.WAVELENGTHS.index(wavelength), features.ANGLES.index(angle)
    np.testing.assert_allclose(energies[own], 40, atol=1.2)
    others = np.delete(energies[own[0]], own[1], axis=0)
    assert others.max() < 4


def test_a_plane_has_no_energy() -> None:
    energies = features.energies(np.full((40, 50, 3), 77, np.uint8))
    assert energies.shape == (2, 4, 40, 50)
    assert np.abs(energies).max() < 1e-9


def test_feature_distance_is_symmetric_and_zero_for_equal_pictures(photo: np.ndarray) -> None:
    a, b = features.energies(photo), features.energies(equal.blur(photo, 2))
    assert features.distance(a, a) == 0
    assert features.distance(a, b) == features.distance(b, a) > 0


def test_features_tell_a_blur_from_a_restoration_that_pixels_cannot(photo: np.ndarray) -> None:
    lr = imresize(photo, 1 / 4)
    restored = upscale(lr, "srresnet", 4)
    psnr = peak_signal_noise_ratio(luma(photo), luma(restored), data_range=255)
    _, blurred = equal.tuned(photo, psnr, lambda sigma: equal.blur(photo, sigma), 30)
    truth = features.energies(photo)
    far = [features.distance(features.energies(image), truth) for image in (restored, blurred)]
    assert far[0] < 0.95 * far[1]


# --- 5: sub-pixels --------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", subpixel.SCALES)
def test_the_channels_are_espcns_and_shuffled_they_are_its_picture(
    photo: np.ndarray, scale: int
) -> None:
    lr = imresize(photo[:72, :72], 1 / scale)
    channels = subpixel.channels(lr, scale)
    espcn = network("espcn", scale)
    assert isinstance(espcn, ESPCN)
    with torch.inference_mode():
        x = espcn.prepare(torch.from_numpy(lr).permute(2, 0, 1)[None])
        layer = espcn.sub_pixels(torch.relu(espcn.map(torch.relu(espcn.extract(x)))))
        picture = espcn.restore(x)[0, 0]
    stretched = ((layer[0] * 255 - 16) * 255 / 219).clamp(0, 255)
    np.testing.assert_allclose(channels, stretched, atol=0.51)
    shuffled = F.pixel_shuffle(torch.from_numpy(channels)[None], scale)[0, 0]
    expected = ((picture * 255 - 16) * 255 / 219).clamp(0, 255)
    np.testing.assert_allclose(shuffled, expected, atol=0.51)


# --- what a browser may ask -----------------------------------------------------------------------


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize("crop", [None, "", "1,2,3", [-50, 10**9, 10**9, -1], "30,20,100,64", {}])
def test_every_place_is_inside_its_photo_and_fits_every_scale(name: str, crop: Any) -> None:
    height, width = load_sample(name).pixels.shape[:2]
    left, top, w, h = place({"image": name, "crop": crop}).box
    assert 0 <= left <= width - w
    assert 0 <= top <= height - h
    assert w % 12 == h % 12 == 0 < min(w, h)
    assert max(w, h) <= LARGEST


def test_a_place_that_an_answer_names_is_found_again() -> None:
    where = place({"image": "rocket", "crop": "31,22,100,64"})
    answer = where.answer()
    assert place({"image": answer["image"], "crop": answer["crop"]}) == where
    assert where.box == (31, 22, 96, 60)
    assert place({"image": "no such photo"}) == place({"image": "chelsea"})
    assert place({"image": "chelsea"}).box[2:] == (SIDE, SIDE)


NONSENSE = [None, [1], {"crop": 5, "code": 7, "pick": []}]


@pytest.mark.parametrize(
    "handler",
    [
        serve.equal_pictures,
        serve.feature_maps,
        serve.recorded_run,
        serve.channel_values,
        serve.blind_pictures,
    ],
    ids=lambda handler: handler.__name__,
)
@pytest.mark.parametrize("asked", NONSENSE)
def test_nonsense_is_answered_as_an_empty_question_is(
    handler: Callable[[Any], dict[str, Any]], asked: Any
) -> None:
    assert json.dumps(handler(asked)) == json.dumps(handler({}))


@pytest.mark.parametrize("asked", NONSENSE)
def test_nonsense_in_class_starts_one_and_counts_no_vote(asked: Any) -> None:
    start, *others, picture = serve.class_handlers(Votes())
    assert start(asked).keys() == {"code", "key"}
    for handler in others:  # no code is no class, above all none that is shared
        assert "3 to 12 letters" in handler(asked)["error"]
    assert "no address" in picture(asked)["error"]


def test_a_class_follows_its_teacher_to_the_place_and_the_scale() -> None:
    start, vote, tally, lead, _ = serve.class_handlers(Votes())
    made = start({"image": "coffee", "crop": "60,40,96,96"})
    here = {"image": "coffee", "crop": [60, 40, 96, 96], "scale": 4}
    assert tally(made)["where"] == here
    there = {"image": "page", "crop": [12, 24, 96, 96], "scale": 2}
    assert lead(made | there)["where"] == there
    assert vote(made | here | {"voter": "ann", "pick": "A"})["total"] == 0
    assert vote(made | there | {"voter": "ann", "pick": "A"})["total"] == 1


def test_a_vote_needs_a_voter_and_one_of_the_letters() -> None:
    start, vote, _, lead, _ = serve.class_handlers(Votes())
    made = start({})
    code = made["code"].lower()
    assert "Choose one" in vote({"code": code, "voter": "ann", "pick": "AB"})["error"]
    assert "load the page again" in vote({"code": code, "pick": "A"})["error"]
    assert vote({"code": code, "voter": "ann", "pick": "A"})["votes"] == {}
    assert lead(made | {"shown": True})["votes"] == {"A": 1}


def test_the_picture_of_a_class_is_a_qr_code_of_its_address() -> None:
    picture = serve.class_handlers(Votes())[-1]
    link = "https://example.org/demo/?lesson=6&class=MAPLES"
    known = segno.make(link, error="m", micro=False)
    assert picture({"link": link})["qr"] == known.svg_data_uri(scale=4, border=2, light="white")
    for bad in ("javascript:alert(1)", "https://a b", "https://" + "x" * 500, None):
        assert "no address" in picture({"link": bad})["error"]


def test_one_client_cannot_start_classes_without_end() -> None:
    start, *_ = serve.class_handlers(Votes())
    answers = [start({}) for _ in range(30)]
    assert all("code" in answer for answer in answers[:20])
    assert "try again" in answers[-1]["error"]


def test_a_bad_class_code_is_explained() -> None:
    _, vote, *_ = serve.class_handlers(Votes())
    assert "3 to 12 letters" in vote({"code": "<b>", "pick": "A"})["error"]
    assert "Choose one" in vote({"code": "MAPLE", "pick": "Z"})["error"]


def test_an_error_says_where_it_is_so_that_one_can_move_on() -> None:
    answer = serve.equal_pictures({"image": "rocket", "crop": "100,60,24,24"})
    assert "Move the box" in answer["error"]
    assert answer["crop"] == [100, 60, 24, 24]
    assert answer["photo"]["width"] == load_sample("rocket").pixels.shape[1]


def test_names_stay_hidden_until_they_are_asked_for() -> None:
    where = {"crop": [60, 40, 96, 96]}
    hidden, shown = (serve.blind_pictures(where | {"shown": shown}) for shown in (False, True))
    assert all("name" not in pane and "texts" not in pane for pane in hidden["panes"])
    assert "original" in {pane["name"] for pane in shown["panes"]}
    harder = serve.blind_pictures(where | {"shown": True, "scale": 2})
    assert {pane["name"] for pane in harder["panes"]} <= {"original", *available(2)}
    for pane in hidden["panes"]:
        assert "original" not in pane["file"]["path"]
        assert not any(method in pane["file"]["path"] for method in blind.PREFERRED)


# --- 7: many sharp pictures -----------------------------------------------------------------------


@pytest.mark.parametrize("text", ["B7S10", "87510", "61SIQ", "QQQQQ", "WWWWW", "X4KZV"])
def test_every_text_has_a_plate_with_the_same_small_picture(text: str) -> None:
    found = many.reading(text)
    np.testing.assert_array_equal(imresize(found.image, 1 / many.SCALE), many.small())
    others = [many.reading(other).image for other in ("B7S10", "HELLO") if other != text]
    assert not any(np.array_equal(found.image, other) for other in others)


def test_the_plate_that_was_reduced_need_not_be_moved() -> None:
    assert many.reading(many.TRUTH).moved == 0
    assert 0 < many.reading("87510").moved < many.reading("WWWWW").moved


def test_letters_that_look_alike_begin_with_what_stood_there() -> None:
    assert "".join(letters[0] for letters in many.ALIKE) == many.TRUTH


@pytest.mark.parametrize("text", ["B7S1", "B7S100", "B7 10", "b7s1ö"])
def test_what_is_no_plate_is_refused_in_a_sentence(text: str) -> None:
    answer = serve.plate_reading({"text": text})
    assert answer == {"error": "A plate has 5 capital letters or digits."}


# --- 8: outside the lab ---------------------------------------------------------------------------


def test_outside_the_lab_the_networks_lose_to_bicubic() -> None:
    def psnr_of(setting: str) -> dict[str, float]:
        shown = outside.pictures(np.ascontiguousarray(place({"image": "chelsea"}).pixels), setting)
        return {item.name: item.psnr for item in shown if item.psnr is not None}

    clean, heavy = psnr_of("clean"), psnr_of("heavy")
    assert clean["srresnet"] > clean["bicubic"] + 0.5
    assert heavy["srresnet"] < heavy["bicubic"]
    assert "real_srgan" in heavy
    assert max(heavy.values()) < min(clean.values())


def test_every_setting_has_its_words_and_what_is_unknown_is_clean() -> None:
    assert outside.HOW.keys() == SETTINGS.keys()
    where = {"image": "coffee", "crop": "60,40,96,96"}
    known, unknown = (serve.outside_pictures(where | {"damage": d}) for d in ("clean", "flood"))
    assert known == unknown
    assert [pane["label"] for pane in known["panes"]][:2] == ["Original", "The small picture"]


# --- texts, templates, recording ------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(HERE.glob("*.html")) + sorted(HERE.glob("*.css")),
                         ids=lambda path: path.name)  # fmt: skip
def test_gradio_takes_nothing_in_a_template_for_code(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not any(sign in text for sign in ("{{", "${", "`", "\\", "<script"))


def test_every_lesson_has_its_files_and_all_its_texts() -> None:
    assert len(LESSONS) == 8
    for lesson in LESSONS:
        assert all((HERE / f"{lesson.key}.{kind}").is_file() for kind in ("html", "css", "js"))
        assert lesson.question.endswith("?")
        assert lesson.note.rstrip(".").count(". ") == 1  # two sentences


@pytest.fixture(scope="module")
def recording() -> dict[str, Any]:
    path = serve.RECORDED / "run.json"
    if not path.is_file():
        pytest.skip("no training run is recorded here")
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_recording_is_small_and_complete(recording: dict[str, Any]) -> None:
    files = list(serve.RECORDED.iterdir())
    assert sum(file.stat().st_size for file in files) < 1_000_000
    assert len(files) == len(recording["scenes"]) + 3  # run.json, features.png and features.json
    steps, side = recording["steps"], recording["side"]
    assert steps == sorted(set(steps))
    assert steps[0] == 0
    for scene in recording["scenes"]:
        with Image.open(serve.RECORDED / f"{scene['name']}.png") as strip:
            assert strip.size == (side * (len(steps) + 1), side)
        assert len(scene["places"]) == len(steps) == len(recording["means"])
        for answers in scene["places"][1:]:
            for rows in answers.values():
                assert np.shape(rows) == (6, 6)
                assert 0 <= np.min(rows) <= np.max(rows) <= 1


def test_the_recorded_scenes_are_scikit_images_own(recording: dict[str, Any]) -> None:
    for scene in recording["scenes"]:
        strip = np.asarray(Image.open(serve.RECORDED / f"{scene['name']}.png"))
        side = recording["side"]
        left, top = scene["corner"]
        truth = Box(left, top, side, side).crop(load_sample(scene["name"]).pixels)
        np.testing.assert_array_equal(strip[:, :side], truth)
        # Every frame shows that scene: closer to it than its mirror image is.
        for left in range(side, strip.shape[1], side):
            frame = strip[:, left : left + side].astype(float)
            assert np.abs(frame - truth).mean() < 0.5 * np.abs(frame[:, ::-1] - truth).mean()
