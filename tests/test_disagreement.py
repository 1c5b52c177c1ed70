"""Where methods disagree, and the places that are shown for it."""

import numpy as np

from sr_demo.disagreement import CELL, disagreement, spots, undetermined
from sr_demo.images import luma
from sr_demo.resize import imresize


def test_it_is_the_range_of_luma_in_each_cell(rng: np.random.Generator) -> None:
    images = [rng.integers(0, 256, (300, 45, 3), dtype=np.uint8) for _ in range(3)]
    plane = disagreement(images)
    assert plane.shape == (38, 6)
    spread = np.ptp(np.stack([luma(image) for image in images]), axis=0)
    for row, column in (
        (0, 0),
        (33, 2),
        (37, 5),
    ):  # the last is cut off
        cell = np.s_[CELL * row : CELL * (row + 1), CELL * column : CELL * (column + 1)]
        np.testing.assert_allclose(plane[row, column], spread[cell].mean(), rtol=1e-5)


def test_spots_are_where_pictures_differ_most_and_apart() -> None:
    plain = np.full((320, 480, 3), 100, np.uint8)
    other = plain.copy()
    other[40:80, 40:80] += 90
    other[220:260, 380:420] += 50
    (x, y), (u, v) = spots(disagreement([plain, other]))
    assert abs(x - 60) < 40
    assert abs(y - 60) < 40
    assert abs(u - 400) < 40
    assert abs(v - 240) < 40
    assert spots(disagreement([plain, plain])) == []


def test_no_spot_lies_on_transparent_pixels() -> None:
    plain = np.full((320, 480, 3), 100, np.uint8)
    other = plain.copy()
    other[40:80, 40:80] += 90
    other[220:260, 380:420] += 50
    opacity = np.full((320, 480), 255, np.uint8)
    opacity[:, :200] = 0
    found = spots(disagreement([plain, other]), opacity)
    assert found
    assert all(x > 200 for x, _ in found)
    opacity[:] = 0
    opacity[220:260, 380:420] = 255  # less than a window
    (x, y), *_ = spots(disagreement([plain, other]), opacity)
    assert abs(x - 400) < 50
    assert abs(y - 240) < 50


def test_what_is_undetermined_vanishes_when_reduced(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (64, 96, 3), dtype=np.uint8)
    rest = undetermined(image, 4)
    assert rest.std() > 20
    assert imresize(rest, 1 / 4).std() < 0.05 * rest.std()
    smooth = np.repeat(np.linspace(40, 200, 96)[None], 64, axis=0)
    flat = np.repeat(smooth[..., None], 3, axis=2).astype(np.uint8)
    assert np.abs(undetermined(flat, 4)[:, 8:-8]).max() < 1.5
