"""The meters find the fault they are named after, in the strength it has, and nothing else."""

import numpy as np
import pytest
from scipy.signal.windows import hann

from sr_demo.images import luma
from sr_demo.metrics.artifacts import colour_shift, mesh, spectrum_distance
from sr_demo.resize import imresize
from tests.helpers import present

SHAPE = (256, 320)


def grey(plane: np.ndarray) -> np.ndarray:
    return np.repeat(np.rint(plane).clip(0, 255).astype(np.uint8)[..., None], 3, axis=2)


def stripes(period: int, amplitude: float) -> np.ndarray:
    """Down the picture, `period` pixels apart."""
    x = np.arange(SHAPE[1])
    return np.broadcast_to(amplitude * np.cos(2 * np.pi * x / period), SHAPE)


@pytest.fixture
def noise(rng: np.random.Generator) -> np.ndarray:
    return 128 + rng.normal(0, 20, SHAPE)


@pytest.fixture
def sky(rng: np.random.Generator) -> np.ndarray:
    """Smooth but for a camera's grain, a picture's upper half; noisy texture below it."""
    plane = np.linspace(120, 180, SHAPE[0])[:, None] + rng.normal(0, 0.7, SHAPE)
    plane[SHAPE[0] // 2 :] += rng.normal(0, 25, (SHAPE[0] // 2, SHAPE[1]))
    return plane


# --- mesh -----------------------------------------------------------------------------------------


def test_pictures_without_a_mesh_stay_near_one(
    photo: np.ndarray, noise: np.ndarray, sky: np.ndarray
) -> None:
    # 8 bits of a smooth ramp may repeat, so the enlarged picture is a photo.
    for picture in (photo, imresize(imresize(photo, 1 / 4), 4), grey(noise), grey(sky)):
        tiles = present(mesh(picture))
        assert 0.8 < tiles.mean < 1.8
        assert tiles.mean <= tiles.percentile < 2.5


@pytest.mark.parametrize("turn", [False, True])
def test_one_grey_level_on_the_sky_is_seen_beside_any_texture(sky: np.ndarray, turn: bool) -> None:
    rows, columns = np.indices(SHAPE)
    meshed = grey(sky + np.where(rows < SHAPE[0] // 2, np.cos(np.pi * columns / 2), 0))
    before, after = (present(mesh(p.swapaxes(0, 1) if turn else p)) for p in (grey(sky), meshed))
    assert before.percentile < 2.5
    assert after.percentile > 4


@pytest.mark.parametrize("period", [2, 4])
@pytest.mark.parametrize("turn", [False, True])
def test_more_of_a_mesh_measures_more(noise: np.ndarray, period: int, turn: bool) -> None:
    pictures = [noise + stripes(period, amplitude) for amplitude in (0, 4, 8, 16)]
    values = [present(mesh(grey(p.T if turn else p))) for p in pictures]
    for by in ("mean", "percentile"):
        column = [getattr(tiles, by) for tiles in values]
        assert column == sorted(set(column)), by
    assert values[-1].mean > 3


def test_stripes_of_another_period_are_no_mesh(noise: np.ndarray) -> None:
    one, other = (mesh(grey(p)) for p in (noise + stripes(8, 30), noise))
    assert one == pytest.approx(other, rel=0.1)


def test_the_mesh_is_that_of_its_definition(photo: np.ndarray) -> None:
    """Six tiles, every bin of every Fourier sum written out."""
    picture = photo[:90, :110]
    window, steps = hann(32, sym=True), np.arange(32)
    fourier = np.exp(-2j * np.pi * np.outer(steps, steps) / 32)
    logs = []
    for top in (0, 32):
        for left in (0, 32, 64):
            tile = luma(picture)[top : top + 32, left : left + 32]
            tile = (tile - tile.mean()) * window[:, None] * window[None]
            power = np.abs(fourier @ tile @ fourier.T) ** 2 + 0.01
            ratios = []
            for spectrum in (power.sum(0), power.sum(1)):
                for k, beside in ((8, (4, 5, 11, 12)), (16, (12, 13, 19, 20))):
                    ratios.append(spectrum[k] / np.mean([spectrum[b] for b in beside]))
            logs.append(np.log(max(ratios)))
    expected = np.exp(np.mean(logs)), np.exp(np.percentile(logs, 90))
    assert mesh(picture) == pytest.approx(expected)


def test_without_a_tile_there_is_no_mesh_and_without_texture_none_either(photo: np.ndarray) -> None:
    assert mesh(photo[:32, :32]) is not None
    assert mesh(photo[:31]) is None
    assert mesh(photo[:, :31]) is None
    assert mesh(np.full((80, 80, 3), 77, np.uint8)) == pytest.approx((1, 1))


# --- spectrum -------------------------------------------------------------------------------------


def test_the_spectrum_does_not_care_where_texture_lies(
    rng: np.random.Generator, noise: np.ndarray
) -> None:
    other = 128 + rng.normal(0, 20, SHAPE)
    assert spectrum_distance(grey(noise), grey(noise)) == 0
    assert present(spectrum_distance(grey(other), grey(noise))) < 0.1


def test_half_the_amplitude_is_a_quarter_of_the_power(noise: np.ndarray) -> None:
    weaker = 128 + (noise - 128) / 2
    measured = spectrum_distance(grey(weaker), grey(noise))
    assert measured == pytest.approx(np.log(4), rel=0.02)
    assert spectrum_distance(grey(noise), grey(weaker)) == pytest.approx(measured)


def test_the_more_detail_is_lost_the_further_the_spectrum_is(photo: np.ndarray) -> None:
    blurred = [imresize(imresize(photo, 1 / s), s) for s in (2, 4)]
    little, much = (present(spectrum_distance(p, photo)) for p in blurred)
    assert 0 < little < much


def test_the_spectrum_is_that_of_its_definition(
    photo: np.ndarray, rng: np.random.Generator
) -> None:
    pictures = photo, grey(luma(photo) + rng.normal(0, 10, photo.shape[:2]))
    window, steps = hann(64, sym=True), np.arange(64)
    fourier = np.exp(-2j * np.pi * np.outer(steps, steps) / 64)
    radial = []
    for picture in pictures:
        sums, counts = np.zeros(64), np.zeros(64)
        for left in (0, 64):
            tile = luma(picture)[:64, left : left + 64]
            power = np.abs(fourier @ ((tile - tile.mean()) * np.outer(window, window)) @ fourier.T)
            for v in range(64):
                for u in range(64):
                    ring = round(np.hypot(min(v, 64 - v), min(u, 64 - u)))
                    sums[ring] += power[v, u] ** 2
                    counts[ring] += 1
        radial.append(sums[8:33] / counts[8:33])
    expected = np.abs(np.log(radial[0] / radial[1])).mean()
    assert spectrum_distance(*pictures) == pytest.approx(expected)


def test_without_a_tile_or_any_texture_there_is_no_spectrum(photo: np.ndarray) -> None:
    flat = np.full((80, 80, 3), 77, np.uint8)
    assert spectrum_distance(photo[:63], photo[:63]) is None
    assert spectrum_distance(flat, photo[:80, :80]) is None
    assert spectrum_distance(photo[:80, :80], flat) is None


# --- colour ---------------------------------------------------------------------------------------


def test_a_cast_of_one_channel_is_its_own_size(photo: np.ndarray) -> None:
    reddish = photo // 2
    lr = reddish.copy()
    reddish[..., 0] += 3
    assert colour_shift(reddish, lr) == pytest.approx(3)
    assert colour_shift(lr, lr) == 0


def test_bicubic_keeps_colours(photo: np.ndarray) -> None:
    lr = imresize(photo, 1 / 4)
    assert colour_shift(imresize(lr, 4), lr) < 0.5
