"""A network's drawing: made from the network, and to scale."""

import copy
import itertools
import xml.etree.ElementTree as ElementTree

import pytest
import torch

from sr_demo.figures.diagram import NARROW, WIDE, Ruler, diagram, groups, told
from sr_demo.inference.layers import layers, receptive_field
from sr_demo.networks import ESPCN, SRCNN, RRDBNet, SRResNet, SuperResolver

NETWORKS = [SRCNN(4), ESPCN(4), SRResNet(4), SRResNet(3), RRDBNet(4, features=8, growth=4)]


def bars(network: SuperResolver, ruler: Ruler) -> list[dict[str, float]]:
    """Of each layer: left, width, height."""
    svg = ElementTree.fromstring(diagram(layers(network), network.scale, "#123456", ruler))
    found = [rect for rect in svg.iter("rect") if rect.get("class") == "layer"]
    return [{key: float(rect.attrib[key]) for key in ("x", "width", "height")} for rect in found]


@pytest.mark.parametrize("network", NETWORKS)
def test_the_layers_hold_every_weight_that_the_network_has(network: SuperResolver) -> None:
    found = layers(network)
    filters = [p for p in network.parameters() if p.dim() == 4]
    assert sum(layer.weights for layer in found) == sum(p.numel() for p in filters)
    assert len(found) == len(filters)
    assert all(1 <= layer.finer <= network.scale for layer in found)


SMALL = [
    make(scale)
    for scale in (2, 3, 4)
    for make in (
        SRCNN,
        ESPCN,
        lambda scale: SRResNet(scale, features=2, blocks=1),
        lambda scale: RRDBNet(scale, features=2, blocks=1, growth=2),
    )
]


@pytest.mark.parametrize("network", SMALL, ids=lambda n: f"{type(n).__name__} x{n.scale}")
def test_the_receptive_field_is_where_a_derivative_is_not_zero(network: SuperResolver) -> None:
    even = copy.deepcopy(network).double()
    with torch.no_grad():
        for weights in even.parameters():  # all positive: nothing cancels, and nothing is cut off
            weights.fill_(1 / weights[0].numel())
    row = torch.ones(1, network.channels, 9, 2 * network.radius + 5, dtype=torch.float64)
    result = even.restore(row.requires_grad_())[0, 0, 4 * network.scale]
    middle = len(result) // 2
    fields = []
    for pixel in result[middle : middle + network.scale]:
        (slopes,) = torch.autograd.grad(pixel, row, retain_graph=True)
        fields.append(int(slopes.sum(dim=(0, 1, 2)).count_nonzero()))
    assert receptive_field(network) == max(fields)


def test_the_layers_run_in_the_papers_order() -> None:
    assert [(x.kernel, x.outputs, x.finer) for x in layers(SRCNN(3))] == [
        (9, 64, 3), (1, 32, 3), (5, 1, 3)
    ]  # fmt: skip
    assert [(x.kernel, x.outputs, x.finer) for x in layers(ESPCN(3))] == [
        (5, 64, 1), (3, 32, 1), (3, 9, 1)
    ]  # fmt: skip
    up = [(x.outputs, x.finer) for x in layers(SRResNet(4)) if x.name.startswith("upsample")]
    assert up == [(256, 1), (256, 2)]


@pytest.mark.parametrize("ruler", [WIDE, NARROW])
@pytest.mark.parametrize("network", NETWORKS)
def test_bars_are_to_scale_in_order_and_within_the_drawing(
    network: SuperResolver, ruler: Ruler
) -> None:
    found, drawn = layers(network), bars(network, ruler)
    widest = max(layer.outputs for layer in found)
    measure = max(bar["width"] for bar in drawn) / widest
    for layer, bar in zip(found, drawn, strict=True):
        assert bar["height"] == pytest.approx(layer.finer * ruler.side, abs=0.01)
        assert bar["width"] == pytest.approx(max(layer.outputs * measure, 0.5), abs=0.02)
    for before, after in itertools.pairwise(drawn):
        assert after["x"] >= before["x"] + before["width"] - 0.5
    svg = ElementTree.fromstring(diagram(found, network.scale, "#123456", ruler))
    assert float(svg.attrib["width"]) <= ruler.width + 1


def test_networks_that_fit_are_drawn_by_one_measure() -> None:
    small, large = (bars(network, WIDE)[0]["width"] for network in (SRCNN(4), SRResNet(4)))
    assert small == large  # 64 channels each


def test_the_drawing_is_told_in_words_and_names_its_parts() -> None:
    found = layers(SRResNet(4))
    assert "32 × 3×3 of 64 channels" in told(found, 4)
    assert [group.channels for group in groups(found)] == ["64", "64", "64", "256", "3"]
    svg = ElementTree.fromstring(diagram([], 4, "#123456", WIDE))
    assert "formula" in svg.attrib["aria-label"]
    assert "formula" in [text.text for text in svg.iter("text")]
