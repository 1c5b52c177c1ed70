"""VGG-19's features, against torchvision's, and the scaling of its filters."""

import re
from pathlib import Path
from urllib.error import URLError

import numpy as np
import pytest
import torch
from torch import nn

from sr_demo.training import vgg
from tests.training.small_runs import write_vgg


@pytest.mark.parametrize("pool", ["max", "average"])
def test_features_are_torchvisions(pool: str, tmp_path: Path) -> None:
    from torchvision.models.vgg import cfgs, make_layers
    from torchvision.transforms.functional import normalize

    weights = vgg.read_weights(write_vgg(tmp_path / "vgg.safetensors", "5_4"))
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
def test_unknown_layers_are_refused(layer: str, weights: dict[str, torch.Tensor]) -> None:
    with pytest.raises(vgg.VGGError, match=re.escape(f"no layer {layer};")):
        vgg.VGG([layer], weights)


def test_a_file_that_is_no_vgg_is_refused(tmp_path: Path) -> None:
    def unneeded() -> torch.Tensor:
        pytest.fail("weights of a file are not scaled")

    (tmp_path / "a").write_text("no")
    with pytest.raises(vgg.VGGError, match="no safetensors file"):
        vgg.load_weights(tmp_path / "a", unneeded)
    with pytest.raises(vgg.VGGError, match="hold no"):
        vgg.VGG(["vgg22"], {})


def test_offline_it_asks_for_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from torchvision.models import VGG19_Weights

    def offline(*_: object, **__: object) -> None:
        raise URLError("no route")

    monkeypatch.setattr(VGG19_Weights, "get_state_dict", offline)
    with pytest.raises(vgg.VGGError, match="--vgg-weights"):
        vgg.load_weights(None, lambda: torch.rand(1, 3, 8, 8))


def test_balanced_filters_see_the_same_at_a_mean_of_one(
    weights: dict[str, torch.Tensor], photo: np.ndarray
) -> None:
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
