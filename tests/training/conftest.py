"""What the tests of training share: photos, a thin network, nothing left of another run."""

from pathlib import Path

import numpy as np
import pytest
import torch

from sr_demo.training import vgg
from tests.training import small_runs
from tests.training.small_runs import shrink, write_photos, write_vgg


@pytest.fixture(autouse=True)
def own_process(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small_runs.alone(tmp_path, monkeypatch)


@pytest.fixture
def folder(tmp_path: Path, rng: np.random.Generator) -> Path:
    return write_photos(tmp_path / "photos", rng)


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    shrink(monkeypatch)


@pytest.fixture
def weights(tmp_path: Path) -> dict[str, torch.Tensor]:
    return vgg.read_weights(write_vgg(tmp_path / "vgg.safetensors"))
