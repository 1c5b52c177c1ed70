"""Blocks and noise are found where they are, and not in what is only full of detail."""

import numpy as np
import pytest

from sr_demo.degradation import Degradation, degrade, jpeg
from sr_demo.samples import SAMPLES, load_sample, small_version
from sr_demo.traces import blocks, noise, traces

COLOURED = [name for name in SAMPLES if name != "page"]


def small(name: str) -> np.ndarray:
    return small_version(load_sample(name)).pixels


def noisy(image: np.ndarray, sigma: float) -> np.ndarray:
    return degrade(image, 1, Degradation(noise=sigma))


@pytest.mark.parametrize("name", SAMPLES)
def test_a_clean_small_picture_shows_nothing(name: str) -> None:
    assert traces(small(name)) == ()


@pytest.mark.parametrize("name", COLOURED)
def test_noise_is_measured_in_grey_levels(name: str) -> None:
    for sigma in (5, 10):
        assert noise(noisy(small(name), sigma)) == pytest.approx(sigma, rel=0.25)
    assert traces(noisy(small(name), 5)) == ("noise",)


@pytest.mark.parametrize("name", COLOURED)
def test_the_blocks_of_a_compressed_picture_are_seen(name: str) -> None:
    assert "JPEG’s blocks" in traces(jpeg(small(name), 30))


def test_only_a_grid_of_eight_from_the_corner_is_jpegs() -> None:
    image = jpeg(small("coffee"), 30)
    assert blocks(image) > 2 * blocks(image[3:, 3:])
    assert traces(image[3:, 3:]) == ()
    seven = np.zeros((210, 210, 3), np.uint8)
    seven[::7], seven[:, ::7] = 200, 200
    assert traces(seven) == ()


def test_more_compression_shows_more() -> None:
    found = [blocks(jpeg(small("chelsea"), quality)) for quality in (90, 75, 50, 30)]
    assert found == sorted(found)


@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (9, 200), (17, 17), (1100, 1030)])
def test_any_size_is_measured(shape: tuple[int, int], rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    assert blocks(image) < 6
    assert noise(image) >= 0


def test_a_file_that_was_a_jpeg_shows_its_blocks() -> None:
    """Of the samples, the rocket comes as JPEG, and the page went through it."""
    assert traces(load_sample("rocket").pixels) == ("JPEG’s blocks",)
    assert traces(load_sample("coffee").pixels) == ()
