"""The README of the checkpoints says what their files say, and what the benchmark measures."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import save_file
from skimage import data

from sr_demo import benchmark
from sr_demo.checkpoints import SETTING, Card, load_network, save_network
from sr_demo.images import save_png
from sr_demo.networks import ESPCN, SRResNet
from sr_demo.resize import imresize
from sr_demo.training import curve, report
from sr_demo.training.validation import DISTANCE_LAYERS, vgg_distance
from sr_demo.training.vgg import VGG, read_weights
from tests.training.small_runs import write_vgg
from train.__main__ import main

GAN = {
    "method": "srresnet", "loss": "l1", "steps": 9000, "adversarial": 0.1, "pool": "max",
    "features": {"conv2_2": 1.0, "conv3_1": 0.5}, "vgg_weights": "vgg19_tiny.safetensors",
}  # fmt: skip


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Checkpoints of two tiny networks, untrained, named in place of those that are shipped."""
    home = tmp_path / "checkpoints"
    monkeypatch.setenv(SETTING, str(home))
    torch.manual_seed(0)
    espcn, scores = {"features": [4, 3]}, {"Set5 PSNR-Y (dB)": 30.125}
    recipe = {"method": "espcn", "loss": "mse", "steps": 5000, "learning_rate": 0.001}
    card = Card("espcn", 2, espcn, recipe, "7 photos of here", 4000, scores, "2026-01-02", 1.25)
    save_network(ESPCN(2, features=(4, 3)), card, home)
    small, scores = {"features": 4, "blocks": 1}, {"Set5 VGG distance": 1.5}
    card = Card("srresnet", 4, small, GAN, "8 photos", 6000, scores, "2026-01-03")
    save_network(SRResNet(4, **small), card, home)
    return home


@pytest.fixture
def testsets(tmp_path: Path) -> Path:
    """Set5 for every scale, BSD100 for ×4 alone, no Set14."""
    pictures = {"Set5/HR/a": data.astronaut(), "Set5/HR/b": data.chelsea(),
                "BSD100/x4/HR/c": data.coffee()}  # fmt: skip
    for name, pixels in pictures.items():
        path = tmp_path / "sets" / f"{name}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        save_png(path, np.ascontiguousarray(pixels[:128, :224]))
    return tmp_path / "sets"


def written(folder: Path, *arguments: str | Path) -> str:
    assert main(["report", *map(str, arguments)]) == 0
    return (folder / "README.md").read_text(encoding="utf-8")


def section(text: str, title: str) -> str:
    """What stands below the first heading that begins so, up to the next."""
    _, _, rest = text.partition(f"### {title}")
    assert rest
    return rest.partition("\n##")[0]


def cells(text: str) -> list[list[str]]:
    lines = [line for line in text.splitlines() if line.startswith("| ")]
    return [line.strip("| ").split(" | ") for line in lines]


def test_each_file_has_a_card_with_what_it_says_itself(folder: Path) -> None:
    text = written(folder)
    espcn = section(text, "`espcn_x2.safetensors`: ESPCN ×2")
    count = sum(p.numel() for p in load_network("espcn", 2, folder).parameters())
    for words in (
        f"`ESPCN(scale=2, features=[4, 3])`, {count} parameters",
        "7 photos of here",
        "4,000 steps of 5,000, 1.25 hours; 2026-01-02",
        "loss mse · learning rate 0.001",
        "Set5 PSNR-Y (dB) ↑ 30.125",
        "Apache-2.0",
        "invents no texture",
    ):
        assert words in espcn
    assert "VGG" not in espcn
    assert text.count("### `") == 2
    for words in ("forensics", "medicine", "identifying", "JPEG"):
        assert words in text.partition("## Limits of use")[2]


def test_an_adversarial_card_names_its_vgg_and_what_it_paints(folder: Path) -> None:
    card = section(written(folder), "`srresnet_x4.safetensors`")
    assert "hours not recorded" in card
    assert "features conv2_2 × 1.0, conv3_1 × 0.5 · pool max · vgg weights vgg19_tiny" in card
    assert "Paints plausible texture" in card


def test_without_test_sets_only_what_training_recorded_stands_in_the_tables(folder: Path) -> None:
    text = written(folder)
    head, _, *rows = cells(section(text, "×2"))
    assert head == ["Method", "Set5 PSNR-Y (dB) ↑"]
    assert rows == [["ESPCN", "30.125"]]
    assert cells(section(text, "×4"))[0] == ["Method", "Set5 VGG distance ↓"]
    assert "### ×3" not in text
    assert "Bicubic" not in text


def test_measured_rows_are_the_benchmarks(
    folder: Path, testsets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = written(folder, "--data", testsets)
    head, rule, *rows = cells(section(text, "×4"))
    assert [name[-1] for name in head[2:]] == ["↑", "↑", "↑", "↓", "↓", "↓", "↓"]
    assert len(rule) == len(head)
    expected = [[s, m] for s in ("Set5", "BSD100") for m in ("Bicubic", "SRResNet", "Original")]
    assert [row[:2] for row in rows] == expected
    pairs = benchmark.find_pairs(testsets / "Set5", 4)
    bicubic, _, original = benchmark.means(list(benchmark.run(pairs, 4)))
    assert rows[0][2] == f"{bicubic.scores.psnr:.2f}"
    assert rows[0][5] == f"{bicubic.scores.niqe:.2f}"
    assert rows[2][2:5] == ["—"] * 3
    assert rows[2][5:8] == [f"{original.scores.niqe:.2f}", f"{original.mesh:.2f}", "—"]
    assert "Pictures: Set5: 2, BSD100: 1." in text
    assert [row[0] for row in cells(section(text, "×2"))[2:]] == ["Set5"] * 3
    means = json.loads((folder / "testset_means.json").read_text(encoding="utf-8"))
    dot = means["4"]["BSD100"]["srresnet"]
    assert f"{dot['psnr']:.2f}" == rows[4][2]
    assert f"{dot['niqe']:.2f}" == rows[4][5]
    said = capsys.readouterr().err
    assert "without Set14 ×2" in said
    assert "without BSD100 ×2" in said


def test_with_vgg_its_distance_stands_in_the_last_column(
    folder: Path, testsets: Path, tmp_path: Path
) -> None:
    file = write_vgg(tmp_path / "vgg.safetensors")
    text = written(folder, "--data", testsets, "--vgg-weights", file)
    head, _, *rows = cells(section(text, "×4"))
    assert head[-1] == "VGG distance ↓"
    features = VGG(DISTANCE_LAYERS, read_weights(file))
    ((path, _),) = benchmark.find_pairs(testsets / "BSD100", 4)
    original, lr = benchmark.load_pair(path, None, 4)
    expected = vgg_distance(features, imresize(lr, 4), original)
    assert [row[-1] for row in rows if row[0] == "BSD100"][0::2] == [f"{expected:.3f}", "—"]


def test_the_same_files_give_the_same_text(folder: Path, testsets: Path) -> None:
    assert written(folder, "--data", testsets) == written(folder, "--data", testsets)


def test_niqes_statistics_have_a_card_too(folder: Path) -> None:
    card = {"method": "niqe", "what": "mean and covariance", "data": "9 photos of here",
            "blocks": 1234, "date": "2026-01-04", "format": 1}  # fmt: skip
    arrays = {"mean": np.zeros(36), "covariance": np.eye(36)}
    metadata = {key: json.dumps(value) for key, value in card.items()}
    save_file(arrays, folder / "niqe.safetensors", metadata)
    assert "9 photos of here, 1,234 blocks; 2026-01-04" in section(written(folder), "`niqe.")


def test_mistakes_get_one_line_and_change_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = written(folder)
    capsys.readouterr()
    assert report.main(["--data", str(tmp_path / "nowhere")]) == 2
    assert "holds none of Set5, Set14, BSD100" in capsys.readouterr().err.splitlines()[-1]
    (folder / "espcn_x2.safetensors").write_bytes(b"x")
    assert report.main([]) == 2
    assert "espcn_x2.safetensors is damaged" in capsys.readouterr().err
    assert (folder / "README.md").read_text(encoding="utf-8") == before
    for path in folder.glob("*.safetensors"):
        path.unlink()
    assert report.main([]) == 2
    assert "no checkpoints" in capsys.readouterr().err


def test_the_curve_of_a_run_is_drawn_where_there_is_one(folder: Path) -> None:
    assert "curves.svg" not in written(folder)
    run = folder / "run" / curve.NAME
    for step, score in ((500, 25.15), (1000, 25.144)):
        curve.add(run, step, {"PSNR-Y (dB)": score})
    curve.ship(run, folder / "espcn_x2.safetensors")
    assert "](curves.svg)" in written(folder)
    drawing = (folder / "curves.svg").read_text(encoding="utf-8")
    assert "ESPCN ×2" in drawing
    assert "PSNR-Y (dB) ↑" in drawing
    assert "SRResNet" not in drawing
    assert ">25.144<" in drawing, "a tick says the score, not how far it is above +2.514e1"
    written(folder)
    assert (folder / "curves.svg").read_text(encoding="utf-8") == drawing
