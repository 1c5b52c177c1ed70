"""A run kept for the lesson: what G made at each step, and what D said to it."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from safetensors.torch import save_file

from sr_demo.checkpoints import Card, save_network
from sr_demo.networks import SRResNet
from sr_demo.training import discriminator, recording
from sr_demo.training.discriminator import Discriminator
from tests.training import small_runs
from train.__main__ import main

SMALL = {"features": 4, "blocks": 1}


@pytest.fixture
def states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three states of a run of small players, and its start."""
    monkeypatch.setattr(discriminator, "FEATURES_AND_STRIDES", small_runs.THIN)
    monkeypatch.setattr(recording, "SRResNet", partial(SRResNet, **SMALL))
    torch.manual_seed(0)
    save_network(SRResNet(4, **SMALL), Card("srresnet", 4, SMALL, {}, "generated", 7), tmp_path)
    for step in (5, 20, 300):
        folder = tmp_path / "run" / f"state-{step:08d}"
        folder.mkdir(parents=True)
        players = {"model": ("network", SRResNet(4, **SMALL)),
                   "model_1": ("discriminator", Discriminator(96, "patch", "batch"))}  # fmt: skip
        for file, (prefix, module) in players.items():
            weights = {f"{prefix}.{key}": value for key, value in module.state_dict().items()}
            save_file(weights, folder / f"{file}.safetensors")
    return tmp_path


def test_every_step_has_its_pictures_and_answers(states: Path) -> None:
    recording.record(states / "run", states, states / "lesson", states / "strip.png")
    run = json.loads((states / "lesson" / "run.json").read_text(encoding="utf-8"))
    assert run["steps"] == [0, 5, 20, 300]
    assert len(run["means"]) == 4
    assert run["means"][0] is None  # there was no D yet
    for scene in run["scenes"]:
        strip = np.asarray(Image.open(states / "lesson" / f"{scene['name']}.png"))
        assert strip.shape == (96, 96 * 5, 3)  # the photo, then every step
        for both in scene["places"][1:]:
            for answers in both.values():
                assert np.shape(answers) == (6, 6)
                assert 0 <= np.min(answers) <= np.max(answers) <= 1
    with Image.open(states / "strip.png") as figure:
        assert figure.width > 5 * 192


def test_without_states_it_says_how_to_keep_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["record", str(tmp_path)]) == 2
    assert "--keep-states" in capsys.readouterr().err
