"""From SRResNet to SRGAN: the ends are the very networks; between them, what is promised."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import sr_demo
from sr_demo import interpolation
from sr_demo.cli.main import main
from sr_demo.images import load_image, save_png
from sr_demo.inference import engine
from sr_demo.metrics.psnr import psnr
from sr_demo.networks import SRResNet
from sr_demo.resize import imresize
from sr_demo.storage import CheckpointError


@pytest.fixture
def ends(monkeypatch: pytest.MonkeyPatch) -> dict[str, SRResNet]:
    """Two small networks of random weights in the places of the checkpoints."""
    torch.manual_seed(0)
    networks = {name: SRResNet(4, features=8, blocks=1).eval() for name in interpolation.ENDS}
    monkeypatch.setattr(interpolation, "network", lambda name, scale: networks[name])
    return networks


@pytest.fixture
def shipped() -> None:
    if 4 not in interpolation.scales():
        pytest.skip("SRResNet ×4 or SRGAN ×4 is missing")


def test_every_weight_is_the_weighted_mean(ends: dict[str, SRResNet]) -> None:
    between = dict(interpolation.network_between(0.3, 4).named_parameters())
    start, end = (dict(net.named_parameters()) for net in ends.values())
    assert between.keys() == start.keys()
    for name, weight in between.items():
        expected = 0.7 * start[name].detach().numpy() + 0.3 * end[name].detach().numpy()
        np.testing.assert_allclose(weight.detach().numpy(), expected, rtol=1e-5, atol=1e-7)


def test_blending_leaves_the_ends_as_they_were(ends: dict[str, SRResNet]) -> None:
    before = {name: [p.clone() for p in net.parameters()] for name, net in ends.items()}
    interpolation.network_between(0.5, 4)
    for name, net in ends.items():
        assert all(map(torch.equal, net.parameters(), before[name]))
    assert [interpolation.network_between(alpha, 4) for alpha in (0, 1)] == list(ends.values())


def test_networks_of_two_shapes_have_no_blend(ends: dict[str, SRResNet]) -> None:
    ends["srgan"] = SRResNet(4, features=16, blocks=1)
    with pytest.raises(CheckpointError, match="differ in shape"):
        interpolation.network_between(0.5, 4)


def test_pictures_blend_pixel_by_pixel(rng: np.random.Generator) -> None:
    start, end = rng.integers(0, 256, (2, 9, 7, 3), dtype=np.uint8)
    for alpha in (0, 0.25, 0.6, 1):
        exact = (1 - alpha) * start.astype(float) + alpha * end
        difference = np.abs(interpolation.images_between(start, end, alpha) - exact)
        assert difference.max() <= 0.5 + 1e-4
    np.testing.assert_array_equal(interpolation.images_between(start, end, 0), start)
    np.testing.assert_array_equal(interpolation.images_between(start, end, 1), end)


def test_a_sweep_has_both_kinds_at_every_alpha_and_can_be_stopped(
    ends: dict[str, SRResNet], photo: np.ndarray
) -> None:
    lr = photo[:12, :10]
    start, end = (engine.Engine(net).restore(lr) for net in ends.values())
    pictures = start, end
    steps = {alpha: (a, b) for alpha, a, b in interpolation.sweep(lr, 4, pictures)}
    assert sorted(steps) == list(interpolation.ALPHAS)
    for alpha, (restored, mixed) in steps.items():
        np.testing.assert_array_equal(mixed, interpolation.images_between(start, end, alpha))
        np.testing.assert_array_equal(
            restored, engine.Engine(interpolation.network_between(alpha, 4)).restore(lr)
        )

    def stop(fraction: float) -> None:
        raise engine.Cancelled

    seen: list[float] = []
    with pytest.raises(engine.Cancelled):
        seen.extend(alpha for alpha, *_ in interpolation.sweep(lr, 4, pictures, progress=stop))
    assert seen == [0, 1]
    assert [alpha for alpha, *_ in interpolation.sweep(lr, 4, pictures, [0.7, 0.2])] == [0.2, 0.7]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"method": "interpolation"}, "alpha is missing: “interpolation” needs one from 0"),
        ({"method": "interpolation", "alpha": 1.2}, "alpha is 1.2"),
        ({"method": "interpolation", "alpha": -0.1}, "alpha is -0.1"),
        ({"method": "interpolation", "alpha": float("nan")}, "alpha is nan"),
        ({"method": "bicubic", "alpha": 0.5}, "“bicubic” has nothing to interpolate"),
        ({"method": "interpolation", "alpha": 0.5, "scale": 5}, "no scale ×5"),
    ],
)
def test_what_cannot_be_blended_is_declined_in_plain_words(
    photo: np.ndarray, arguments: dict[str, Any], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        sr_demo.upscale(photo, **arguments)


def test_a_missing_end_is_named(
    photo: np.ndarray, checkpoints_in: Callable[[Path], None], tmp_path: Path
) -> None:
    checkpoints_in(tmp_path)
    with pytest.raises(CheckpointError, match=r"srresnet_x2\.safetensors is missing"):
        sr_demo.upscale(photo[:8, :8], "interpolation", 2, alpha=0.5)
    assert interpolation.scales() == []


# --- with the shipped checkpoints -----------------------------------------------------------------


def test_at_0_and_1_the_pictures_are_those_of_the_ends_byte_for_byte(
    shipped: None, photo: np.ndarray
) -> None:
    lr = imresize(photo, 1 / 2)
    for alpha, name in enumerate(interpolation.ENDS):
        np.testing.assert_array_equal(
            sr_demo.upscale(lr, "interpolation", 4, alpha=alpha), sr_demo.upscale(lr, name, 4)
        )


def test_between_the_ends_the_curve_does_not_jump(shipped: None, photo: np.ndarray) -> None:
    lr = imresize(photo, 1 / 2)
    ends = [sr_demo.upscale(lr, "interpolation", 4, alpha=alpha) for alpha in (0.001, 0.999)]
    for near, name in zip(ends, interpolation.ENDS, strict=True):
        end = sr_demo.upscale(lr, name, 4)
        # Half precision, and another library for the ends, round by a grey level or two.
        assert np.abs(near.astype(int) - end).mean() < 0.5


def test_psnr_falls_along_alpha(shipped: None, photo: np.ndarray) -> None:
    lr = imresize(photo, 1 / 4)
    values = [
        psnr(photo, sr_demo.upscale(lr, "interpolation", 4, alpha=alpha), border=4)
        for alpha in interpolation.ALPHAS
    ]
    assert values[0] > values[-1] + 0.3
    for before, after in pairwise(values):
        assert after < before + 0.05


def test_gray_and_transparent_pictures_keep_their_channels(
    ends: dict[str, SRResNet], photo: np.ndarray
) -> None:
    for image in (photo[:9, :8, 0], np.dstack([photo, photo[..., :1]])[:9, :8]):
        enlarged = sr_demo.upscale(image, "interpolation", 4, alpha=0.5)
        assert enlarged.shape == (36, 32, *image.shape[2:])
    np.testing.assert_array_equal(enlarged[..., 3], imresize(photo[:9, :8, 0], 4))


# --- on the command line --------------------------------------------------------------------------


def test_the_command_line_interpolates(
    ends: dict[str, SRResNet], photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_png(tmp_path / "cat.png", photo[:9, :8])
    command = ["upscale", str(tmp_path / "cat.png"), "-o", str(tmp_path / "out")]
    assert main([*command, "--method", "interpolation", "--alpha", "0.4"]) == 0
    np.testing.assert_array_equal(
        load_image(tmp_path / "out" / "cat_x4_interpolation0.4.png").pixels,
        sr_demo.upscale(photo[:9, :8], "interpolation", 4, alpha=0.4),
    )
    for wrong in (
        ["--method", "interpolation"],
        ["--alpha", "0.4"],
        ["--method", "interpolation", "--alpha", "2"],
    ):
        capsys.readouterr()
        assert main([*command, *wrong]) == 2
        assert "alpha" in capsys.readouterr().err
