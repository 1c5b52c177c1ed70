"""The meters find the fault they are named after, in the strength it has, and nothing else."""

import numpy as np
import pytest
from scipy.signal.windows import hann

from sr_demo.images import luma
from sr_demo.metrics.artifacts import checkerboard, colour_shift
from sr_demo.resize import imresize


def grey(plane: np.ndarray) -> np.ndarray:
    return np.repeat(np.rint(plane).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def lattice(period: int, amplitude: float, shape: tuple[int, int] = (256, 320)) -> np.ndarray:
    """Stripes that run down the picture, `period` pixels apart."""
    x = np.arange(shape[1])
    return np.broadcast_to(amplitude * np.cos(2 * np.pi * x / period), shape)


@pytest.fixture
def noise(rng) -> np.ndarray:
    return 128 + rng.normal(0, 20, (256, 320))


def test_a_checkerboard_of_two_pixels_is_all_that_is_seen():
    rows, columns = np.indices((128, 128))
    assert checkerboard(grey(64 + 128 * ((rows + columns) % 2))) > 1000


def test_white_noise_has_no_checkerboard(noise):
    assert checkerboard(grey(noise)) == pytest.approx(1, abs=0.1)


@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("turn", [False, True])
def test_more_of_a_lattice_measures_more(noise, period, turn):
    pictures = [noise + lattice(period, amplitude) for amplitude in (0, 4, 8, 16)]
    values = [checkerboard(grey(p.T if turn else p)) for p in pictures]
    assert values == sorted(set(values))
    assert values[-1] > 3


def test_stripes_of_another_period_are_no_checkerboard(noise):
    assert checkerboard(grey(noise + lattice(8, 30))) == pytest.approx(
        checkerboard(grey(noise)), abs=0.1
    )


def test_the_checkerboard_is_that_of_its_definition(photo):
    """One row of two tiles, every bin of every Fourier sum written out."""
    picture = photo[:100, :150]
    window, steps = hann(64, sym=True), np.arange(64)
    fourier = np.exp(-2j * np.pi * np.outer(steps, steps) / 64)
    power = np.zeros((64, 64))
    for left in (0, 64):
        tile = luma(picture)[:64, left : left + 64]
        tile = (tile - tile.mean()) * window[:, None] * window[None]
        power += np.abs(fourier @ tile @ fourier.T) ** 2 / 2
    ratios = []
    for spectrum in (power.sum(0), power.sum(1)):
        for k in (16, 32):
            beside = [spectrum[k + d] for d in (-5, -4, -3, 3, 4, 5)]
            ratios.append(np.mean([spectrum[k + d] for d in (-1, 0, 1)]) / np.mean(beside))
    assert checkerboard(picture) == pytest.approx(max(ratios))


def test_without_a_tile_or_any_texture_there_is_nothing_to_measure(photo):
    assert checkerboard(photo[:64, :64]) is not None
    assert checkerboard(photo[:63]) is None
    assert checkerboard(photo[:, :63]) is None
    assert checkerboard(np.full((80, 80, 3), 77, np.uint8)) is None


def test_a_cast_of_one_channel_is_its_own_size(photo):
    reddish = photo // 2
    lr = reddish.copy()
    reddish[..., 0] += 3
    assert colour_shift(reddish, lr) == pytest.approx(3)
    assert colour_shift(lr, lr) == 0


def test_bicubic_keeps_colours(photo):
    lr = imresize(photo, 1 / 4)
    assert colour_shift(imresize(lr, 4), lr) < 0.5
