"""What a command line meets in the world: odd names, old consoles, full disks, missing packages."""

import builtins
import errno
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from sr_demo import console
from sr_demo.cli.main import main
from sr_demo.images import save_png
from sr_demo.inference import export, runnable
from sr_demo.storage import InUseError, locked, plain, write_atomically
from tests.test_cli import refused, run


@pytest.fixture
def picture(photo: np.ndarray, tmp_path: Path) -> Path:
    save_png(tmp_path / "cat.png", photo[:40, :40])
    return tmp_path / "cat.png"


# --- names ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("command", ["upscale", "compare", "benchmark"])
def test_a_link_that_leads_to_itself_is_one_line(
    command: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "loop.png").symlink_to(tmp_path / "loop.png")
    more = ["-o", tmp_path / "out"] if command == "upscale" else []
    assert "loop.png" in refused(capsys, command, tmp_path / "loop.png", *more)


@pytest.mark.parametrize("name", ["two\nlines.png", "colour\x1b[31m.png", "tab\t.png"])
def test_a_name_of_several_lines_stays_on_one(
    name: str, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    odd = picture.rename(tmp_path / name)
    run("upscale", odd, "-o", tmp_path / "out", "--method", "bicubic", "--scale", 2)
    printed = capsys.readouterr().out
    assert printed.count("\n") == 1
    assert all(c.isprintable() for c in printed.strip())
    odd.write_bytes(b"no picture any more")
    line = refused(capsys, "upscale", odd, "-o", tmp_path / "out", "--method", "bicubic")
    assert all(c.isprintable() for c in line.strip())
    refused(capsys, "upscale", tmp_path / f"no {name}", "-o", tmp_path / "out")


# --- consoles -------------------------------------------------------------------------------------


@pytest.fixture
def printed(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], io.BytesIO]:
    """Make stdout a console of an encoding; returns what it is sent."""

    def console_of(encoding: str) -> io.BytesIO:
        raw = io.BytesIO()
        stream = io.TextIOWrapper(raw, encoding=encoding, newline="\n", write_through=True)
        monkeypatch.setattr(sys, "stdout", stream)
        return raw

    return console_of


@pytest.mark.parametrize(("encoding", "arrow"), [("cp1252", "^"), ("ascii", "^"), ("utf-8", "↑")])
def test_a_console_without_arrows_shows_others(
    encoding: str, arrow: str, picture: Path, printed: Callable[[str], io.BytesIO]
) -> None:
    raw = printed(encoding)
    run("compare", picture, "--methods", "bicubic")
    assert f"PSNR {arrow}" in raw.getvalue().decode(encoding)


def test_what_has_no_likeness_becomes_a_question_mark(
    printed: Callable[[str], io.BytesIO],
) -> None:
    raw = printed("ascii")
    console.use_plain_characters()
    print("照片 ×4 “a” \udcff")
    assert raw.getvalue() == b'?? x4 "a" ?\n'


# --- disks ----------------------------------------------------------------------------------------


def test_a_full_disk_leaves_the_old_picture_or_none(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    out = tmp_path / "out"
    command = ("upscale", picture, "-o", out, "--method", "bicubic", "--scale", 2)
    run(*command)
    (kept,) = out.iterdir()
    before = kept.read_bytes()

    def full(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content[:100])
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", full)
    line = refused(capsys, *command)
    assert "the disk is full, make room and try again" in line
    assert kept.name in line
    assert kept.read_bytes() == before
    refused(capsys, "compare", picture, "--methods", "bicubic", "-o", tmp_path / "other")
    assert [path.name for path in out.iterdir()] == [kept.name]
    assert list((tmp_path / "other").iterdir()) == []


def test_a_written_file_follows_a_link_and_leaves_a_device_one(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"old")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    write_atomically(tmp_path / "link", b"new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_bytes() == b"new"
    write_atomically(Path(os.devnull), b"gone")
    assert not Path(os.devnull).is_file()


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (errno.ENOSPC, "make room"),
        (errno.EACCES, "choose another place"),
        (errno.EROFS, "choose another place"),
        (errno.ENOTDIR, "Not a directory"),
    ],
)
def test_what_the_system_refuses_is_said_in_words(number: int, words: str) -> None:
    text = plain(OSError(number, os.strerror(number), "/some/file"))
    assert words in text
    assert "/some/file" in text
    assert "Errno" not in text


HOLD = """
import fcntl, sys
file = open(sys.argv[1], "w")
fcntl.lockf(file, fcntl.LOCK_EX)
print("process 7 on moon", file=file, flush=True)
print("held", flush=True)
sys.stdin.read()
"""


def test_a_lock_is_refused_while_another_process_lives_and_names_its_holder(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(InUseError, match=r"in use by process 7 on moon: wait for it"):
            locked(path).__enter__()
        holder.kill()
        holder.wait()
    with locked(path):
        pass
    assert path.read_text().startswith(f"process {os.getpid()} on ")


# --- packages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [ImportError("No module"), RuntimeError("built for another")])
def test_export_names_the_extra_for_a_missing_or_broken_package(
    error: Exception, tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real = builtins.__import__

    def broken(name: str, *rest: object) -> object:
        if name == "onnx":
            raise error
        return real(name, *rest)  # type: ignore[arg-type]

    runnable.network("espcn", 2)
    monkeypatch.setattr(builtins, "__import__", broken)
    line = refused(
        capsys, "export", "--method", "espcn", "--scale", 2, "--out", tmp_path / "a.onnx"
    )
    assert "sr-demo[export]" in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_full_disk_leaves_no_part_of_a_model(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "replace", full)
    name = {"onnx": "a.onnx", "openvino": "a.xml"}[form]
    command = ("export", "--method", "espcn", "--scale", 2, "--format", form)
    assert "the disk is full" in refused(capsys, *command, "--out", tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_openvinos_own_word_for_a_full_disk_is_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(model: object, path: Path, **_: object) -> None:
        path.write_bytes(b"half")
        raise RuntimeError("basic_ios::clear: iostream error")

    monkeypatch.setattr("openvino.save_model", full)
    command = ("export", "--method", "espcn", "--scale", 2, "--format", "openvino")
    assert "make room there" in refused(capsys, *command, "--out", tmp_path / "a.xml")
    assert list(tmp_path.iterdir()) == []


def test_an_interrupted_command_says_so(
    picture: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupt(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("sr_demo.cli.compare.compare", interrupt)
    assert main(["compare", str(picture), "--methods", "bicubic"]) == 130
    assert capsys.readouterr().err.strip().endswith("stopped")
