"""The page's endpoints for programs."""

from pathlib import Path

import gradio as gr
import numpy as np
import pytest
from gradio_client import Client, handle_file
from gradio_client.exceptions import AppError
from PIL import Image

import sr_demo
from sr_demo.images import save_png


def read(path: str) -> np.ndarray:
    return np.asarray(Image.open(path))


@pytest.fixture(scope="module")
def client(served: tuple[gr.Blocks, str], tmp_path_factory: pytest.TempPathFactory) -> Client:
    return Client(served[1], verbose=False, download_files=str(tmp_path_factory.mktemp("client")))


def test_only_the_useful_endpoints_are_public(client: Client) -> None:
    endpoints = client.view_api(return_format="dict")["named_endpoints"]
    assert set(endpoints) == {"/upscale", "/compare"}


def test_nothing_is_told_to_anyone(served: tuple[gr.Blocks, str]) -> None:
    app, _ = served
    assert app.analytics_enabled is False
    assert app.config["run_history"] is False


def test_upscale_returns_the_pixels_of_the_library_with_alpha(
    client: Client, tmp_path: Path, photo: np.ndarray
) -> None:
    rgba = np.dstack([photo, photo[..., 1]])[:40, :60]
    save_png(tmp_path / "leaf.png", rgba[..., :3], rgba[..., 3])
    path = client.predict(handle_file(tmp_path / "leaf.png"), "bicubic", 2, api_name="/upscale")
    assert Path(path).name == "leaf_x2_bicubic.png"
    np.testing.assert_array_equal(read(path), sr_demo.upscale(rgba, "bicubic", 2))


def test_compare_returns_scores_and_pictures(
    client: Client, tmp_path: Path, photo: np.ndarray
) -> None:
    save_png(tmp_path / "cat.png", photo)
    scores, (path,) = client.predict(
        handle_file(tmp_path / "cat.png"), 4, ["bicubic"], api_name="/compare"
    )
    expected = sr_demo.compare(photo, 4, ["bicubic"]).result("bicubic")
    assert scores["bicubic"]["psnr"] == expected.scores.psnr
    assert scores["bicubic"]["ssim"] == expected.scores.ssim
    np.testing.assert_array_equal(read(path), expected.image)


@pytest.mark.parametrize(
    ("content", "method", "message"),
    [
        (b"%PDF-1.7", "bicubic", "is a PDF document"),
        (b"", "bicubic", "is empty"),
        (None, "nonsense", "There is no method"),
    ],
)
def test_an_endpoint_declines_in_plain_words(
    client: Client,
    tmp_path: Path,
    photo: np.ndarray,
    content: bytes | None,
    method: str,
    message: str,
) -> None:
    path = tmp_path / "picture.png"
    save_png(path, photo) if content is None else path.write_bytes(content)
    with pytest.raises(AppError, match=message):
        client.predict(handle_file(path), method, 4, api_name="/upscale")
