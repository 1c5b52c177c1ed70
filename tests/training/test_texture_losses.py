"""SRGAN's losses on texture: blind to where a grain lies, but not to whether there is one."""

import numpy as np
import pytest
import torch

from sr_demo.images import luma
from sr_demo.training import losses
from tests.helpers import present

SIDE = 96


@pytest.fixture
def noise(rng: np.random.Generator) -> torch.Tensor:
    """RGB in [0, 1], two patches of grey noise of 20 levels."""
    plane = 0.5 + rng.normal(0, 20 / 255, (2, 1, SIDE, SIDE))
    return torch.from_numpy(plane).float().expand(-1, 3, -1, -1).contiguous()


def wave(cycles: float, levels: float) -> torch.Tensor:
    """Stripes of so many cycles per pixel, to be added to patches."""
    return levels / 255 * torch.cos(2 * torch.pi * cycles * torch.arange(SIDE))


def spectrum(sr: torch.Tensor, hr: torch.Tensor, constant: float = 300.0) -> float:
    return losses.local_spectrum(sr, hr, constant).item()


def wasserstein(sr: torch.Tensor, hr: torch.Tensor, cell: int = 16, count: int = 32) -> float:
    torch.manual_seed(0)
    drawn = losses.random_directions(count, sr.shape[1], sr)
    return losses.sliced_wasserstein(sr, hr, drawn, cell).item()


LOSSES = {
    "spectrum": lambda sr, hr: losses.local_spectrum(sr, hr, 300.0),
    "wasserstein": lambda sr, hr: losses.sliced_wasserstein(sr, hr, torch.eye(3), 16),
    "checkerboard": lambda sr, hr: losses.checkerboard(sr, hr, 4, (6, 12)),
    "low pass": lambda sr, hr: losses.low_pass(sr, hr, 4),
}


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("flat", [False, True])
def test_equal_pictures_cost_nothing_and_pull_nowhere(
    name: str, flat: bool, noise: torch.Tensor
) -> None:
    hr = torch.full_like(noise, 0.5) if flat else noise
    sr = hr.clone().requires_grad_()
    loss = LOSSES[name](sr, hr)
    loss.backward()
    assert loss.item() == pytest.approx(0, abs=1e-6)
    assert torch.isfinite(present(sr.grad)).all()


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_stay_finite_where_a_picture_is_flat(name: str, noise: torch.Tensor) -> None:
    sr = torch.full_like(noise, 0.5, requires_grad=True)
    LOSSES[name](sr, noise).backward()
    assert torch.isfinite(present(sr.grad)).all()


# --- local spectrum -------------------------------------------------------------------------------


def test_the_spectrum_is_its_equation(rng: np.random.Generator) -> None:
    """Of two tiles, the whole plane of frequencies; its halves are mirror images."""
    sr, hr = (torch.from_numpy(rng.random((1, 3, 32, 48))).float() for _ in range(2))
    window, differences = np.hanning(32), []
    for left in (0, 16):
        logs = []
        for picture in (sr, hr):
            # `luma` is linear, so it takes pictures that are not rounded too
            plane = luma(255 * picture[0].permute(1, 2, 0).double().numpy())[:, left : left + 32]
            tile = (plane - plane.mean()) * np.outer(window, window)
            logs.append(np.log(np.abs(np.fft.fft2(tile)) ** 2 + 7)[:, :17])
        differences.append(np.abs(logs[0] - logs[1]))
    assert spectrum(sr, hr, 7.0) == pytest.approx(np.mean(differences), rel=1e-4)


def test_the_spectrum_is_free_of_phase(noise: torch.Tensor) -> None:
    waves = 0.5 + wave(1 / 8, 20).expand(1, 3, SIDE, SIDE)
    shifted = waves.roll(3, dims=3)
    assert spectrum(shifted, waves) < 0.02
    assert torch.nn.functional.l1_loss(shifted, waves) > 0.05
    assert spectrum(noise, noise.flip(0)) < spectrum(torch.full_like(noise, 0.5), noise) / 3


def test_the_spectrum_misses_texture_and_sees_a_peak_that_is_not_there(noise: torch.Tensor) -> None:
    faint = 0.5 + (noise - 0.5) / 2
    assert 0.8 < spectrum(faint, noise) < np.log(4)
    flat = torch.full_like(noise, 0.5)
    mesh = flat + wave(1 / 4, 3)
    assert spectrum(mesh, flat) > 0.05
    assert spectrum(flat + wave(1 / 4, 6), flat) > spectrum(mesh, flat)
    assert spectrum(noise + wave(1 / 4, 60), noise) > 0.1


def test_what_is_far_below_the_constant_is_not_heard(rng: np.random.Generator) -> None:
    flat = torch.full((1, 3, SIDE, SIDE), 0.5)
    grain = flat + torch.from_numpy(rng.normal(0, 0.3 / 255, (1, 1, SIDE, SIDE))).float()
    assert spectrum(grain, flat, 300.0) < 0.1 < 1 < spectrum(grain, flat, 0.1)


def test_white_noise_has_the_power_that_the_docstring_says(noise: torch.Tensor) -> None:
    constant, sigma = 1e9, 20 * 219 / 255  # so large that the logarithm is linear; luma's range
    power = constant * spectrum(noise.double(), torch.full_like(noise, 0.5).double(), constant)
    assert power == pytest.approx(135 * sigma**2, rel=0.05)


# --- sliced Wasserstein ---------------------------------------------------------------------------


def test_values_may_change_places_within_a_cell_alone(rng: np.random.Generator) -> None:
    hr = torch.from_numpy(rng.normal(size=(1, 5, 32, 32))).float()
    within = hr.clone()
    order = torch.from_numpy(rng.permutation(256))
    cell = within[:, :, :16, 16:].reshape(1, 5, 256)[..., order]
    within[:, :, :16, 16:] = cell.reshape(1, 5, 16, 16)
    assert wasserstein(within, hr) == pytest.approx(0, abs=1e-6)
    assert wasserstein(within, hr, cell=8) > 0.01
    scaled = hr.clone()
    scaled[..., :16] *= 3
    assert wasserstein(scaled, hr) > wasserstein(scaled.roll(16, dims=3), scaled) / 4 > 0.05


def test_in_one_dimension_it_is_scipys(rng: np.random.Generator) -> None:
    from scipy.stats import wasserstein_distance

    sr, hr = (rng.normal(size=(1, 4, 8, 8)) for _ in range(2))
    directions = rng.normal(size=(3, 4))
    expected = [
        wasserstein_distance(*(np.einsum("c,chw->hw", d, x[0]).ravel() for x in (sr, hr)))
        for d in directions
    ]
    ours = losses.sliced_wasserstein(
        torch.from_numpy(sr), torch.from_numpy(hr), torch.from_numpy(directions), cell=8
    )
    assert ours.item() == pytest.approx(np.mean(expected))


def test_directions_are_of_length_one_and_all_alike() -> None:
    torch.manual_seed(0)
    drawn = losses.random_directions(4000, 3, torch.zeros(1))
    torch.testing.assert_close(drawn.norm(dim=1), torch.ones(4000))
    torch.testing.assert_close(drawn.mean(0), torch.zeros(3), atol=0.03, rtol=0)
    torch.testing.assert_close(drawn.T @ drawn / 4000, torch.eye(3) / 3, atol=0.03, rtol=0)


def test_texture_sums_its_layers(rng: np.random.Generator) -> None:
    sr, hr = (
        {k: torch.from_numpy(rng.random((1, 2, 8, 8))).float() for k in "xy"} for _ in range(2)
    )
    torch.manual_seed(1)
    both = losses.texture(sr, hr, {"x": 2.0, "y": 0.5}, {"x": 8, "y": 4}, directions=6)
    torch.manual_seed(1)
    x, y = (
        losses.sliced_wasserstein(sr[k], hr[k], losses.random_directions(6, 2, hr[k]), cell)
        for k, cell in (("x", 8), ("y", 4))
    )
    torch.testing.assert_close(both, 2 * x + 0.5 * y)


# --- low-pass and checkerboard --------------------------------------------------------------------


def test_the_low_pass_term_is_free_of_detail_and_strict_on_tones(noise: torch.Tensor) -> None:
    detail = torch.tensor([[1.0, -1.0], [-1.0, 1.0]]).tile(SIDE // 2, SIDE // 2)
    assert losses.low_pass(noise + detail, noise, 4).item() == pytest.approx(0, abs=1e-6)
    assert losses.low_pass(noise + 0.1, noise, 4).item() == pytest.approx(0.1, rel=1e-4)


def test_the_checkerboard_loss_sees_what_repeats_and_nothing_else(rng: np.random.Generator) -> None:
    hr = torch.from_numpy(rng.random((2, 3, SIDE, SIDE))).float()
    pattern = torch.from_numpy(rng.normal(size=(1, 3, 4, 4))).float()
    pattern -= pattern.mean(dim=(2, 3), keepdim=True)
    brighter = hr + 0.1
    assert losses.checkerboard(brighter, hr, 4, (6, 12)).item() == pytest.approx(0, abs=1e-6)
    meshed = losses.checkerboard(brighter + pattern.tile(1, 1, 24, 24), hr, 4, (6, 12)).item()
    assert meshed == pytest.approx(pattern.abs().mean().item(), rel=1e-4)
    noise = torch.from_numpy(rng.normal(size=hr.shape)).float()
    for side in (6, 12):
        # side² values of noise are averaged, a sixteenth of the variance is all positions' mean,
        # and a Gaussian's mean magnitude is √(2/π) of its deviation
        expected = np.sqrt(2 / np.pi * 15 / 16) / side
        assert losses.checkerboard(hr + noise, hr, 4, (side,)).item() == pytest.approx(
            expected, rel=0.1
        )
