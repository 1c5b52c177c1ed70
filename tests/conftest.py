"""What several rooms' tests need: the test sets, where at hand, a small photo, a browser."""

import os
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Error, sync_playwright
from skimage import data

from sr_demo.checkpoints import checkpoint_path, load_network
from sr_demo.inference import library
from sr_demo.ui import build, launch_options
from sr_demo.ui.lab import sweeps

NAMES = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, NAMES)), None)  # else Playwright's own
ARGS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run",
    "--disable-component-update", "--disable-sync", "--force-color-profile=srgb",
]  # fmt: skip
ROOT = Path(__file__).resolve().parent.parent


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
def checkpoints_in(monkeypatch) -> Callable[[Path], None]:
    """Call it with a folder: methods are then loaded from there instead of the shipped files."""

    def use(folder: Path) -> None:
        monkeypatch.setattr(library, "checkpoint_path", partial(checkpoint_path, folder=folder))
        monkeypatch.setattr(library, "load_network", partial(load_network, folder=folder))

    return use


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as playwright:
        try:
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGS)
        except Error as error:
            message = f"NO BROWSER, THE PAGE IS NOT TESTED: {error.message.splitlines()[0]}"
            if os.environ.get("CI") == "true":
                pytest.fail(message)
            pytest.skip(message)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def url(browser, tmp_path_factory):
    """Where the app runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GRADIO_TEMP_DIR", str(tmp_path_factory.mktemp("cache")))
        # A training run may write new weights meanwhile: what is loaded once stays.
        for module in (library, sweeps):
            patch.setattr(module, "modified", lambda path: 0)
        app = build()
        options = launch_options() | {"server_name": "127.0.0.1", "quiet": True}
        _, url, _ = app.launch(prevent_thread_lock=True, **options)
        yield url
        app.close()
