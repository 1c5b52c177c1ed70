"""The static page computes what Python does: bicubic to the byte, scores to their last digit."""

import base64
import io
import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import pytest
from PIL import Image

from sr_demo.comparison import Comparison
from sr_demo.disagreement import disagreement, spots, undetermined
from sr_demo.figures.crop_sheet import busiest_box
from sr_demo.hidden import fill_hidden
from sr_demo.inference.tiles import spans
from sr_demo.metrics.lr_psnr import lr_psnr
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import ssim
from sr_demo.resize import imresize
from sr_demo.samples import load_sample
from sr_demo.ui.compare.look import heat_png, invented_png

SCRIPT = Path(__file__).parent / "js" / "answers.mjs"
Ask = Callable[[dict[str, tuple[Any, ...]]], dict[str, Any]]


@pytest.fixture(scope="module")
def ask() -> Ask:
    """Put questions to the page's modules, {name: (what, arguments …)}, all to one Node."""
    node = shutil.which("node")
    if node is None:
        message = "NO NODE, THE STATIC PAGE'S NUMBERS ARE NOT TESTED: install Node.js 20 or later"
        if os.environ.get("CI") == "true":
            pytest.fail(message)
        pytest.skip(message)

    def answers(questions: dict[str, tuple[Any, ...]]) -> dict[str, Any]:
        asked = {name: [what, args] for name, (what, *args) in questions.items()}
        done = subprocess.run(
            [node, str(SCRIPT)], input=json.dumps(asked), capture_output=True, text=True,
            timeout=120, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        return found

    return answers


def packed(image: np.ndarray) -> dict[str, Any]:
    height, width = image.shape[:2]
    channels = 1 if image.ndim == 2 else image.shape[2]
    data = base64.b64encode(image.tobytes()).decode()
    return {"bytes": data, "width": width, "height": height, "channels": channels}


def unpacked(answer: dict[str, Any]) -> np.ndarray:
    shape = (answer["height"], answer["width"], answer["channels"])
    pixels = np.frombuffer(base64.b64decode(answer["bytes"]), np.uint8).reshape(shape)
    return pixels[..., 0] if answer["channels"] == 1 else pixels


def pictures(rng: np.random.Generator) -> dict[str, np.ndarray]:
    """Noise, stripes whose means are halves, ramps of thirds, a photo, and the smallest ones."""
    rows, columns = np.mgrid[:36, :48]
    return {
        "noise": rng.integers(0, 256, (41, 53, 3), dtype=np.uint8),
        "extremes": 255 * rng.integers(0, 2, (30, 36, 3), dtype=np.uint8),
        "stripes": np.tile(np.array([0, 1], np.uint8), (8, 12))[..., None].repeat(3, 2),
        "ramp": np.stack([rows * 3 + columns, columns * 5, rows * 7], axis=-1).astype(np.uint8),
        "photo": load_sample("chelsea").pixels[:120, :168],
        "opacity": rng.integers(0, 256, (24, 36), dtype=np.uint8),
        "one": rng.integers(0, 256, (1, 1, 3), dtype=np.uint8),
        "line": rng.integers(0, 256, (2, 31, 3), dtype=np.uint8),
    }


def test_bicubic_is_the_projects_to_the_byte(ask: Ask, rng: np.random.Generator) -> None:
    scales = {"2": 2, "3": 3, "4": 4, "1/2": 1 / 2, "1/3": 1 / 3, "1/4": 1 / 4, "0.7": 0.7}
    images = pictures(rng)
    cases = {f"{name} {scale}": (name, scale) for name in images for scale in scales}
    found = ask(
        {
            case: ("imresize", packed(images[name]), scales[scale])
            for case, (name, scale) in cases.items()
        }
    )
    for case, (name, scale) in cases.items():
        expected = imresize(images[name], scales[scale])
        np.testing.assert_array_equal(unpacked(found[case]), expected, err_msg=case)


def test_scores_are_pythons(ask: Ask, rng: np.random.Generator) -> None:
    """Within 1e-6, where 0.01 dB and 0.0005 were asked for."""
    original = load_sample("coffee").pixels[80:200, 200:344]
    lr = imresize(original, 1 / 4)
    restored = imresize(lr, 4)
    noisy = np.clip(original + rng.normal(0, 20, original.shape), 0, 255).astype(np.uint8)
    pairs = {"restored": restored, "noisy": noisy}
    questions: dict[str, tuple[Any, ...]] = {}
    expected: dict[str, float | None] = {}
    for name, image in pairs.items():
        for colour in ("y", "rgb"):
            for border in (0, 4):
                asked = (packed(original), packed(image), border, colour)
                questions[f"psnr {name} {colour} {border}"] = ("psnr", *asked)
                questions[f"ssim {name} {colour} {border}"] = ("ssim", *asked)
                same: dict[str, Any] = {"border": border, "color_space": colour}
                expected[f"psnr {name} {colour} {border}"] = psnr(original, image, **same)
                expected[f"ssim {name} {colour} {border}"] = ssim(original, image, **same)
            questions[f"lr {name} {colour}"] = ("lrPsnr", packed(image), packed(lr), 4, colour)
            expected[f"lr {name} {colour}"] = lr_psnr(image, lr, 4, color_space=colour)
    tiny = original[:10, :40]
    questions["tiny"] = ("ssim", packed(tiny), packed(tiny), 0, "y")
    questions["same"] = ("psnr", packed(tiny), packed(tiny), 0, "y")
    found = ask(questions)
    assert (found.pop("tiny"), found.pop("same")) == (None, "infinite")
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, abs=1e-6), name


def test_looks_first_where_python_does(ask: Ask) -> None:
    lrs = {name: imresize(load_sample(name).pixels, 1 / 4) for name in ("page", "chelsea")}
    found = ask({name: ("busiestSpot", packed(lr)) for name, lr in lrs.items()})
    for name, lr in lrs.items():
        box = busiest_box(Comparison(1, "y", lr, None, None))
        assert found[name] == [*box.middle]


def test_what_is_laid_over_is_pythons(ask: Ask, rng: np.random.Generator) -> None:
    """Within a level or two: Python's heat is of 32-bit means, its opacity is cut, too."""
    original = load_sample("coffee").pixels[:203, :310]
    blurred = imresize(imresize(original[:200, :308], 1 / 4), 4)
    images = [original[:200, :308], blurred]
    plane = disagreement(images)
    colours = matplotlib.colormaps["inferno"](np.arange(256), bytes=True)[:, :3]
    asked = [packed(image) for image in images]
    found = ask(
        {
            "spots": ("spots", asked),
            "heat": ("heat", asked, colours.ravel().tolist()),
            "invented": ("invented", packed(images[0]), 4),
        }
    )
    assert found["spots"] == [list(spot) for spot in spots(plane)]
    for name, png in (
        ("heat", heat_png(plane)), ("invented", invented_png(undetermined(images[0], 4))),
    ):  # fmt: skip
        expected = np.asarray(Image.open(io.BytesIO(png)))
        laid = np.dstack([unpacked(part) for part in found[name]])
        assert (np.abs(laid.astype(int) - expected) <= 3).mean() > 0.999, name


def test_tiles_are_cut_as_pythons_and_cover_each_pixel_once(
    ask: Ask, rng: np.random.Generator
) -> None:
    axes = [(185, 128, 16, 0), (125, 128, 16, 0), (1000, 128, 9, 0), (5, 128, 16, 16), (1, 9, 4, 1)]
    image = rng.integers(0, 256, (70, 45, 3), dtype=np.uint8)
    narrow = rng.integers(0, 256, (1, 20, 3), dtype=np.uint8)
    questions: dict[str, tuple[Any, ...]] = {str(axis): ("spans", *axis) for axis in axes}
    questions["image"] = ("tiles", packed(image), 40, 48 * 48)
    questions["narrow"] = ("tiles", packed(narrow), 4, 32 * 32)
    photo = np.zeros((125, 185, 3), np.uint8)  # the first sample at ×4
    questions["photo"] = ("tiles", packed(photo), 40, 160 * 160)
    found = ask(questions)
    for axis in axes:
        assert found[str(axis)] == [list(span) for span in spans(*axis)]
    again, times = np.zeros_like(image), np.zeros(image.shape[:2], int)
    for tile in found["image"]:
        (left, top, width, height), (x, y) = tile["box"], tile["at"]
        place = np.s_[top : top + height, left : left + width]
        again[place] = unpacked(tile["window"])[y : y + height, x : x + width]
        times[place] += 1
    np.testing.assert_array_equal(again, image)
    assert (times == 1).all()
    assert found["image"][-1]["fraction"] == 1
    sizes = {(tile["window"]["width"], tile["window"]["height"]) for tile in found["image"]}
    ((width, height),) = sizes  # compilers prepare for each shape anew
    assert width * height <= 48 * 48
    assert len(found["photo"]) == 1
    (window,) = (unpacked(tile["window"]) for tile in found["narrow"])
    mirrored = np.pad(narrow, ((4, 4), (4, 4), (0, 0)), "symmetric")
    np.testing.assert_array_equal(window, mirrored)


def test_hidden_colours_become_the_nearest_visible_ones(ask: Ask, rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (24, 30, 3), dtype=np.uint8)
    opacity = np.zeros((24, 30), np.uint8)
    opacity[4:9, 6:20] = 200
    opacity[17, 25] = 255
    found = unpacked(ask({"": ("fillHidden", packed(image), packed(opacity))})[""])
    filled = image.copy()
    fill_hidden(filled, opacity)
    np.testing.assert_array_equal(found[opacity > 0], image[opacity > 0])
    # Where two visible pixels are equally near, either will do
    assert (found != filled).any(axis=-1).mean() < 0.05
