"""The recipes in train/, and the command line that runs them."""

import subprocess
import sys
from pathlib import Path

import pytest

from sr_demo.checkpoints import read_card
from sr_demo.methods import METHODS
from sr_demo.training import losses, steps
from sr_demo.training.recipe import AdversarialRecipe
from tests.training import small_runs
from train.__main__ import RECIPES, main

ROOT = Path(__file__).resolve().parents[2]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    line = [sys.executable, *arguments]
    return subprocess.run(line, cwd=ROOT, capture_output=True, text=True, check=True)


def options(usage: str) -> set[str]:
    return {word for word in usage.replace("[", " ").replace("]", " ").split() if word[:2] == "--"}


def test_every_network_has_a_recipe_of_its_own_name() -> None:
    assert RECIPES.keys() == {name for name, method in METHODS.items() if method.network}
    for name, recipe in RECIPES.items():
        assert recipe.method == name
        assert recipe.loss in losses.DISTANCES
        assert recipe.optimizer in steps.OPTIMIZERS
        assert 0 < recipe.warmup < recipe.decay_from * recipe.steps
    assert isinstance(RECIPES["srgan"], AdversarialRecipe)


def test_help_loads_neither_the_page_nor_what_only_a_run_needs() -> None:
    imports = python("-X", "importtime", "-m", "train", "--help").stderr
    loaded = {line.rpartition("|")[2].strip() for line in imports.splitlines()}
    assert "sr_demo.training.cli" in loaded, "nothing was measured"
    for name in ("gradio", "sr_demo.ui", "accelerate", "torchvision", "tensorboard", "matplotlib"):
        assert not [module for module in loaded if f"{module}.".startswith(f"{name}.")]


@pytest.mark.parametrize("name", [*RECIPES, "distill"])
def test_each_recipes_file_has_the_options_of_its_command(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    command = capsys.readouterr().out
    assert {"--scale", "--data", "--dry-run"} < options(command)
    assert options(python("-m", f"train.{name}", "--help").stdout) == options(command)


def test_a_recipes_file_trains(folder: Path) -> None:
    done = python("-m", "train.espcn", "--scale=2", f"--data={folder}", "--dry-run", "--workers=0")
    assert done.stdout == "dry run passed: espcn_x2.safetensors, kept nowhere\n"


def test_the_command_line_replaces_steps_and_seed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["espcn", "--scale=2", f"--data={folder}", f"--out={out}", "--workers=0"]
    arguments += [f"--runs={tmp_path / 'runs'}", "--steps=3", "--seed=9"]
    assert small_runs.main(arguments) == 0
    recipe = read_card(out / "espcn_x2.safetensors").recipe
    assert (recipe["steps"], recipe["seed"]) == (3, 9)
