"""The discriminator: the paper's layers, and the forms that a recipe may choose."""

import pytest
import torch
from torch import nn

from sr_demo.training import discriminator
from sr_demo.training.discriminator import Discriminator
from tests.training import small_runs


def test_a_discriminator_of_an_unknown_form_is_refused() -> None:
    for head, norm in (("other", "batch"), ("patch", "other")):
        with pytest.raises(ValueError, match="other"):
            Discriminator(96, head, norm)


def test_the_papers_discriminator_has_its_layers() -> None:
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
    for kernel in (3, 4):
        patches = Discriminator(96, stride_kernel=kernel)
        assert patches(torch.rand(2, 3, 96, 96)).shape == (2, 1, 6, 6)


def test_half_as_wide_a_discriminator_is_so_in_every_layer() -> None:
    of_64, of_32 = (
        [
            m.out_channels
            for m in Discriminator(96, width=width).features
            if isinstance(m, nn.Conv2d)
        ]
        for width in (64, 32)
    )
    assert of_64 == [2 * features for features in of_32]


def test_spectral_norm_leaves_patches_apart() -> None:
    """Eight layers keep most of the variance that patches have among each other."""
    torch.manual_seed(0)
    d = Discriminator(96, norm="spectral")
    for _ in range(20):  # power iterations, until the norms are known
        d(torch.rand(1, 3, 96, 96))
    patches = torch.rand(4, 3, 1, 1) + 0.3 * torch.randn(4, 3, 96, 96)
    logits = d(patches)
    assert logits.std() > 0.05


def test_inner_spectral_norm_lets_logits_grow() -> None:
    """Ten times the last layer's weights are ten times the logits; bounded, they stay the same."""
    patches, ratios = torch.rand(2, 3, 96, 96), {}
    for norm in ("spectral", "inner_spectral"):
        torch.manual_seed(0)
        d = Discriminator(96, norm=norm).eval()
        with torch.no_grad():
            before = d(patches)
            for parameter in d.head.parameters():
                parameter.mul_(10)
            ratios[norm] = (d(patches).std() / before.std()).item()
    assert ratios["spectral"] == pytest.approx(1, abs=1e-3)
    assert ratios["inner_spectral"] == pytest.approx(10, abs=1e-3)


@pytest.mark.parametrize("head", discriminator.HEADS)
@pytest.mark.parametrize("norm", discriminator.NORMS)
@pytest.mark.parametrize(("width", "kernel"), [(64, 3), (32, 4)])
def test_a_discriminator_is_rebuilt_from_its_weights(
    head: str, norm: str, width: int, kernel: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discriminator, "FEATURES_AND_STRIDES", small_runs.THIN)
    first = Discriminator(48, head, norm, width, kernel).eval()
    again = Discriminator.of_weights(48, first.state_dict()).eval()
    patches = torch.rand(2, 3, 48, 48)
    torch.testing.assert_close(again(patches), first(patches))
