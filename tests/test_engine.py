"""The engine gives the network's numbers, whatever the tile, the size or the memory."""

import logging
import types
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from sr_demo.checkpoints import load_network
from sr_demo.inference import engine, openvino, runnable, tiles
from sr_demo.inference.engine import Engine
from sr_demo.inference.openvino import Compiled, model
from sr_demo.methods import METHODS, SCALES
from sr_demo.networks import ESPCN, RRDBNet, SuperResolver
from sr_demo.storage import CHECKPOINTS
from sr_demo.tensors import to_floats
from tests.helpers import network

PLAIN = ("srcnn", "espcn", "srresnet")
SHIPPED = sorted(path.stem for path in CHECKPOINTS.glob("*_x[234].safetensors"))
ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize(("name", "scale"), [(n, s) for n in PLAIN for s in (2, 3, 4)])
def test_tiled_equals_untiled(name: str, scale: int, photo: np.ndarray) -> None:
    net = network(name, scale)
    lr = photo[:70, :90]
    for backend in engine.BACKENDS:
        ready = Engine(net, backend)
        whole = ready.restore(lr, tile=1000)
        tiled = ready.restore(lr, tile=33)
        difference = np.abs(whole.astype(int) - tiled)
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.01


@pytest.mark.parametrize("checkpoint", [c for c in SHIPPED if "sr" in c])
def test_beyond_the_overlap_the_shipped_networks_see_nothing(
    checkpoint: str, photo: np.ndarray
) -> None:
    """SRResNet could look further; a tenth of a grey level is the most it makes of it."""
    net = load(checkpoint)
    x = torch.from_numpy(photo / 255).float().permute(2, 0, 1)[None]
    cut, scale = 60, net.scale
    with torch.inference_mode():
        whole = net(x[..., :100])
        window = net(x[..., cut - tiles.OVERLAP : 100])
    difference = window[..., tiles.OVERLAP * scale :] - whole[..., cut * scale :]
    assert difference.abs().max() * 255 < 0.1


@pytest.mark.parametrize("length", [1, 2, 33, 34, 70, 100, 1500])
@pytest.mark.parametrize(("size", "overlap"), [(33, 16), (512, 16), (40, 4)])
def test_tiles_cover_an_axis_once_with_all_they_need_around(
    length: int, size: int, overlap: int
) -> None:
    spans = tiles.spans(length, size, overlap)
    assert [a for a, *_ in spans] == [0, *(b for _, b, *_ in spans[:-1])]
    assert spans[-1][1] == length
    assert len({stop - first for *_, first, stop in spans}) == 1  # one shape to compile
    for a, b, first, stop in spans:
        assert b - a <= size
        assert 0 <= first <= max(0, a - overlap)
        assert min(length, b + overlap) <= stop <= length


@pytest.mark.parametrize("checkpoint", SHIPPED)
def test_constant_pictures_a_few_pixels_wide_stay_constant(checkpoint: str) -> None:
    """As the middle of a large one is: however near the rims are."""
    ready = Engine(load(checkpoint), "torch")  # which needs no preparation for each size
    shapes = [(1, 1), (2, 2), (3, 3), (5, 5), (8, 8), (3, 20)]
    for level in (0, 255):
        large = ready.restore(np.full((41, 41, 3), level, np.uint8)).astype(int)
        middle = large[len(large) // 2, len(large) // 2]
        for shape in shapes:
            small = ready.restore(np.full((*shape, 3), level, np.uint8))
            assert np.abs(small.astype(int) - middle).max() <= 2, (level, shape)


def test_a_strip_too_long_to_be_widened_is_restored_as_it_is() -> None:
    seen: list[tuple[int, ...]] = []

    def run(window: np.ndarray) -> np.ndarray:
        seen.append(window.shape[:2])
        return window.repeat(2, 0).repeat(2, 1)

    strip = np.arange(256, dtype=np.uint8).repeat(3 * 20).reshape(1, -1, 3)
    net = ESPCN(2)
    enlarged = tiles.assembled(tiles.restored_tiles(run, net, strip, 4000), strip, 2, None)
    np.testing.assert_array_equal(enlarged, strip.repeat(2, 0).repeat(2, 1))
    assert {height for height, _ in seen} == {3}


def load(checkpoint: str) -> SuperResolver:
    name, scale = checkpoint.split("_x")
    return load_network(name, int(scale))


CROPS = (  # of one size, for which a compiler then prepares once
    data.astronaut()[:64, 200:264],
    data.coffee()[120:184, 250:314],
    # Textures leave the most for 16 bits to lose.
    *(np.stack([t[:64, :64]] * 3, axis=-1) for t in (data.grass(), data.gravel(), data.brick())),
)


@cache
def exact_crops(checkpoint: str) -> list[np.ndarray]:
    """Each crop as the network makes it in float32, ``(H, W, 3)`` in [0, 1]: kept for all laws."""
    net = load(checkpoint)
    with torch.inference_mode():
        batches = (torch.from_numpy(crop / 255).float().permute(2, 0, 1)[None] for crop in CROPS)
        return [net(batch)[0].permute(1, 2, 0).numpy() for batch in batches]


@pytest.mark.parametrize("backend", engine.BACKENDS)
@pytest.mark.parametrize("checkpoint", SHIPPED)
def test_hardly_a_value_is_more_than_one_level_from_float32(checkpoint: str, backend: str) -> None:
    ready = Engine(load(checkpoint), backend)
    assert ready.backend == backend
    for photo, exact in zip(CROPS, exact_crops(checkpoint), strict=True):
        expected = (exact * 255 + 0.5).astype(int)
        assert (np.abs(expected - ready.restore(photo)) <= 1).mean() > 0.999


@pytest.mark.parametrize("checkpoint", SHIPPED)
def test_before_rounding_the_compiled_graph_is_within_60_db_of_float32(checkpoint: str) -> None:
    ready = Compiled(load(checkpoint), rounded=False)
    for photo, exact in zip(CROPS, exact_crops(checkpoint), strict=True):
        error = ready(photo) / 255 - exact
        assert error.dtype == np.float32
        assert -10 * np.log10((error**2).mean()) > 60


def test_the_tiles_overlap_is_needed(photo: np.ndarray) -> None:
    """The law above can fail: without overlap, seams show."""
    net = network("srresnet", 2)
    whole = engine.restore(net, photo[:70, :90], tile=1000)
    net.radius = 0
    tiled = engine.restore(net, photo[:70, :90], tile=33)
    assert np.abs(whole.astype(int) - tiled).max() > 1


def test_the_engine_is_the_network_rounded(photo: np.ndarray) -> None:
    net = network("srresnet", 4)
    x = torch.from_numpy(photo[:40, :50] / 255).float().permute(2, 0, 1)[None]
    with torch.no_grad():
        exact = net(x)[0].permute(1, 2, 0).numpy() * 255
    restored = engine.restore(net, photo[:40, :50])
    error = np.abs(restored - exact)
    assert error.max() <= 2  # 16-bit multiplication where the processor has it
    assert np.sqrt((error**2).mean()) < 0.4  # rounding alone gives 0.29


@cache
def compiled(name: str, backend: str) -> Engine:
    """One for all sizes."""
    return Engine(network(name, 3), backend)


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 3), (1, 300)])
@pytest.mark.parametrize("name", PLAIN)
@pytest.mark.parametrize("backend", engine.BACKENDS)
def test_any_size_from_one_pixel(name: str, backend: str, shape: tuple[int, int]) -> None:
    lr = np.full((*shape, 3), 100, np.uint8)
    restored = compiled(name, backend).restore(lr)
    assert restored.shape == (shape[0] * 3, shape[1] * 3, 3)


def test_progress_rises_to_one_and_can_stop_the_work(photo: np.ndarray) -> None:
    seen: list[float] = []
    engine.restore(ESPCN(2).eval(), photo, seen.append, tile=40)
    assert seen == sorted(seen)
    assert len(seen) == 3 * 4
    assert seen[-1] == 1

    calls = []

    def stop(fraction: float) -> None:
        calls.append(fraction)
        raise engine.Cancelled

    with pytest.raises(engine.Cancelled):
        engine.restore(ESPCN(2).eval(), photo, stop, tile=40)
    assert len(calls) == 1


def test_too_large_is_said_in_megapixels() -> None:
    engine.check_size(np.empty((2000, 2000, 3), np.uint8))
    with pytest.raises(engine.TooLarge, match=r"2001×2000 is 4\.0 megapixels.*limit is 4"):
        engine.check_size(np.empty((2000, 2001, 3), np.uint8))


@pytest.mark.parametrize(
    "lr",
    [np.zeros((4, 4), np.uint8), np.zeros((4, 4, 3)), np.zeros((0, 4, 3), np.uint8)],
)
def test_bad_input_is_named(lr: np.ndarray) -> None:
    with pytest.raises(ValueError, match="expected a uint8 RGB image"):
        engine.restore(ESPCN(2), lr)


# --- backends -------------------------------------------------------------------------------------


@pytest.fixture
def choice(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str | None], None]]:
    """A function that sets SR_DEMO_ENGINE, or unsets it."""

    def choose(name: str | None) -> None:
        engine.describe.cache_clear()
        monkeypatch.delenv("SR_DEMO_ENGINE", raising=False)
        if name:
            monkeypatch.setenv("SR_DEMO_ENGINE", name)

    yield choose
    engine.describe.cache_clear()


def test_a_cpu_runs_openvino_and_a_gpu_pytorch(
    choice: Callable[[str | None], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    choice(None)
    for device, backend in (("cpu", "openvino"), ("cuda", "torch"), ("mps", "torch")):
        monkeypatch.setattr(engine, "best_device", lambda device=device: device)
        assert engine.default_backend() == backend


@pytest.mark.parametrize(("name", "start"), [("openvino", "OpenVINO "), ("torch", "PyTorch ")])
def test_the_environment_chooses_and_the_footer_says_so(
    name: str, start: str, choice: Callable[[str | None], None]
) -> None:
    choice(name)
    assert Engine(ESPCN(2).eval()).backend == name
    assert engine.describe().startswith(start)
    assert engine.describe().endswith((" thread", " threads"))


def test_an_unknown_backend_is_declined_with_the_choice(
    choice: Callable[[str | None], None],
) -> None:
    choice("tensorrt")
    with pytest.raises(ValueError, match=r"SR_DEMO_ENGINE is “tensorrt”; choose from openvino"):
        Engine(ESPCN(2))
    with pytest.raises(ValueError, match="backend is “onnx”"):
        Engine(ESPCN(2), "onnx")


def test_without_openvino_pytorch_runs(
    choice: Callable[[str | None], None], monkeypatch: pytest.MonkeyPatch, photo: np.ndarray
) -> None:
    choice(None)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert Engine(ESPCN(2).eval()).backend == "torch"
    assert engine.describe().startswith("PyTorch ")


def test_with_a_broken_openvino_pytorch_runs(
    choice: Callable[[str | None], None], monkeypatch: pytest.MonkeyPatch, photo: np.ndarray
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise OSError("libopenvino.so: undefined symbol")

    choice("openvino")
    monkeypatch.setattr("openvino.Core", broken)
    assert engine.describe().startswith("PyTorch ")
    ready = Engine(ESPCN(2).eval())
    assert ready.backend == "torch"
    assert ready.restore(photo).shape == (2 * len(photo), 2 * photo.shape[1], 3)


def test_what_openvino_cannot_compile_runs_in_pytorch_and_is_logged(
    photo: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    class New(ESPCN):
        """A method that somebody adds: no graph describes it yet."""

    torch.manual_seed(0)
    net = New(2).eval()
    with caplog.at_level(logging.WARNING):
        ready = Engine(net, "openvino")
    assert ready.backend == "torch"
    assert "no graph for New" in caplog.text
    np.testing.assert_array_equal(ready.restore(photo), engine.restore(net, photo))


def test_threads_share_an_engine(photo: np.ndarray) -> None:
    ready = Engine(network("espcn", 2), "openvino")
    crops = [np.ascontiguousarray(photo[i : i + 40, i : i + 50]) for i in range(0, 60, 10)]
    expected = [ready.restore(crop) for crop in crops]
    with ThreadPoolExecutor(len(crops)) as pool:  # whose results raise what a thread raised
        for _ in range(5):
            restored = pool.map(lambda crop: ready.restore(crop, tile=16), crops)
            for image, alone in zip(restored, expected, strict=True):
                assert np.abs(image.astype(int) - alone).max() <= 1


def test_training_sees_its_new_weights_at_once(photo: np.ndarray) -> None:
    net = ESPCN(2).eval()
    before = engine.restore(net, photo)
    torch.nn.init.zeros_(net.sub_pixels.weight)
    assert np.abs(engine.restore(net, photo).astype(int) - before).max() > 20


def test_a_method_is_prepared_once_and_again_for_a_new_checkpoint(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    first = runnable.engine("espcn", 4)
    assert runnable.engine("espcn", 4) is first
    monkeypatch.setattr(runnable, "modified", lambda path: 1)
    assert runnable.engine("espcn", 4) is not first


def test_warming_up_prepares_every_method(monkeypatch: pytest.MonkeyPatch) -> None:
    prepared: list[tuple[str, int]] = []

    def prepare(name: str, scale: int) -> types.SimpleNamespace:
        prepared.append((name, scale))
        return types.SimpleNamespace(restore=lambda lr: lr)

    monkeypatch.setattr(runnable, "engine", prepare)
    runnable.warm_up()
    assert sorted(prepared) == sorted(
        (name, scale) for scale in SCALES for name in runnable.available(scale)[1:]
    )
    assert [scale for _, scale in prepared] == sorted((s for _, s in prepared), reverse=True)


@pytest.mark.parametrize("kind", dict.fromkeys(m.network for m in METHODS.values() if m.network))
def test_every_network_has_a_graph(kind: type[SuperResolver]) -> None:
    network = RRDBNet(2, features=4, blocks=1) if kind is RRDBNet else kind(2)
    model(network)  # raises Unsupported where there is none


@pytest.mark.parametrize("scale", SCALES)
def test_rrdbnets_graph_is_the_network(
    scale: int, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Repeated pixels and their convolution are one convolution and a shuffle there."""
    monkeypatch.setattr(openvino, "has_bf16", lambda: False)
    torch.manual_seed(0)
    network = RRDBNet(scale, features=6, blocks=1).eval().requires_grad_(False)
    for parameter in network.parameters():
        parameter.add_(0.05 * torch.randn_like(parameter))
    lr = np.ascontiguousarray(photo[:20, :24])
    expected = network.restore(to_floats(lr)).clamp(0, 1)[0].permute(1, 2, 0).numpy() * 255
    np.testing.assert_allclose(Compiled(network, rounded=False)(lr), expected, atol=0.05)
