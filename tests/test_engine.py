"""The engine gives the network's numbers, whatever the tile, the size or the memory."""

import numpy as np
import pytest
import torch

from sr_demo import engine
from sr_demo.checkpoints import load_network
from sr_demo.networks import ESPCN, NETWORKS, SRResNet

PLAIN = ("srcnn", "espcn", "srresnet")


def network(name, scale):
    torch.manual_seed(3)
    if name == "srresnet":  # small, but as deep in pixels as five blocks reach
        return SRResNet(scale, features=8, blocks=5).eval()
    return NETWORKS[name](scale).eval()


@pytest.mark.parametrize(("name", "scale"), [(n, s) for n in PLAIN for s in (2, 3, 4)])
def test_tiled_equals_untiled(name, scale, photo):
    net = network(name, scale)
    lr = photo[:70, :90]
    whole = engine.restore(net, lr, tile=1000)
    tiled = engine.restore(net, lr, tile=33)
    difference = np.abs(whole.astype(int) - tiled)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 0.01


def test_tiled_equals_untiled_with_the_shipped_weights(photo):
    """Sixteen trained blocks reach further than small random ones show."""
    net = load_network("srresnet", 4)
    lr = photo[:, :150]
    whole = engine.restore(net, lr, tile=1000)
    assert np.abs(whole.astype(int) - engine.restore(net, lr, tile=60)).max() <= 1


def test_the_tiles_overlap_is_needed(photo):
    """The law above can fail: without overlap, seams show."""
    net = network("srresnet", 2)
    whole = engine.restore(net, photo[:70, :90], tile=1000)
    net.radius = 0
    tiled = engine.restore(net, photo[:70, :90], tile=33)
    assert np.abs(whole.astype(int) - tiled).max() > 1


def test_the_engine_is_the_network_rounded(photo):
    net = network("srresnet", 4)
    x = torch.from_numpy(photo[:40, :50] / 255).float().permute(2, 0, 1)[None]
    with torch.no_grad():
        exact = net(x)[0].permute(1, 2, 0).numpy() * 255
    restored = engine.restore(net, photo[:40, :50])
    error = np.abs(restored - exact)
    assert error.max() <= 2  # 16-bit multiplication where the processor has it
    assert np.sqrt((error**2).mean()) < 0.4  # rounding alone gives 0.29


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3), (1, 300)])
@pytest.mark.parametrize("name", PLAIN)
def test_any_size_from_one_pixel(name, shape):
    lr = np.full((*shape, 3), 100, np.uint8)
    assert engine.restore(network(name, 3), lr).shape == (shape[0] * 3, shape[1] * 3, 3)


def test_progress_rises_to_one_and_can_stop_the_work(photo):
    seen = []
    engine.restore(ESPCN(2).eval(), photo, seen.append, tile=40)
    assert seen == sorted(seen)
    assert len(seen) == 3 * 4
    assert seen[-1] == 1

    calls = []

    def stop(fraction):
        calls.append(fraction)
        raise engine.Cancelled

    with pytest.raises(engine.Cancelled):
        engine.restore(ESPCN(2).eval(), photo, stop, tile=40)
    assert len(calls) == 1


def test_too_large_is_said_in_megapixels():
    engine.check_size(np.empty((2000, 2000, 3), np.uint8))
    with pytest.raises(engine.TooLarge, match=r"2001×2000 is 4\.0 megapixels.*limit is 4"):
        engine.check_size(np.empty((2000, 2001, 3), np.uint8))


@pytest.mark.parametrize(
    "lr",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_bad_input_is_named(lr):
    with pytest.raises(ValueError, match="expected a uint8 RGB image"):
        engine.restore(ESPCN(2), lr)


def test_the_footer_names_precision_and_device():
    assert engine.describe().startswith("PyTorch ")
