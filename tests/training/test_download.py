"""Downloads against a server of our own: they resume, are verified, and never leave the folder."""

import hashlib
import io
import os
import shutil
import tarfile
import threading
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO

import pytest

from sr_demo.downloads import RemoteFile
from sr_demo.training.download import COLLECTIONS, Collection, main
from train.__main__ import main as train

Offer = Callable[..., RemoteFile]
PICTURES = {f"Tiny_HR/{i}.png": os.urandom(70_000) for i in range(3)}


def zipped(files: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    return file.getvalue()


def tarred(files: dict[str, bytes], link: str | None = None) -> bytes:
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w:gz") as tape:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tape.addfile(member, io.BytesIO(content))
        if link:
            member = tarfile.TarInfo(link)
            member.type, member.linkname = tarfile.SYMTYPE, "/etc/hostname"
            tape.addfile(member)
    return file.getvalue()


class Server(ThreadingHTTPServer):
    """Files to serve, what was asked for, and how it misbehaves."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.files: dict[str, bytes] = {}
        self.seen: list[tuple[str, str | None]] = []  # paths, and the ranges asked for
        self.breaks: list[int] = []  # bytes after which the next connections close
        self.resumes = True  # it knows ranges


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        server = self.server
        content = server.files.get(self.path)
        asked = self.headers.get("Range")
        server.seen.append((self.path, asked))
        if content is None:
            return self.send_error(404)
        start = int(asked[len("bytes=") : -1]) if asked and server.resumes else 0
        if start >= len(content):
            return self.send_error(416)
        self.send_response(206 if start else 200)
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        end = len(content)
        if server.breaks:  # the connection closes here, short of what was announced
            end = min(end, server.breaks.pop(0))
        self.wfile.write(content[start:end])
        self.close_connection = True
        return None

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("no_proxy", "*")
    server = Server()
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def offer(server: Server, monkeypatch: pytest.MonkeyPatch) -> Offer:
    """Serve an archive as the data set Tiny, 3 pictures in Tiny_HR."""

    def offer(
        content: bytes, name: str = "tiny.zip", sha256: str | None = None, pictures: int = 3
    ) -> RemoteFile:
        server.files[f"/{name}"] = content
        archive = RemoteFile(f"http://127.0.0.1:{server.server_port}/{name}", sha256)
        tiny = Collection(archive, {"Tiny_HR": "HR"}, pictures)
        monkeypatch.setitem(COLLECTIONS, "Tiny", tiny)
        return archive

    return offer


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def arrived(folder: Path) -> dict[str, bytes]:
    return {f"Tiny_HR/{p.name}": p.read_bytes() for p in (folder / "Tiny" / "HR").iterdir()}


def fails(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> str:
    """Status 2, and the one line that says why."""
    assert main(["Tiny", "--to", str(tmp_path)]) == 2
    error = capsys.readouterr().err
    assert error.startswith("python -m train download: ")
    assert error.count("\n") == 1
    assert not (tmp_path / "Tiny").exists()
    assert not list(tmp_path.glob(".*"))
    return error


@pytest.mark.parametrize(("pack", "name"), [(zipped, "tiny.zip"), (tarred, "tiny.tar.gz")])
def test_pictures_arrive_whole_and_nothing_else_stays(
    offer: Offer,
    tmp_path: Path,
    pack: Callable[[dict[str, bytes]], bytes],
    name: str,
) -> None:
    others = ("Tiny_HR/Thumbs.db", "Tiny_HR/._1.png", "Tiny_HR/deep/4.png", "LICENSE", "5.png")
    content = pack({**PICTURES, **dict.fromkeys(others, b"x")})
    offer(content, name, sha256(content))
    assert train(["download", "Tiny", "--to", str(tmp_path / "made" / "here")]) == 0
    assert arrived(tmp_path / "made" / "here") == PICTURES
    assert [p.name for p in (tmp_path / "made" / "here").iterdir()] == ["Tiny"]


def test_a_second_run_downloads_nothing(
    offer: Offer,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    offer(zipped(PICTURES))
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    requests = list(server.seen)
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert server.seen == requests
    assert "is there already" in capsys.readouterr().out


def test_a_broken_connection_is_taken_up_where_it_broke(
    offer: Offer, server: Server, tmp_path: Path
) -> None:
    content = zipped(PICTURES)
    offer(content, sha256=sha256(content))
    server.breaks = [60_000, 130_000]
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert arrived(tmp_path) == PICTURES
    assert [asked for _, asked in server.seen] == [None, "bytes=60000-", "bytes=130000-"]


def test_a_later_run_goes_on_from_what_came(
    offer: Offer,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    content = zipped(PICTURES)
    offer(content, sha256=sha256(content))
    server.breaks = [60_000, 60_000]
    assert "0.1 MB" in fails(tmp_path, capsys)
    assert (tmp_path / "tiny.zip.part").read_bytes() == content[:60_000]
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert arrived(tmp_path) == PICTURES
    assert server.seen[-1] == ("/tiny.zip", "bytes=60000-")


def test_a_server_that_knows_no_ranges_sends_all_of_it_again(
    offer: Offer, server: Server, tmp_path: Path
) -> None:
    content = zipped(PICTURES)
    offer(content, sha256=sha256(content))
    (tmp_path / "tiny.zip.part").write_bytes(content[:60_000])
    server.resumes = False
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert arrived(tmp_path) == PICTURES


def test_all_of_it_may_have_come_before(offer: Offer, server: Server, tmp_path: Path) -> None:
    content = zipped(PICTURES)
    offer(content, sha256=sha256(content))
    (tmp_path / "tiny.zip.part").write_bytes(content)
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert server.seen == [("/tiny.zip", f"bytes={len(content)}-")]
    assert arrived(tmp_path) == PICTURES


def test_other_bytes_than_expected_are_deleted(
    offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = sha256(zipped(PICTURES))
    offer(zipped({**PICTURES, "Tiny_HR/2.png": b"other"}), sha256=expected)
    error = fails(tmp_path, capsys)
    assert expected in error
    assert not list(tmp_path.iterdir())


def test_an_unknown_checksum_is_kept_and_must_come_again(
    offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = zipped(PICTURES)
    offer(content)
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert sha256(content) in capsys.readouterr().out
    (tmp_path / "Tiny").rename(tmp_path / "moved")
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    (tmp_path / "Tiny").rename(tmp_path / "moved too")
    offer(zipped({**PICTURES, "Tiny_HR/2.png": b"other"}))  # its publisher changed it
    assert sha256(content) in fails(tmp_path, capsys)


def test_offline(
    offer: Offer,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    archive = replace(offer(b""), url="http://127.0.0.1:1/tiny.zip")  # nothing listens there
    monkeypatch.setitem(COLLECTIONS, "Tiny", Collection(archive, {}, 3))
    error = fails(tmp_path, capsys)
    assert "http://127.0.0.1:1/tiny.zip cannot be reached" in error
    assert "once you are online" in error


def test_not_there(
    offer: Offer,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    offer(b"")
    server.files.clear()
    assert "tiny.zip answered 404" in fails(tmp_path, capsys)


def test_after_a_full_disk_the_archive_need_not_come_again(
    offer: Offer,
    server: Server,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    content = zipped(PICTURES)
    offer(content, sha256=sha256(content))
    real = shutil.copyfileobj

    def full(source: IO[bytes], target: IO[bytes]) -> None:
        target.write(source.read(10))
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(shutil, "copyfileobj", full)
    assert os.strerror(28) in fails(tmp_path, capsys)
    monkeypatch.setattr(shutil, "copyfileobj", real)
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert arrived(tmp_path) == PICTURES
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "path", ["../out.png", "Tiny_HR/../../out.png", "/out.png", "Tiny_HR/..\\out.png", "C:out.png"]
)
@pytest.mark.parametrize("pack", [zipped, tarred])
def test_a_path_that_leads_out_is_refused(
    offer: Offer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    path: str,
    pack: Callable[[dict[str, bytes]], bytes],
) -> None:
    content = pack({**PICTURES, path: b"x"})
    home = tmp_path / "home"
    home.mkdir()
    offer(content, "tiny", sha256(content))
    error = fails(home, capsys)
    assert "refused" in error
    assert not list(tmp_path.rglob("*out.png"))


def test_a_link_is_no_picture(
    offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = tarred(PICTURES, link="Tiny_HR/link.png")
    offer(content, "tiny.tar.gz", sha256(content))
    assert main(["Tiny", "--to", str(tmp_path)]) == 0
    assert arrived(tmp_path) == PICTURES


@pytest.mark.parametrize("content", [b"<html>Sign in</html>", tarred(PICTURES)[:90_000]])
def test_what_is_no_archive_says_so(
    offer: Offer,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    content: bytes,
) -> None:
    offer(content, "tiny.tar.gz")
    assert "tiny.tar.gz is damaged" in fails(tmp_path, capsys)
    assert not list(tmp_path.iterdir())  # and its checksum is not what to expect from now on


def test_missing_pictures_are_noticed(
    offer: Offer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = zipped(PICTURES)
    offer(content, pictures=4, sha256=sha256(content))
    assert "3 pictures of Tiny instead of 4" in fails(tmp_path, capsys)


def test_two_sets_from_one_archive_need_one_download(
    offer: Offer, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = zipped({**PICTURES, "val/9.png": b"x"})
    archive = offer(content, sha256=sha256(content))
    monkeypatch.setitem(COLLECTIONS, "Val", Collection(archive, {"val": ""}, 1))
    assert main(["Tiny", "Val", "Tiny", "--to", str(tmp_path)]) == 0
    assert len(server.seen) == 1
    assert (tmp_path / "Val" / "9.png").read_bytes() == b"x"
    assert arrived(tmp_path) == PICTURES


def test_no_photo_to_train_on_is_one_to_score_on() -> None:
    train, score = COLLECTIONS["BSDS500"], COLLECTIONS["BSD100"]
    assert train.archive == score.archive
    assert not train.folders.keys() & score.folders.keys()
