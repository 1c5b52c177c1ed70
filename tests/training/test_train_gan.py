"""SRGAN's training: its equations, its two players apart, many processes, kills and resumes."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import small_runs
import torch
from accelerate import Accelerator
from PIL import Image
from safetensors.torch import load_file
from skimage import data as skimage_data
from small_runs import logged, recipe_of, shrink, trained, weights_of, write_photos, write_vgg
from torch import nn

from sr_demo.checkpoints import load_network, read_card
from sr_demo.inference import engine
from sr_demo.networks import SRResNet
from sr_demo.resize import imresize
from sr_demo.training import data, losses, validation, vgg
from sr_demo.training.discriminator import Discriminator
from sr_demo.training.steps import AdversarialStep, DiscriminatorObjective, GeneratorObjective

TERMS = ("perceptual", "content", "adversarial", "checkerboard")  # of L_G, weighted by the recipe


@pytest.fixture(autouse=True)
def own_process(tmp_path, monkeypatch):
    small_runs.alone(tmp_path, monkeypatch)


@pytest.fixture
def folder(tmp_path, rng):
    return write_photos(tmp_path / "photos", rng)


@pytest.fixture
def small(monkeypatch):
    shrink(monkeypatch)


def main(arguments, *changed):
    return small_runs.main(arguments, *changed, steps=6)


@pytest.fixture
def weights(tmp_path):
    return vgg.load_weights(write_vgg(tmp_path / "vgg.safetensors"), None)


def command(folder, home, *more):
    """The command line of a small SRGAN run; its SRResNet and VGG are written if need be."""
    home.mkdir(exist_ok=True)
    small_runs.write_srresnet(home / "out")
    file = write_vgg(home / "vgg.safetensors")
    return ["srgan", "--scale", "2", "--data", str(folder), "--runs", str(home / "runs"),
            "--out", str(home / "out"), "--vgg-weights", str(file), "--workers", "0",
            *more]  # fmt: skip


def script(arguments, *launcher, **environment):
    """Run tests/small_runs.py, which is `python -m train` with small recipes."""
    place = Path(small_runs.__file__)
    paths = os.pathsep.join([str(place.parent.parent.parent), str(place.parent)])
    extra = {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1", **environment}
    line = [sys.executable, *launcher, str(place), *arguments]
    return subprocess.run(line, env={**os.environ, **extra}, capture_output=True, text=True)


# --- the whole ------------------------------------------------------------------------------------


def test_the_command_makes_a_generator_that_loads(small, folder, tmp_path):
    assert main(command(folder, tmp_path / "home")) == 0
    home = tmp_path / "home"
    card = read_card(home / "out" / "srgan_x2.safetensors")
    assert (card.method, card.scale, card.arguments) == ("srgan", 2, {"features": 4, "blocks": 1})
    assert card.recipe["vgg_weights"] == "vgg.safetensors"
    assert card.recipe["start"] == "SRResNet ×2 of 7 steps"
    assert {name.removeprefix("held-out photos ") for name in card.scores} == {
        "PSNR-Y (dB)", "LR-PSNR (dB)", "VGG distance", "checkerboard"
    }  # fmt: skip
    ours, start = (load_network(name, 2, home / "out") for name in ("srgan", "srresnet"))
    assert any(
        not torch.equal(a, b) for a, b in zip(ours.parameters(), start.parameters(), strict=True)
    )

    curves = logged(home / "runs" / "srgan_x2")
    for name in ("loss", "perceptual", "content", "adversarial", "discriminator", "learning rate",
                 "right on HR", "right on SR"):  # fmt: skip
        assert list(curves[name]) == [1, 2, 3, 4, 5, 6]
    assert list(curves["validation/PSNR-Y (dB)"]) == [4, 6]
    crops = small_runs.events(home / "runs" / "srgan_x2").Images("bicubic | now | original")
    assert [crop.step for crop in crops] == [4, 6]
    recipe = recipe_of("srgan")
    for step, loss in curves["loss"].items():
        terms = [curves[name][step] for name in TERMS]
        weighted = np.dot([getattr(recipe, name) for name in TERMS], terms)
        assert loss == pytest.approx(weighted, rel=1e-5)


def test_a_dry_run_starts_from_the_shipped_srresnet(small, folder, tmp_path):
    arguments = command(folder, tmp_path / "home", "--dry-run")
    assert main(arguments) == 0
    assert not (tmp_path / "home" / "runs").exists()
    assert not (tmp_path / "home" / "out" / "srgan_x2.safetensors").exists()


def test_without_an_srresnet_it_says_how_to_make_one(small, folder, tmp_path, capsys):
    arguments = command(folder, tmp_path / "home")
    (tmp_path / "home" / "out" / "srresnet_x2.safetensors").unlink()
    assert main(arguments) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "python -m train srresnet --scale 2" in last


def test_a_layer_that_the_file_lacks_is_named(small, folder, tmp_path, capsys):
    deep = recipe_of("srgan", features={"vgg54": 1.0})
    assert main(command(folder, tmp_path / "home"), deep) == 2
    last = capsys.readouterr().err.strip().splitlines()[-1]
    assert "end at conv3_1, but vgg54 needs conv5_4 (features.34)" in last


def test_kill_9_in_the_middle_of_a_step_changes_nothing(small, folder, tmp_path):
    """G's backward pass is done and D's is not: the state on disk is of the step before."""
    # All in processes alike: another number of threads would add up in another order.
    assert script(command(folder, tmp_path / "whole")).returncode == 0
    arguments = command(folder, tmp_path / "cut")
    dead = script(arguments, DIE_IN_STEP="3")
    assert dead.returncode == -signal.SIGKILL, dead.stderr
    cut, whole = (tmp_path / home / "runs" / "srgan_x2" for home in ("cut", "whole"))
    assert [state.name for state in cut.glob("state-*")] == ["state-00000003"]
    assert script(arguments).returncode == 0
    one, other = weights_of(whole), weights_of(cut)
    assert one.keys() == other.keys()
    for name, value in one.items():
        assert torch.equal(value, other[name]), name
    # The log, too, is that of one run: step 4 is there once.
    curves = [logged(run)["loss"] for run in (whole, cut)]
    assert curves[0] == curves[1]


@pytest.mark.parametrize("method", ["espcn", "srgan"])
def test_two_processes_train_as_one_does(method, small, folder, tmp_path):
    one, two = (command(folder, tmp_path / home) for home in ("one", "two"))
    if method != "srgan":
        for arguments in (one, two):
            arguments[0] = method
            at = arguments.index("--vgg-weights")
            del arguments[at : at + 2]
    assert main(one) == 0
    done = script(two, "-m", "torch.distributed.run", "--nproc_per_node", "2")
    assert done.returncode == 0, done.stderr
    runs = [tmp_path / home / "runs" / f"{method}_x2" for home in ("one", "two")]
    states = list(next(runs[1].glob("state-*")).glob("random_states_*"))
    assert len(states) == 2, "there was one process only, so nothing was compared"
    assert done.stderr.count("skipped broken.jpg") == 1
    curves = [logged(run) for run in runs]
    for name in curves[0].keys() - {"images/s"}:
        values = [np.array(list(curve[name].values())) for curve in curves]
        np.testing.assert_allclose(values[0], values[1], rtol=1e-3, err_msg=name)
    ours, theirs = (weights_of(run) for run in runs)
    for name, value in ours.items():
        torch.testing.assert_close(value, theirs[name], rtol=1e-3, atol=1e-5, msg=name)


@pytest.mark.parametrize("method", ["espcn", "srgan"])
def test_micro_batches_train_as_one_batch(method, small, folder, tmp_path):
    # Spectral normalisation, for statistics of a batch cannot be had from its parts.
    recipe = recipe_of(method, steps=6, **({"norm": "spectral"} if method == "srgan" else {}))
    curves = []
    for count in (1, 2):
        home = trained(recipe, folder, tmp_path / str(count), micro_batches=count)
        curves.append(list(logged(home / "run")["loss"].values()))
    assert len(curves[0]) == 6
    np.testing.assert_allclose(curves[0], curves[1], rtol=1e-3)


def test_a_batch_that_cannot_be_divided_is_refused(small, folder, tmp_path, capsys):
    assert main(command(folder, tmp_path / "home", "--accumulate", "3")) == 2
    assert "batch of 4 cannot be shared" in capsys.readouterr().err


def test_the_strip_shows_bicubic_the_run_and_the_original(small, folder, tmp_path):
    assert main(command(folder, tmp_path / "home")) == 0
    run = tmp_path / "home" / "runs" / "srgan_x2"
    crops = {path.stem: np.asarray(Image.open(path)) for path in (run / "history").glob("*.png")}
    assert crops.keys() == {"bicubic", "00000004", "00000006", "original"}
    sheet = np.asarray(Image.open(run / "strip.png"))
    height, width, _ = crops["original"].shape
    for i, name in enumerate(["bicubic", "00000004", "00000006", "original"]):
        column = sheet[-height:, i * (width + 4) :][:, :width]
        np.testing.assert_array_equal(column, crops[name], err_msg=name)


# --- the losses and the two players ---------------------------------------------------------------


def test_losses_are_their_equations(rng):
    real, fake = rng.normal(size=(2, 7))
    d_real, d_fake = (1 / (1 + np.exp(-logits)) for logits in (real, fake))
    real, fake = torch.from_numpy(real), torch.from_numpy(fake)
    assert losses.adversarial(fake).item() == pytest.approx(np.mean(-np.log(d_fake)))
    expected = np.mean(-np.log(d_real)) + np.mean(-np.log(1 - d_fake))
    assert losses.discrimination(real, fake).item() == pytest.approx(expected)
    a, b = ({k: torch.from_numpy(rng.random((1, 2, 3, 3))) for k in "xy"} for _ in range(2))
    loss = losses.perceptual(a, b, {"x": 2.0, "y": 0.5}, losses.DISTANCES["l1"]).item()
    x, y = (np.abs((a[k] - b[k]).numpy()).mean() for k in "xy")
    assert loss == pytest.approx(2 * x + 0.5 * y)


def test_the_checkerboard_loss_sees_what_repeats_and_nothing_else(rng):
    hr = torch.from_numpy(rng.random((2, 3, 96, 96))).float()
    pattern = torch.from_numpy(rng.normal(size=(1, 3, 4, 4))).float()
    pattern -= pattern.mean(dim=(2, 3), keepdim=True)
    brighter = hr + 0.1
    assert losses.checkerboard(brighter, hr, 4) == pytest.approx(0, abs=1e-9)
    power = losses.checkerboard(brighter + pattern.tile(1, 1, 24, 24), hr, 4).item()
    assert power == pytest.approx(pattern.square().mean().item(), rel=1e-4)
    noise = torch.from_numpy(rng.normal(size=hr.shape)).float()
    # 144 values of noise are averaged, and a sixteenth of the variance is the mean of all positions
    assert losses.checkerboard(hr + noise, hr, 4) == pytest.approx(15 / 16 / 144, rel=0.3)


def players(weights, **changes):
    torch.manual_seed(0)
    recipe = recipe_of("srgan", **changes)
    network = SRResNet(2, features=4, blocks=2)
    d = Discriminator(24, recipe.head, recipe.norm)
    return network, d, vgg.VGG(recipe.features, weights, recipe.pool), recipe


def batch(folder, recipe):
    return data.Batches(data.load_photos(folder, 2, recipe.patch), recipe)[0]


@pytest.mark.parametrize("term", TERMS)
def test_every_term_reaches_every_parameter_of_the_generator(term, small, folder, weights):
    only = {name: float(name == term) for name in TERMS}
    network, d, features, recipe = players(weights, **only)
    loss, *_ = GeneratorObjective(network, d, features, recipe)(*batch(folder, recipe))
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("head", ["patch", "dense"])
@pytest.mark.parametrize("norm", ["batch", "spectral"])
def test_gradients_of_one_player_never_reach_the_other(head, norm, small, folder, weights):
    network, d, features, recipe = players(weights, head=head, norm=norm)
    lr, hr = batch(folder, recipe)
    loss, _, sr = GeneratorObjective(network, d, features, recipe)(lr, hr)
    loss.backward()
    assert all(p.grad is None for p in d.parameters())
    assert all(p.grad is None for p in features.parameters())
    before = [p.grad.clone() for p in network.parameters()]
    DiscriminatorObjective(d)(hr.float() / 255, sr)[0].backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in d.parameters())
    assert all(torch.equal(p.grad, g) for p, g in zip(network.parameters(), before, strict=True))


def test_each_player_gets_better_at_its_own_loss(small, folder, weights):
    """With the other standing still."""
    network, _, features, recipe = players(weights)
    train_step = AdversarialStep(Accelerator(), network, features, recipe)
    lr, hr = batch(folder, recipe)
    for still, name in ((0, "discriminator"), (1, "loss")):
        for optimizer in train_step.optimizers:
            optimizer.param_groups[0]["lr"] = 1e-3
        train_step.optimizers[still].param_groups[0]["lr"] = 0.0
        values = [train_step(lr, hr)[name].item() for _ in range(25)]
        assert values[-1] < 0.9 * values[0], name


def test_a_discriminator_of_an_unknown_form_is_refused():
    for wrong in ({"head": "other"}, {"norm": "other"}):
        with pytest.raises(ValueError, match="other"):
            Discriminator(96, **wrong)


def test_the_papers_discriminator_has_its_layers():
    d = Discriminator(96, head="dense")
    convolutions = [m for m in d.modules() if isinstance(m, nn.Conv2d)]
    assert [c.out_channels for c in convolutions] == [64, 64, 128, 128, 256, 256, 512, 512]
    assert [c.stride[0] for c in convolutions] == [1, 2] * 4
    assert sum(isinstance(m, nn.BatchNorm2d) for m in d.modules()) == 7
    dense = [m for m in d.modules() if isinstance(m, nn.Linear)]
    assert [(m.in_features, m.out_features) for m in dense] == [(512 * 6 * 6, 1024), (1024, 1)]
    leaky = [m for m in d.modules() if isinstance(m, nn.LeakyReLU)]
    assert [m.negative_slope for m in leaky] == [0.2] * 9
    assert d(torch.rand(2, 3, 96, 96)).shape == (2, 1)
    assert Discriminator(96)(torch.rand(2, 3, 96, 96)).shape == (2, 1, 6, 6)


# --- VGG ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pool", ["max", "average"])
def test_features_are_torchvisions(pool, tmp_path):
    from torchvision.models.vgg import cfgs, make_layers
    from torchvision.transforms.functional import normalize

    weights = vgg.load_weights(write_vgg(tmp_path / "vgg.safetensors", "5_4"), None)
    widths = [4 * {64: 1, 128: 2, 256: 3, 512: 4}[w] if w != "M" else w for w in cfgs["E"]]
    widths[-5:-1] = [20] * 4
    oracle = make_layers(widths)
    oracle.load_state_dict({k.removeprefix("features."): v for k, v in weights.items()})
    if pool == "average":
        oracle = nn.Sequential(
            *(nn.AvgPool2d(2) if isinstance(m, nn.MaxPool2d) else m for m in oracle)
        )
    places = {"conv1_1": 0, "relu1_2": 3, "conv2_2": 7, "vgg22": 8, "conv3_1": 10, "vgg54": 35}
    picture = torch.rand(2, 3, 48, 32)
    features = vgg.VGG(places, weights, pool)(picture)
    x = normalize(picture, [0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
    for name, last in places.items():
        expected = oracle[: last + 1](x)
        scale = expected.abs().max()
        torch.testing.assert_close(features[name] / scale, expected / scale, rtol=0, atol=1e-5)


@pytest.mark.parametrize("layer", ["vgg6", "vgg25", "conv3_5", "pool2", "vgg99", ""])
def test_unknown_layers_are_refused(layer, weights):
    with pytest.raises(vgg.VGGError, match=re.escape(f"no layer {layer};")):
        vgg.VGG([layer], weights)


def test_a_file_that_is_no_vgg_is_refused(tmp_path):
    (tmp_path / "a").write_text("no")
    with pytest.raises(vgg.VGGError, match="cannot be read"):
        vgg.load_weights(tmp_path / "a", None)
    with pytest.raises(vgg.VGGError, match="hold no"):
        vgg.VGG(["vgg22"], {})


def test_offline_it_asks_for_a_file(monkeypatch):
    from torchvision.models import VGG19_Weights

    def offline(*_, **__):
        raise URLError("no route")

    monkeypatch.setattr(VGG19_Weights, "get_state_dict", offline)
    with pytest.raises(vgg.VGGError, match="--vgg-weights"):
        vgg.load_weights(None, lambda: torch.rand(1, 3, 8, 8))


def test_balanced_filters_see_the_same_at_a_mean_of_one(weights, photo):
    pictures = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None].float() / 255
    layers = ["relu1_1", "relu1_2", "relu2_2", "relu3_1"]
    before = vgg.VGG(layers, weights)(pictures)
    after = vgg.VGG(layers, vgg.balanced(weights, pictures))(pictures)
    for name in layers:
        means = before[name].mean(dim=(0, 2, 3))
        alive = means > 0.01 * means.mean()
        torch.testing.assert_close(after[name].mean(dim=(0, 2, 3))[alive], torch.ones(alive.sum()))
        ratio = (before[name] / means[:, None, None])[:, alive]
        torch.testing.assert_close(after[name][:, alive], ratio, rtol=1e-3, atol=1e-4)


# --- which weights are shipped --------------------------------------------------------------------


def test_vgg_distance_is_zero_for_equal_pictures_and_grows_with_blur(weights, photo):
    features = vgg.VGG(validation.DISTANCE_LAYERS, weights)
    blurred = [imresize(imresize(photo, 1 / s), s) for s in (2, 4)]
    same, little, much = (validation.vgg_distance(features, x, photo) for x in (photo, *blurred))
    assert same == 0 < little < much
    assert validation.vgg_distance(features, photo, blurred[0]) == pytest.approx(little, rel=1e-5)


def test_consistency_comes_before_how_it_looks(weights, photo):
    """Among pictures that fit the LR the nearest by VGG leads, whatever the others look like."""
    validate = validation.PerceptualValidation(vgg.VGG(validation.DISTANCE_LAYERS, weights))
    pairs = [(imresize(photo, 1 / 4), photo)]
    pictures = [
        photo,
        np.maximum(photo, 1) - 1,
        np.clip(photo.astype(int) + 20, 0, 255).astype(np.uint8),
        np.clip(photo.astype(int) + 40, 0, 255).astype(np.uint8),
    ]
    results = [validate.of_pictures([picture], pairs) for picture in pictures]
    fits = [result.scores["LR-PSNR (dB)"] > 40 for result in results]
    assert fits == [result.quality.feasible for result in results] == [True, True, False, False]
    qualities = [result.quality for result in results]
    assert qualities == sorted(qualities, reverse=True)
    assert len(set(qualities)) == 4


def test_a_checkerboard_is_never_shipped_while_there_is_a_picture_without(weights):
    sharp = np.ascontiguousarray(skimage_data.astronaut()[:192, :192])
    validate = validation.PerceptualValidation(vgg.VGG(validation.DISTANCE_LAYERS, weights))
    pattern = np.tile(np.kron([[1, -1], [-1, 1]], np.ones((2, 2))), (48, 48))[..., None]
    pictures = {
        "blurred": imresize(imresize(sharp, 1 / 2), 2),
        "checkered": np.clip(sharp + 3 * pattern, 0, 255).round().astype(np.uint8),
        "sharp": sharp,
    }
    qualities = {}
    for name, picture in pictures.items():
        result = validate.of_pictures([picture], [(imresize(sharp, 1 / 4), sharp)])
        qualities[name] = result.quality
        assert result.scores.keys() > {"NIQE", "checkerboard"}
    assert qualities["sharp"] > qualities["blurred"] > qualities["checkered"]
    assert qualities["sharp"].score == pytest.approx(0)
    assert qualities["blurred"].feasible
    assert not qualities["checkered"].feasible


def test_a_network_is_validated_by_what_it_makes_of_each_lr(weights, photo):
    validate = validation.PerceptualValidation(vgg.VGG(validation.DISTANCE_LAYERS, weights))
    network = SRResNet(4, features=2, blocks=1).eval()
    pairs = [(imresize(hr, 1 / 4), hr) for hr in (photo, np.ascontiguousarray(photo[:, ::-1]))]
    pictures = [engine.restore(network, lr) for lr, _ in pairs]
    result, expected = validate(network, pairs), validate.of_pictures(pictures, pairs)
    assert result.scores == expected.scores
    assert result.quality == expected.quality
    np.testing.assert_array_equal(result.first, pictures[0])


# --- states on disk -------------------------------------------------------------------------------


def test_the_layout_of_a_state_stays_what_it_was(small, folder, tmp_path):
    """A run that was stopped before an update goes on after it; `record` reads states by name."""
    home = trained(recipe_of("srgan", steps=2), folder, tmp_path / "home")
    (state,) = (home / "run").glob("state-*")
    assert state.name == "state-00000002"
    assert {path.name for path in state.iterdir()} == {
        "model.safetensors", "model_1.safetensors", "optimizer.bin", "optimizer_1.bin",
        "custom_checkpoint_0.pkl", "custom_checkpoint_1.pkl", "random_states_0.pkl",
    }  # fmt: skip
    network = set(SRResNet(2, features=4, blocks=1).state_dict())
    discriminator = set(Discriminator(24).state_dict())
    assert set(load_file(state / "model.safetensors")) == {f"network.{key}" for key in network}
    assert set(load_file(state / "model_1.safetensors")) == {
        f"discriminator.{key}" for key in discriminator
    }
    average, progress = (
        torch.load(state / f"custom_checkpoint_{i}.pkl", weights_only=True) for i in (0, 1)
    )
    assert average.keys() == {"n_averaged", *(f"module.{key}" for key in network)}
    assert progress.keys() == {"step", "best", "feasible", "hours"}
