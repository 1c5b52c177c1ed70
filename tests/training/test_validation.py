"""Which weights are shipped."""

import math

import numpy as np
import pytest
import torch
from skimage import data as skimage_data

from sr_demo.inference import engine
from sr_demo.metrics.artifacts import mesh, spectrum_distance
from sr_demo.networks import SRResNet
from sr_demo.resize import imresize
from sr_demo.training import run, validation, vgg
from sr_demo.training.validation import Quality
from tests.helpers import present


def test_vgg_distance_is_zero_for_equal_pictures_and_grows_with_blur(
    weights: dict[str, torch.Tensor], photo: np.ndarray
) -> None:
    features = vgg.VGG(validation.DISTANCE_LAYERS, weights)
    blurred = [imresize(imresize(photo, 1 / s), s) for s in (2, 4)]
    same, little, much = (validation.vgg_distance(features, x, photo) for x in (photo, *blurred))
    assert same == 0 < little < much
    assert validation.vgg_distance(features, photo, blurred[0]) == pytest.approx(little, rel=1e-5)


def test_consistency_comes_before_how_it_looks(
    weights: dict[str, torch.Tensor], photo: np.ndarray
) -> None:
    """What contradicts the LR never leads while there is anything else."""
    validate = validation.PerceptualValidation(vgg.VGG(validation.DISTANCE_LAYERS, weights))
    pairs = [(imresize(photo, 1 / 4), photo)]
    pictures = [
        photo,
        np.maximum(photo, 1) - 1,
        np.clip(photo.astype(int) + 20, 0, 255).astype(np.uint8),
        np.clip(photo.astype(int) + 40, 0, 255).astype(np.uint8),
    ]
    results = [validate.of_pictures([picture], pairs) for picture in pictures]
    fits = [result.scores["LR-PSNR (dB)"] > 40 for result in results]
    assert fits == [result.quality.feasible for result in results] == [True, True, False, False]
    qualities = [result.quality for result in results]
    assert qualities == sorted(qualities, reverse=True)
    assert len(set(qualities)) == 4
    # Of a small picture with noise and blocks, the best enlargement is not consistent with it.
    free = validation.PerceptualValidation(validate.vgg, min_lr_psnr=None)
    assert all(free.of_pictures([picture], pairs).quality.feasible for picture in pictures)


def test_vgg_distance_is_a_limit_that_the_first_network_sets(
    weights: dict[str, torch.Tensor], photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Here it makes pictures that are blurred a little; it is no goal to come nearer than that."""
    near, far = (imresize(imresize(photo, 1 / s), s) for s in (2, 4))
    pairs = [(imresize(photo, 1 / 4), photo)]
    start = SRResNet(4, features=2, blocks=1).eval()
    features = vgg.VGG(validation.DISTANCE_LAYERS, weights)
    monkeypatch.setattr(engine, "restore", lambda *_: near)
    validate = validation.PerceptualValidation(features, start)
    within, beyond = (validate.of_pictures([picture], pairs) for picture in (near, far))
    assert within.scores["VGG distance"] < beyond.scores["VGG distance"]
    assert within.quality.feasible
    assert not beyond.quality.feasible
    unlimited = validation.PerceptualValidation(features)
    assert unlimited.of_pictures([far], pairs).quality.score == pytest.approx(
        -far_faults(photo, far)
    )


def far_faults(original: np.ndarray, picture: np.ndarray) -> float:
    """Of a picture as blurred as bicubic's is, and too small for NIQE."""
    own, target = present(mesh(picture)), present(mesh(original))
    excess = math.log(own.percentile / target.percentile)
    return present(spectrum_distance(picture, original)) + max(0, excess)


def test_texture_leads_and_neither_blur_nor_a_mesh_does(weights: dict[str, torch.Tensor]) -> None:
    sharp = np.ascontiguousarray(skimage_data.astronaut()[:192, :192])
    validate = validation.PerceptualValidation(vgg.VGG(validation.DISTANCE_LAYERS, weights))
    pattern = np.tile(np.kron([[1, -1], [-1, 1]], np.ones((2, 2))), (48, 48))[..., None]
    pictures = {
        "blurred": imresize(imresize(sharp, 1 / 2), 2),
        "meshed": np.clip(sharp + 3 * pattern, 0, 255).round().astype(np.uint8),
        "sharp": sharp,
    }
    pairs = [(imresize(sharp, 1 / 4), sharp)]
    results = {name: validate.of_pictures([p], pairs) for name, p in pictures.items()}
    assert all(result.quality.feasible for result in results.values())
    assert results["sharp"].scores.keys() > {"NIQE", "spectrum distance", "mesh (90 %)"}
    assert results["sharp"].quality.score == pytest.approx(0)
    assert max(results[name].quality.score for name in ("blurred", "meshed")) < -0.5


def test_a_network_is_validated_by_what_it_makes_of_each_lr(
    weights: dict[str, torch.Tensor], photo: np.ndarray
) -> None:
    validate = validation.PerceptualValidation(vgg.VGG(validation.DISTANCE_LAYERS, weights))
    network = SRResNet(4, features=2, blocks=1).eval()
    pairs = [(imresize(hr, 1 / 4), hr) for hr in (photo, np.ascontiguousarray(photo[:, ::-1]))]
    pictures = [engine.restore(network, lr) for lr, _ in pairs]
    result, expected = validate(network, pairs), validate.of_pictures(pictures, pairs)
    assert result.scores == expected.scores
    assert result.quality == expected.quality
    np.testing.assert_array_equal(result.first, pictures[0])


def test_a_result_that_is_not_feasible_loses_to_any_that_is() -> None:
    results = [Quality(False, -3.0), Quality(True, -0.5), Quality(False, -1.0), Quality(True, -9.0)]
    assert sorted(results) == [
        Quality(False, -3.0), Quality(False, -1.0), Quality(True, -9.0), Quality(True, -0.5)
    ]  # fmt: skip
    assert min(results) > run.NOTHING_YET
