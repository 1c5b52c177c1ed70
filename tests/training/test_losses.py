"""Each loss, against its equation."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from sr_demo.training import losses
from sr_demo.training.losses import DISTANCES


def test_pixel_losses_are_their_equations(rng):
    a, b = (torch.from_numpy(rng.random((2, 1, 3, 3))) for _ in range(2))
    assert DISTANCES["mse"](a, b).item() == pytest.approx(np.mean((a - b).numpy() ** 2))
    assert DISTANCES["l1"](a, b).item() == pytest.approx(np.mean(np.abs((a - b).numpy())))
    each = [
        peak_signal_noise_ratio(x.numpy(), y.numpy(), data_range=1)
        for x, y in zip(a, b, strict=True)
    ]
    assert DISTANCES["psnr"](a, b).item() == pytest.approx(-np.mean(each), abs=0.01)
    assert DISTANCES["psnr"](a, a).item() == pytest.approx(-50)


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
