"""Models of other projects in a table of methods that forgets them after each test."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from sr_demo.foreign import registry
from sr_demo.foreign.official import FOLDER

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def _clean(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))  # where downloaded models would be
    monkeypatch.delenv(FOLDER, raising=False)
    yield
    registry.remove_all()


@pytest.fixture(scope="session")
def real_weights() -> Path:
    """A folder with RealESRGAN_x4plus.safetensors and others: $SR_DEMO_WEIGHTS, or ../shared."""
    folder = Path(os.environ.get("SR_DEMO_WEIGHTS", ROOT.parent / "shared" / "weights"))
    if not (folder / "RealESRGAN_x4plus.safetensors").is_file():
        pytest.skip("no real weights here: point SR_DEMO_WEIGHTS at RealESRGAN_x4plus.safetensors")
    return folder
