"""The papers' architectures: their sizes, their contract, their reach."""

import numpy as np
import pytest
import torch
from skimage.color import rgb2ycbcr

from sr_demo.inference.rewrites import fast, fold_into_shuffle
from sr_demo.methods import METHODS, network_class
from sr_demo.networks import (
    ESPCN,
    SRCNN,
    RRDBNet,
    SRResNet,
    SuperResolver,
    rgb_to_ycbcr,
    ycbcr_to_rgb,
)
from sr_demo.resize import imresize
from tests.helpers import present

EVERY = [(name, scale) for name in ("srcnn", "espcn", "srresnet", "esrgan") for scale in (2, 3, 4)]
SMALL = {
    "srresnet": {"features": 16, "blocks": 6},
    "esrgan": {"features": 6, "blocks": 1},
}  # as deep as shows how blocks add to its reach


def weights(network: torch.nn.Module) -> int:
    return sum(p.numel() for name, p in network.named_parameters() if "weight" in name)


def test_srcnn_has_the_papers_number_of_weights() -> None:
    # Dong et al. 2014, 9-1-5: 9²·64 + 64·32 + 32·5² = 8,032 whatever the scale
    for scale in (2, 3, 4):
        assert weights(SRCNN(scale)) == 8032


def test_espcn_has_the_papers_number_of_weights() -> None:
    for scale in (2, 3, 4):
        assert weights(ESPCN(scale)) == 5**2 * 64 + 3**2 * 64 * 32 + 3**2 * 32 * scale**2


def test_srresnet_x4_has_the_papers_layers() -> None:
    convolutions = [m for m in SRResNet(4).modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 1 + 16 * 2 + 1 + 2 + 1
    assert [c.out_channels for c in convolutions[-3:]] == [256, 256, 3]
    assert convolutions[0].kernel_size == convolutions[-1].kernel_size == (9, 9)


def test_srgans_generator_is_srresnet() -> None:
    assert network_class("srgan") is network_class("real_srgan") is SRResNet
    assert {name for name, method in METHODS.items() if method.network} == {
        name for name, _ in EVERY
    } | {"srgan", "real_srgan"}


def test_rrdbnet_has_the_papers_layers() -> None:
    with torch.device("meta"):
        network = RRDBNet(4)
    convolutions = [m for m in network.modules() if isinstance(m, torch.nn.Conv2d)]
    assert len(convolutions) == 1 + 23 * 15 + 1 + 2 + 1 + 1
    assert sum(p.numel() for p in network.parameters()) == 16_697_987  # the authors' files' too
    first = [c.in_channels for c in convolutions[1:6]]
    assert first == [64, 96, 128, 160, 192]  # each sees all that were before it


@pytest.mark.parametrize(("name", "scale"), EVERY)
def test_lr_in_01_gives_hr_in_01(name: str, scale: int) -> None:
    torch.manual_seed(0)
    network = network_class(name)(scale, **SMALL.get(name, {}))
    for parameter in network.parameters():
        parameter.data += 0.05 * torch.randn_like(parameter)  # wild enough to leave [0, 1]
    with torch.no_grad():
        hr = network(torch.rand(2, 3, 7, 5))
    assert hr.shape == (2, 3, 7 * scale, 5 * scale)
    assert hr.dtype == torch.float32
    assert hr.min() >= 0
    assert hr.max() <= 1


@pytest.mark.parametrize(("name", "scale"), EVERY)
def test_a_pixel_reaches_no_further_than_the_radius(name: str, scale: int) -> None:
    torch.manual_seed(0)
    network = network_class(name)(scale, **SMALL.get(name, {})).double()
    for block in getattr(network, "blocks", ()):  # so that no rounding swallows what comes from far
        for layer in (m for m in block.modules() if isinstance(m, torch.nn.Conv2d)):
            layer.weight.data *= 5
    size, centre = 2 * network.radius + 5, network.radius + 2
    lr = torch.rand(1, 3, size, size, dtype=torch.float64) * 0.5 + 0.25
    other = lr.clone()
    other[..., centre, centre] = 0.9
    with torch.no_grad():
        change = (network.restore(network_input(network, other))
                  - network.restore(network_input(network, lr))).abs().amax(dim=(0, 1))  # fmt: skip
    touched = change.nonzero() // scale - centre
    assert touched.abs().max() <= network.radius
    assert touched.abs().max() >= network.radius - 2  # and no overlap is wasted


def network_input(network: SuperResolver, rgb: torch.Tensor) -> torch.Tensor:
    return rgb if network.channels == 3 else rgb_to_ycbcr(rgb)[:, :1]


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_srcnn_and_srresnet_start_at_bicubic(scale: int, photo: np.ndarray) -> None:
    torch.manual_seed(0)
    small = photo[:60, :80] / 255
    x = torch.from_numpy(small).float().permute(2, 0, 1)[None]
    expected = imresize(small, scale).clip(0, 1)
    for network in (SRCNN(scale), SRResNet(scale)):
        with torch.no_grad():
            restored = network(x)[0].permute(1, 2, 0).numpy()
        error = np.sqrt(np.mean((restored - expected) ** 2))
        assert error < 0.03


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_srresnet_starts_blind_to_brightness(scale: int) -> None:
    torch.manual_seed(0)
    network = SRResNet(scale).double()
    x = torch.rand(1, 3, 12, 14, dtype=torch.float64)
    with torch.no_grad():
        dark, bright = (network.head(x + level)[..., 4:-4, 4:-4] for level in (0, 10))
    torch.testing.assert_close(dark, bright, rtol=0, atol=1e-5)
    assert dark.std() > 0.1  # though not to detail


def test_colour_conversion_agrees_with_the_numpy_one(rng: np.random.Generator) -> None:
    rgb = rng.random((6, 5, 3))
    x = torch.from_numpy(rgb).permute(2, 0, 1)[None]
    ycbcr = rgb_to_ycbcr(x)
    np.testing.assert_allclose(ycbcr[0].permute(1, 2, 0), rgb2ycbcr(rgb) / 255, atol=1e-6)
    np.testing.assert_allclose(ycbcr_to_rgb(ycbcr), x, atol=1e-6)


@pytest.mark.parametrize("name", ["srcnn", "espcn"])
def test_luma_networks_take_chroma_from_bicubic(name: str, photo: np.ndarray) -> None:
    network = network_class(name)(2)
    last = network.get_submodule("reconstruct" if name == "srcnn" else "sub_pixels")
    assert isinstance(last, torch.nn.Conv2d)
    torch.nn.init.zeros_(last.weight)
    torch.nn.init.constant_(present(last.bias), 0.5)  # mid-gray luma everywhere: no colour clips
    pale = photo / 255 * 0.25 + 0.375
    x = torch.from_numpy(pale).float().permute(2, 0, 1)[None]
    with torch.no_grad():
        ycbcr = rgb2ycbcr(network(x)[0].permute(1, 2, 0).numpy()) / 255
    np.testing.assert_allclose(ycbcr[..., 0], 0.5, atol=1e-5)
    np.testing.assert_allclose(
        ycbcr[..., 1:], rgb2ycbcr(imresize(pale, 2))[..., 1:] / 255, atol=1e-5
    )


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_the_fast_form_is_the_same_function(scale: int) -> None:
    torch.manual_seed(0)
    network = SRResNet(scale, features=8, blocks=2).double()
    x = torch.rand(1, 3, 9, 11, dtype=torch.float64)
    plain, quick = network.restore(x), fast(network)(x)
    torch.testing.assert_close(quick, plain, rtol=0, atol=1e-6)
    parameters = list(network.parameters())
    gradients = [torch.autograd.grad((y**2).sum(), parameters) for y in (plain, quick)]
    for one, other in zip(*gradients, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(("r", "k"), [(2, 3), (2, 9), (3, 5), (3, 9), (4, 9)])
def test_a_convolution_folds_through_the_shuffle(r: int, k: int) -> None:
    torch.manual_seed(0)
    weight = torch.randn(3, 4, k, k, dtype=torch.float64)
    x = torch.randn(1, 4 * r * r, 6, 7, dtype=torch.float64)
    shuffle = torch.nn.functional.pixel_shuffle
    folded = fold_into_shuffle(weight, r)
    expected = torch.conv2d(shuffle(x, r), weight, padding=k // 2)
    actual = shuffle(torch.conv2d(x, folded, padding=folded.shape[-1] // 2), r)
    torch.testing.assert_close(actual, expected)
