"""A stranger's file gives a picture or one plain sentence, in bounded time and memory."""

import signal
import subprocess
import sys
import threading
import time
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from sr_demo import gate
from sr_demo.gate import Child, Gate
from sr_demo.images import ImageError, Loaded, load_image, png_bytes, save_png
from tests import bad_files
from tests.png_files import chunk


@pytest.fixture(scope="module")
def one() -> Iterator[Gate]:
    """A gate with one child, which all tests share."""
    shared = Gate(children=1, patience=60)
    yield shared
    shared.close()


def outcome(by: Gate, path: Path) -> Loaded | str:
    """The picture, or the one sentence."""
    try:
        loaded = by.load(path)
    except ImageError as error:
        message = str(error)
        assert "\n" not in message
        assert path.name in message
        assert message.endswith(".")
        return message
    assert loaded.pixels.dtype == np.uint8
    assert loaded.pixels.ndim == 3
    return loaded


def test_every_odd_file_is_a_picture_or_a_sentence(
    one: Gate, photo: np.ndarray, tmp_path: Path
) -> None:
    """Each in two seconds of CPU time and one gigabyte; afterwards a good one is read."""
    seen: dict[str, Loaded | str] = {}
    for name, content in [*bad_files.mutated(photo), *bad_files.odd_files(photo)]:
        path = tmp_path / name
        path.write_bytes(content)
        seen[name] = outcome(one, path)
        assert one.usage["seconds"] < 2, name
        assert one.usage["peak_mb"] < 1000, name
        path.unlink()
    assert len(seen) >= 400
    sentences = [name for name, got in seen.items() if isinstance(got, str)]
    assert not [name for name in sentences if name.startswith("whole")]
    assert 100 < len(sentences) < len(seen) - 100  # neither is the law of everything
    save_png(tmp_path / "good.png", photo)
    good = outcome(one, tmp_path / "good.png")
    assert isinstance(good, Loaded)
    np.testing.assert_array_equal(good.pixels, photo)


def test_a_slow_file_is_stopped_and_the_next_is_read(
    one: Gate, photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gate, "SECONDS", 0.3)
    monkeypatch.setattr(gate, "SECONDS_PER_MEGAPIXEL", 0)
    for name, content in bad_files.slow_files(photo):
        path = tmp_path / name
        path.write_bytes(content)
        assert outcome(one, path) == (
            f"{name} takes too long to decode: reduce it, or save it anew as PNG or JPEG."
        )
    save_png(tmp_path / "good.png", photo)
    assert isinstance(outcome(one, tmp_path / "good.png"), Loaded)


def test_where_no_cpu_time_is_limited_the_clock_is(
    one: Gate, photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one.start()
    monkeypatch.setattr(gate, "WALL", 0.05)
    name, content = next(bad_files.slow_files(photo))
    (tmp_path / name).write_bytes(content)
    began = time.monotonic()
    assert "takes too long" in str(outcome(one, tmp_path / name))
    assert time.monotonic() - began < gate.SECONDS


@pytest.mark.parametrize(("scans", "read"), [(20, True), (600, False)])
def test_a_jpeg_of_many_scans_is_declined_before_it_is_decoded(
    photo: np.ndarray, tmp_path: Path, scans: int, read: bool
) -> None:
    path = tmp_path / "scans.jpg"
    path.write_bytes(bad_files.many_scans(photo, scans))
    if read:
        assert load_image(path).pixels.shape == photo.shape
    else:
        with pytest.raises(ImageError, match="takes too long"):
            load_image(path)


def test_a_bomb_of_hidden_pixels_stays_in_a_gigabyte(tmp_path: Path) -> None:
    """64 megapixels, one of them visible: 0.3 MB of file, 2.1 GB where all is done at once."""
    path, packer = tmp_path / "bomb.png", zlib.compressobj(1)
    rows = [bytes(32001)] * 7999 + [bytes(32001 - 4) + b"\1\2\3\4"]
    data = b"".join(map(packer.compress, rows)) + packer.flush()
    header = (8000).to_bytes(4, "big") * 2 + bytes([8, 6, 0, 0, 0])
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")
    )
    alone = Gate(children=1)
    loaded = alone.load(path)
    assert alone.usage["peak_mb"] < 1000
    alone.close()
    assert (loaded.pixels[::500, ::500] == (1, 2, 3)).all()


def test_one_large_picture_is_read_at_a_time(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The others wait without a child, so that small pictures are read meanwhile."""
    monkeypatch.setattr(gate, "LARGE", 1000)
    monkeypatch.setattr(gate, "SECONDS", 0.6)
    monkeypatch.setattr(gate, "SECONDS_PER_MEGAPIXEL", 0)
    two = Gate(children=2, patience=0.1)
    *_, (name, content) = bad_files.slow_files(photo)  # of 16 megapixels
    (tmp_path / name).write_bytes(content)
    save_png(tmp_path / "large.png", photo)
    save_png(tmp_path / "small.png", photo[:20, :20])
    two.start()
    slow = threading.Thread(target=outcome, args=(two, tmp_path / name))
    slow.start()
    messages = []
    while slow.is_alive():
        try:
            two.load(tmp_path / "large.png")
        except ImageError as error:
            messages.append(str(error))
            two.load(tmp_path / "small.png")  # meanwhile, by the other child
    slow.join()
    assert any("Another very large picture" in message for message in messages)
    assert isinstance(two.load(tmp_path / "large.png"), Loaded)
    two.close()


def test_whoever_waits_too_long_is_told(photo: np.ndarray, tmp_path: Path) -> None:
    none = Gate(children=0, patience=0.01)
    with pytest.raises(ImageError, match="Many pictures are being read just now"):
        none.load(tmp_path / "photo.png")


def test_a_child_that_died_between_two_files_is_replaced(
    photo: np.ndarray, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the kernel kills one when memory runs out."""
    started: list[Child] = []

    class Noted(Child):
        def __init__(self) -> None:
            super().__init__()
            started.append(self)

    monkeypatch.setattr(gate, "Child", Noted)
    save_png(tmp_path / "photo.png", photo)
    alone = Gate(children=1)
    alone.load(tmp_path / "photo.png")
    started[0].process.kill()
    started[0].process.wait()
    assert alone.load(tmp_path / "photo.png").pixels.shape == photo.shape
    assert len(started) == 2
    alone.close()
    assert started[1].ended


def test_all_of_a_picture_comes_through(one: Gate, photo: np.ndarray, tmp_path: Path) -> None:
    opacity = np.arange(photo.shape[0] * photo.shape[1]).reshape(photo.shape[:2]) % 256
    (tmp_path / "照片.png").write_bytes(png_bytes(photo, opacity.astype(np.uint8)))
    expected, got = load_image(tmp_path / "照片.png"), one.load(tmp_path / "照片.png")
    np.testing.assert_array_equal(got.pixels, expected.pixels)
    assert expected.opacity is not None
    assert got.opacity is not None
    np.testing.assert_array_equal(got.opacity, expected.opacity)
    assert got.changes == expected.changes != ()
    assert "does not exist: choose a picture file" in str(outcome(one, tmp_path / "照片.txt"))


PARENT = """
import sys, types
package = types.ModuleType("sr_demo")
package.__path__ = [sys.argv[1]]
sys.modules["sr_demo"] = package
from sr_demo.gate import Child
child = Child()
child.wait()
print(child.process.pid, flush=True)
sys.stdin.read()
"""


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="no /proc here")
def test_the_child_is_light_and_goes_with_its_parent() -> None:
    """It loads neither PyTorch nor Gradio nor OpenVINO; the parent is killed, not closed."""
    package = str(Path(gate.__file__).parent)
    with subprocess.Popen([sys.executable, "-c", PARENT, package], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, text=True) as parent:  # fmt: skip
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        maps = Path(f"/proc/{pid}/maps").read_text()
        assert "_imaging" in maps  # it is the child, and it has begun
        assert not [name for name in ("torch", "openvino", "pandas", "orjson") if name in maps]
        parent.send_signal(signal.SIGKILL)
    for _ in range(1000):
        if not Path(f"/proc/{pid}").exists() or "State:\tZ" in _status(pid):
            return
        time.sleep(0.01)
    pytest.fail("the child outlives its parent")


def _status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except OSError:  # gone since
        return "State:\tZ"
