"""Laws of the project's bicubic, against MATLAB's own files and closed forms."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from sr_demo.images import crop_to_multiple, load_image
from sr_demo.metrics.psnr import psnr
from sr_demo.resize import imresize, upsample

SETS = [("Set5", 2), ("Set5", 3), ("Set5", 4), ("Set14", 2), ("Set14", 3), ("Set14", 4)]


@pytest.mark.parametrize(("name", "scale"), [*SETS, ("BSD100", 4)])
def test_reproduces_matlabs_files_exactly(data_dir: Path, name: str, scale: int) -> None:
    folder = data_dir / "test" / name / f"x{scale}"
    files = sorted((folder / "HR").iterdir())
    assert files
    for path in files:
        hr = crop_to_multiple(np.array(Image.open(path)), scale)
        lr = np.array(Image.open(folder / "LR" / path.name))
        inner = slice(2, -2)
        np.testing.assert_array_equal(imresize(hr, 1 / scale)[inner, inner], lr[inner, inner])


@pytest.mark.parametrize("scale", [2, 3, 4])
@pytest.mark.parametrize("name", ["astronaut", "chelsea", "coffee"])
def test_reduces_as_the_golden_pictures_were(
    golden: Callable[[str], np.ndarray], name: str, scale: int
) -> None:
    np.testing.assert_array_equal(imresize(golden(name), 1 / scale), golden(f"{name}_x{scale}"))


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_enlarges_as_the_golden_pictures_were(
    golden: Callable[[str], np.ndarray], scale: int
) -> None:
    enlarged = imresize(golden(f"astronaut_x{scale}"), scale)
    np.testing.assert_array_equal(enlarged, golden(f"astronaut_x{scale}_bicubic"))


@pytest.mark.parametrize(
    ("scale", "expected"),
    [
        # Halving weighs eight pixels by -3, -9, 29, 111, 111, 29, -9, -3 (in 256ths): beside the
        # edge 17/256 and 239/256 of 255; further on -3/256 and 259/256, clipped.
        (1 / 2, [0, 0, 0, 17, 238, 255, 255, 255]),
        # Doubling weighs four by -9, 111, 29, -3 (in 128ths): 26/128 and 102/128 of 255, and
        # -9/128, -3/128, 131/128, 137/128, clipped.
        (2, [0] * 15 + [52, 203] + [255] * 15),
    ],
)
@pytest.mark.parametrize("axis", [0, 1])
def test_an_edge_becomes_what_the_kernel_gives_by_hand(
    scale: float, expected: list[int], axis: int
) -> None:
    edge = np.tile(np.repeat(np.array([0, 255], np.uint8), 8), (6, 1))
    resized = imresize(edge if axis else edge.T, scale)
    for line in resized if axis else resized.T:
        assert line.tolist() == expected


@pytest.mark.parametrize(("scale", "published"), [(2, 33.66), (3, 30.39), (4, 28.42)])
def test_bicubic_scores_what_papers_print(data_dir: Path, scale: int, published: float) -> None:
    folder = data_dir / "test" / "Set5" / f"x{scale}"
    scores = []
    for path in sorted((folder / "HR").iterdir()):
        hr = crop_to_multiple(load_image(path).pixels, scale)
        enlarged = imresize(load_image(folder / "LR" / path.name).pixels, scale)
        scores.append(psnr(hr, enlarged, border=scale))
    assert np.mean(scores) == pytest.approx(published, abs=0.03)


@pytest.mark.parametrize("scale", [2, 3, 4, 2.5, 1 / 2, 1 / 3, 1 / 4, 0.7])
def test_a_flat_image_stays_flat(scale: float) -> None:
    gray = np.full((13, 17, 3), 77, np.uint8)
    assert (imresize(gray, scale) == 77).all()


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_reproduces_a_quadratic_away_from_the_border(scale: int) -> None:
    # Keys 1981: the kernel with a = -0.5 interpolates polynomials up to degree 2 without error.
    def surface(y: np.ndarray, x: np.ndarray) -> np.ndarray:
        return 0.3 * y**2 - 0.2 * x * y + 0.1 * x**2 + y - 2 * x + 5

    y, x = np.mgrid[:20, :24].astype(float)
    fine = (np.mgrid[: 20 * scale, : 24 * scale] + 0.5) / scale - 0.5
    inner = slice(2 * scale, -2 * scale)
    enlarged = imresize(surface(y, x), scale)
    np.testing.assert_allclose(enlarged[inner, inner], surface(*fine)[inner, inner], atol=1e-9)


def test_matches_the_definition_on_every_pixel(rng: np.random.Generator) -> None:
    """Against a direct sum over taps for one axis, with symmetric padding spelled out by numpy."""
    signal, scale = rng.random(11), 0.4
    padded = np.pad(signal, 50, "symmetric")
    expected = []
    for i in range(5):  # ceil(11 · 0.4)
        centre = (i + 0.5) / scale - 0.5
        taps = np.arange(len(padded)) - 50
        x = np.abs(scale * (centre - taps))
        near = 1.5 * x**3 - 2.5 * x**2 + 1
        far = -0.5 * x**3 + 2.5 * x**2 - 4 * x + 2
        weights = np.select([x <= 1, x <= 2], [near, far], 0)
        expected.append(weights @ padded / weights.sum())
    np.testing.assert_allclose(imresize(np.tile(signal, (4, 1)), scale)[0], expected, rtol=1e-12)


def test_rounds_halves_up_and_clips_after_each_axis() -> None:
    edge = np.repeat(np.array([[0, 0, 255, 255]], np.uint8), 4, axis=0)
    exact = imresize(edge.astype(np.float64), 2)
    assert exact.min() < 0  # the kernel overshoots …
    assert exact.max() > 255
    np.testing.assert_array_equal(imresize(edge, 2), np.floor(exact.clip(0, 255) + 0.5))  # … cut
    # The mean of stripes of 0 and 1 is exactly ½: NumPy would round it to 0, MATLAB rounds to 1.
    stripes = np.tile(np.array([0, 1], np.uint8), (8, 12))
    assert (imresize(stripes.astype(float), 0.5)[:, 4:-4] == 0.5).all()
    assert (imresize(stripes, 0.5)[:, 4:-4] == 1).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
def test_keeps_dtype_and_rounds_sizes_up(dtype: type[np.generic]) -> None:
    image = np.zeros((5, 7), dtype)
    assert imresize(image, 0.5).shape == (3, 4)
    assert imresize(image, 3).shape == (15, 21)
    assert imresize(image, 3).dtype == dtype
    assert imresize(np.zeros((1, 1, 3), dtype), 4).shape == (4, 4, 3)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_networks_bicubic_is_the_same(rng: np.random.Generator, scale: int) -> None:
    image = rng.random((9, 6, 3))
    x = torch.from_numpy(image).permute(2, 0, 1)[None]
    enlarged = upsample(x, scale)[0].permute(1, 2, 0).numpy()
    np.testing.assert_allclose(enlarged, imresize(image, scale), atol=1e-6)


@pytest.mark.parametrize(
    ("image", "scale"),
    [
        (np.zeros((0, 3)), 2),
        (np.zeros(3), 2),
        (np.zeros((3, 3), np.int32), 2),
        (np.zeros((3, 3)), 0),
        (np.zeros((3, 3)), -1),
        (np.zeros((3, 3)), float("nan")),
    ],
)
def test_bad_input_is_named(image: np.ndarray, scale: float) -> None:
    with pytest.raises(ValueError, match="expected"):
        imresize(image, scale)
