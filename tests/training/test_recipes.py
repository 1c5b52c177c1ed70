"""The recipes in train/, and the command line that runs them."""

import runpy
import sys
from pathlib import Path

import pytest

from sr_demo.checkpoints import read_card
from sr_demo.methods import METHODS
from sr_demo.training import losses, steps
from sr_demo.training.recipe import AdversarialRecipe
from tests.training import small_runs
from train.__main__ import IMITATIONS, RECIPES, main

ROOT = Path(__file__).resolve().parents[2]


def run_file(name: str, patch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    """The status of ``python train/NAME.py ARGUMENTS``, in this process."""
    patch.setattr(sys, "argv", [f"{name}.py", *arguments])
    with pytest.raises(SystemExit) as stop:
        runpy.run_path(str(ROOT / "train" / f"{name}.py"), run_name="__main__")
    return stop.value.code


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


@pytest.mark.parametrize("name", [*RECIPES, *IMITATIONS])
def test_each_recipes_file_has_the_options_of_its_command(
    name: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main([name, "--help"])
    command = capsys.readouterr().out
    assert {"--scale", "--data", "--dry-run"} < options(command)
    assert run_file(name, monkeypatch, "--help") == 0
    assert options(capsys.readouterr().out) == options(command)


def test_a_recipes_file_trains(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    options = "--scale=2", f"--data={folder}", "--dry-run", "--workers=0"
    assert run_file("espcn", monkeypatch, *options) == 0
    assert capsys.readouterr().out == "dry run passed: espcn_x2.safetensors, kept nowhere\n"


def test_the_command_line_replaces_steps_and_seed(folder: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    arguments = ["espcn", "--scale=2", f"--data={folder}", f"--out={out}", "--workers=0"]
    arguments += [f"--runs={tmp_path / 'runs'}", "--steps=3", "--seed=9"]
    assert small_runs.main(arguments) == 0
    recipe = read_card(out / "espcn_x2.safetensors").recipe
    assert (recipe["steps"], recipe["seed"]) == (3, 9)
