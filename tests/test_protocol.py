"""The rules of measurement: the defaults equal the metrics, each other one differs as it must."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

import sr_demo
from sr_demo.metrics import protocol
from sr_demo.metrics.protocol import CHOICES, DEFAULT, Protocol
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import ssim
from sr_demo.resize import imresize
from tests.helpers import present


@pytest.fixture
def restored(photo: np.ndarray) -> np.ndarray:
    return sr_demo.compare(photo, 4, ["bicubic"]).results[0].image


def test_the_defaults_measure_as_the_metrics_do(photo: np.ndarray, restored: np.ndarray) -> None:
    decibels, similarity = protocol.measure(photo, restored, 4)
    assert decibels == pytest.approx(psnr(photo, restored, border=4), abs=1e-5)
    assert similarity == pytest.approx(ssim(photo, restored, border=4), abs=1e-6)


def test_the_default_comes_first_in_every_choice() -> None:
    assert Protocol(*(next(iter(choices)) for choices in CHOICES.values())) == DEFAULT


def test_rgb_is_what_scikit_image_measures(photo: np.ndarray, restored: np.ndarray) -> None:
    decibels, similarity = protocol.measure(
        photo, restored, 4, Protocol(colour="rgb", border="none", window="uniform")
    )
    assert decibels == pytest.approx(peak_signal_noise_ratio(photo, restored))
    assert similarity == pytest.approx(structural_similarity(photo, restored, channel_axis=2))


def test_full_range_luma_costs_just_the_ratio_of_the_ranges() -> None:
    gray = np.random.default_rng(1).integers(0, 256, (40, 50, 1), dtype=np.uint8).repeat(3, axis=2)
    other = np.clip(gray.astype(int) + 9, 0, 255).astype(np.uint8)
    studio, _ = protocol.measure(gray, other, 4)
    full, _ = protocol.measure(gray, other, 4, Protocol(colour="y_full"))
    assert present(studio) - present(full) == pytest.approx(20 * math.log10(255 / 219), abs=1e-3)


def test_without_a_border_the_edge_counts(photo: np.ndarray) -> None:
    spoilt = photo.copy()
    spoilt[:4] = 0
    assert protocol.measure(photo, spoilt, 4)[0] == math.inf
    assert present(protocol.measure(photo, spoilt, 4, Protocol(border="none"))[0]) < 30


def test_the_window_changes_ssim_alone(photo: np.ndarray, restored: np.ndarray) -> None:
    gaussian = protocol.measure(photo, restored, 4)
    uniform = protocol.measure(photo, restored, 4, Protocol(window="uniform"))
    assert gaussian[0] == uniform[0]
    assert abs(present(gaussian[1]) - present(uniform[1])) > 1e-3


def test_what_does_not_fit_is_not_measured(photo: np.ndarray) -> None:
    assert protocol.measure(photo[:8, :40], photo[:8, :40], 4) == (None, None)
    tiny = photo[:9, :40]
    assert protocol.measure(tiny, tiny, 1)[1] is None
    assert protocol.measure(tiny, tiny, 1, Protocol(window="uniform"))[1] == pytest.approx(1)


def test_an_unknown_rule_is_declined() -> None:
    with pytest.raises(ValueError, match="colour is 'lab', not y or y_full or rgb"):
        Protocol(colour="lab")


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_reductions_are_matlabs_and_pytorchs(photo: np.ndarray, scale: int) -> None:
    image = photo[: 120 // scale * scale, : 156 // scale * scale]
    np.testing.assert_array_equal(protocol.degrade(image, scale), imresize(image, 1 / scale))
    plain = protocol.degrade(image, scale, "plain")
    assert plain.shape == (image.shape[0] // scale, image.shape[1] // scale, 3)
    size = plain.shape[:2]
    planes = torch.tensor(image).permute(2, 0, 1)[None].double()
    expected = F.interpolate(planes, size=size, mode="bicubic", antialias=False)[0]
    assert np.abs(plain - expected.clamp(0, 255).permute(1, 2, 0).numpy()).max() <= 0.51


def test_without_antialiasing_false_detail_appears() -> None:
    # Stripes of 4 pixels are gone after a proper reduction by 4; skipping pixels keeps a trace.
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::3] = 255
    proper, plain = (
        protocol.degrade(stripes, 4, how).astype(float) for how in CHOICES["reduction"]
    )
    assert plain[4:-4, 4:-4].std() > 5 * proper[4:-4, 4:-4].std() > 0
