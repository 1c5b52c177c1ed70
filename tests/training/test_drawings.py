"""Pictures without colour among the photos: neutral, varied, and reduced as photos are."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import torch
from skimage import data

from sr_demo.images import luma
from sr_demo.resize import imresize
from sr_demo.training.data import RIM, Batches, load_photos
from sr_demo.training.drawings import draw, greyed
from tests.training.small_runs import recipe_of


def test_a_drawing_is_grey_and_uses_its_room() -> None:
    rng = np.random.default_rng(0)
    drawings = [draw(rng, 96, 3) for _ in range(200)]
    for drawing in drawings:
        assert drawing.shape == (96, 96, 3)
        assert drawing.dtype == np.uint8
        assert (drawing == drawing[..., :1]).all()
    assert len({drawing.tobytes() for drawing in drawings}) > 180
    assert np.mean([np.ptp(drawing) for drawing in drawings]) > 100
    # As many are mostly dark as mostly bright: no network shall learn a mean.
    assert abs(np.mean([drawing.mean() for drawing in drawings]) - 127.5) < 15


def test_checks_of_single_pixels_are_among_the_small_pictures() -> None:
    rng, scale = np.random.default_rng(0), 4
    small = [imresize(draw(rng, 64, scale), 1 / scale)[4:-4, 4:-4, 0] for _ in range(300)]
    steps = [np.abs(np.diff(plane.astype(int), axis=0)) for plane in small]
    assert any(step.min() > 100 for step in steps)  # from each pixel to the one below it


def test_a_greyed_photo_keeps_its_luma() -> None:
    photo = data.astronaut()
    grey = greyed(photo)
    assert (grey == grey[..., :1]).all()
    assert np.abs(luma(grey) - luma(photo)).max() <= 0.5 * 219 / 255 + 1e-9


def test_the_share_of_patches_without_colour(folder: Path) -> None:
    photos = load_photos(folder, 2, 16)
    recipe = replace(recipe_of("espcn", batch=8), patch=16)
    lr, hr = Batches(photos, replace(recipe, neutral=1.0))[0]
    for batch in (lr, hr):
        assert torch.equal(batch, batch[:, :1].expand_as(batch))
    counts = [
        (batch[:, 0] == batch[:, 1]).flatten(1).all(dim=1).sum().item()
        for batch, _ in (Batches(photos, replace(recipe, neutral=0.25))[k] for k in range(40))
    ]
    assert 40 < sum(counts) < 120  # of 320 patches, 80 expected


def test_a_share_of_none_draws_the_same_photos_as_before(folder: Path) -> None:
    photos, recipe = load_photos(folder, 2, 16), replace(recipe_of("espcn", batch=4), patch=16)
    rng = np.random.default_rng((recipe.seed, 7))
    lr, hr = photos.pair(int(rng.integers(len(photos))))
    y, x = (int(rng.integers(side - 15)) for side in lr.shape[:2])
    first = Batches(photos, recipe)[7][1][0].permute(1, 2, 0).numpy()
    place = hr[2 * y : 2 * y + 32, 2 * x : 2 * x + 32]
    assert np.array_equal(np.sort(first, axis=None), np.sort(place, axis=None))  # but for its turn


def test_the_small_picture_of_a_drawing_sees_beyond_its_rim() -> None:
    """RIM pixels are enough that the reduced middle does not depend on what is outside."""
    rng, scale = np.random.default_rng(0), 4
    hr = draw(rng, (16 + 2 * RIM) * scale, scale)
    beyond = np.pad(hr, [(40, 40), (40, 40), (0, 0)], constant_values=255)
    inside, wider = slice(RIM, RIM + 16), slice(RIM + 10, RIM + 26)
    assert np.array_equal(
        imresize(hr, 1 / 4)[inside, inside], imresize(beyond, 1 / 4)[wider, wider]
    )
