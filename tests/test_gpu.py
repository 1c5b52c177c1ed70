"""A GPU that vanishes, one that is full, and one that is lent: the engine goes on."""

import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from sr_demo.inference import engine
from sr_demo.inference.engine import Engine
from tests.helpers import network

PLAIN = ("srcnn", "espcn", "srresnet")
ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def gpu(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A device that takes weights, fails at the first picture, and gives nothing back."""
    engine.describe.cache_clear()
    monkeypatch.setattr(engine, "lost_devices", set())
    monkeypatch.setattr(engine, "best_device", lambda: "cpu" if engine.lost_devices else "meta")
    yield "meta"
    engine.describe.cache_clear()


@pytest.mark.parametrize("name", PLAIN)
def test_when_the_gpu_vanishes_the_cpu_goes_on_and_it_is_said(
    name: str, gpu: str, photo: np.ndarray, caplog: pytest.LogCaptureFixture
) -> None:
    ready, seen = Engine(network(name, 2), "torch"), list[float]()
    with caplog.at_level(logging.WARNING):
        restored = ready.restore(photo, seen.append, tile=70)
    assert "the GPU (meta) failed, the CPU goes on instead" in caplog.text
    assert seen == sorted(seen)
    assert engine.best_device() == "cpu"
    caplog.clear()
    expected = Engine(network(name, 2), "torch").restore(photo, tile=70)
    np.testing.assert_array_equal(restored, expected)
    np.testing.assert_array_equal(ready.restore(photo, tile=70), expected)
    assert caplog.text == ""


def test_a_gpu_that_is_merely_full_is_asked_again(
    gpu: str, photo: np.ndarray, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def full(*_: object, **__: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory")

    monkeypatch.setattr(
        engine, "half_precision", lambda device: full() if device == "meta" else None
    )
    ready = Engine(network("srresnet", 2), "torch")
    for _ in range(2):
        caplog.clear()
        ready.restore(photo[:20, :20])
        assert "CUDA out of memory" in caplog.text


FAKE_SPACES = """
calls, seconds = [], []
def GPU(function, *, duration):
    def borrowed(*arguments):
        calls.append(arguments)
        seconds.append(duration(*arguments))
        yield from function(*arguments)
    return borrowed
"""


def test_on_zerogpu_networks_are_placed_early_and_each_restoration_borrows_a_gpu(
    tmp_path: Path,
) -> None:
    (tmp_path / "spaces.py").write_text(FAKE_SPACES)
    code = """if True:
        import numpy as np, spaces
        from sr_demo.inference import engine, runnable
        runnable.warm_up()
        assert spaces.calls == []  # nobody is there yet for whom a GPU could be borrowed
        ready, seen = runnable.engine("espcn", 2), []
        for parameter in ready.network.parameters():
            parameter.data.zero_()  # what was placed is a copy
        small, large = np.full((50, 40, 3), 200, np.uint8), np.zeros((1000, 1000, 3), np.uint8)
        out = ready.restore(small, seen.append, tile=25)
        assert out.any()
        ready.restore(large)
        engine.restore(ready.network, small)  # never placed, as an interpolation
        print(out.shape, seen, [type(network).__name__ for network, *_ in spaces.calls])
        print(spaces.seconds, engine.describe())
    """
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False,
        env={"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "SPACES_ZERO_GPU": "true",
             "SR_DEMO_ENGINE": "torch", "OMP_NUM_THREADS": "1"},
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    pixels, seconds = result.stdout.splitlines()
    assert pixels == "(100, 80, 3) [0.25, 0.5, 0.75, 1.0] ['int', 'int', 'ESPCN']"
    assert seconds.startswith("[10, 15, 10] ")
    assert seconds.endswith("on ZeroGPU")
