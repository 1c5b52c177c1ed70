"""Each rewrite computes the same function: shown in double precision, or with the real weights."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from sr_demo.checkpoints import load_network
from sr_demo.inference import rewrites
from sr_demo.inference.openvino import model, ov
from sr_demo.inference.rewrites import fast, fold_into_shuffle
from sr_demo.networks import ESPCN, SRCNN, SRResNet, rgb_to_ycbcr
from sr_demo.resize import upsample
from tests.helpers import present

SCALES = (2, 3, 4)


def reflected(x: torch.Tensor) -> torch.Tensor:
    """Symmetric padding by two, by NumPy."""
    return torch.from_numpy(np.pad(x.numpy(), ((0, 0), (0, 0), (2, 2), (2, 2)), "symmetric"))


@pytest.mark.parametrize("scale", SCALES)
def test_the_tail_folds_before_the_last_shuffle(scale: int) -> None:
    torch.manual_seed(0)
    tail = SRResNet(scale, features=6, blocks=1).tail.double()
    factor = 3 if scale == 3 else 2
    x = torch.randn(1, 6 * factor**2, 7, 5, dtype=torch.float64)
    weight = fold_into_shuffle(tail.weight, factor)
    bias = present(tail.bias).repeat_interleave(factor**2)
    folded = F.conv2d(x, weight, bias, padding=weight.shape[-1] // 2)
    expected = tail(F.pixel_shuffle(x, factor))
    torch.testing.assert_close(F.pixel_shuffle(folded, factor), expected)


@pytest.mark.parametrize("factor", [2, 3])
def test_prelu_commutes_with_the_shuffle(factor: int) -> None:
    torch.manual_seed(0)
    x, slope = torch.randn(1, 2 * factor**2, 4, 5), torch.tensor([0.3])
    after = F.prelu(F.pixel_shuffle(x, factor), slope)
    assert torch.equal(F.pixel_shuffle(F.prelu(x, slope), factor), after)


def whole_pixels(x: torch.Tensor, factor: int) -> torch.Tensor:
    """The other order of a pixel shuffle, by NumPy: sub-pixel positions outermost."""
    blocks = x.reshape(factor, factor, -1, *x.shape[-2:]).permute(2, 3, 0, 4, 1)
    return blocks.reshape(1, len(blocks), x.shape[-2] * factor, -1)


@pytest.mark.parametrize("factors", [(2,), (3,), (2, 2), (1, 3), (2, 3)])
def test_shuffles_of_whole_pixels_are_one_pixel_shuffle(factors: tuple[int, ...]) -> None:
    x = torch.randn(1, 5, 4, 6)
    r = int(np.prod(factors))
    weight, bias = torch.randn(3 * r * r, 5, 1, 1), torch.randn(3 * r * r)
    sorted_weight, sorted_bias = (rewrites.phases_first(k, *factors) for k in (weight, bias))
    moved = F.conv2d(x, sorted_weight, sorted_bias)
    for factor in factors:
        moved = whole_pixels(moved, factor)
    torch.testing.assert_close(moved, F.pixel_shuffle(F.conv2d(x, weight, bias), r))


@pytest.mark.parametrize("size", [3, 5, 9])
def test_a_kernel_splits_into_its_rows(size: int) -> None:
    x = torch.randn(1, 7, 8, 6, dtype=torch.float64)
    weight = torch.randn(4, 7, size, size, dtype=torch.float64)
    flat, gather = rewrites.split_rows(weight)
    rows = F.conv2d(x, flat, padding=(0, size // 2))
    split = F.conv2d(rows, gather, padding=(size // 2, 0))
    torch.testing.assert_close(split, F.conv2d(x, weight, padding=size // 2))


@pytest.mark.parametrize("scale", SCALES)
def test_bicubic_kernels_are_upsample_before_its_shuffle(scale: int) -> None:
    x = torch.rand(1, 3, 6, 5)
    phases = F.conv2d(reflected(x), rewrites.bicubic_kernels(3, scale))
    torch.testing.assert_close(F.pixel_shuffle(phases, scale), upsample(x, scale))


@pytest.mark.parametrize("scale", [1, *SCALES])
def test_luma_kernels_convert_and_enlarge_in_one_convolution(scale: int) -> None:
    x = torch.rand(1, 3, 6, 5)
    weight, bias = rewrites.luma_kernels(scale)
    y = F.conv2d(x if scale == 1 else reflected(x), weight, bias)
    expected = rgb_to_ycbcr(x)[:, :1]
    if scale > 1:
        y, expected = F.pixel_shuffle(y, scale), upsample(expected, scale)
    torch.testing.assert_close(y, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("scale", SCALES)
def test_recolouring_is_in_colour_without_a_plane_of_chroma(scale: int) -> None:
    torch.manual_seed(0)
    x, y = torch.rand(1, 3, 6, 5) * 0.2 + 0.4, torch.rand(1, 1, 6 * scale, 5 * scale) * 0.1 + 0.4
    weight, bias, gain = rewrites.recolour_kernels(scale)
    base = F.pixel_shuffle(F.conv2d(reflected(x), weight, bias), scale)
    expected = ESPCN(scale).in_colour(lambda _: y, x)
    assert 0 < expected.min() < expected.max() < 1  # nothing clipped: all is compared
    torch.testing.assert_close(base + gain * y, expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize(("scale", "factor"), [(2, 2), (3, 3), (4, 2)])
def test_srcnns_last_layer_runs_on_a_coarser_grid(scale: int, factor: int) -> None:
    """As its graph does: padded so that the unshuffled grid lies right."""
    torch.manual_seed(0)
    last = SRCNN(scale).reconstruct.double()
    reach = factor * -(-2 // factor)
    x = torch.randn(1, 32, 4 * factor + 2 * reach, 5 * factor + 2 * reach, dtype=torch.float64)
    weight = fold_into_shuffle(last.weight, factor)
    bias = present(last.bias).repeat(factor**2)
    folded = F.pixel_shuffle(F.conv2d(F.pixel_unshuffle(x, factor), weight, bias), factor)
    extra = reach - 2
    expected = last(x[..., extra : x.shape[-2] - extra, extra : x.shape[-1] - extra])
    torch.testing.assert_close(folded, expected)


@pytest.mark.parametrize("scale", SCALES)
def test_srresnets_three_forwards_are_one_function(scale: int) -> None:
    """Every factor, slope and bias of networks.py returns in `fast` and in the graph."""
    torch.manual_seed(0)
    network = SRResNet(scale, features=8, blocks=2).eval()
    for name, parameter in network.named_parameters():  # else all biases are 0, all slopes 1/4
        spread = 0.3 if "act" in name else 0.01
        parameter.data += spread * torch.randn_like(parameter)
    levels = torch.randint(40, 216, (1, 3, 10, 13), dtype=torch.uint8)
    with torch.inference_mode():
        plain = network.restore(levels / 255)
        quick = fast(network)(levels / 255)
    torch.testing.assert_close(quick, plain, rtol=0, atol=1e-5)
    graph = ov.Core().compile_model(model(network), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    (picture,) = graph(levels.permute(0, 2, 3, 1).numpy()).values()
    exact = 255 * plain[0].permute(1, 2, 0).numpy()
    assert ((exact > 0) & (exact < 255)).mean() > 0.8  # where something is clipped, less is seen
    assert np.abs(picture[0] - exact.clip(0, 255)).max() < 0.501  # rounding, and no more


def test_the_precise_form_is_the_fast_form_without_autocast() -> None:
    torch.manual_seed(0)
    network = SRResNet(4, features=8, blocks=4).eval()
    x = torch.rand(1, 3, 9, 11)
    with torch.no_grad():
        assert torch.equal(fast(network, precise=True)(x), fast(network)(x))


def test_the_precise_form_is_closer_under_autocast(photo: np.ndarray) -> None:
    network = load_network("srgan", 4)
    x = torch.from_numpy(photo[:24, :24] / 255).float().permute(2, 0, 1)[None]
    with torch.no_grad():
        exact = network.restore(x)
        with torch.autocast("cpu", torch.bfloat16):
            error = [(fast(network, precise=p)(x) - exact).square().mean() for p in (True, False)]
    assert error[0] < error[1] / 2
