"""A step of each kind: whom its gradients reach, and that it makes the loss fall."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from accelerate import Accelerator

from sr_demo.methods import network_class
from sr_demo.networks import SRResNet
from sr_demo.training import data, steps, vgg
from sr_demo.training.activations import FastPReLU, use_fast_prelu
from sr_demo.training.discriminator import NORMS, Discriminator
from sr_demo.training.recipe import AdversarialRecipe
from sr_demo.training.steps import (
    AdversarialStep,
    DiscriminatorObjective,
    GeneratorObjective,
    PixelObjective,
)
from tests.helpers import present
from tests.training.small_runs import adversarial_recipe, recipe_of

TERMS = (  # of L_G, weighted by the recipe
    "spectrum", "texture", "adversarial", "perceptual", "low_pass", "content", "checkerboard",
)  # fmt: skip
PIXELS = ("srcnn", "espcn", "srresnet")


@pytest.mark.parametrize("method", PIXELS)
def test_the_loss_falls(method: str, folder: Path) -> None:
    torch.manual_seed(0)
    recipe = recipe_of(method, patch=16)
    photos = data.load_photos(folder, 2, recipe.patch)
    size = {"features": 16, "blocks": 4} if method == "srresnet" else {}
    network = network_class(method)(2, **size)
    for parameter in network.parameters():  # away from bicubic, which is good from the start
        parameter.data += 0.02 * torch.randn_like(parameter)
    objective = PixelObjective(network, recipe.loss)
    optimizer = torch.optim.Adam(network.parameters(), 3e-4)
    lr, hr = data.Batches(photos, recipe)[0]  # one batch, learnt by heart
    losses = []
    for _ in range(40):
        loss = objective(lr, hr)
        optimizer.zero_grad()
        loss.backward()
        assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in network.parameters())
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < losses[0] - 1  # dB


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last])
def test_the_fast_prelu_is_prelu(dtype: torch.dtype, layout: torch.memory_format) -> None:
    torch.manual_seed(0)
    x = torch.randn(2, 5, 7, 6, dtype=dtype).to(memory_format=layout)
    weight = torch.randn(2, 5, 7, 6, dtype=dtype)
    results = []
    for replaced in (False, True):
        network = torch.nn.Sequential(torch.nn.PReLU(init=0.3)).to(dtype)
        slope = network[0].weight
        if replaced:
            use_fast_prelu(network)
            assert type(network[0]) is FastPReLU
        pixels = x.clone().requires_grad_()
        y = network(pixels)
        (y * weight).sum().backward()
        assert list(network.state_dict()) == ["0.weight"]
        assert network[0].weight is slope  # what an optimiser may hold already
        results.append((y, pixels.grad, slope.grad))
    for plain, fast in zip(*results, strict=True):
        torch.testing.assert_close(plain, fast)


def test_every_prelu_of_a_network_is_replaced_but_those_with_a_slope_for_each_channel() -> None:
    network = SRResNet(4, features=4, blocks=2)
    names = list(network.state_dict())
    use_fast_prelu(network)
    found = [type(m) for m in network.modules() if isinstance(m, torch.nn.PReLU)]
    assert found == [FastPReLU] * 5  # after the head, in two blocks, after two shuffles
    assert list(network.state_dict()) == names
    many = torch.nn.Sequential(torch.nn.PReLU(3))
    use_fast_prelu(many)
    assert type(many[0]) is torch.nn.PReLU


def players(
    weights: dict[str, torch.Tensor], **changes: Any
) -> tuple[SRResNet, Discriminator, vgg.VGG, AdversarialRecipe]:
    torch.manual_seed(0)
    recipe = adversarial_recipe(**changes)
    network = SRResNet(2, features=4, blocks=2)
    d = Discriminator(24, recipe.head, recipe.norm)
    layers = {**recipe.features, **recipe.texture_layers}
    return network, d, vgg.VGG(layers, weights, recipe.pool), recipe


def batch(folder: Path, recipe: AdversarialRecipe) -> tuple[torch.Tensor, torch.Tensor]:
    return data.Batches(data.load_photos(folder, 2, recipe.patch), recipe)[0]


@pytest.mark.parametrize("term", TERMS)
def test_every_term_reaches_every_parameter_of_the_generator(
    term: str, small: None, folder: Path, weights: dict[str, torch.Tensor]
) -> None:
    only = {name: float(name == term) for name in TERMS}
    network, d, features, recipe = players(weights, **only)
    loss, *_ = GeneratorObjective(network, d, features, recipe)(*batch(folder, recipe))
    loss.backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


@pytest.mark.parametrize("term", TERMS)
def test_a_term_of_weight_zero_is_not_computed(
    term: str,
    small: None,
    folder: Path,
    weights: dict[str, torch.Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def computed(*_: object) -> None:
        pytest.fail(f"{term} was computed")

    monkeypatch.setattr(steps, {"spectrum": "local_spectrum"}.get(term, term), computed)
    others = {name: float(name != term) for name in TERMS}
    network, d, features, recipe = players(weights, **others)
    loss, terms, _ = GeneratorObjective(network, d, features, recipe)(*batch(folder, recipe))
    assert terms.keys() == set(TERMS) - {term}
    assert loss.item() == pytest.approx(sum(value.item() for value in terms.values()), rel=1e-5)


def test_neither_vgg_nor_the_discriminator_runs_where_no_term_needs_it(
    small: None, folder: Path, weights: dict[str, torch.Tensor]
) -> None:
    network, d, features, recipe = players(weights, **dict.fromkeys(TERMS, 0.0) | {"low_pass": 1.0})
    for module in (d, features):
        module.register_forward_pre_hook(lambda *_: pytest.fail("it ran"))
    loss, terms, _ = GeneratorObjective(network, d, features, recipe)(*batch(folder, recipe))
    assert loss == terms["low_pass"]


@pytest.mark.parametrize("head", ["patch", "dense"])
@pytest.mark.parametrize("norm", NORMS)
def test_gradients_of_one_player_never_reach_the_other(
    head: str, norm: str, small: None, folder: Path, weights: dict[str, torch.Tensor]
) -> None:
    network, d, features, recipe = players(weights, head=head, norm=norm)
    lr, hr = batch(folder, recipe)
    loss, _, sr = GeneratorObjective(network, d, features, recipe)(lr, hr)
    loss.backward()
    assert all(p.grad is None for p in d.parameters())
    assert all(p.grad is None for p in features.parameters())
    before = [present(p.grad).clone() for p in network.parameters()]
    DiscriminatorObjective(d)(hr.float() / 255, sr)[0].backward()
    for name, parameter in d.named_parameters():
        assert parameter.grad is not None, name
        # Only differences of logits count: a bias that shifts both sides alike moves nothing.
        assert name.endswith("bias") or parameter.grad.abs().sum() > 0, name
    for parameter, gradient in zip(network.parameters(), before, strict=True):
        assert torch.equal(present(parameter.grad), gradient)


def test_each_player_gets_better_at_its_own_loss(
    small: None, folder: Path, weights: dict[str, torch.Tensor]
) -> None:
    """With the other standing still."""
    network, _, features, recipe = players(weights, width=64)
    train_step = AdversarialStep(Accelerator(), network, features, recipe)
    lr, hr = batch(folder, recipe)
    for still, name in ((0, "discriminator"), (1, "loss")):
        for optimizer in train_step.optimizers:
            optimizer.param_groups[0]["lr"] = 1e-3
        train_step.optimizers[still].param_groups[0]["lr"] = 0.0
        values = [present(train_step(lr, hr))[name].item() for _ in range(25)]
        assert values[-1] < 0.9 * values[0], name


def test_drift_keeps_logits_where_sixteen_bits_can_tell_them_apart(small: None) -> None:
    """Left alone, what both logits of a pair share runs away while D learns their difference."""
    shared = {}
    for weight in (0.0, 0.01):
        torch.manual_seed(1)
        d, hr = Discriminator(24, norm="inner_spectral", width=64), torch.rand(4, 3, 24, 24)
        sr = hr + 0.02 * torch.randn_like(hr)
        optimizer = torch.optim.Adam(d.parameters(), lr=3e-3)
        objective = DiscriminatorObjective(d, drift=weight)
        for _ in range(150):
            loss, said = objective(hr, sr)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        shared[weight] = (d(hr) + d(sr)).square().mean().item() / 4
        assert said["right on pairs"] == 1
        assert ("drift" in said) == (weight > 0)
    assert shared[0.01] < 0.1 * shared[0.0]


@pytest.mark.parametrize("relativistic", ["pairs", "average"])
def test_the_step_asks_the_discriminator_that_its_recipe_names(
    relativistic: str, small: None, folder: Path, weights: dict[str, torch.Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    asked: list[str] = []

    def noted(name: str, loss: Callable[..., torch.Tensor]) -> Callable[..., torch.Tensor]:
        def act(real: torch.Tensor, fake: torch.Tensor) -> torch.Tensor:
            asked.append(name)
            return loss(real, fake)

        return act

    for name in ("adversarial", "discrimination", "average_adversarial", "average_discrimination"):
        monkeypatch.setattr(steps, name, noted(name, getattr(steps, name)))
    network, _, features, recipe = players(weights, width=64, relativistic=relativistic)
    present(AdversarialStep(Accelerator(), network, features, recipe)(*batch(folder, recipe)))
    prefix = "average_" if relativistic == "average" else ""
    assert asked == [f"{prefix}adversarial", f"{prefix}discrimination"]


@pytest.mark.parametrize("where", ["loss", "gradient"])
def test_a_step_that_is_not_finite_changes_nothing(
    where: str,
    small: None,
    folder: Path,
    weights: dict[str, torch.Tensor],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, _, features, recipe = players(weights, width=64)
    train_step = AdversarialStep(Accelerator(), network, features, recipe)
    lr, hr = batch(folder, recipe)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    if where == "loss":
        monkeypatch.setattr(steps, "discrimination", lambda real, fake: (real - fake).mean() / 0)
    else:  # √x at 0: a loss of 0, an infinite slope
        monkeypatch.setattr(
            steps, "low_pass", lambda sr, hr, _: (sr - sr.detach()).pow(2).sum().sqrt()
        )
    assert train_step(lr, hr) is None
    for players_part in (network, train_step.discriminator):
        assert all(p.grad is None for p in players_part.parameters())
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    monkeypatch.undo()
    assert train_step(lr, hr) is not None
    assert any(not torch.equal(value, before[name]) for name, value in network.state_dict().items())


@pytest.mark.parametrize("length", [0.5, 40.0])
def test_a_longer_gradient_is_shortened_and_a_shorter_one_is_not(length: float) -> None:
    weights = [torch.nn.Parameter(torch.zeros(3)), torch.nn.Parameter(torch.zeros(4))]
    other = torch.nn.Parameter(
        torch.zeros(2)
    )  # of another network, which its length is not part of
    slopes = [torch.randn(len(w)) for w in (*weights, other)]
    whole = torch.cat(slopes[:2]).norm()
    loss = sum(
        ((length / whole) * (w * slope)).sum()
        for w, slope in zip((*weights, other), slopes, strict=True)
    )
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    optimizers: list[torch.optim.Optimizer] = [
        torch.optim.SGD(weights, lr=1.0), torch.optim.SGD([other], lr=1.0)
    ]  # fmt: skip
    assert steps.step_if_finite(Accelerator(), optimizers, loss, clip=2.0)
    moved = -torch.cat([w.detach() for w in weights])
    torch.testing.assert_close(moved, torch.cat(slopes[:2]) * (min(length, 2.0) / whole))
    of_other = slopes[2] * (length / whole)
    torch.testing.assert_close(-other.detach(), of_other * min(1.0, 2.0 / float(of_other.norm())))
