"""`benchmark` on the command line: means, pictures, and what does not fit."""

import csv
import json
import math
from pathlib import Path

import numpy as np
import pytest
from skimage.data import astronaut

from sr_demo import benchmark
from sr_demo.comparison import compare
from sr_demo.images import save_png
from sr_demo.metrics import niqe as niqe_module
from sr_demo.metrics.artifacts import colour_shift, mesh, spectrum_distance
from sr_demo.metrics.niqe import niqe
from sr_demo.metrics.scores import Scores, score
from sr_demo.resize import imresize
from tests.helpers import present
from tests.test_cli import refused, run


@pytest.fixture
def dataset(photo: np.ndarray, tmp_path: Path) -> Path:
    """Two sharp pictures, one of a size that 4 does not divide."""
    (tmp_path / "set" / "HR").mkdir(parents=True)
    save_png(tmp_path / "set" / "HR" / "a.png", photo)
    save_png(tmp_path / "set" / "HR" / "b.png", photo[:83, :97])
    (tmp_path / "set" / "HR" / "readme.txt").write_text("not a picture, and no matter")
    return tmp_path / "set"


def test_benchmark_reports_means_as_json_and_pictures_as_csv(
    dataset: Path, photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = "--json", tmp_path / "means.json", "--csv", tmp_path / "all.csv"
    run("benchmark", dataset, "--scale", 4, "--methods", "bicubic", *files)
    expected = [compare(p, 4, ["bicubic"]).results[0].scores for p in (photo, photo[:83, :97])]
    report = json.loads((tmp_path / "means.json").read_text())
    assert (report["scale"], report["images"]) == (4, 2)
    means = report["methods"]["bicubic"]
    assert list(means) == list(benchmark.SCORES)
    for key in ("psnr", "ssim", "lr_psnr"):
        assert means[key] == pytest.approx(np.mean([getattr(s, key) for s in expected]))
    assert means["seconds"] > 0
    with (tmp_path / "all.csv").open() as file:
        rows = list(csv.DictReader(file))
    every = [(image, method) for image in "ab" for method in ("bicubic", "original")]
    assert [(row["image"], row["method"]) for row in rows] == every
    assert [float(row["psnr"]) for row in rows[::2]] == pytest.approx([s.psnr for s in expected])
    assert "mean of 2 pictures" in capsys.readouterr().out


@pytest.fixture
def large(tmp_path: Path) -> tuple[Path, np.ndarray]:
    """A test set of one picture that has room for four blocks of NIQE; and that picture."""
    (tmp_path / "large" / "HR").mkdir(parents=True)
    original = np.ascontiguousarray(astronaut()[:200, :200])
    save_png(tmp_path / "large" / "HR" / "a.png", original)
    return tmp_path / "large", original


def test_benchmark_measures_naturalness_and_artifacts(
    large: tuple[Path, np.ndarray], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder, original = large
    run("benchmark", folder, "--methods", "bicubic", "--json", tmp_path / "means.json")
    report = json.loads((tmp_path / "means.json").read_text())
    lr = imresize(original, 1 / 4)
    enlarged = imresize(lr, 4)
    means = report["methods"]["bicubic"]
    assert means["niqe"] == pytest.approx(niqe(enlarged))
    assert means["mesh"] == pytest.approx(present(mesh(enlarged)).percentile)
    assert means["spectrum_distance"] == pytest.approx(spectrum_distance(enlarged, original))
    assert means["colour_shift"] == pytest.approx(colour_shift(enlarged, lr))
    expected = {"niqe": niqe(original), "mesh": present(mesh(original)).percentile}
    assert report["original"] == pytest.approx(expected)
    assert list(report["methods"]) == ["bicubic"]
    header, bicubic, own = (line.split() for line in capsys.readouterr().out.splitlines()[-3:])
    assert header[5:9] == ["LR-PSNR", "↑", "NIQE", "↓"]
    assert f"{means['niqe']:.2f}" in bicubic
    assert f"{expected['niqe']:.2f}" in own


def test_benchmark_without_the_photos_statistics_says_so_and_goes_on(
    large: tuple[Path, np.ndarray],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(niqe_module, "PATH", tmp_path / "niqe.safetensors")
    run("benchmark", large[0], "--methods", "bicubic", "--json", tmp_path / "means.json")
    report = json.loads((tmp_path / "means.json").read_text())
    assert report["methods"]["bicubic"]["niqe"] is report["original"]["niqe"] is None
    assert report["methods"]["bicubic"]["psnr"] > 20
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("without NIQE: niqe.safetensors is missing")
    assert "python -m train niqe --data DIR" in line


@pytest.mark.parametrize("suffix", ["", "x2"])
@pytest.mark.parametrize("per_scale", [False, True])
def test_benchmark_takes_the_lr_files_as_they_are(
    photo: np.ndarray, tmp_path: Path, suffix: str, per_scale: bool
) -> None:
    root = tmp_path / "set" / "x2" if per_scale else tmp_path / "set"
    for side in ("HR", "LR"):
        (root / side).mkdir(parents=True)
    given = 255 - imresize(photo, 1 / 2)
    save_png(root / "HR" / "a.png", photo)
    save_png(root / "LR" / f"a{suffix}.png", given)
    run("benchmark", tmp_path / "set", "--scale", 2, "--methods", "bicubic",
        "--json", tmp_path / "means.json")  # fmt: skip
    expected = score(imresize(given, 2), original=photo, lr=given, scale=2)
    means = json.loads((tmp_path / "means.json").read_text())["methods"]["bicubic"]
    assert means["psnr"] == pytest.approx(expected.psnr)
    assert means["lr_psnr"] == pytest.approx(expected.lr_psnr)


def test_identical_pictures_stay_valid_json(tmp_path: Path) -> None:
    (tmp_path / "HR").mkdir()
    save_png(tmp_path / "HR" / "flat.png", np.full((60, 60, 3), 77, np.uint8))
    files = "--json", tmp_path / "means.json", "--csv", tmp_path / "all.csv"
    run("benchmark", tmp_path, "--methods", "bicubic", *files)

    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    means = json.loads((tmp_path / "means.json").read_text(), parse_constant=refuse)
    bicubic = means["methods"]["bicubic"]
    assert bicubic["psnr"] is None
    assert bicubic["infinite"] == ["psnr", "lr_psnr"]
    assert bicubic["ssim"] == pytest.approx(1)
    with (tmp_path / "all.csv").open() as file:
        assert float(next(csv.DictReader(file))["psnr"]) == math.inf


def test_what_was_not_measured_does_not_enter_the_mean() -> None:
    rows = [
        benchmark.Row("a", "bicubic", Scores(30.0, None, 40.0), 1.0),
        benchmark.Row("b", "bicubic", Scores(20.0, None, 50.0), 3.0),
        benchmark.Row("b", "srcnn", Scores(None, 0.5, math.inf), 3.0),
    ]
    assert benchmark.means(rows) == [
        benchmark.Row("mean", "bicubic", Scores(25.0, None, 45.0), 2.0),
        benchmark.Row("mean", "srcnn", Scores(None, 0.5, math.inf), 3.0),
    ]


def test_benchmark_on_set5_prints_the_published_bicubic(data_dir: Path, tmp_path: Path) -> None:
    run("benchmark", data_dir / "test" / "Set5" / "x4", "--scale", 4, "--methods", "bicubic",
        "--json", tmp_path / "set5.json")  # fmt: skip
    report = json.loads((tmp_path / "set5.json").read_text())
    assert report["images"] == 5
    assert report["methods"]["bicubic"]["psnr"] == pytest.approx(28.42, abs=0.03)


def test_benchmark_names_what_does_not_fit(
    dataset: Path, photo: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "benchmark", dataset, "--methods", "bicubic", "--scale", 4
    (dataset / "LR").mkdir()
    save_png(dataset / "LR" / "a.png", imresize(photo, 1 / 4))
    assert "HR/b.png" in refused(capsys, *command)
    save_png(dataset / "LR" / "b.png", imresize(photo, 1 / 2))
    assert "is the scale right?" in refused(capsys, *command)
    (dataset / "LR" / "b.png").write_text("no picture")
    assert "b.png is a text file" in refused(capsys, *command)


def test_benchmark_needs_pictures_of_some_size(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "HR").mkdir()
    assert "holds no pictures" in refused(capsys, "benchmark", tmp_path)
    save_png(tmp_path / "HR" / "dot.png", np.zeros((3, 3, 3), np.uint8))
    line = refused(capsys, "benchmark", tmp_path, "--methods", "bicubic")
    assert "dot.png is too small" in line
