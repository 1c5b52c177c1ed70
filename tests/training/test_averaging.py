"""The mean of several runs: a mean, as far from SRResNet as asked, and a card that says of what."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sr_demo.checkpoints import Card, load_network, read_card, save_network
from sr_demo.images import save_png
from sr_demo.networks import SRResNet
from sr_demo.storage import CheckpointError
from sr_demo.training import cli
from sr_demo.training.averaging import averaged
from tests.training.small_runs import write_vgg

SMALL = {"features": 4, "blocks": 1}


def network(seed: int) -> SRResNet:
    torch.manual_seed(seed)
    return SRResNet(2, **SMALL).eval().requires_grad_(False)


def flat(of: torch.nn.Module) -> np.ndarray:
    return torch.cat([weight.flatten() for weight in of.state_dict().values()]).double().numpy()


@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("alpha", [0, 0.7, 1, 1.2])
def test_all_runs_count_alike_and_alpha_says_how_far(count: int, alpha: float) -> None:
    start, ends = network(0), [network(seed) for seed in range(1, count + 1)]
    kept = [flat(end) for end in ends]
    expected = (1 - alpha) * flat(start) + alpha * np.mean(kept, axis=0)
    np.testing.assert_allclose(flat(averaged(start, ends, alpha)), expected, atol=1e-6)
    assert all((flat(end) == before).all() for end, before in zip(ends, kept, strict=True))


def test_networks_of_another_size_have_no_mean() -> None:
    with pytest.raises(CheckpointError, match="shape"):
        averaged(network(0), [network(1), SRResNet(2, features=8, blocks=1)])


@pytest.fixture
def home(tmp_path: Path, rng: np.random.Generator) -> Path:
    """Two runs of SRGAN ×2, their SRResNet, VGG-19, and a picture to validate on."""
    save_network(network(0), Card("srresnet", 2, SMALL, {}, "generated", 7), tmp_path / "out")
    for seed, mesh in (1, 20.0), (2, 40.0):
        recipe = {"loss": "l1", "seed": seed, "checkerboard": mesh}
        card = Card("srgan", 2, SMALL, recipe, "generated", 1000 * seed, hours=0.5)
        save_network(network(seed), card, tmp_path / f"run{seed}")
    (tmp_path / "val" / "HR").mkdir(parents=True)
    save_png(tmp_path / "val" / "HR" / "a.png", rng.integers(0, 256, (64, 64, 3), dtype=np.uint8))
    write_vgg(tmp_path / "vgg.safetensors")
    return tmp_path


def asked(home: Path, *runs: str, method: str = "srgan", start: str | None = None) -> int:
    line = ["average", method, *(str(home / run) for run in runs), "--scale=2", "--alpha=1.2"]
    line += [] if start is None else [f"--start={home / start}"]
    line += [f"--val={home / 'val'}", f"--vgg-weights={home / 'vgg.safetensors'}"]
    return cli.main({}, {}, [*line, f"--out={home / 'out'}"])


def test_the_card_says_what_it_is_the_mean_of(home: Path) -> None:
    assert asked(home, "run1", "run2") == 0
    card = read_card(home / "out" / "srgan_x2.safetensors")
    note = (
        "the mean of 2 runs (1000 steps with seed 1 and 2000 steps with seed 2, checkerboard 40.0)"
    )
    assert card.recipe["averaged"] == f"{note}, alpha 1.2"
    assert card.hours == 1
    assert {name.removeprefix("val ") for name in card.scores} >= {"PSNR-Y (dB)", "VGG distance"}
    mean = averaged(network(0), [network(1), network(2)], 1.2)
    np.testing.assert_allclose(flat(load_network("srgan", 2, home / "out")), flat(mean), atol=1e-6)


def test_a_folder_without_a_run_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert asked(home, "run1", "run3") == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("python -m train average: srgan_x2.safetensors is missing")
    assert not (home / "out" / "srgan_x2.safetensors").exists()


def test_a_folder_without_pictures_is_one_sentence(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (home / "val" / "HR" / "a.png").unlink()
    assert asked(home, "run1", "run2") == 2
    (line,) = capsys.readouterr().err.strip().splitlines()
    assert line.startswith("python -m train average: ")
    assert "val" in line


def test_real_srgan_is_averaged_from_its_own_pixels_and_scored_on_damage(home: Path) -> None:
    for seed, folder in (0, "pixels"), (1, "run1"), (2, "run2"):
        card = Card("real_srgan", 2, SMALL, {"loss": "l1", "seed": seed}, "generated", 1000)
        save_network(network(3 + seed), card, home / folder)
    assert asked(home, "run1", "run2", method="real_srgan", start="pixels") == 0
    mean = averaged(network(3), [network(4), network(5)], 1.2)
    written = load_network("real_srgan", 2, home / "out")
    np.testing.assert_allclose(flat(written), flat(mean), atol=1e-6)
    card = read_card(home / "out" / "real_srgan_x2.safetensors")
    assert card.scores
    assert all(name.startswith("val (medium) ") for name in card.scores)


def test_real_srgan_does_not_take_what_ships_for_what_it_began_as(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        asked(home, "run1", "run2", method="real_srgan")
    assert "real_srgan needs --start, the folder pixels/ of a run" in capsys.readouterr().err
