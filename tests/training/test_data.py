"""Photos and batches: what is decoded, held out, described and drawn."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from sr_demo.images import ImageError, save_png
from sr_demo.resize import imresize
from sr_demo.training import data
from tests.training.small_runs import recipe_of


def test_batches_are_a_function_of_seed_and_step(folder: Path) -> None:
    recipe = recipe_of("espcn")
    photos = data.load_photos(folder, 2, 12)
    batches, again = data.Batches(photos, recipe), data.Batches(photos, recipe)
    for lr, other in zip(batches[7], again[7], strict=True):
        assert torch.equal(lr, other)
    assert not torch.equal(batches[7][0], batches[8][0])
    assert not torch.equal(batches[7][0], data.Batches(photos, replace(recipe, seed=1))[7][0])


def test_two_processes_share_one_batch(folder: Path) -> None:
    recipe = recipe_of("espcn")
    photos = data.load_photos(folder, 2, 12)
    whole = data.Batches(photos, recipe)[3][1]
    halves = [data.Batches(photos, recipe, rank, 2)[3][1] for rank in (0, 1)]
    assert torch.equal(torch.stack(halves, dim=1).flatten(0, 1), whole)
    with pytest.raises(data.DataError, match="cannot be shared by 3"):
        data.Batches(photos, recipe, 0, 3)


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_lr_patches_are_degraded_hr_patches(folder: Path, scale: int) -> None:
    """Whatever the flip and the turn: LR and HR show the same place, the patch's rim apart."""
    photos = data.load_photos(folder, scale, 12)
    lr, hr = data.Batches(photos, recipe_of("espcn", batch=16))[0]
    for small, large in zip(lr, hr, strict=True):
        degraded = imresize(large.permute(1, 2, 0).numpy(), 1 / scale).astype(int)
        difference = np.abs(degraded - small.permute(1, 2, 0).numpy())[3:-3, 3:-3]
        assert difference.max() <= 1  # rounding, in another order of the axes


def test_the_data_is_described_by_its_folders(folder: Path) -> None:
    photos = data.load_photos(folder, 2, 12)
    assert data.describe(photos, folder) == "6 photos of photos (deeper 3)"


def test_photos_are_cached_outside_the_folder_and_skips_are_named(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = sorted(folder.rglob("*"))
    photos = data.load_photos(folder, 2, 12)
    assert len(photos) == 6
    assert sorted(s.split(":")[0] for s in photos.skipped) == ["broken.jpg", "tiny.png"]
    assert sorted(folder.rglob("*")) == before
    monkeypatch.setattr(data, "load_image", None)  # a second use must not decode again
    again = data.load_photos(folder, 2, 12)
    np.testing.assert_array_equal(again.pair(4)[1], photos.pair(4)[1])


def test_each_photo_counts_once_at_every_size(folder: Path, rng: np.random.Generator) -> None:
    save_png(folder / "5b.png", rng.integers(0, 256, (24, 30, 3), dtype=np.uint8))
    photos = data.load_photos(folder, 2, 12, (1.0, 0.6))
    assert len(photos) == 13  # 24 pixels are just enough, 14 are not
    assert data.describe(photos, folder) == "7 photos of photos (deeper 3), also reduced ×0.6"
    at = photos.names.index("2.png ×0.6")
    small, large = photos.pair(at)
    whole = imresize(photos.pair(at - 1)[1], 0.6)
    assert photos.names[at - 1] == "2.png"
    np.testing.assert_array_equal(large, whole[: large.shape[0], : large.shape[1]])
    np.testing.assert_array_equal(small, imresize(large, 1 / 2))


def test_nothing_of_a_held_out_photo_is_trained_on(folder: Path) -> None:
    photos = data.load_photos(folder, 2, 12, (1.0, 0.8, 0.6))
    kept, pairs = data.hold_out(photos, 2)
    assert len(pairs) == 3  # one photo of six
    held_out = photos.names[len(kept) :]
    assert {name.split(" ×")[0] for name in held_out}.isdisjoint(
        name.split(" ×")[0] for name in kept.names
    )


def test_validation_pairs_use_the_folders_own_lr(tmp_path: Path, photo: np.ndarray) -> None:
    for folder in ("x2/HR", "x2/LR", "x4/HR"):
        (tmp_path / "Set" / folder).mkdir(parents=True)
    for scale in (2, 4):
        save_png(tmp_path / f"Set/x{scale}/HR/a.png", photo)
    marked = np.full((60, 80, 3), 7, np.uint8)
    save_png(tmp_path / "Set/x2/LR/a.png", marked)
    (pair,), name = data.validation_pairs(tmp_path / "Set", 2)
    np.testing.assert_array_equal(pair[0], marked)
    assert name == "Set"
    (pair,), name = data.validation_pairs(tmp_path / "Set" / "x4", 4)
    np.testing.assert_array_equal(pair[0], imresize(photo, 1 / 4))
    assert name == "Set"
    save_png(tmp_path / "Set/x2/LR/a.png", photo)
    with pytest.raises(ImageError, match="is the scale right"):
        data.validation_pairs(tmp_path / "Set", 2)


def test_of_some_candidates_the_most_textured_is_taken(folder: Path) -> None:
    """The first place that is drawn is the same either way: the others follow it."""
    photos = data.load_photos(folder, 2, 12)
    chosen = data.Batches(photos, recipe_of("espcn", batch=16, candidates=3))
    assert torch.equal(chosen[5][1], chosen[5][1])
    plain = data.Batches(photos, recipe_of("espcn", batch=16))
    textures = [
        [data.texture(hr.permute(1, 2, 0).numpy()) for step in range(4) for hr in batches[step][1]]
        for batches in (plain, chosen)
    ]
    assert np.mean(textures[1]) > 1.05 * np.mean(textures[0])
    assert min(textures[1]) > min(textures[0])


def test_texture_is_the_mean_step_between_neighbours() -> None:
    ramp = np.zeros((5, 7, 3), np.uint8)
    ramp[..., 1] = 10 * np.arange(7)
    assert data.texture(ramp) == pytest.approx(5)
    assert data.texture(np.full((5, 7, 3), 200, np.uint8)) == 0
