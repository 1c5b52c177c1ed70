"""The README's examples, each run by its own client against a running page."""

import asyncio
import base64
import io
import json
import os
import re
import shutil
import subprocess
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
from gradio_client import Client, handle_file
from PIL import Image
from skimage import data

import sr_demo
from sr_demo import benchmark
from sr_demo.cli import demo
from sr_demo.cli.main import main
from sr_demo.images import png_bytes, save_png
from sr_demo.inference.runnable import available
from sr_demo.methods import METHODS, SCALES

ROOT = Path(__file__).resolve().parent.parent.parent


def example(language: str, word: str, url: str) -> str:
    """The README's code in a language that has a word in it, for the page at the address."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    (code,) = [c for c in re.findall(rf"```{language}\n(.+?)```", text, re.DOTALL) if word in c]
    assert "http://127.0.0.1:7860" in code
    return code.replace("http://127.0.0.1:7860", url.rstrip("/"))


@pytest.fixture
def small(photo: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(photo[:48, :64])


@pytest.fixture
def folder(tmp_path: Path, small: np.ndarray) -> Path:
    save_png(tmp_path / "photo.png", small)
    return tmp_path


def run(command: list[str], folder: Path) -> str:
    environment = {**os.environ, "no_proxy": "127.0.0.1"}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=60,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_example_for_python(served: tuple[gr.Blocks, str], folder: Path) -> None:
    code = example("python", "gradio_client", served[1])
    code = code.replace('"srgan"', '"espcn"', 1).replace("1920x1080", "90x60")
    made: dict[str, Any] = {}
    before = Path.cwd()
    os.chdir(folder)
    try:
        exec(code, made)
    finally:
        os.chdir(before)
    assert sr_demo.load_image(made["enlarged"]).pixels.shape == (192, 256, 3)
    assert sr_demo.load_image(made["wide"]).pixels.shape == (60, 90, 3)
    assert len(made["pictures"]) == len(available(4))


@pytest.mark.parametrize(
    ("language", "word", "program"), [("sh", "curl", "curl"), ("js", "fetch", "node")]
)
def test_the_examples_for_curl_and_javascript(
    language: str, word: str, program: str, served: tuple[gr.Blocks, str], folder: Path,
    small: np.ndarray,
) -> None:  # fmt: skip
    if not shutil.which(program):
        if os.environ.get("CI") == "true":
            pytest.fail(f"no {program} here")
        pytest.skip(f"no {program} here")
    code = example(language, word, served[1])
    if language == "js":
        (folder / "example.mjs").write_text(code, encoding="utf-8")
        run(["node", "example.mjs"], folder)
    else:
        run(["sh", "-euc", code], folder)
    with Image.open(folder / "photo_x2.png") as made:
        np.testing.assert_array_equal(np.asarray(made), sr_demo.upscale(small, "espcn", 2))


# --- what is told of the endpoints ----------------------------------------------------------------


def test_every_parameter_has_a_name_a_type_its_bounds_and_a_description(
    served: tuple[gr.Blocks, str],
) -> None:
    endpoints = httpx.get(f"{served[1]}gradio_api/info").json()["named_endpoints"]
    assert set(endpoints) == {"/upscale", "/compare", "/benchmark"}
    for endpoint in endpoints.values():
        assert len(endpoint["description"]) > 60
        for parameter in endpoint["parameters"]:
            assert parameter["label"] == parameter["parameter_name"]
            assert len(parameter["python_type"]["description"]) > 15
    upscale = {p["parameter_name"]: p for p in endpoints["/upscale"]["parameters"]}
    bounds = upscale["scale"]["type"]
    assert (bounds["minimum"], bounds["maximum"]) == (min(SCALES), max(SCALES))
    assert set(METHODS) < set(upscale["method"]["type"]["enum"])
    assert upscale["alpha"]["type"]["oneOf"][1]["maximum"] == 1
    assert upscale["image"]["example_input"]["path"] == "photo.png"


# --- refusals -------------------------------------------------------------------------------------


def refusal(url: str, endpoint: str, body: object, way: str = "call/v2") -> str:
    """The sentence in which the page declines, wherever in its answers it says so."""
    api = f"{url}gradio_api"
    answer = httpx.post(f"{api}/{way}/{endpoint}", json=body)
    if answer.status_code != 200:
        return answer.json()["error"]
    event = answer.json()["event_id"]
    text = httpx.get(f"{api}/call/{endpoint}/{event}", timeout=60).text
    found = re.search(r"event: error\ndata: (.*)", text)
    assert found, text
    return json.loads(found[1])["error"]


@pytest.mark.parametrize(
    ("way", "body"),
    [
        ("call/v2", {}),
        ("call/v2", {"image": None}),
        ("call/v2", {"image": "photo.png"}),
        ("call/v2", {"image": {"path": "https://example.org/photo.png"}}),
        ("call/v2", {"image": {"path": "/etc/passwd"}}),
        ("call/v2", {"picture": 1}),
        ("call/v2", [1, 2]),
        ("call", {}),
        ("call", {"data": []}),
        ("call", {"data": [None] * 6}),
        ("call", {"data": [{}, [], {}, "x", 3, None]}),
        ("call", {"data": "photo"}),
    ],
)
def test_any_refusal_is_one_sentence(
    way: str, body: object, served: tuple[gr.Blocks, str], caplog: pytest.LogCaptureFixture
) -> None:
    sentence = refusal(served[1], "upscale", body, way)
    assert isinstance(sentence, str)
    assert sentence.endswith(".")
    assert "\n" not in sentence
    assert "Traceback" not in sentence


def test_values_are_refused_by_their_names(
    served: tuple[gr.Blocks, str], small: np.ndarray
) -> None:
    url = served[1]
    files = {"files": ("a.png", png_bytes(small))}
    (path,) = httpx.post(f"{url}gradio_api/upload", files=files).json()
    image = {"path": path, "meta": {"_type": "gradio.FileData"}}
    for options, reason in (
        ({"scale": 5}, "no scale ×5"),
        ({"method": "magic"}, "no method “magic”"),
        ({"alpha": 0.5}, "alpha is for"),
        ({"alpha": "much"}, "alpha is a number"),
        ({"size": "big"}, "is no size"),
        ({"max_side": 2.5}, "whole number"),
        ({"max_side": 99, "size": "9x9"}, "not both"),
        ({"size": "9000x9000"}, "81.0 megapixels"),
    ):
        assert reason in refusal(url, "upscale", {"image": image, **options})
    assert "1 to 100 of them" in refusal(url, "benchmark", {"images": []})
    badly = {"images": [image], "degrade": "badly"}
    assert "no degradation “badly”" in refusal(url, "benchmark", badly)
    for degrade, reason in (("0,0,99", "1 to 95, not 99"), (50, "as text")):
        assert reason in refusal(url, "compare", {"image": image, "degrade": degrade})
    assert "endpoint" in refusal(url, "nonsense", {"data": []}, "call")


# --- results --------------------------------------------------------------------------------------


def test_benchmark_is_the_command_lines(served: tuple[gr.Blocks, str], tmp_path: Path) -> None:
    for name, pixels in (("a", data.astronaut()), ("b", data.coffee())):
        save_png(tmp_path / "HR" / f"{name}.png", np.ascontiguousarray(pixels[100:180, 100:200]))
    client = Client(served[1], verbose=False, download_files=str(tmp_path / "got"))
    pictures = sorted((tmp_path / "HR").iterdir())
    means, table = client.predict(
        images=[handle_file(path) for path in pictures], scale=2.0, methods=["bicubic", "espcn"],
        api_name="/benchmark",
    )  # fmt: skip
    rows = list(benchmark.run(benchmark.find_pairs(tmp_path, 2), 2, ["bicubic", "espcn"]))
    expected = benchmark.as_json(rows, 2)
    for entry in (*means["methods"].values(), *expected["methods"].values()):  # type: ignore[attr-defined]
        del entry["seconds"]
    assert means == expected
    assert len(Path(table).read_text(encoding="utf-8").splitlines()) == 7


# --- agents ---------------------------------------------------------------------------------------


def as_agent(url: str, use: Callable[[Any], Awaitable[None]]) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def connect() -> None:
        async with (
            streamable_http_client(f"{url}gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            await use(session)

    # In a thread of its own: a browser's tests leave a running loop in this one.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(lambda: asyncio.run(connect())).result()


def test_agents_find_the_endpoints_as_tools(
    served: tuple[gr.Blocks, str], small: np.ndarray
) -> None:
    files = {"files": ("a.png", png_bytes(small))}
    (path,) = httpx.post(f"{served[1]}gradio_api/upload", files=files).json()

    async def use(session: Any) -> None:
        tools = {tool.name: tool for tool in (await session.list_tools()).tools}
        assert set(tools) == {"upscale", "compare", "benchmark"}
        asked = tools["upscale"].inputSchema
        assert asked["required"] == ["image"]
        assert asked["properties"]["scale"]["maximum"] == max(SCALES)
        assert all(len(p["description"]) > 15 for p in asked["properties"].values())
        assert "super-resolution" in tools["upscale"].description
        encoded = base64.b64encode(png_bytes(small)).decode()
        for image in (f"data:image/png;base64,{encoded}", f"{served[1]}gradio_api/file={path}"):
            made = await session.call_tool(
                "upscale", {"image": image, "method": "bicubic", "scale": 2}
            )
            assert not made.isError, made.content
            (picture,) = [part for part in made.content if part.type == "image"]
            got = np.asarray(Image.open(io.BytesIO(base64.b64decode(picture.data))))
            np.testing.assert_array_equal(got, sr_demo.upscale(small, "bicubic", 2))
        scored = await session.call_tool("compare", {"image": image, "methods": ["bicubic"]})
        assert "'psnr'" in scored.content[0].text
        refused = await session.call_tool("upscale", {"image": "https://example.org/a.png"})
        assert refused.isError
        assert "nothing is fetched" in refused.content[0].text
        wrong = await session.call_tool("upscale", {"image": image, "scale": 5})
        assert wrong.isError

    as_agent(served[1], use)


def test_without_its_package_mcp_says_how_to_get_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(demo, "find_spec", lambda name: None)
    assert main(["demo", "--mcp"]) == 2
    assert "pip install 'sr-demo[mcp]'" in capsys.readouterr().err
