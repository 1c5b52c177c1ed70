"""What the tests of training share: photos, a thin network, nothing left of another run."""

import pytest

from sr_demo.training import vgg
from tests.training import small_runs
from tests.training.small_runs import shrink, write_photos, write_vgg


@pytest.fixture(autouse=True)
def own_process(tmp_path, monkeypatch):
    small_runs.alone(tmp_path, monkeypatch)


@pytest.fixture
def folder(tmp_path, rng):
    return write_photos(tmp_path / "photos", rng)


@pytest.fixture
def small(monkeypatch):
    shrink(monkeypatch)


@pytest.fixture
def weights(tmp_path):
    return vgg.load_weights(write_vgg(tmp_path / "vgg.safetensors"), None)
