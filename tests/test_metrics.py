"""The scores are those that papers print, checked against closed forms and other programs."""

import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from sr_demo.formatting import format_change, format_niqe, format_psnr, format_seconds, format_ssim
from sr_demo.images import load_image, luma
from sr_demo.metrics import niqe as niqe_module
from sr_demo.metrics.inputs import COLOR_SPACES
from sr_demo.metrics.lr_psnr import lr_psnr
from sr_demo.metrics.niqe import niqe
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.scores import Scores, score
from sr_demo.metrics.ssim import ssim
from sr_demo.resize import imresize
from tests.helpers import present

EXPECTED = json.loads((Path(__file__).parent / "assets" / "expected.json").read_text())


def noisy(image: np.ndarray, rng: np.random.Generator, sigma: float = 9) -> np.ndarray:
    return np.rint(image + rng.normal(0, sigma, image.shape)).clip(0, 255).astype(np.uint8)


# --- PSNR -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [1, 7, 100])
def test_psnr_of_a_constant_error_is_its_closed_form(error: int) -> None:
    black = np.zeros((20, 30, 3), np.uint8)
    off = np.full_like(black, error)
    assert psnr(black, off, color_space="rgb") == pytest.approx(20 * math.log10(255 / error))
    # A grey step of 255 is one of 219 in studio-range luma.
    assert psnr(black, off) == pytest.approx(20 * math.log10(255 / (error * 219 / 255)), abs=1e-5)


def test_psnr_is_that_of_scikit_image(photo: np.ndarray, rng: np.random.Generator) -> None:
    other = noisy(photo, rng)
    expected = peak_signal_noise_ratio(luma(photo), luma(other), data_range=255)
    assert psnr(photo, other) == pytest.approx(expected, abs=1e-4)
    expected = peak_signal_noise_ratio(photo, other)
    assert psnr(photo, other, color_space="rgb") == pytest.approx(expected, abs=1e-4)


def test_psnr_of_one_wrong_level_in_a_large_picture_is_exact() -> None:
    picture = np.full((1000, 1000, 3), 90, np.uint8)
    other = picture.copy()
    other[500, 500, 1] += 1
    expected = 20 * math.log10(255 / (128.553 / 255)) + 60
    assert psnr(picture, other) == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_psnr_is_infinite_for_identical_pictures_and_symmetric(
    photo: np.ndarray, rng: np.random.Generator, color_space: str
) -> None:
    other = noisy(photo, rng)
    assert psnr(photo, photo.copy(), color_space=color_space) == math.inf
    assert psnr(photo, other, color_space=color_space) == psnr(
        other, photo, color_space=color_space
    )


def test_the_border_is_not_scored(photo: np.ndarray) -> None:
    framed = photo.copy()
    framed[:4], framed[-4:], framed[:, :4], framed[:, -4:] = 0, 0, 0, 0
    assert psnr(photo, framed, border=4) == math.inf
    assert ssim(photo, framed, border=4) == pytest.approx(1)
    assert psnr(photo, framed, border=3) < math.inf
    assert present(ssim(photo, framed, border=3)) < 1


@pytest.mark.parametrize("metric", [psnr, ssim])
def test_what_cannot_be_compared_is_refused(
    photo: np.ndarray, metric: Callable[..., float]
) -> None:
    with pytest.raises(ValueError, match="two"):
        metric(photo, photo[1:])
    with pytest.raises(ValueError, match="two"):
        metric(photo[..., 0], photo[..., 0])
    with pytest.raises(ValueError, match="uint8"):
        metric(photo, photo / 255)
    with pytest.raises(ValueError, match="color_space"):
        metric(photo, photo, color_space="Y")
    with pytest.raises(ValueError, match="border"):
        metric(photo, photo, border=60)


# --- SSIM -----------------------------------------------------------------------------------------


def ssim_by_hand(x: np.ndarray, y: np.ndarray) -> float:
    """Equation 13 of Wang et al. 2004, window by window."""
    offsets = np.arange(-5, 6)
    window = np.exp(-(offsets[:, None] ** 2 + offsets[None] ** 2) / (2 * 1.5**2))
    window /= window.sum()
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    places = []
    for i in range(x.shape[0] - 10):
        for j in range(x.shape[1] - 10):
            a, b = x[i : i + 11, j : j + 11], y[i : i + 11, j : j + 11]
            mean_a, mean_b = (window * a).sum(), (window * b).sum()
            variance_a = (window * (a - mean_a) ** 2).sum()
            variance_b = (window * (b - mean_b) ** 2).sum()
            covariance = (window * (a - mean_a) * (b - mean_b)).sum()
            luminance = (2 * mean_a * mean_b + c1) / (mean_a**2 + mean_b**2 + c1)
            structure = (2 * covariance + c2) / (variance_a + variance_b + c2)
            places.append(luminance * structure)
    return float(np.mean(places))


def test_ssim_is_that_of_the_paper(rng: np.random.Generator) -> None:
    a, b = rng.integers(0, 256, (2, 15, 13, 3), dtype=np.uint8)
    b = (a // 2 + b // 2).astype(np.uint8)
    assert ssim(a, b) == pytest.approx(ssim_by_hand(luma(a), luma(b)), abs=1e-9)
    by_channel = [ssim_by_hand(a[..., c].astype(float), b[..., c].astype(float)) for c in range(3)]
    assert ssim(a, b, color_space="rgb") == pytest.approx(np.mean(by_channel), abs=1e-9)


def test_ssim_is_that_of_scikit_image(photo: np.ndarray, rng: np.random.Generator) -> None:
    other = noisy(photo, rng)
    expected = structural_similarity(
        luma(photo)[3:-3, 3:-3], luma(other)[3:-3, 3:-3],
        gaussian_weights=True, sigma=1.5, use_sample_covariance=False, data_range=255,
    )  # fmt: skip
    assert ssim(photo, other, border=3) == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("color_space", COLOR_SPACES)
def test_ssim_is_one_for_equal_pictures_and_falls_with_noise(
    photo: np.ndarray, rng: np.random.Generator, color_space: str
) -> None:
    assert ssim(photo, photo.copy(), color_space=color_space) == pytest.approx(1)
    values = [
        present(ssim(photo, noisy(photo, rng, sigma), color_space=color_space))
        for sigma in (3, 10, 30)
    ]
    assert values == sorted(values, reverse=True)


def test_ssim_needs_room_for_its_window(photo: np.ndarray) -> None:
    assert ssim(photo[:11, :11], photo[:11, :11]) == pytest.approx(1)
    assert ssim(photo[:10, :40], photo[:10, :40]) is None
    assert ssim(photo[:14, :14], photo[:14, :14], border=2) is None


# --- the whole set of scores ----------------------------------------------------------------------


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_golden_pair_scores_what_scikit_image_measured(
    golden: Callable[[str], np.ndarray], scale: int
) -> None:
    pair = golden("astronaut"), golden(f"astronaut_x{scale}_bicubic")
    expected = EXPECTED["astronaut_bicubic"][str(scale)]
    for color_space in COLOR_SPACES:
        decibels = psnr(*pair, border=scale, color_space=color_space)
        similarity = ssim(*pair, border=scale, color_space=color_space)
        assert decibels == pytest.approx(expected[f"psnr_{color_space}"], abs=1e-5)
        assert similarity == pytest.approx(expected[f"ssim_{color_space}"], abs=1e-7)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_original_is_consistent_with_its_own_reduction(
    golden: Callable[[str], np.ndarray], scale: int
) -> None:
    assert lr_psnr(golden("astronaut"), golden(f"astronaut_x{scale}"), scale) == math.inf


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_lr_psnr_is_the_psnr_between_the_reduced_picture_and_the_lr(
    golden: Callable[[str], np.ndarray], scale: int
) -> None:
    for color_space, expected in EXPECTED["astronaut_against_coffee_lr"][str(scale)].items():
        lr = golden(f"coffee_x{scale}")
        decibels = lr_psnr(golden("astronaut"), lr, scale, color_space=color_space)
        assert decibels == pytest.approx(expected, abs=1e-5)


def test_scores_leave_out_the_scale_at_each_side(
    photo: np.ndarray, rng: np.random.Generator
) -> None:
    lr, other = imresize(photo, 1 / 4), noisy(photo, rng)
    scores = score(other, original=photo, lr=lr, scale=4)
    assert scores.psnr == psnr(photo, other, border=4)
    assert scores.ssim == ssim(photo, other, border=4)
    assert scores.lr_psnr == lr_psnr(other, lr, 4)


def test_naturalness_is_scored_on_the_whole_picture_with_or_without_an_original() -> None:
    picture = astronaut()[:200, :200]  # cropped by the scale, it would lose three of four blocks
    lr = imresize(picture, 1 / 4)
    for original in (picture, None):
        assert score(picture, original=original, lr=lr, scale=4).niqe == niqe(picture)
    assert niqe(picture[4:-4, 4:-4]) != niqe(picture)


def test_without_the_photos_statistics_all_other_scores_remain(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(niqe_module, "PATH", tmp_path / "niqe.safetensors")
    picture = np.tile(photo, (2, 2, 1))
    scores = score(picture, original=picture, lr=imresize(picture, 1 / 4), scale=4)
    assert scores == Scores(math.inf, 1, math.inf, None)


def test_without_an_original_there_is_no_psnr_and_no_ssim(photo: np.ndarray) -> None:
    scores = score(imresize(photo, 2), lr=photo, scale=2)
    assert (scores.psnr, scores.ssim) == (None, None)
    assert scores.lr_psnr is not None


@pytest.mark.parametrize("side", [1, 2])
def test_a_picture_that_is_all_border_has_no_psnr(side: int) -> None:
    lr = np.full((side, side, 3), 50, np.uint8)
    scores = score(imresize(lr, 4), original=imresize(lr, 4), lr=lr, scale=4)
    assert scores == Scores(None, None, math.inf)


@pytest.mark.parametrize(
    ("scale", "decibels", "similarity"),
    [(2, 33.66, 0.9299), (3, 30.39, 0.8682), (4, 28.42, 0.8104)],
)
def test_bicubic_on_set5_scores_what_papers_print(
    data_dir: Path, scale: int, decibels: float, similarity: float
) -> None:
    scores = []
    for path in sorted((data_dir / "test" / "Set5" / f"x{scale}" / "HR").iterdir()):
        lr = load_image(path.parent.with_name("LR") / path.name).pixels
        original = load_image(path).pixels
        scores.append(score(imresize(lr, scale), original=original, lr=lr, scale=scale))
    assert len(scores) == 5
    assert np.mean([s.psnr for s in scores]) == pytest.approx(decibels, abs=0.03)
    assert np.mean([s.ssim for s in scores]) == pytest.approx(similarity, abs=0.002)


# --- for display ----------------------------------------------------------------------------------


def test_scores_are_printed_as_in_papers() -> None:
    assert format_psnr(28.4251) == "28.43 dB"
    assert format_psnr(math.inf) == "identical"
    assert format_psnr(None) == "—"
    assert format_ssim(0.81236) == "0.8124"
    assert format_ssim(None) == "—"
    assert format_niqe(4.9213) == "4.92"
    assert format_niqe(None) == "—"


def test_a_change_has_its_sign() -> None:
    assert format_change(26.5, 27.0, 2) == "−0.50"
    assert format_change(27.0, 26.5, 2) == "+0.50"
    assert format_change(None, 27.0, 2) == format_change(math.inf, math.inf, 2) == "—"


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0001, "<1 ms"),
        (0.0452, "45 ms"),
        (0.9994, "999 ms"),
        (0.9999, "1.0 s"),
        (1.23, "1.2 s"),
        (9.97, "10 s"),
        (83.4, "83 s"),
    ],
)
def test_times_are_printed_with_two_or_three_digits(seconds: float, text: str) -> None:
    assert format_seconds(seconds) == text
