"""Original → LR → every method → scores, and plain upscaling."""

import math
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sr_demo
from sr_demo import methods
from sr_demo.degradation import CLEAN, SETTINGS, degrade
from sr_demo.inference import engine, runnable
from sr_demo.metrics.psnr import psnr
from sr_demo.resize import imresize
from sr_demo.storage import CheckpointError
from tests.helpers import present


def test_the_original_is_cropped_reduced_restored_and_scored(photo: np.ndarray) -> None:
    image = photo[:119, :158]
    result = sr_demo.compare(image, 4, ["bicubic"])
    np.testing.assert_array_equal(result.original, image[:116, :156])
    np.testing.assert_array_equal(result.lr, imresize(image[:116, :156], 1 / 4))
    bicubic = result.result("bicubic")
    np.testing.assert_array_equal(bicubic.image, imresize(result.lr, 4))
    assert bicubic.scores.psnr == psnr(result.sharp, bicubic.image, border=4)
    assert bicubic.scores.lr_psnr == psnr(result.lr, imresize(bicubic.image, 1 / 4))
    assert bicubic.parameters == 0
    assert present(bicubic.seconds) > 0


def test_methods_see_the_degraded_reduction_and_are_scored_against_the_original(
    photo: np.ndarray,
) -> None:
    clean = sr_demo.compare(photo, 4, ["bicubic"])
    medium = sr_demo.compare(photo, 4, ["bicubic"], degradation=SETTINGS["medium"])
    assert (clean.degradation, medium.degradation) == (CLEAN, SETTINGS["medium"])
    np.testing.assert_array_equal(medium.lr, degrade(photo, 4, SETTINGS["medium"]))
    np.testing.assert_array_equal(medium.original, photo)
    bicubic = medium.result("bicubic")
    np.testing.assert_array_equal(bicubic.image, imresize(medium.lr, 4))
    assert present(bicubic.scores.psnr) < present(clean.results[0].scores.psnr)
    with pytest.raises(ValueError, match="only an original can be degraded"):
        sr_demo.compare(photo, 4, has_original=False, degradation=SETTINGS["light"])


def test_without_an_original_nothing_is_scored_against_one(photo: np.ndarray) -> None:
    comparison = sr_demo.compare(photo[:30, :40], 2, ["bicubic", "espcn"], has_original=False)
    assert comparison.original is None
    np.testing.assert_array_equal(comparison.lr, photo[:30, :40])
    for result in comparison.results:
        assert result.image.shape == (60, 80, 3)
        assert result.scores.psnr is None
        assert result.scores.ssim is None
        assert math.isfinite(present(result.scores.lr_psnr))


def test_results_stream_fastest_first_and_end_in_the_tables_order(photo: np.ndarray) -> None:
    names = runnable.available(4)
    steps = list(sr_demo.stream(photo, 4, list(reversed(names))))
    assert [len(s.results) for s in steps] == list(range(len(names) + 1))
    assert steps[1].results[0].method == "bicubic"
    new = [
        ({r.method for r in b.results} - {r.method for r in a.results}).pop()
        for a, b in pairwise(steps)
    ]
    assert [methods.METHODS[n].cost for n in new] == sorted(methods.METHODS[n].cost for n in new)
    assert [r.method for r in steps[-1].results] == names


def test_progress_can_cancel_between_methods(photo: np.ndarray) -> None:
    def stop(fraction: float, name: str) -> None:
        if name == "espcn":
            raise engine.Cancelled

    steps = sr_demo.stream(photo, 4, ["bicubic", "espcn"], progress=stop)
    assert [len(next(steps).results), len(next(steps).results)] == [0, 1]
    with pytest.raises(engine.Cancelled):
        next(steps)


def test_alpha_follows_the_image(photo: np.ndarray, rng: np.random.Generator) -> None:
    opacity = rng.integers(0, 256, photo.shape[:2], dtype=np.uint8)
    kept = sr_demo.compare(photo[:119], 4, ["bicubic"], opacity=opacity[:119])
    np.testing.assert_array_equal(kept.opacity, opacity[:116])
    enlarged = sr_demo.compare(photo, 2, ["bicubic"], has_original=False, opacity=opacity)
    np.testing.assert_array_equal(enlarged.opacity, imresize(opacity, 2))


def test_upscale_keeps_the_channels(photo: np.ndarray) -> None:
    for image in (photo, photo[..., 0], np.dstack([photo, photo[..., 0]])):
        enlarged = sr_demo.upscale(image[:20, :30], "espcn", 3)
        assert enlarged.shape == (60, 90, *image.shape[2:])
        assert enlarged.dtype == np.uint8
    np.testing.assert_array_equal(
        sr_demo.upscale(np.dstack([photo, photo[..., 0]]), "espcn", 2)[..., 3],
        imresize(photo[..., 0], 2),
    )


def test_rgb_scores_are_not_luma_scores(photo: np.ndarray) -> None:
    y = sr_demo.compare(photo, 4, ["bicubic"]).results[0].scores.psnr
    rgb = sr_demo.compare(photo, 4, ["bicubic"], color_space="rgb").results[0].scores.psnr
    assert present(rgb) < present(y) - 0.5  # Y leaves out chroma errors and its range is 219/255


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"methods": ["lanczos"]}, "There is no method “lanczos”; choose from bicubic"),
        ({"scale": 5}, "There is no scale ×5; choose from 2, 3, 4"),
    ],
)
def test_unknown_names_are_declined_in_plain_words(
    photo: np.ndarray, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sr_demo.compare(photo, **arguments)


def test_too_small_and_too_large_are_declined_before_any_work() -> None:
    with pytest.raises(ValueError, match=r"3×9 pixels are too few to reduce ×4"):
        sr_demo.stream(np.zeros((9, 3, 3), np.uint8), 4)
    with pytest.raises(engine.TooLarge, match="megapixels"):
        sr_demo.stream(np.zeros((2100, 2000, 3), np.uint8), 4, has_original=False)
    with pytest.raises(ValueError, match="expected a uint8 image"):
        sr_demo.upscale(np.zeros((4, 4, 5), np.uint8))


def test_a_method_without_checkpoint_is_missing_with_a_way_out(
    photo: np.ndarray, tmp_path: Path, checkpoints_in: Callable[[Path], None]
) -> None:
    checkpoints_in(tmp_path)
    assert runnable.available(4) == ["bicubic"]
    assert "python -m train espcn --scale 4" in runnable.missing(4)["espcn"]
    assert [r.method for r in sr_demo.compare(photo, 4).results] == ["bicubic"]
    with pytest.raises(CheckpointError, match=r"espcn_x4\.safetensors is missing"):
        sr_demo.upscale(photo, "espcn", 4)
