"""Foreign networks through the engine: tiles, backends, and another runtime that agrees."""

import copy
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from sr_demo.foreign.network import ForeignNetwork, load
from sr_demo.inference import engine, openvino, tiles
from sr_demo.inference.engine import Engine
from sr_demo.tensors import to_floats, to_pixels
from tests.foreign import ncnn_graph
from tests.foreign.files import compact, rrdbnet, swinir, under, write

KINDS = ("rrdbnet", "compact", "swinir")


def network_of(kind: str, folder: Path) -> ForeignNetwork:
    weights = {
        "rrdbnet": lambda: under("real-esrgan", rrdbnet()),
        "compact": lambda: compact(2),
        "swinir": lambda: swinir(2),
    }[kind]()
    return load(write(folder / f"{kind}.safetensors", weights))


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, ForeignNetwork]:
    folder = tmp_path_factory.mktemp("models")
    return {kind: network_of(kind, folder) for kind in KINDS}


@pytest.fixture(scope="module")
def engines(networks: dict[str, ForeignNetwork]) -> dict[str, Engine]:
    """Ready to run; to prepare one takes seconds."""
    return {kind: Engine(network) for kind, network in networks.items()}


@pytest.mark.parametrize("kind", KINDS)
def test_the_engine_gives_the_networks_picture(
    kind: str, engines: dict[str, Engine], networks: dict[str, ForeignNetwork], photo: np.ndarray
) -> None:
    network, lr = networks[kind], photo[:48, :64]  # whole windows: nothing to fill up
    with torch.inference_mode():
        expected = to_pixels(network(to_floats(np.ascontiguousarray(lr))))
    most = 1 if engine.half_precision() is None else 2  # levels
    for ready in (engines[kind], Engine(network, "torch")):
        assert np.abs(ready.restore(lr).astype(int) - expected).max() <= most


def test_convolutions_run_by_openvino(engines: dict[str, Engine]) -> None:
    assert [engines[kind].backend for kind in ("rrdbnet", "compact")] == ["openvino"] * 2


@pytest.mark.parametrize("kind", KINDS)
def test_tiled_equals_untiled(kind: str, engines: dict[str, Engine], photo: np.ndarray) -> None:
    whole, tiled = (engines[kind].restore(photo[:90, :110], tile=tile) for tile in (1000, 72))
    network = engines[kind].network
    assert isinstance(network, ForeignNetwork)
    assert network.overlap in tiles.OVERLAPS
    difference = np.abs(whole.astype(int) - tiled)
    assert (difference <= 1).mean() >= 0.999


@pytest.mark.parametrize("kind", KINDS)
def test_any_size_is_restored(kind: str, engines: dict[str, Engine], photo: np.ndarray) -> None:
    ready = engines[kind]
    scale = ready.network.scale
    for height, width in [(1, 1), (3, 20), (17, 9), (41, 30)]:
        restored = ready.restore(photo[:height, :width])
        assert restored.shape == (height * scale, width * scale, 3)


def test_cancelled_between_tiles(engines: dict[str, Engine], photo: np.ndarray) -> None:
    seen: list[float] = []

    def stop(fraction: float) -> None:
        seen.append(fraction)
        raise engine.Cancelled

    with pytest.raises(engine.Cancelled):
        engines["compact"].restore(photo, stop, tile=72)
    assert len(seen) == 1


def test_what_openvino_gets_wrong_is_left_to_pytorch(
    networks: dict[str, ForeignNetwork], monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture, photo: np.ndarray,
) -> None:  # fmt: skip
    """A converter's mistake shows in no error: the pictures are compared."""
    wrong = openvino.converted(altered(networks["compact"]))
    monkeypatch.setattr(openvino, "converted", lambda *_, **__: wrong)
    ready = Engine(networks["compact"], "openvino")
    assert ready.backend == "torch"
    assert "other pictures" in caplog.text
    expected = Engine(networks["compact"], "torch").restore(photo[:20, :20])
    np.testing.assert_array_equal(ready.restore(photo[:20, :20]), expected)


def test_a_graph_that_gives_an_empty_picture_gives_way(
    networks: dict[str, ForeignNetwork],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(openvino.Compiled, "__call__", lambda *_: np.zeros((0, 0, 3), np.uint8))
    assert Engine(networks["compact"], "openvino").backend == "torch"
    assert "other pictures" in caplog.text


def altered(network: ForeignNetwork) -> ForeignNetwork:
    """The same network, a little wrong."""
    other = copy.deepcopy(network)
    for weight in other.parameters():
        weight.mul_(1.3)
    return other


@pytest.fixture
def in_32_bits(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is compared with another program is the graph, not how a processor rounds."""
    monkeypatch.setattr(openvino, "has_bf16", lambda: False)


@pytest.mark.usefixtures("in_32_bits")
def test_ncnn_gives_the_same_picture_of_rrdbnet(tmp_path: Path, photo: np.ndarray) -> None:
    path = write(tmp_path / "net.safetensors", under("real-esrgan", rrdbnet()))
    assert (
        distance(Engine(load(path)), ncnn_graph.rrdbnet(load_file(path)), tmp_path, photo[:24, :32])
        <= 1
    )


@pytest.mark.usefixtures("in_32_bits")
def test_ncnn_gives_the_same_picture_of_compact(tmp_path: Path, photo: np.ndarray) -> None:
    path = write(tmp_path / "net.safetensors", compact(3))
    assert (
        distance(
            Engine(load(path)), ncnn_graph.compact(load_file(path), 3), tmp_path, photo[:24, :32]
        )
        <= 1
    )


def distance(ready: Engine, graph: ncnn_graph.Graph, folder: Path, lr: np.ndarray) -> int:
    """In grey levels, at most, between the engine's picture and ncnn's."""
    ours = ready.restore(lr)
    theirs = np.rint(np.clip(graph.run(folder, lr / 255), 0, 1) * 255)
    return int(np.abs(ours - theirs).max())


# --- with the real weights, where they are at hand ------------------------------------------------


def test_real_esrgan_is_what_ncnn_makes_of_it(
    real_weights: Path, tmp_path: Path, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "half_precision", lambda *_: None)
    path = real_weights / "RealESRGAN_x4plus.safetensors"
    network = load(path)
    assert network.about.parameters == 16_697_987
    ready = Engine(network, "torch")  # to prepare it for OpenVINO takes longer than all else here
    graph = ncnn_graph.rrdbnet(load_file(path))
    assert distance(ready, graph, tmp_path, photo[:12, :16]) <= 1


@pytest.mark.usefixtures("in_32_bits")
def test_the_compact_network_is_what_ncnn_makes_of_it(
    real_weights: Path, tmp_path: Path, photo: np.ndarray
) -> None:
    path = real_weights / "realesr-animevideov3-x4.safetensors"
    graph = ncnn_graph.compact(load_file(path), 4)
    assert distance(Engine(load(path)), graph, tmp_path, photo[:32, :40]) <= 1


@pytest.mark.parametrize("file", ["RealESRGAN_x4plus", "realesr-animevideov3-x4"])
def test_16_bits_are_within_55_db_before_rounding(
    file: str, real_weights: Path, photo: np.ndarray
) -> None:
    if not openvino.has_bf16():
        pytest.skip("this processor does not multiply bfloat16")
    network = load(real_weights / f"{file}.safetensors")
    lr = np.ascontiguousarray(photo[:40, :48])
    levels = openvino.Compiled(network, rounded=False)(lr)
    with torch.inference_mode():
        exact = 255 * network(to_floats(lr))[0].permute(1, 2, 0).numpy()
    assert 10 * np.log10(255**2 / np.square(levels - exact).mean()) > 55
