"""Recipes as TOML: what is printed can be read again, and a mistake is named."""

from pathlib import Path

import numpy as np
import pytest

from sr_demo.training.recipe import AdversarialRecipe
from sr_demo.training.recipe_file import RecipeError, from_toml, to_toml
from tests.training import small_runs
from train import srgan
from train.__main__ import RECIPES, main


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_comes_back_as_it_was(name: str, tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(to_toml(RECIPES[name]), encoding="utf-8")
    assert from_toml(file, RECIPES[name]) == RECIPES[name]


def test_what_a_file_leaves_out_stays(tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text("learning_rate = 1\ncheckerboard_windows = [4]\n[features]\nvgg22 = 2\n")
    recipe = from_toml(file, srgan.RECIPE)
    assert isinstance(recipe, AdversarialRecipe)
    assert (recipe.learning_rate, type(recipe.learning_rate)) == (1.0, float)
    assert recipe.checkerboard_windows == (4,)
    assert recipe.features == {"vgg22": 2.0}
    assert recipe.spectrum == srgan.RECIPE.spectrum


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("steps = ", "cannot be read as TOML"),
        ("stepz = 3", "espcn has no stepz; it has method, loss, steps"),
        ('method = "srcnn"', "is a recipe for srcnn, not for espcn"),
        ("steps = 1.5", "steps is 1.5, expected a whole number"),
        ('learning_rate = "fast"', "learning_rate is 'fast', expected a number"),
        ("downscale_factors = 1.0", "downscale_factors is 1.0, expected a list"),
        ("downscale_factors = [true]", "downscale_factors is True, expected a number"),
    ],
)
def test_a_mistake_is_named(text: str, words: str, tmp_path: Path) -> None:
    file = tmp_path / "recipe.toml"
    file.write_text(text)
    with pytest.raises(RecipeError, match=r"recipe\.toml") as caught:
        from_toml(file, RECIPES["espcn"])
    assert words in str(caught.value)


def test_the_command_prints_what_it_would_run_and_runs_what_it_is_given(
    tmp_path: Path, rng: np.random.Generator, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["espcn", "--scale=2", f"--data={tmp_path / 'photos'}"]
    assert main([*arguments, "--steps=7", "--print-recipe"]) == 0
    printed = capsys.readouterr().out
    assert "steps = 7\n" in printed
    file = tmp_path / "recipe.toml"
    file.write_text(printed.replace('"psnr"', '"l1"'))
    assert main([*arguments, f"--recipe={file}", "--seed=3", "--print-recipe"]) == 0
    assert capsys.readouterr().out == file.read_text().replace("seed = 0", "seed = 3")
    assert main([*arguments, f"--recipe={tmp_path / 'none'}", "--print-recipe"]) == 2
    assert "cannot be read" in capsys.readouterr().err


def test_a_run_keeps_the_files_recipe_on_its_card(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    from sr_demo.checkpoints import read_card

    small_runs.alone(tmp_path, monkeypatch)
    folder, out = small_runs.write_photos(tmp_path / "photos", rng), tmp_path / "out"
    file = tmp_path / "recipe.toml"
    file.write_text('loss = "mse"\nsteps = 2\n')
    arguments = ["espcn", "--scale=2", f"--data={folder}", f"--out={out}", "--workers=0"]
    assert small_runs.main([*arguments, f"--runs={tmp_path / 'r'}", f"--recipe={file}"]) == 0
    recipe = read_card(out / "espcn_x2.safetensors").recipe
    assert (recipe["loss"], recipe["steps"], recipe["batch"]) == ("mse", 2, 4)
