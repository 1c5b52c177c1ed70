"""What several rooms' tests need: the test sets, where they are at hand, and a small photo."""

import os
from pathlib import Path

import numpy as np
import pytest
from skimage import data

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """The folder that holds test/Set5 …: $SR_DEMO_DATA, or ../shared/data beside the checkout."""
    folder = Path(os.environ.get("SR_DEMO_DATA", ROOT.parent / "shared" / "data"))
    if not (folder / "test" / "Set5").is_dir():
        pytest.skip("no test sets here: point SR_DEMO_DATA at a folder with test/Set5, test/Set14")
    return folder


@pytest.fixture(scope="session")
def photo() -> np.ndarray:
    """A sharp uint8 RGB photo, (120, 160, 3)."""
    return np.ascontiguousarray(data.chelsea()[60:180, 100:260])


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)
