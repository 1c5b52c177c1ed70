"""Error, local SSIM and spectrum: laws, and oracles that are computed in another way."""

from collections.abc import Callable

import numpy as np
import pytest
from matplotlib.figure import Figure
from scipy.ndimage import gaussian_filter
from skimage.metrics import structural_similarity

import sr_demo
from sr_demo.comparison import Comparison
from sr_demo.figures import maps
from sr_demo.figures.palette import colour_of
from sr_demo.images import luma
from sr_demo.metrics.psnr import psnr
from sr_demo.metrics.ssim import WINDOW, ssim, ssim_map


@pytest.fixture
def restored(photo: np.ndarray) -> np.ndarray:
    return sr_demo.compare(photo, 4, ["bicubic"]).results[0].image


def gray(plane: np.ndarray) -> np.ndarray:
    return np.repeat(np.clip(np.rint(plane), 0, 255).astype(np.uint8)[..., None], 3, axis=2)


# --- error and SSIM -------------------------------------------------------------------------------


def test_the_error_map_holds_the_error_that_psnr_measures(
    photo: np.ndarray, restored: np.ndarray
) -> None:
    error = np.square(maps.error_map(photo, restored).astype(np.float64)).mean()
    assert 10 * np.log10(255**2 / error) == pytest.approx(psnr(photo, restored), abs=1e-4)
    assert not maps.error_map(photo, photo).any()


def test_an_error_stands_where_it_was_made(photo: np.ndarray) -> None:
    spoilt = photo.copy()
    spoilt[30, 50] = 255 - spoilt[30, 50]
    assert np.argwhere(maps.error_map(photo, spoilt)).tolist() == [[30, 50]]


def test_local_ssim_is_that_of_scikit_image_and_its_mean_the_score(
    photo: np.ndarray, restored: np.ndarray
) -> None:
    local = ssim_map(photo, restored)
    _, expected = structural_similarity(
        luma(photo), luma(restored), gaussian_weights=True, sigma=1.5,
        use_sample_covariance=False, data_range=255, full=True,
    )  # fmt: skip
    np.testing.assert_allclose(local, expected[5:-5, 5:-5], atol=1e-9)
    assert local.mean() == pytest.approx(ssim(photo, restored), abs=1e-9)


def test_local_ssim_is_1_where_alike_and_falls_only_near_a_difference(photo: np.ndarray) -> None:
    np.testing.assert_allclose(ssim_map(photo, photo), 1)
    spoilt = photo.copy()
    spoilt[60, 80] = 255 - spoilt[60, 80]
    low = np.argwhere(ssim_map(photo, spoilt) < 1 - 1e-9) + WINDOW // 2
    assert len(low) > 9
    assert np.abs(low - [60, 80]).max() <= WINDOW // 2


def test_local_ssim_needs_a_whole_window(photo: np.ndarray) -> None:
    with pytest.raises(ValueError, match="11×11 does not fit into 10 × 40"):
        ssim_map(photo[:40, :10], photo[:40, :10])


# --- spectrum -------------------------------------------------------------------------------------


def test_white_noise_has_its_variance_at_every_frequency(rng: np.random.Generator) -> None:
    image = gray(128 + 20 * rng.standard_normal((256, 320)))
    frequencies, power = maps.radial_spectrum(image)
    assert frequencies[0] == pytest.approx(1 / 256)
    assert frequencies[-1] == 0.5
    assert len(frequencies) == 128
    variance = luma(image).var()
    assert power[8:].reshape(-1, 20).mean(axis=1) == pytest.approx(variance, rel=0.1)


@pytest.mark.parametrize("frequency", [0.05, 0.125, 0.3])
@pytest.mark.parametrize("angle", [0, 0.6, np.pi / 2])
def test_a_wave_stands_at_its_frequency_in_every_direction(frequency: float, angle: float) -> None:
    y, x = np.mgrid[:192, :256]
    wave = 128 + 90 * np.sin(2 * np.pi * frequency * (x * np.cos(angle) + y * np.sin(angle)))
    frequencies, power = maps.radial_spectrum(gray(wave))
    assert frequencies[power.argmax()] == pytest.approx(frequency, abs=1.5 / 192)


def test_a_blur_takes_its_transfer_function_off_the_spectrum(rng: np.random.Generator) -> None:
    noise = 128 + 30 * rng.standard_normal((256, 256))
    (frequencies, before), (_, after) = (
        maps.radial_spectrum(gray(plane))
        for plane in (noise, gaussian_filter(noise, 1, mode="wrap"))
    )
    seen = (frequencies > 0.05) & (frequencies < 0.25)  # beyond, rounding to 8 bits is all there is
    expected = np.exp(-((2 * np.pi * frequencies[seen]) ** 2))
    np.testing.assert_allclose(after[seen] / before[seen], expected, rtol=0.35)


def test_turning_a_picture_does_not_change_its_spectrum(photo: np.ndarray) -> None:
    for a, b in zip(
        maps.radial_spectrum(photo), maps.radial_spectrum(photo.swapaxes(0, 1)), strict=True
    ):
        np.testing.assert_allclose(a, b, rtol=1e-9)


def test_brightness_is_no_detail(photo: np.ndarray) -> None:
    dark = photo // 2
    _, power = maps.radial_spectrum(dark)
    _, brighter = maps.radial_spectrum(dark + 100)
    np.testing.assert_allclose(power, brighter, rtol=1e-9)


def test_bicubic_has_lost_what_the_small_picture_could_not_hold(
    photo: np.ndarray, restored: np.ndarray
) -> None:
    frequencies, original = maps.radial_spectrum(photo)
    _, bicubic = maps.radial_spectrum(restored)
    kept, lost = frequencies < 0.04, frequencies > 0.25
    assert bicubic[kept].sum() > 0.8 * original[kept].sum()
    assert bicubic[lost].sum() < 0.1 * original[lost].sum()


def test_a_spectrum_needs_some_pixels() -> None:
    with pytest.raises(ValueError, match="too few for a spectrum"):
        maps.radial_spectrum(np.zeros((3, 9, 3), np.uint8))


# --- figures --------------------------------------------------------------------------------------


def test_all_methods_share_one_scale_that_is_labelled(photo: np.ndarray) -> None:
    comparison = sr_demo.compare(photo, 4, ["bicubic", "espcn"])
    figure = maps.error_figure(comparison)
    *panels, bar = figure.axes
    assert [axes.get_title() for axes in panels] == ["Bicubic", "ESPCN"]
    assert len({axes.images[0].get_clim() for axes in panels}) == 1
    assert "grey levels" in bar.get_xlabel()
    for axes, result in zip(panels, comparison.results, strict=True):
        drawn = axes.images[0].get_array()
        np.testing.assert_array_equal(drawn, maps.error_map(photo, result.image))


def test_the_spectrum_shows_the_original_and_every_method_in_its_colour(photo: np.ndarray) -> None:
    figure = maps.spectrum_figure(sr_demo.compare(photo, 4, ["bicubic", "espcn"]))
    axes = figure.axes[0]
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    assert "cycles per pixel" in axes.get_xlabel()
    colours = {line.get_label(): line.get_color() for line in axes.lines}
    for name, label in (("original", "Original"), ("bicubic", "Bicubic"), ("espcn", "ESPCN")):
        assert colours[label] == colour_of(name)


@pytest.mark.parametrize("make", [maps.error_figure, maps.ssim_figure, maps.spectrum_figure])
def test_maps_of_nothing_are_declined(
    photo: np.ndarray, make: Callable[[Comparison], Figure]
) -> None:
    with pytest.raises(ValueError, match="need a sharp original"):
        make(sr_demo.compare(photo, 4, ["bicubic"], has_original=False))
    with pytest.raises(ValueError, match="at least one method"):
        make(sr_demo.compare(photo, 4, []))
