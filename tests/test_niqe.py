"""NIQE is the paper's, feature by feature, and obeys the laws that make it worth showing."""

import io
import json
import math
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open
from safetensors.numpy import load_file, save_file
from scipy.ndimage import gaussian_filter
from scipy.optimize import brentq
from scipy.special import gamma, gammaincinv
from skimage import data

from sr_demo.benchmark import find_pairs, load_pair
from sr_demo.images import save_png
from sr_demo.metrics import niqe as room
from sr_demo.metrics.niqe import (
    Statistics,
    block_features,
    distance,
    fit_aggd,
    niqe,
    read_statistics,
)
from sr_demo.resize import imresize
from sr_demo.storage import CheckpointError
from sr_demo.training import niqe_statistics as training
from sr_demo.training.data import DataError
from tests.helpers import present

PHOTOS = {name: getattr(data, name)() for name in ("astronaut", "chelsea", "coffee", "rocket")}

# --- laws -----------------------------------------------------------------------------------------


def blurred(image: np.ndarray, sigma: float) -> np.ndarray:
    return np.rint(gaussian_filter(image.astype(float), (sigma, sigma, 0))).astype(np.uint8)


def noisy(image: np.ndarray, sigma: float) -> np.ndarray:
    grain = np.random.default_rng(0).normal(0, sigma, image.shape)
    return np.rint(image + grain).clip(0, 255).astype(np.uint8)


def compressed(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


@pytest.mark.parametrize("photo", PHOTOS.values(), ids=PHOTOS.keys())
@pytest.mark.parametrize(
    ("spoil", "strengths"),
    [(blurred, (1, 1.5, 2, 3)), (noisy, (6, 12, 25, 50)), (compressed, (70, 50, 30, 15, 8))],
)
def test_the_photo_scores_lowest_and_the_more_it_is_spoilt_the_higher(
    photo: np.ndarray,
    spoil: Callable[[np.ndarray, float], np.ndarray],
    strengths: tuple[float, ...],
) -> None:
    scores = [present(niqe(p)) for p in (photo, *(spoil(photo, s) for s in strengths))]
    assert scores == sorted(set(scores))


def test_what_bicubic_restores_is_less_natural_than_the_original() -> None:
    for photo in PHOTOS.values():
        enlarged = imresize(imresize(photo, 1 / 4), 4)
        assert present(niqe(enlarged)) > 1.5 * present(niqe(photo))


# --- what cannot be measured ----------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(95, 400), (400, 95), (1, 1), (96, 96), (191, 191)])
def test_less_than_two_blocks_have_no_score(shape: tuple[int, int]) -> None:
    assert niqe(data.astronaut()[: shape[0], : shape[1]]) is None


def test_two_blocks_have_one() -> None:
    assert present(niqe(data.astronaut()[:96, :192])) > 0


def test_a_flat_picture_has_no_score() -> None:
    for level in (0, 77, 255):
        assert niqe(np.full((300, 300, 3), level, np.uint8)) is None


def test_flat_blocks_are_left_out_and_the_others_count() -> None:
    photo = np.ascontiguousarray(data.astronaut()[:192, :384])
    photo[:, 192:] = 30, 140, 200
    features, sharpness = block_features(photo)
    assert features.shape == (8, 36)
    assert np.isnan(features[[3, 7]]).any(axis=1).all()  # no window reaches into the photo
    assert sharpness[[3, 7]] == pytest.approx(0, abs=1e-4)
    assert math.isfinite(present(niqe(photo)))


def test_brightness_has_no_part_even_where_a_block_is_half_flat() -> None:
    dark = data.astronaut()[:96, :192] // 2
    dark[:, 40:80] = 90
    expected = block_features(dark)[0]
    for lift in (7, 50, 101):
        assert block_features(dark + np.uint8(lift))[0] == pytest.approx(expected, abs=1e-6)


def test_the_rest_beyond_whole_blocks_is_not_seen() -> None:
    photo = data.chelsea()  # 300 × 451
    assert niqe(photo) == niqe(photo[:288, :384])


@pytest.mark.parametrize("picture", [np.zeros((200, 200), np.uint8), np.zeros((200, 200, 3))])
def test_only_8_bit_rgb_is_taken(picture: np.ndarray) -> None:
    with pytest.raises(ValueError, match="uint8"):
        niqe(picture)


# --- the features, derived again ------------------------------------------------------------------


def aggd_by_root_finding(values: list[float]) -> tuple[float, float, float]:
    """Solve the moment equation of Lasmar et al. for the shape."""
    left = math.sqrt(np.mean([v * v for v in values if v < 0]))
    right = math.sqrt(np.mean([v * v for v in values if v > 0]))
    g = left / right
    r = np.mean(np.abs(values)) ** 2 / np.mean(np.square(values))
    r *= (g**3 + 1) * (g + 1) / (g * g + 1) ** 2
    shape = brentq(lambda a: gamma(2 / a) ** 2 / (gamma(1 / a) * gamma(3 / a)) - r, 0.2, 10)
    unit = math.sqrt(gamma(1 / shape) / gamma(3 / shape))
    return shape, left * unit, right * unit


def features_by_hand(grey: np.ndarray, top: int, left: int, size: int) -> tuple[list[float], float]:
    """The 18 features and the sharpness of one block, pixel by pixel."""
    height, width = grey.shape
    window = {
        (i, j): math.exp(-(i * i + j * j) / (2 * (7 / 6) ** 2))
        for i in range(-3, 4)
        for j in range(-3, 4)
    }
    total = sum(window.values())
    block, deviations = {}, []
    for y in range(size):
        for x in range(size):
            around = [
                (weight / total, grey[min(max(top + y + i, 0), height - 1)]
                                     [min(max(left + x + j, 0), width - 1)])
                for (i, j), weight in window.items()
            ]  # fmt: skip
            mean = sum(weight * value for weight, value in around)
            variance = sum(weight * (value - mean) ** 2 for weight, value in around)
            deviations.append(math.sqrt(variance))
            block[y, x] = (grey[top + y, left + x] - mean) / (math.sqrt(variance) + 1)
    shape, low, high = aggd_by_root_finding(list(block.values()))
    features = [shape, (low + high) / 2]
    for dy, dx in ((0, 1), (1, 0), (1, 1), (1, -1)):
        products = [v * block[(y - dy) % size, (x - dx) % size] for (y, x), v in block.items()]
        shape, low, high = aggd_by_root_finding(products)
        features += [shape, (high - low) * gamma(2 / shape) / gamma(1 / shape), low, high]
    return features, float(np.mean(deviations))


@pytest.mark.parametrize("block", [0, 2])
def test_the_features_of_a_block_are_those_of_the_paper(block: int) -> None:
    picture = data.astronaut()[20:220, 100:310]  # 2 × 2 blocks, and some pixels to spare
    grey = picture[:192, :192] @ np.array([0.299, 0.587, 0.114])
    top, left = divmod(block, 2)
    fine, sharpness = features_by_hand(grey, top * 96, left * 96, 96)
    coarse, _ = features_by_hand(imresize(grey, 0.5), top * 48, left * 48, 48)
    features, sharpnesses = block_features(picture)
    assert features.shape == (4, 36)
    assert features[block] == pytest.approx(fine + coarse, abs=1e-5)
    assert sharpnesses[block] == pytest.approx(sharpness, abs=1e-6)


@pytest.mark.parametrize("shape", [0.5, 1, 2, 5])
@pytest.mark.parametrize(("left", "right"), [(1, 1), (0.3, 2), (40, 10)])
def test_the_fit_recovers_what_was_drawn(shape: float, left: float, right: int) -> None:
    """Evenly spaced quantiles stand for a sample: each side holds its scale's share of them."""
    sides = []
    for scale in (left, right):
        count = round(200_000 * scale / (left + right))
        quantiles = (np.arange(count) + 0.5) / count
        sides.append(scale * gammaincinv(1 / shape, quantiles) ** (1 / shape))
    sample = np.concatenate([-sides[0], sides[1]])[None]
    assert np.concatenate(fit_aggd(sample)) == pytest.approx([shape, left, right], rel=0.01)


def test_the_fit_scales_with_the_values_and_mirrors_with_them(rng: np.random.Generator) -> None:
    values = rng.normal(0.2, 1, (3, 1000)) ** 3
    shape, left, right = fit_aggd(values)
    assert np.stack(fit_aggd(5 * values)) == pytest.approx(np.stack([shape, 5 * left, 5 * right]))
    assert np.stack(fit_aggd(-values)) == pytest.approx(np.stack([shape, right, left]))


# --- the distance ---------------------------------------------------------------------------------


@pytest.fixture
def pair(rng: np.random.Generator) -> tuple[Statistics, Statistics]:
    a, b = rng.normal(size=(2, 100, 36)) @ rng.normal(size=(36, 36))
    return present(room.statistics(a)), present(room.statistics(b + 1))


def test_equal_statistics_are_no_distance_apart_and_both_ways_are_equal(
    pair: tuple[Statistics, Statistics],
) -> None:
    assert distance(pair[0], pair[0]) == 0
    assert distance(*pair) == pytest.approx(distance(*pair[::-1]))


def test_round_clouds_are_apart_by_their_means_over_their_width() -> None:
    a = Statistics(np.zeros(36), 3 * np.eye(36))
    b = Statistics(np.array([6.0, 8.0] + [0.0] * 34), 5 * np.eye(36))
    assert distance(a, b) == pytest.approx(10 / math.sqrt((3 + 5) / 2))


def test_the_features_units_do_not_matter(
    pair: tuple[Statistics, Statistics], rng: np.random.Generator
) -> None:
    change = rng.normal(size=(36, 36))
    other = [Statistics(change @ s.mean, change @ s.covariance @ change.T) for s in pair]
    assert distance(*other) == pytest.approx(distance(*pair), rel=1e-6)


# --- the file -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def fitted(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A folder of 16 photos and two that are none, and what was fitted on them."""
    folder = tmp_path_factory.mktemp("niqe")
    (folder / "photos").mkdir()
    for name, photo in PHOTOS.items():
        for turns in range(4):
            save_png(folder / "photos" / f"{name}_{turns}.png", np.rot90(photo, turns))
    save_png(folder / "photos" / "tiny.png", PHOTOS["coffee"][:95])
    (folder / "photos" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    return folder / "photos", training.fit([folder / "photos"], folder / "niqe.safetensors")


def test_a_fit_says_what_it_was_made_of(fitted: tuple[Path, Path]) -> None:
    folder, path = fitted
    with safe_open(path, "np") as file:
        card = {key: json.loads(value) for key, value in file.metadata().items()}
    blocks = np.concatenate([training.sharp_blocks(p) for p in sorted(folder.iterdir())])
    assert card["data"] == "16 photos of photos"
    assert (card["photos"], card["blocks"]) == (16, len(blocks))
    assert card["date"]
    pristine = read_statistics(path)
    assert pristine.mean == pytest.approx(blocks.mean(axis=0))
    assert pristine.covariance == pytest.approx(np.cov(blocks.T))


def test_photos_that_cannot_be_used_are_named(
    fitted: tuple[Path, Path], capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(training.sharp_blocks(fitted[0] / "tiny.png")) == 0
    assert len(training.sharp_blocks(fitted[0] / "broken.png")) == 0
    complaints = capsys.readouterr().err.splitlines()
    assert [line.split(":")[0] for line in complaints] == ["skipped tiny.png", "skipped broken.png"]


def test_only_blocks_near_the_sharpest_are_pristine(tmp_path: Path) -> None:
    photo = np.tile(data.chelsea()[100:196, 100:196], (4, 4, 1))
    photo[192:] = blurred(photo[192:], 2)
    save_png(tmp_path / "half.png", photo)
    assert np.array_equal(
        training.sharp_blocks(tmp_path / "half.png"), block_features(photo)[0][:8]
    )


def test_a_failed_write_keeps_the_old_file(
    fitted: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "niqe.safetensors"
    path.write_bytes(b"as it was")

    def fail(*_: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    features, _ = block_features(PHOTOS["coffee"])  # what they are is of no matter here
    monkeypatch.setattr(training, "sharp_blocks", lambda _path: features)
    with pytest.raises(OSError, match="disk full"):
        training.fit([fitted[0]], path)
    assert [p.read_bytes() for p in tmp_path.iterdir()] == [b"as it was"]


def test_the_command_fits_several_folders_and_says_when_there_is_too_little(
    fitted: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "few").mkdir()
    save_png(tmp_path / "few" / "cat.png", PHOTOS["chelsea"])
    out = tmp_path / "niqe.safetensors"
    assert training.main(["--data", str(tmp_path / "few"), "--out", str(out)]) == 2
    assert "too few" in capsys.readouterr().err
    assert training.main(["--data", str(tmp_path / "none"), "--out", str(out)]) == 2
    assert "not a folder" in capsys.readouterr().err
    assert not out.exists()
    both = [str(tmp_path / "few"), str(fitted[0])]
    assert training.main(["--data", *both, "--out", str(out)]) == 0
    with safe_open(out, "np") as file:
        assert json.loads(file.metadata()["photos"]) == 17
    with pytest.raises(DataError):
        training.fit([tmp_path / "few"], out)


def complaint(path: Path) -> str:
    with pytest.raises(CheckpointError) as raised:
        read_statistics(path)
    assert path.name in str(raised.value)
    assert "python -m train niqe --data DIR" in str(raised.value)
    return str(raised.value)


def test_a_missing_truncated_or_foreign_file_is_refused(
    fitted: tuple[Path, Path], tmp_path: Path
) -> None:
    path = tmp_path / "niqe.safetensors"
    assert "is missing" in complaint(path)
    path.write_bytes(fitted[1].read_bytes()[:-8])
    assert "damaged" in complaint(path)
    save_file(load_file(fitted[1]), path)
    assert "not written by this project" in complaint(path)


def test_a_pickle_is_refused_unopened(tmp_path: Path) -> None:
    opened = tmp_path / "opened"

    class Bomb:
        def __reduce__(self) -> tuple[object, tuple[str, str]]:
            return open, (str(opened), "w")

    (tmp_path / "niqe.safetensors").write_bytes(pickle.dumps(Bomb()))
    assert "damaged" in complaint(tmp_path / "niqe.safetensors")
    assert not opened.exists()


@pytest.mark.parametrize(
    "spoil",
    [
        lambda a: {"mean": a["mean"]},
        lambda a: {**a, "more": a["mean"]},
        lambda a: {**a, "mean": a["mean"][:-1]},
        lambda a: {**a, "mean": a["mean"].astype(np.float32)},
    ],
)
def test_other_contents_are_refused(
    fitted: tuple[Path, Path],
    tmp_path: Path,
    spoil: Callable[[dict[str, np.ndarray]], dict[str, np.ndarray]],
) -> None:
    path = tmp_path / "niqe.safetensors"
    save_file(spoil(load_file(fitted[1])), path, {"method": '"niqe"', "format": "1"})
    assert "does not hold" in complaint(path)


def test_numbers_that_are_none_are_refused(fitted: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "niqe.safetensors"
    spoilt = {name: values * math.nan for name, values in load_file(fitted[1]).items()}
    save_file(spoilt, path, {"method": '"niqe"', "format": "1"})
    assert "numbers that are infinite or none" in complaint(path)


def test_a_newer_format_is_refused(fitted: tuple[Path, Path], tmp_path: Path) -> None:
    path = tmp_path / "niqe.safetensors"
    save_file(load_file(fitted[1]), path, {"method": '"niqe"', "format": "99"})
    assert "has format 99" in complaint(path)


def test_a_new_file_is_read_at_once(
    fitted: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "PATH", tmp_path / "niqe.safetensors")
    with pytest.raises(CheckpointError, match="missing"):
        niqe(PHOTOS["coffee"])
    room.PATH.write_bytes(fitted[1].read_bytes())
    assert niqe(PHOTOS["coffee"]) == niqe(PHOTOS["coffee"], read_statistics(fitted[1]))


def test_the_shipped_file_says_where_it_comes_from() -> None:
    pristine = read_statistics(room.PATH)
    assert np.linalg.eigvalsh(pristine.covariance).min() > 0
    with safe_open(room.PATH, "np") as file:
        card = {key: json.loads(value) for key, value in file.metadata().items()}
    assert card["blocks"] > 36
    assert card["data"]
    assert card["date"]


def test_originals_are_more_natural_than_bicubic_on_set14(data_dir: Path) -> None:
    originals, enlarged = [], []
    for pair in find_pairs(data_dir / "test" / "Set14", 4):
        original, lr = load_pair(*pair, 4)
        originals.append(present(niqe(original)))
        enlarged.append(present(niqe(imresize(lr, 4))))
    assert np.mean(originals) < np.mean(enlarged) / 1.5  # published: 4.9 and 7.6
