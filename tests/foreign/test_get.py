"""``sr-demo get``, against a server of our own."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from sr_demo.cli.main import main
from sr_demo.downloads import RemoteFile
from sr_demo.foreign import official, registry
from sr_demo.foreign.network import About
from sr_demo.foreign.official import FOLDER, OFFICIAL, Official
from sr_demo.images import load_image, save_png
from sr_demo.methods import METHODS
from tests.foreign.files import compact, write
from tests.training.test_download import Server, server

__all__ = ["server"]  # a fixture, used below by its name
Offer = Callable[..., Official]


@pytest.fixture
def offer(server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Publish a small network as the model “tiny”, pinned by its hash or by another."""
    monkeypatch.setenv(FOLDER, str(tmp_path / "kept"))
    content = write(tmp_path / "tiny.pth", compact()).read_bytes()

    def offer(pin: str = "") -> Official:
        server.files["/tiny.pth"] = content
        file = RemoteFile(
            f"http://127.0.0.1:{server.server_port}/tiny.pth",
            pin or sha256(content).hexdigest(),
            len(content),
        )
        about = About("RealESRGAN Compact", 4, 7000, "CC0")
        tiny = Official("tiny", "Tiny", "Nobody 2026", "Small.", file, about)
        monkeypatch.setitem(OFFICIAL, "tiny", tiny)
        return tiny

    return offer


def test_each_model_is_pinned_by_its_whole_hash_or_by_what_its_publisher_says() -> None:
    for each in OFFICIAL.values():
        pin = str(each.file.sha256)
        assert set(pin) <= set("0123456789abcdef")
        assert len(pin) == 64 or (len(pin) == 8 and pin in each.file.name)
        assert each.file.url.startswith("https://")
        assert each.about.licence


def test_what_is_got_is_a_method_in_the_next_command(
    offer: Offer, server: Server, photo: np.ndarray, tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    offer()
    assert main(["get", "tiny"]) == 0
    out = capsys.readouterr().out
    assert "Tiny ×4, Nobody 2026" in out
    assert "licence CC0" in out
    assert (tmp_path / "kept" / "tiny.pth").is_file()
    save_png(tmp_path / "a.png", photo[:20, :24])
    line = ["upscale", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), "--method", "tiny"]
    registry.remove_all()
    assert main(line) == 0
    assert load_image(tmp_path / "b.png").pixels.shape == (80, 96, 3)
    assert METHODS["tiny"].label == "Tiny"
    asked = len(server.seen)
    assert main(["get", "tiny"]) == 0
    assert "there already" in capsys.readouterr().out
    assert len(server.seen) == asked


def test_a_download_that_breaks_goes_on(
    offer: Offer, server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = offer()
    server.breaks = [3000]  # then the same command goes on by itself
    assert main(["get", "tiny"]) == 0
    assert server.seen[1] == ("/tiny.pth", "bytes=3000-")
    tiny.path().unlink()
    server.breaks = [2000, 0]  # twice: the command is given again
    assert main(["get", "tiny"]) == 2
    assert "goes on from 0.0 MB" in capsys.readouterr().err
    assert main(["get", "tiny"]) == 0
    assert server.seen[-1] == ("/tiny.pth", "bytes=2000-")


def test_another_file_than_was_pinned_is_refused(
    offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    offer(pin="0" * 64)
    assert main(["get", "tiny"]) == 2
    assert "instead of 0000" in capsys.readouterr().err
    assert list((tmp_path / "kept").iterdir()) == []
    assert "tiny" not in METHODS


def test_without_a_network_it_says_so(
    offer: Offer, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = offer()
    nowhere = replace(tiny, file=replace(tiny.file, url="http://127.0.0.1:9/tiny.pth"))
    monkeypatch.setitem(OFFICIAL, "tiny", nowhere)
    assert main(["get", "tiny"]) == 2
    said = capsys.readouterr().err
    assert "cannot be reached" in said
    assert "once you are online" in said


def test_a_file_that_changed_since_is_not_used(
    offer: Offer, photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tiny = offer()
    assert main(["get", "tiny"]) == 0
    content = bytearray(tiny.path().read_bytes())
    content[len(content) // 2] ^= 1
    tiny.path().write_bytes(content)
    save_png(tmp_path / "a.png", photo[:8, :8])
    capsys.readouterr()
    line = ["upscale", str(tmp_path / "a.png"), "-o", str(tmp_path / "b.png"), "--method", "tiny"]
    registry.remove_all()
    assert main(line) == 2
    assert "sr-demo get tiny" in capsys.readouterr().err


def test_without_a_name_they_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["get"]) == 0
    out = capsys.readouterr().out
    for name in OFFICIAL:
        assert name in out
    assert str(official.models_folder()) in out
    with pytest.raises(SystemExit):
        main(["get", "mona-lisa"])
    assert "no model “mona-lisa”, only real-esrgan" in capsys.readouterr().err
