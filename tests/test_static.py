"""The static page's files: complete, small enough, from one package of npm with one hash."""

import io
import json
import os
import shutil
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest

from sr_demo.cli.main import main
from sr_demo.inference import export, runnable
from sr_demo.resize import imresize
from sr_demo.samples import load_sample
from sr_demo.static import models, runtime, site

ROOT = Path(__file__).resolve().parent.parent
SMALL = {name: f"content of {name}".encode() for name in runtime.FILES}  # stands in for 42 MB


@pytest.fixture
def unpacked(tmp_path: Path) -> Path:
    """A package as it lies on a disk."""
    folder = tmp_path / "package"
    (folder / "dist").mkdir(parents=True)
    for name, content in SMALL.items():
        (folder / "dist" / name).write_bytes(content)
    (folder / "package.json").write_text(json.dumps({"version": runtime.VERSION}))
    return folder


# --- models ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["srresnet", "srgan"])
def test_a_model_for_browsers_is_small_and_the_network(name: str) -> None:
    """Half as large, as most kernels stand in 16 bits; the pixels stay, but for rounding."""
    pytest.importorskip("onnxruntime")
    network = runnable.network(name, 4)
    full = export.onnx_bytes(network)
    made = models.model(name, 4)
    assert len(made.onnx) < 0.6 * len(full)
    lr = np.ascontiguousarray(imresize(load_sample("coffee").pixels, 1 / 4)[20:63, 30:80])
    restored, expected = (export.load_onnx(model)(lr) for model in (made.onnx, full))
    assert (restored != expected).mean() < 1e-3
    tile = np.frombuffer(made.pixels, np.uint8).reshape(128, 128, 3)
    assert np.abs(export.load_onnx(made.onnx)(models.check_tile()).astype(int) - tile).max() <= 1


def test_what_a_first_visit_needs_of_the_models_is_small() -> None:
    """About 3 MB for each large network, before they are packed."""
    names = [name for name in runnable.available(4) if name != "bicubic"]
    size = sum(len(export.onnx_bytes(runnable.network(name, 4), half=True)) for name in names)
    assert {"srresnet", "srgan", "real_srgan"} < set(names)
    assert size < 11e6


# --- the site -------------------------------------------------------------------------------------


@pytest.fixture
def one_model(monkeypatch: pytest.MonkeyPatch) -> None:
    """ESPCN ×4 alone: all ten take a quarter of a minute."""
    monkeypatch.setattr(site, "models", lambda: [models.model("espcn", 4)])


@pytest.mark.usefixtures("one_model")
def test_every_file_is_written_known_to_the_service_worker_and_linked(
    tmp_path: Path, unpacked: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "site"
    (out / ".git").mkdir(parents=True)
    (out / "README.md").write_text("mine")
    assert main(["static", "--out", str(out), "--runtime", str(unpacked)]) == 0
    assert "MB at a first visit" in capsys.readouterr().out
    assert (out / "README.md").read_text() == "mine"  # what is not ours stays
    written = {p.relative_to(out).as_posix() for p in out.rglob("*") if p.is_file()} - {"README.md"}
    worker = (out / "service-worker.js").read_text(encoding="utf-8")
    kept = set(json.loads(worker[len("const FILES = ") : worker.index(";\n")]))
    assert kept == written - {"service-worker.js"}
    page = (out / "index.html").read_text(encoding="utf-8")
    assert "<!-- " not in page.partition("<body>")[2]  # every part is in its place
    described = json.loads(page.partition('id="site">')[2].partition("</script>")[0])
    for model in described["networks"].values():
        assert {model["model"], model["pixels"]} <= written
    for sample in described["samples"]:
        assert {sample["file"], sample["thumb"]} <= written
    imported = {"static/app.js", "ui/compare/viewer.js", "ui/lessons/mse.js", "static/engine.js"}
    assert imported <= written
    assert not {name for name in written if "gradio" in name}


@pytest.mark.usefixtures("one_model")
def test_the_same_input_gives_the_same_site(tmp_path: Path, unpacked: Path) -> None:
    """So that a browser loads only what has changed."""
    for name in "ab":
        site.write_site(tmp_path / name, unpacked)
    for path in (tmp_path / "a").rglob("*"):
        if path.is_file():
            other = tmp_path / "b" / path.relative_to(tmp_path / "a")
            assert path.read_bytes() == other.read_bytes(), path.name


# --- where ONNX Runtime comes from ----------------------------------------------------------------


def test_the_lock_pins_the_same_package() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))
    package = lock["packages"][f"node_modules/{runtime.PACKAGE}"]
    assert (package["version"], package["integrity"]) == (runtime.VERSION, runtime.INTEGRITY)


def test_it_is_taken_from_a_folder_or_from_node_modules(
    tmp_path: Path, unpacked: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runtime.files(unpacked) == SMALL
    assert runtime.files(unpacked / "dist") == SMALL
    monkeypatch.chdir(tmp_path)
    (tmp_path / "node_modules").mkdir()
    shutil.move(unpacked, tmp_path / "node_modules" / runtime.PACKAGE)
    assert runtime.files() == SMALL


def test_a_folder_without_it_is_declined(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "site"
    assert main(["static", "--out", str(out), "--runtime", str(tmp_path)]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"does not hold onnxruntime-web {runtime.VERSION}" in line
    assert not out.exists()


def packed(content: dict[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, data in content.items():
            info = tarfile.TarInfo(f"package/{name}")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free_port: int) -> Iterator[Path]:
    """A registry with our package in it, the only one that npm knows; the folder it serves."""
    if shutil.which("npm") is None:
        pytest.skip("NO NPM, HOW A RUNTIME IS FETCHED IS NOT TESTED: install Node.js")
    folder = tmp_path / "registry"
    folder.mkdir()
    described = {"name": runtime.PACKAGE, "version": runtime.VERSION}
    dist = {f"dist/{name}": content for name, content in SMALL.items()}
    package = packed({"package.json": json.dumps(described).encode(), **dist})
    (folder / "package.tgz").write_bytes(package)
    address = f"http://127.0.0.1:{free_port}"
    tarball = {"integrity": runtime.integrity(package), "tarball": f"{address}/package.tgz"}
    versions = {runtime.VERSION: described | {"dist": tarball}}
    (folder / runtime.PACKAGE).write_text(
        json.dumps(
            {
                "name": runtime.PACKAGE,
                "dist-tags": {"latest": runtime.VERSION},
                "versions": versions,
            }
        )
    )
    quiet = type("Quiet", (SimpleHTTPRequestHandler,), {"log_message": lambda *_: None})
    server = ThreadingHTTPServer(("127.0.0.1", free_port), partial(quiet, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("npm_config_registry", address)
    monkeypatch.setenv("npm_config_cache", str(tmp_path / "cache"))
    monkeypatch.setenv("npm_config_fetch_retries", "0")
    monkeypatch.setattr(runtime, "INTEGRITY", tarball["integrity"])
    monkeypatch.setattr(runtime, "_ROOT", tmp_path)  # no node_modules here …
    monkeypatch.chdir(tmp_path)  # … nor here
    yield folder
    server.shutdown()
    server.server_close()


def test_npm_fetches_it_once_and_offline_it_is_still_there(registry: Path) -> None:
    assert runtime.files() == SMALL
    for file in registry.iterdir():
        file.unlink()
    assert runtime.files() == SMALL


def test_without_a_connection_one_line_says_what_to_do(
    registry: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (registry / runtime.PACKAGE).unlink()
    assert main(["static", "--out", str(tmp_path / "site")]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert f"npm could not fetch onnxruntime-web@{runtime.VERSION} (E404)" in line
    assert "--runtime FOLDER" in line


def test_another_package_than_the_pinned_one_is_refused(
    registry: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runtime, "INTEGRITY", runtime.integrity(b"another"))
    with pytest.raises(runtime.RuntimeMissing, match="its hash is another"):
        runtime.files()


def test_without_npm_one_line_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", os.fspath(tmp_path))
    monkeypatch.setattr(runtime, "_ROOT", tmp_path)
    monkeypatch.chdir(tmp_path)
    with pytest.raises(runtime.RuntimeMissing, match=r"npm, which fetches .* is missing"):
        runtime.files()
