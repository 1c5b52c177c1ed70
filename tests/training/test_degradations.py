"""Random degradations: pure functions of their generator, in range, and of the kinds they name."""

from dataclasses import replace
from itertools import chain
from math import pi
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from sr_demo.images import load_image
from sr_demo.training.data import Batches, load_photos
from sr_demo.training.degradations import Degradations, bell, degrade_randomly, sinc
from sr_demo.training.recipe_file import from_toml, to_toml
from tests.training.small_runs import recipe_of
from train.__main__ import main

RANGES = Degradations()


def photo() -> np.ndarray:
    return np.ascontiguousarray(data.chelsea()[40:168, 60:220])


def test_the_same_generator_gives_the_same_small_picture() -> None:
    first, again, other = (
        degrade_randomly(photo(), 4, RANGES, np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first[0].shape == (32, 40, 3)
    assert first[0].dtype == np.uint8
    assert np.array_equal(first[0], again[0])
    assert first[1] == again[1]
    assert not np.array_equal(first[0], other[0])


def test_every_kind_of_step_comes_and_a_picture_stays_a_picture() -> None:
    rng = np.random.default_rng(0)
    results = [degrade_randomly(photo(), 4, RANGES, rng) for _ in range(30)]
    seen = " ".join(chain.from_iterable(steps for _, steps in results))
    for word in ("gaussian blur", "generalized blur", "plateau blur", "sinc filter", "area to",
                 "bilinear to", "bicubic to", "colour noise", "grey noise", "colour Poisson",
                 "grey Poisson", "JPEG"):  # fmt: skip
        assert word in seen
    assert all(sum(step.startswith("JPEG") for step in steps) == 2 for _, steps in results)
    # Whatever is done to it, it is still that photo: its mean stays near.
    means = [lr.mean(axis=(0, 1)) - photo().mean(axis=(0, 1)) for lr, _ in results]
    assert np.abs(means).mean() < 6


def quiet() -> Degradations:
    """Two rounds of nothing but JPEG of high quality."""
    stage = replace(RANGES.first, blur=0.0, up=0.0, down=0.0, gaussian=1.0, noise=(0.0, 0.0),
                    jpeg=(95.0, 95.0))  # fmt: skip
    return replace(RANGES, first=stage, second=stage, final_sinc=0.0)


def test_each_range_is_obeyed() -> None:
    rng = np.random.default_rng(0)
    for _ in range(10):
        _, steps = degrade_randomly(photo(), 4, quiet(), rng)
        assert {step.split(" to ")[0] for step in steps} <= {
            "area", "bilinear", "bicubic", "colour noise σ 0", "grey noise σ 0", "JPEG 95"
        }  # fmt: skip
    noisy = replace(quiet(), second=replace(quiet().second, noise=(20.0, 20.0), grey=1.0))
    flat = np.full((256, 256, 3), 128, np.uint8)
    degraded, _ = degrade_randomly(flat, 2, noisy, np.random.default_rng(3))
    assert degraded.std() == pytest.approx(20, rel=0.15)
    assert np.abs(np.ptp(degraded.astype(int), axis=2)).mean() < 4  # the same in all channels


def test_kernels_are_what_they_are_named_for() -> None:
    for shape in ("gaussian", "generalized", "plateau"):
        kernel = bell(21, 2.0, 2.0, 0.3, shape, 1.0)
        assert kernel.sum() == pytest.approx(1)
        assert np.allclose(kernel, kernel.T)  # isotropic, so turning it changes nothing
    x = np.arange(21) - 10
    wide = bell(21, 3.0, 1.0, 0.0, "gaussian", 1.0)
    assert (wide.sum(axis=0) * x**2).sum() == pytest.approx(9, rel=0.02)
    assert (wide.sum(axis=1) * x**2).sum() == pytest.approx(1, rel=0.02)
    assert np.allclose(bell(21, 3.0, 1.0, pi / 2, "gaussian", 1.0), wide.T)


def test_a_sinc_keeps_what_is_below_its_cutoff_and_drops_what_is_above() -> None:
    kernel = sinc(21, pi / 2)
    response = np.abs(np.fft.fft2(np.pad(kernel, [(0, 43), (0, 43)])))
    frequency = np.hypot(*np.meshgrid(np.fft.fftfreq(64), np.fft.fftfreq(64))) * 2 * pi
    assert np.abs(response[frequency < 0.35 * pi] - 1).max() < 0.2
    assert response[frequency > 0.65 * pi].max() < 0.15


def test_patches_are_degraded_in_their_place(folder: Path) -> None:
    photos = load_photos(folder, 2, 16)
    recipe = replace(recipe_of("espcn", batch=4), patch=16)
    degraded = Batches(photos, replace(recipe, degradations=quiet()))
    for step in range(5):
        (small, sharp), again = degraded[step], degraded[step]
        assert small.shape == (4, 3, 16, 16)
        assert torch.equal(small, again[0])
        # Without blur and noise it is the reduction of its own HR, but for the codec.
        reduced = torch.nn.functional.avg_pool2d(sharp.float(), 2)
        own = (small - reduced).abs().mean()
        shifted = (small - reduced.roll(1, dims=3)).abs().mean()
        assert own < shifted


def test_the_ranges_stand_in_the_recipe_and_can_be_edited(tmp_path: Path) -> None:
    recipe = replace(recipe_of("espcn"), degradations=RANGES)
    text = to_toml(recipe)
    assert "[degradations.first]" in text
    file = tmp_path / "recipe.toml"
    file.write_text(text, encoding="utf-8")
    assert from_toml(file, recipe) == recipe
    file.write_text("[degradations.second]\njpeg = [10, 20]\n", encoding="utf-8")
    edited = from_toml(file, recipe).degradations
    assert edited is not None
    assert edited.second == replace(RANGES.second, jpeg=(10.0, 20.0))
    assert edited.first == RANGES.first


def test_the_command_writes_a_sheet(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "sheet.png"
    arguments = ["degradations", "--data", str(folder), "--scale", "2", "--count", "2"]
    assert main([*arguments, "--out", str(out)]) == 0
    first = load_image(out).pixels
    assert main([*arguments, "--out", str(out)]) == 0
    assert np.array_equal(load_image(out).pixels, first)
    assert main(["degradations", "--data", str(tmp_path / "none")]) == 2
