"""Small photos, recipes and runs for the tests of training.

As a script it is ``python -m train`` with those recipes, in several processes or to be killed. It
takes several command lines, with THEN between them: to start a process takes seconds.
"""

import os
import signal
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate.state import PartialState
from accelerate.test_utils.testing import AccelerateTestCase
from safetensors.torch import load_file, save_file
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from sr_demo.checkpoints import Card, save_network
from sr_demo.images import save_png
from sr_demo.inference import engine
from sr_demo.networks import SRResNet
from sr_demo.training import cli, data, discriminator, launch, losses, run, steps
from sr_demo.training.recipe import AdversarialRecipe, Recipe
from sr_demo.training.vgg import CONVOLUTIONS
from train.__main__ import IMITATIONS, RECIPES

THEN = "then"  # between two command lines
# A discriminator of the paper's depth, thin enough to train in milliseconds
THIN = ((4, 1), (4, 2), (6, 1), (6, 2), (8, 1), (8, 2), (8, 1), (8, 2))


def alone(tmp_path: Path, patch: pytest.MonkeyPatch) -> None:
    """As in a process of its own: own cache, nothing that Accelerate remembers."""
    patch.setenv("SR_DEMO_CACHE", str(tmp_path / "cache"))
    AccelerateTestCase().tearDown()


def write_photos(home: Path, rng: np.random.Generator, count: int = 6) -> Path:
    """Generated pictures full of edges, in a tree, and two files that are none."""
    (home / "deeper").mkdir(parents=True)
    for i in range(count):
        tiles = rng.integers(64, 192, (16, 20, 3), dtype=np.uint8).repeat(6, 0).repeat(6, 1)
        save_png(home / ("deeper" if i % 2 else "") / f"{i}.png", tiles)
    (home / "broken.jpg").write_bytes(b"\xff\xd8\xff no picture")
    save_png(home / "tiny.png", np.zeros((9, 200, 3), np.uint8))
    return home


def write_vgg(path: Path, deepest: str = "3_1") -> Path:
    """A random VGG-19, a few filters wide, by torchvision's names."""
    generator = torch.Generator().manual_seed(5)
    incoming, place, weights = 3, 0, {}
    for name in CONVOLUTIONS[: CONVOLUTIONS.index(deepest) + 1]:
        if name.endswith("_1") and name != "1_1":
            place += 1  # a pooling
        width = 4 * int(name[0])
        shape = (width, incoming, 3, 3)
        weights[f"features.{place}.weight"] = torch.randn(shape, generator=generator) / 4
        weights[f"features.{place}.bias"] = torch.randn(width, generator=generator) / 10
        incoming, place = width, place + 2
    save_file(weights, path)
    return path


def write_srresnet(folder: Path, scale: int = 2) -> Path:
    """A small SRResNet's checkpoint, for SRGAN to start from."""
    torch.manual_seed(3)
    arguments = {"features": 4, "blocks": 1}
    card = Card("srresnet", scale, arguments, {}, "generated", 7)
    save_network(SRResNet(scale, **arguments), card, folder)
    return folder


def recipe_of(method: str, **changes: Any) -> Recipe:
    small = {"batch": 4, "patch": 12, "steps": 12, "warmup": 2, "validate_every": 4}
    return replace(RECIPES[method], **{**small, **changes})


def adversarial_recipe(**changes: Any) -> AdversarialRecipe:
    recipe = recipe_of("srgan", **changes)
    assert isinstance(recipe, AdversarialRecipe)
    return recipe


def shrink(patch: pytest.MonkeyPatch) -> None:
    """Networks in float32 everywhere, a thin discriminator, every step in the log."""
    patch.setattr(engine, "half_precision", lambda *_: None)
    patch.setattr(run, "LOG_EVERY", 1)
    patch.setattr(discriminator, "FEATURES_AND_STRIDES", THIN)


def main(arguments: list[str], *changed: Recipe, **changes: Any) -> int:
    """`python -m train` with small recipes: those given, the others with the changes."""
    recipes = {method: recipe_of(method, **changes) for method in RECIPES}
    recipes |= {recipe.method: recipe for recipe in changed}
    return cli.main(recipes, IMITATIONS, arguments)


def trained(
    recipe: Recipe, folder: Path, home: Path, scale: int = 2, micro_batches: int = 1
) -> Path:
    """Train on the folder; its home, with the checkpoint and the state that is left on disk."""
    (home / "run").mkdir(parents=True, exist_ok=True)
    photos, pairs = data.hold_out(data.load_photos(folder, scale, recipe.patch))
    config = run.RunConfig(
        home / "run", home / "out", pairs, "generated", "held-out photos", workers=0, quiet=True
    )
    accelerator = run.make_accelerator(config.folder, micro_batches)
    if isinstance(recipe, AdversarialRecipe):
        start, vgg = write_srresnet(home / "out", scale), write_vgg(home / "vgg.safetensors")
        launch.train_adversarial(recipe, photos, config, accelerator, start=start, vgg_file=vgg)
    else:
        launch.train_pixels(recipe, photos, config, accelerator)
    return home


def weights_of(run_folder: Path) -> dict[str, torch.Tensor]:
    """The averaged weights and the raw ones, from the newest state that a run left."""
    state = max(run_folder.glob("state-*"))
    weights = torch.load(state / "custom_checkpoint_0.pkl", weights_only=True)
    for path in sorted(state.glob("model*.safetensors")):
        weights |= {f"{path.stem}.{name}": value for name, value in load_file(path).items()}
    return weights


def events(run_folder: Path) -> EventAccumulator:
    return EventAccumulator(str(run_folder / "log")).Reload()


def logged(run_folder: Path) -> dict[str, dict[int, float]]:
    """{name: {step: value}} of a run's TensorBoard scalars."""
    log = events(run_folder)
    names = log.Tags()["scalars"]
    return {name: {e.step: e.value for e in log.Scalars(name)} for name in names}


if __name__ == "__main__":
    shrink(pytest.MonkeyPatch())
    if "DIE_IN_STEP" in os.environ:  # without warning, between the two backward passes of a step
        run.SAVE_EVERY = -1
        calls = iter(range(int(os.environ["DIE_IN_STEP"])))

        def dying(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
            if next(calls, None) is None:
                os.kill(os.getpid(), signal.SIGKILL)
            return losses.discrimination(real, fake)

        pytest.MonkeyPatch().setattr(steps, "discrimination", dying)
    lines: list[list[str]] = [[]]
    for word in sys.argv[1:]:
        lines.append([]) if word == THEN else lines[-1].append(word)
    # A run's end parts the processes. The next needs them, and they cannot meet a second time.
    pytest.MonkeyPatch().setattr(PartialState, "destroy_process_group", lambda *_: None)
    sys.exit(max(main(line, steps=6) for line in lines))
