"""Each loss, against its equation."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from sr_demo.training import losses
from sr_demo.training.losses import DISTANCES


def test_pixel_losses_are_their_equations(rng: np.random.Generator) -> None:
    a, b = (torch.from_numpy(rng.random((2, 1, 3, 3))) for _ in range(2))
    assert DISTANCES["mse"](a, b).item() == pytest.approx(np.mean((a - b).numpy() ** 2))
    assert DISTANCES["l1"](a, b).item() == pytest.approx(np.mean(np.abs((a - b).numpy())))
    each = [
        peak_signal_noise_ratio(x.numpy(), y.numpy(), data_range=1)
        for x, y in zip(a, b, strict=True)
    ]
    assert DISTANCES["psnr"](a, b).item() == pytest.approx(-np.mean(each), abs=0.01)
    assert DISTANCES["psnr"](a, a).item() == pytest.approx(-50)


def test_losses_are_their_equations(rng: np.random.Generator) -> None:
    real, fake = rng.normal(size=(2, 7))
    likelier = 1 / (1 + np.exp(fake - real))  # that the first is the photograph of the two
    real, fake = torch.from_numpy(real), torch.from_numpy(fake)
    assert losses.adversarial(real, fake).item() == pytest.approx(np.mean(-np.log(1 - likelier)))
    assert losses.discrimination(real, fake).item() == pytest.approx(np.mean(-np.log(likelier)))
    a, b = ({k: torch.from_numpy(rng.random((1, 2, 3, 3))) for k in "xy"} for _ in range(2))
    loss = losses.perceptual(a, b, {"x": 2.0, "y": 0.5}, losses.DISTANCES["l1"]).item()
    x, y = (np.abs((a[k] - b[k]).numpy()).mean() for k in "xy")
    assert loss == pytest.approx(2 * x + 0.5 * y)


def test_drift_is_what_a_pair_has_in_common(rng: np.random.Generator) -> None:
    """Differences, all that a relativistic discriminator is asked for, are left free."""
    real, fake = torch.from_numpy(rng.normal(size=(2, 3, 1, 2, 2)))
    mean = (real + fake).numpy() / 2
    assert losses.drift(real, fake).item() == pytest.approx(np.mean(mean**2))
    assert losses.drift(mean := (real + fake) / 2, mean) == losses.drift(real, fake)
    apart = torch.full_like(real, 7)
    torch.testing.assert_close(losses.drift(real + apart, fake - apart), losses.drift(real, fake))
    assert losses.drift(real + apart, fake + apart) > 20
    both = losses.discrimination(real, fake), losses.discrimination(real + apart, fake + apart)
    torch.testing.assert_close(*both)


def test_the_average_discriminator_is_the_papers_equation() -> None:
    """Wang et al. 2018, equations 1 and 2, by σ and log, halved."""
    torch.manual_seed(0)
    real = torch.randn(3, 1, 2, 2, dtype=torch.float64)
    fake = torch.randn(3, 1, 2, 2, dtype=torch.float64)
    d_real = torch.sigmoid(real - fake.mean())
    d_fake = torch.sigmoid(fake - real.mean())
    generator = -(torch.log(1 - d_real).mean() + torch.log(d_fake).mean()) / 2
    critic = -(torch.log(d_real).mean() + torch.log(1 - d_fake).mean()) / 2
    torch.testing.assert_close(losses.average_adversarial(real, fake), generator)
    torch.testing.assert_close(losses.average_discrimination(real, fake), critic)


def test_the_generator_learns_from_photographs_too() -> None:
    """Against the average, how well D does on HR pulls at G's logits: the paper's point."""
    real = torch.tensor([3.0, -1.0], requires_grad=True)
    fake = torch.tensor([0.0, 0.5], requires_grad=True)
    losses.average_adversarial(real, fake).backward()
    assert real.grad is not None
    assert fake.grad is not None
    assert (fake.grad < 0).all()  # each of its pictures should look more real
    assert (real.grad > 0).all()  # and photographs less so
