"""What the tests of several rooms need: the test sets, where at hand, pictures, checkpoints."""

import os
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from skimage import data

from sr_demo.checkpoints import checkpoint_path, load_network
from sr_demo.inference import runnable
from tests.helpers import free_port

ROOT = Path(__file__).resolve().parent.parent
SLOW = {"browser", "data_dir", "installed"}  # fixtures whose tests take most of the time


def pytest_configure(config: pytest.Config) -> None:
    """One thread for each of several workers, and for what they start: two would wait in turns."""
    if hasattr(config, "workerinput"):
        os.environ["OMP_NUM_THREADS"] = "1"
        torch.set_num_threads(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what is slow: ``pytest -m "not slow"`` leaves it out.

    Files with most of it go first, so that several workers end at about the same time.
    """
    slow: Counter[Path] = Counter()
    for item in items:
        if SLOW.intersection(getattr(item, "fixturenames", ())):
            item.add_marker("slow")
        slow[item.path] += item.get_closest_marker("slow") is not None
    items.sort(key=lambda item: -slow[item.path])


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds test/Set5 …: $SR_DEMO_DATA, or ../shared/data beside the checkout."""
    folder = Path(os.environ.get("SR_DEMO_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "test" / "Set5").is_dir():
        pytest.skip("no test sets here: point SR_DEMO_DATA at a folder with test/Set5, test/Set14")
    return folder


@pytest.fixture(scope="session")
def golden() -> Callable[[str], np.ndarray]:
    """A committed picture of tests/assets by the stem of its name, uint8 RGB."""
    return lambda name: np.asarray(Image.open(ROOT / "tests" / "assets" / f"{name}.png"))


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """A sharp uint8 RGB photo, (120, 160, 3)."""
    return np.ascontiguousarray(data.chelsea()[60:180, 100:260])


@pytest.fixture
def checkpoints_in(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Call it with a folder: methods are then loaded from there instead of the shipped files."""

    def use(folder: Path) -> None:
        monkeypatch.setattr(runnable, "checkpoint_path", partial(checkpoint_path, folder=folder))
        monkeypatch.setattr(runnable, "load_network", partial(load_network, folder=folder))

    return use


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(name="free_port")
def a_free_port() -> int:
    return free_port()
