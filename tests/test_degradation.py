"""The fixed degradations of benchmarks: what each does, and that scores can be repeated."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from skimage import data
from skimage.filters import gaussian

from sr_demo.benchmark import load_pair
from sr_demo.degradation import SETTINGS, Degradation, degrade, parse
from sr_demo.images import save_png
from sr_demo.metrics.psnr import psnr
from sr_demo.resize import imresize


def photo() -> np.ndarray:
    return np.ascontiguousarray(data.astronaut()[:200, 100:300])


def test_clean_is_the_bicubic_reduction() -> None:
    assert np.array_equal(degrade(photo(), 4), imresize(photo(), 1 / 4))
    assert np.array_equal(degrade(photo(), 2, SETTINGS["clean"]), imresize(photo(), 1 / 2))


def test_each_setting_takes_it_further_away_and_is_repeatable() -> None:
    clean = degrade(photo(), 4)
    closeness = []
    for name in ("light", "medium", "heavy"):
        small = degrade(photo(), 4, SETTINGS[name])
        assert small.shape == clean.shape
        assert np.array_equal(small, degrade(photo(), 4, SETTINGS[name]))
        closeness.append(psnr(clean, small, border=0))
    assert closeness == sorted(closeness, reverse=True)
    assert closeness[0] - closeness[-1] > 5


def test_blur_is_before_the_reduction_and_noise_after_it() -> None:
    """By scikit-image's Gaussian; and noise of σ 10 in each channel, whatever the scale."""
    blurred = gaussian(photo(), 2, mode="mirror", channel_axis=2, truncate=4, preserve_range=True)
    expected = imresize(np.rint(blurred).astype(np.uint8), 1 / 4)
    difference = degrade(photo(), 4, Degradation(blur=2)).astype(int) - expected
    assert np.abs(difference).max() <= 1
    flat = np.full((400, 400, 3), 128, np.uint8)
    for scale in (2, 4):
        noise = degrade(flat, scale, Degradation(noise=10)) - 128.0
        assert noise.std(axis=(0, 1)) == pytest.approx([10, 10, 10], rel=0.05)
        assert np.abs(np.corrcoef(noise.reshape(-1, 3).T)[np.triu_indices(3, 1)]).max() < 0.05


def test_jpeg_is_what_pillow_saves() -> None:
    file = io.BytesIO()
    Image.fromarray(degrade(photo(), 4)).save(file, "JPEG", quality=75)
    assert np.array_equal(np.asarray(Image.open(file)), degrade(photo(), 4, SETTINGS["light"]))


@pytest.mark.parametrize("values", [{"blur": -1}, {"noise": 101}, {"jpeg": 0}, {"jpeg": 96}])
def test_a_value_out_of_range_is_refused(values: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"is a σ of|is 1 to 95"):
        Degradation(**values)


def test_a_degradation_is_written_as_it_is_read() -> None:
    for name, setting in SETTINGS.items():
        assert parse(name) == parse(setting.numbers) == setting
        assert str(setting) == name
    own = Degradation(blur=0.5, jpeg=40)
    assert (str(own), parse("0.50,0,40"), own.tag) == ("0.5,0,40", own, "_0.5-0-40")
    assert (own.words, SETTINGS["clean"].words) == ("blur σ 0.5, JPEG 40", "")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("badly", "no degradation “badly”"),
        ("1,2", "no degradation"),
        ("x" * 999, "xx …”"),
        ("nan,0,0", "Blur is"),
        ("0,0,inf", "whole number"),
        ("0,0,nan", "whole number"),
        ("0,0,50.5", "whole number"),
        ("0,-1,0", "Noise is"),
        ("0,0,96", "1 to 95, not 96"),
    ],
)
def test_what_is_no_degradation_is_refused_in_a_sentence(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason) as refusal:
        parse(text)
    assert str(refusal.value).endswith(".")


def test_a_side_that_jpeg_cannot_hold_is_refused() -> None:
    with pytest.raises(ValueError, match="leave it out"):
        degrade(np.zeros((2, 140_000, 3), np.uint8), 2, SETTINGS["light"])


def test_a_benchmark_degrades_the_original_whatever_lr_is_there(tmp_path: Path) -> None:
    original, lr = tmp_path / "a.png", tmp_path / "b.png"
    save_png(original, photo())
    save_png(lr, imresize(photo(), 1 / 4))
    assert np.array_equal(load_pair(original, lr, 4)[1], imresize(photo(), 1 / 4))
    for small in (lr, None):
        _, degraded = load_pair(original, small, 4, SETTINGS["heavy"])
        assert np.array_equal(degraded, degrade(photo(), 4, SETTINGS["heavy"]))
