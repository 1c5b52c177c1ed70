"""Distillation: features that are zero on plain grey, and pictures that stay what they were."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from sr_demo import checkpoints
from sr_demo.inference import engine
from sr_demo.networks import SRResNet, SuperResolver
from sr_demo.training import cli, steps
from sr_demo.training.distillation import GREY, ImitationStep, centred
from tests.training.small_runs import recipe_of, write_photos, write_vgg

SMALL = {"features": 8, "blocks": 3}


def bright(scale: int) -> SRResNet:
    """A network whose features follow brightness, with biases and slopes all its own."""
    torch.manual_seed(4)
    network = SRResNet(scale, **SMALL)
    with torch.no_grad():
        for name, parameter in network.named_parameters():
            if name.endswith("bias"):
                parameter.normal_(std=0.05)
            elif parameter.numel() == 1:
                parameter.uniform_(0.1, 0.6)
            else:
                parameter.add_(0.002)
    return network.eval().requires_grad_(False)


def inputs(network: SRResNet, picture: torch.Tensor) -> list[torch.Tensor]:
    """What flows into the first convolution of each block, into the fusion, and out of it."""
    seen = []

    def keep(_: torch.nn.Module, arguments: tuple[torch.Tensor, ...]) -> None:
        seen.append(arguments[0])

    parts = [*network.blocks, network.fuse, network.upsample[0]]
    hooks = [part.register_forward_pre_hook(keep) for part in parts]
    network.restore(picture)
    for hook in hooks:
        hook.remove()
    return seen


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_on_plain_grey_all_features_are_zero(scale: int) -> None:
    before, grey = bright(scale), torch.full((1, 3, 41, 41), 0.3)
    after = centred(before, 0.3)
    for then, now in zip(inputs(before, grey), inputs(after, grey), strict=True):
        assert then[..., 20, 20].abs().max() > 0.1
        assert now[..., 20, 20].abs().max() < 1e-4


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_near_grey_the_picture_stays_the_same_but_for_the_rim(scale: int) -> None:
    """There the first PReLU bends nowhere. Far from grey, its bend is missing."""
    before = bright(scale)
    after = centred(before, 0.5)
    noise = torch.rand(1, 3, 49, 49, generator=torch.Generator().manual_seed(1)) - 0.5
    inner = slice(18 * scale, -18 * scale)
    close, far = (
        (before.restore(x) - after.restore(x))[..., inner, inner].abs().max()
        for x in (0.5 + 0.01 * noise, 0.5 + noise)
    )
    assert close < 1e-4 < 1e-2 < far


def test_the_network_it_centres_is_left_alone() -> None:
    before = bright(2)
    kept = {name: value.clone() for name, value in before.state_dict().items()}
    centred(before)
    assert all(torch.equal(value, kept[name]) for name, value in before.state_dict().items())


@pytest.fixture
def home(tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Photos, and the checkpoints of a network that has much to lose."""
    monkeypatch.setattr(engine, "half_precision", lambda *_: None)
    write_photos(tmp_path / "photos", rng)
    write_vgg(tmp_path / "vgg.safetensors")
    for method in ("srresnet", "srgan"):
        card = checkpoints.Card(method, 2, SMALL, {"loss": "l1"}, "generated", 7, hours=1.5)
        if method == "srgan":
            card = replace(card, scores={"held-out photos VGG distance": 1.0})
        checkpoints.save_network(bright(2), card, tmp_path / "old")
    return tmp_path


def distilled(home: Path, method: str, **changes: Any) -> tuple[SuperResolver, checkpoints.Card]:
    assert asked(home, method, **changes) == 0
    path = checkpoints.checkpoint_path(method, 2, home / "new")
    return checkpoints.load_network(method, 2, home / "new"), checkpoints.read_card(path)


def asked(home: Path, method: str, *more: str, **changes: Any) -> int:
    small = recipe_of("espcn", loss="l1", optimizer="adam", learning_rate=1e-3, **changes)
    places = {"data": "photos", "start": "old", "out": "new", "runs": "runs",
              "vgg-weights": "vgg.safetensors"}  # fmt: skip
    line = [method, "--scale=2", "--workers=0", *more]
    line += [f"--{option}={home / place}" for option, place in places.items()]
    return cli.run_imitation("distill", {method: replace(small, method=method)}, line)


@pytest.mark.parametrize("method", ["srresnet", "srgan"])
def test_the_card_stays_with_new_scores_and_a_line_on_what_was_done(
    method: str, home: Path
) -> None:
    _, card = distilled(home, method)
    old = checkpoints.read_card(checkpoints.checkpoint_path(method, 2, home / "old"))
    assert (card.method, card.steps, card.data) == (method, 7, "generated")
    assert card.hours >= old.hours
    assert card.recipe.pop("distilled").startswith("plain grey moved out of its features, then ")
    assert card.recipe == old.recipe
    measured = {"PSNR-Y (dB)"}
    if method == "srgan":
        measured |= {"LR-PSNR (dB)", "VGG distance", "spectrum distance", "mesh (mean)",
                     "mesh (90 %)"}  # fmt: skip
    assert {name.removeprefix("held-out photos ") for name in card.scores} == measured


def test_it_learns_its_own_pictures_again(home: Path, rng: np.random.Generator) -> None:
    after, _ = distilled(home, "srresnet", steps=100, validate_every=50)
    picture = rng.integers(64, 192, (10, 12, 3), dtype=np.uint8).repeat(3, 0).repeat(3, 1)
    assert isinstance(after, SRResNet)
    assert after.act.weight.item() == 1  # linear
    grey = torch.full((1, 3, 41, 41), GREY)
    assert all(features[..., 20, 20].abs().max() < 0.01 for features in inputs(after, grey))
    own, alone, learnt = (
        engine.restore(network, picture).astype(float)
        for network in (bright(2), centred(bright(2)), after)
    )
    lost, left = (np.square(own - other).mean() for other in (alone, learnt))
    assert left < lost / 2


def test_one_checkpoints_run_is_not_resumed_for_another(
    home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What would be written is the old one's pictures, in the place of the new one."""
    distilled(home, "srresnet")
    (home / "old").rename(home / "older")
    card = checkpoints.Card("srresnet", 2, SMALL, {}, "generated", 9)
    checkpoints.save_network(SRResNet(2, **SMALL), card, home / "old")
    before = (home / "new" / "srresnet_x2.safetensors").read_bytes()
    assert asked(home, "srresnet") == 2
    assert capsys.readouterr().err.strip().endswith("begin with --fresh")
    assert (home / "new" / "srresnet_x2.safetensors").read_bytes() == before
    assert asked(home, "srresnet", "--fresh") == 0
    assert checkpoints.read_card(home / "new" / "srresnet_x2.safetensors").steps == 9


def test_of_a_drawing_the_original_is_learnt_and_of_a_photo_the_teachers_picture(
    rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    learnt: list[torch.Tensor] = []
    monkeypatch.setattr(steps.PixelStep, "__call__", lambda _, lr, hr: learnt.append(hr))
    photo = rng.integers(0, 256, (16, 16, 3), dtype=np.uint8)
    drawing = photo[..., :1].repeat(3, axis=2)
    hr = torch.from_numpy(np.stack([photo, drawing])).permute(0, 3, 1, 2)
    lr = hr[..., ::2, ::2]
    recipe, teacher = recipe_of("espcn", loss="l1", optimizer="adam"), bright(2)
    ImitationStep(Accelerator(cpu=True), bright(2), recipe, teacher)(lr, hr)
    of_photo, of_drawing = learnt[0]
    assert torch.equal(of_drawing, hr[1])
    expected = teacher.restore(lr[:1] / 255)[0].clamp(0, 1) * 255
    assert (of_photo - expected).abs().max() <= 1
    assert not torch.equal(of_photo, hr[0])
