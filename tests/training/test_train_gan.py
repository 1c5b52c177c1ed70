"""SRGAN's training as a whole: many processes, kills and resumes."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate.state import PartialState
from PIL import Image
from safetensors.torch import load_file

from sr_demo.checkpoints import load_network, read_card
from sr_demo.networks import RRDBNet, SRResNet
from sr_demo.training.degradations import Degradations
from sr_demo.training.discriminator import Discriminator
from sr_demo.training.recipe import AdversarialRecipe, Recipe
from tests.helpers import present
from tests.training import small_runs
from tests.training.small_runs import (
    adversarial_recipe,
    logged,
    recipe_of,
    trained,
    weights_of,
    write_vgg,
)

TERMS = (  # of L_G, weighted by the recipe
    "spectrum", "texture", "adversarial", "perceptual", "low_pass", "content", "checkerboard",
)  # fmt: skip


def main(arguments: list[str], *changed: Recipe) -> int:
    return small_runs.main(arguments, *changed, steps=6)


def command(folder: Path, home: Path, *more: str) -> list[str]:
    """The command line of a small SRGAN run; its SRResNet and VGG are written if need be."""
    home.mkdir(exist_ok=True)
    small_runs.write_srresnet(home / "out")
    file = write_vgg(home / "vgg.safetensors")
    return ["srgan", "--scale", "2", "--data", str(folder), "--runs", str(home / "runs"),
            "--out", str(home / "out"), "--workers", "0", "--vgg-weights", str(file),
            *more]  # fmt: skip


def script(
    arguments: list[str], *launcher: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run tests/small_runs.py, which is `python -m train` with small recipes."""
    place = Path(small_runs.__file__)
    paths = os.pathsep.join([str(place.parent.parent.parent), str(place.parent)])
    extra = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", **environment}
    line = [sys.executable, *launcher, str(place), *arguments]
    return subprocess.run(line, env={**os.environ, **extra}, capture_output=True, text=True)


def test_the_command_makes_a_generator_that_loads(
    small: None, folder: Path, tmp_path: Path
) -> None:
    assert main(command(folder, tmp_path / "home")) == 0
    home = tmp_path / "home"
    card = read_card(home / "out" / "srgan_x2.safetensors")
    assert (card.method, card.scale, card.arguments) == ("srgan", 2, {"features": 4, "blocks": 1})
    assert card.recipe["vgg_weights"] == "vgg.safetensors"
    assert card.recipe["start"] == "SRResNet ×2 of 7 steps"
    assert {name.removeprefix("held-out photos ") for name in card.scores} == {
        "PSNR-Y (dB)", "LR-PSNR (dB)", "VGG distance", "spectrum distance", "mesh (mean)",
        "mesh (90 %)",
    }  # fmt: skip
    ours, start = (load_network(name, 2, home / "out") for name in ("srgan", "srresnet"))
    assert any(
        not torch.equal(a, b) for a, b in zip(ours.parameters(), start.parameters(), strict=True)
    )

    curves = logged(home / "runs" / "srgan_x2")
    recipe = recipe_of("srgan")
    for name in ("loss", *TERMS, "discriminator", "learning rate", "right on pairs"):
        assert list(curves[name]) == [1, 2, 3, 4, 5, 6]
    assert list(curves["validation/PSNR-Y (dB)"]) == [4, 6]
    crops = small_runs.events(home / "runs" / "srgan_x2").Images("bicubic | now | original")
    assert [crop.step for crop in crops] == [4, 6]
    for step, loss in curves["loss"].items():
        terms = [curves[name][step] for name in TERMS]
        weighted = np.dot([getattr(recipe, name) for name in TERMS], terms)
        assert loss == pytest.approx(weighted, rel=1e-5)


def test_pretraining_on_pixels_comes_first_and_once(
    small: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home, real = tmp_path / "home", Degradations()
    shipped, whenever_parted = home / "out" / "srgan_x2.safetensors", list[bool]()
    monkeypatch.setattr(
        PartialState, "destroy_process_group", lambda *_: whenever_parted.append(shipped.exists())
    )
    pixels = replace(recipe_of("srresnet", steps=4), method="srgan", degradations=real)
    recipe = adversarial_recipe(steps=6, degradations=real, pretraining=pixels)
    assert main(command(folder, home), recipe) == 0
    assert whenever_parted == [True]  # the processes of both stages are the same
    first = home / "runs" / "srgan_x2" / "pixels" / "srgan_x2.safetensors"
    assert read_card(first).recipe["start"] == "SRResNet ×2 of 7 steps"
    card = read_card(shipped)
    assert card.recipe["start"] == "SRGAN ×2 of 4 steps"
    assert all(name.startswith("held-out photos (medium) ") for name in card.scores)

    written = first.stat().st_mtime_ns
    assert main(command(folder, home), replace(recipe, steps=8)) == 0
    assert first.stat().st_mtime_ns == written
    assert list(logged(home / "runs" / "srgan_x2")["loss"]) == [*range(1, 9)]


def test_esrgan_begins_at_random_on_pixels_and_ships_what_lies_between(
    small: None, folder: Path, tmp_path: Path
) -> None:
    home, size = tmp_path / "home", {"features": 4, "blocks": 1, "growth": 4}
    recipe = recipe_of("esrgan", features={"conv3_1": 1.0}, steps=6)
    assert isinstance(recipe, AdversarialRecipe)
    short = {"steps": 4, "batch": 4, "patch": 12, "warmup": 1, "arguments": size}
    pixels: Any = {**asdict(present(recipe.pretraining)), **short}
    recipe = replace(recipe, pretraining=Recipe(**pixels))
    line = ["esrgan", *command(folder, home)[1:]]
    (home / "out" / "srresnet_x2.safetensors").unlink()  # which it does not need
    assert main(line, recipe) == 0
    network = load_network("esrgan", 2, home / "out")
    first = load_network("esrgan", 2, home / "runs" / "esrgan_x2" / "pixels")
    assert isinstance(network, RRDBNet)
    assert any(
        not torch.equal(a, b) for a, b in zip(network.parameters(), first.parameters(), strict=True)
    )
    assert read_card(home / "out" / "esrgan_x2.safetensors").arguments == size
    curves = logged(home / "runs" / "esrgan_x2")
    assert {"adversarial", "perceptual", "content"} <= curves.keys()
    assert "low_pass" not in curves


def test_a_dry_run_starts_from_the_shipped_srresnet(
    small: None, folder: Path, tmp_path: Path
) -> None:
    arguments = command(folder, tmp_path / "home", "--dry-run")
    assert main(arguments) == 0
    assert not (tmp_path / "home" / "runs").exists()
    assert not (tmp_path / "home" / "out" / "srgan_x2.safetensors").exists()


def test_without_an_srresnet_it_says_how_to_make_one(
    small: None, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = command(folder, tmp_path / "home")
    (tmp_path / "home" / "out" / "srresnet_x2.safetensors").unlink()
    assert main(arguments) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "python -m train srresnet --scale 2" in last


def test_the_discriminator_learns_at_a_rate_of_its_own(
    small: None, folder: Path, tmp_path: Path
) -> None:
    def learnt(player: str, steps: int, rate: float) -> torch.Tensor:
        recipe = adversarial_recipe(steps=steps, warmup=1, discriminator_rate=rate)
        weights = weights_of(trained(recipe, folder, tmp_path / f"{steps} {rate}") / "run")
        named = (v for k, v in weights.items() if k.startswith(player) and v.is_floating_point())
        # Spectral normalisation's own vectors move at every step.
        return torch.cat([value.flatten() for value in named if value.dim() > 1])

    assert torch.equal(learnt("model_1.", 1, 0.0), learnt("model_1.", 2, 0.0))
    assert not torch.equal(learnt("model_1.", 2, 0.0), learnt("model_1.", 2, 4.0))
    assert not torch.equal(learnt("model.", 1, 0.0), learnt("model.", 2, 0.0))


def test_a_layer_that_the_file_lacks_is_named(
    small: None, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    deep = recipe_of("srgan", features={"vgg54": 1.0})
    assert main(command(folder, tmp_path / "home"), deep) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "end at conv3_1, but vgg54 needs conv5_4 (features.34)" in last


@pytest.fixture
def one_thread() -> Iterator[None]:
    """As in the processes that `script` starts: more threads would add up in another order."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(threads)


@pytest.mark.slow
def test_kill_9_in_the_middle_of_a_step_changes_nothing(
    one_thread: None, small: None, folder: Path, tmp_path: Path
) -> None:
    """G's backward pass is done and D's is not: the state on disk is of the step before."""
    assert main(command(folder, tmp_path / "whole")) == 0
    arguments = command(folder, tmp_path / "cut")
    dead = script(arguments, DIE_IN_STEP="3")
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    cut, whole = (tmp_path / home / "runs" / "srgan_x2" for home in ("cut", "whole"))
    assert max(cut.glob("state-*")).name == "state-00000003"
    assert main(arguments) == 0
    one, other = weights_of(whole), weights_of(cut)
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name
    # The log, too, is that of one run: step 4 is there once.
    curves = [logged(run)["loss"] for run in (whole, cut)]
    assert curves[0] == curves[1]


@pytest.mark.slow
def test_two_processes_train_as_one_does(small: None, folder: Path, tmp_path: Path) -> None:
    """On pixels and against a discriminator: one after the other, as processes start slowly."""
    one, two = (
        (adversarial, ["espcn", *adversarial[1 : adversarial.index("--vgg-weights")]])
        for adversarial in (command(folder, tmp_path / home) for home in ("one", "two"))
    )
    for arguments in one:
        assert main(arguments) == 0
    line = [*two[0], small_runs.THEN, *two[1]]
    done = script(line, "-m", "torch.distributed.run", "--nproc_per_node", "2")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("skipped broken.jpg") == 2  # once a run
    for method in ("srgan", "espcn"):
        check_alike(*(tmp_path / home / "runs" / f"{method}_x2" for home in ("one", "two")))


def check_alike(one: Path, two: Path) -> None:
    """Of runs in one process and in two: the same curves, the same weights."""
    states = list(next(two.glob("state-*")).glob("random_states_*"))
    assert len(states) == 2, "there was one process only, so nothing was compared"
    runs = one, two
    curves = [logged(run) for run in runs]
    for name in curves[0].keys() - {"images/s"}:
        values = [np.array(list(curve[name].values())) for curve in curves]
        np.testing.assert_allclose(values[0], values[1], rtol=1e-3, err_msg=name)
    ours, theirs = (weights_of(run) for run in runs)
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize("method", ["espcn", "srgan"])
def test_micro_batches_train_as_one_batch(
    method: str, small: None, folder: Path, tmp_path: Path
) -> None:
    # Each of them has L_texture along other directions, drawn anew; all else is the same, but for
    # rounding, which a fast discriminator enlarges.
    same = {"texture": 0.0, "discriminator_rate": 1.0} if method == "srgan" else {}
    recipe = recipe_of(method, steps=6, **same)
    curves = []
    for count in (1, 2):
        home = trained(recipe, folder, tmp_path / str(count), micro_batches=count)
        curves.append(list(logged(home / "run")["loss"].values()))
    assert len(curves[0]) == 6
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-3)


def test_a_batch_that_cannot_be_divided_is_refused(
    small: None, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command(folder, tmp_path / "home", "--accumulate", "3")) == 2
    assert "batch of 4 cannot be shared" in capsys.readouterr().err


def test_the_strip_shows_bicubic_the_run_and_the_original(
    small: None, folder: Path, tmp_path: Path
) -> None:
    assert main(command(folder, tmp_path / "home")) == 0
    run = tmp_path / "home" / "runs" / "srgan_x2"
    crops = {path.stem: np.asarray(Image.open(path)) for path in (run / "history").glob("*.png")}
    assert crops.keys() == {"bicubic", "00000004", "00000006", "original"}
    sheet = np.asarray(Image.open(run / "strip.png"))
    height, width, _ = crops["original"].shape
    for i, name in enumerate(["bicubic", "00000004", "00000006", "original"]):
        column = sheet[-height:, i * (width + 4) :][:, :width]
        np.testing.assert_array_equal(column, crops[name], err_msg=name)


def test_the_layout_of_a_state_stays_what_it_was(small: None, folder: Path, tmp_path: Path) -> None:
    """A run that was stopped before an update goes on after it; `record` reads states by name."""
    home = trained(recipe_of("srgan", steps=2), folder, tmp_path / "home")
    (state,) = (home / "run").glob("state-*")
    assert state.name == "state-00000002"
    assert {path.name for path in state.iterdir()} == {
        "model.safetensors", "model_1.safetensors", "optimizer.bin", "optimizer_1.bin",
        "custom_checkpoint_0.pkl", "custom_checkpoint_1.pkl", "random_states_0.pkl",
        "manifest.json",
    }  # fmt: skip
    network = set(SRResNet(2, features=4, blocks=1).state_dict())
    discriminator = set(Discriminator(24, norm=adversarial_recipe().norm).state_dict())
    assert set(load_file(state / "model.safetensors")) == {f"network.{key}" for key in network}
    assert set(load_file(state / "model_1.safetensors")) == {
        f"discriminator.{key}" for key in discriminator
    }
    average, progress = (
        torch.load(state / f"custom_checkpoint_{i}.pkl", weights_only=True) for i in (0, 1)
    )
    assert average.keys() == {"n_averaged", *(f"module.{key}" for key in network)}
    assert progress.keys() == {"step", "best", "feasible", "hours", "skipped"}
