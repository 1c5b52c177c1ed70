"""What is on the server's disk, and for how long."""

import math
import os
import time
from pathlib import Path

import gradio as gr
import numpy as np
import pytest

from sr_demo.boxes import Box
from sr_demo.images import Loaded
from sr_demo.ui import folder as folders
from sr_demo.ui.compare.downloads import everything
from sr_demo.ui.compare.picker import describe
from sr_demo.ui.compare.run import run
from sr_demo.ui.files import keep_file
from sr_demo.ui.folder import own_folder, sweep, swept
from sr_demo.ui.session import KEEP, LINGER, Job, Picture, Session, SessionStore


@pytest.fixture
def shared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where several Gradio apps put their files; another one's is there."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    (tmp_path / "upload").mkdir()
    (tmp_path / "upload" / "theirs.png").write_bytes(b"theirs")
    return tmp_path


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def compare(session: Session, pixels: np.ndarray, name: str = "cat") -> None:
    """What a page does with an upload."""
    path = keep_file(f"{name}-upload.png", pixels.tobytes())
    session.files.use(path)
    session.picture = picture = Picture(name, Loaded(pixels, None, ()))
    session.ask(Job(picture, picture.loaded, True, 4, ("bicubic",), "y", files=session.files))
    describe(session)
    job = session.begin()
    assert job is not None
    assert list(run(session, job)) is not None


# --- the folder -----------------------------------------------------------------------------------


def test_a_process_has_a_folder_of_its_own_that_goes_with_it(shared: Path) -> None:
    with own_folder() as folder:
        path = Path(keep_file("a.png", b"a"))
        assert path.is_relative_to(folder)
        assert folder.stat().st_mode & 0o77 == 0
        with own_folder() as second:
            assert second != folder
            assert path.is_file()
        assert not second.exists()
    assert os.environ["GRADIO_TEMP_DIR"] == str(shared)
    assert files(shared) == ["theirs.png"]


def test_the_next_process_removes_what_a_killed_one_left(shared: Path) -> None:
    left = shared / "sr-demo" / "0123" / "ab"
    left.mkdir(parents=True)
    (left / "face.png").write_bytes(b"face")
    (shared / "sr-demo" / "0123.lock").touch()
    with own_folder():
        assert not left.exists()
    assert files(shared) == ["theirs.png"]


# --- sweeping -------------------------------------------------------------------------------------


def aged(folder: Path, name: str, hours: float, size: int = 100) -> Path:
    path = folder / name[0] / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(bytes(size))
    os.utime(path, (time.time() - hours * 3600,) * 2)
    return path


def test_after_a_day_everything_goes_but_the_pages_own(tmp_path: Path) -> None:
    own, shown = aged(tmp_path, "tile.png", 30), aged(tmp_path, "shown.png", 25)
    aged(tmp_path, "old.png", 24.01)
    young = aged(tmp_path, "young.png", 23.9)
    sweep(tmp_path, keep=[own], shown=[str(shown)])
    assert files(tmp_path) == ["tile.png", "young.png"]
    assert {path.name for path in tmp_path.iterdir()} == {own.parent.name, young.parent.name}


def test_beyond_the_limit_the_oldest_go_that_no_page_shows(tmp_path: Path) -> None:
    paths = [aged(tmp_path, f"{hours}.png", hours) for hours in (9, 8, 7, 6, 5)]
    sweep(tmp_path, shown=[str(paths[0])], max_bytes=350)
    assert files(tmp_path) == ["5.png", "6.png", "9.png"]
    sweep(tmp_path, max_bytes=0)
    assert files(tmp_path) == []


def test_what_is_asked_for_again_is_young_again(shared: Path) -> None:
    path = keep_file("a.png", b"a")
    os.utime(path, (1, 1))
    assert keep_file("a.png", b"a") == path
    sweep(shared)
    assert Path(path).is_file()


def test_it_is_swept_while_the_page_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    monkeypatch.setattr(folders, "_PULSE", 0.01)
    aged(tmp_path, "tile.png", 30)
    with swept(tmp_path, SessionStore()):
        old = aged(tmp_path, "old.png", 25)
        until = time.monotonic() + 10
        while old.exists() and time.monotonic() < until:
            time.sleep(0.01)
    assert files(tmp_path) == ["tile.png"]


# --- pages ----------------------------------------------------------------------------------------


def test_with_a_page_go_its_files_but_those_of_another_page(
    shared: Path, photo: np.ndarray
) -> None:
    store = SessionStore()
    compare(store["a"], photo)
    first = set(files(shared))
    assert {"cat-upload.png", "cat_x4_original.png", "cat_x4_bicubic.png"} <= first
    compare(store["b"], photo)
    compare(store["b"], photo[::-1].copy(), "dog")
    shown = {Path(path).name for path in store.shown}
    assert {"cat_x4_bicubic.png", "dog_x4_bicubic.png"} <= shown
    store.leave("b")
    store.forget(time.monotonic() + LINGER + 1)
    assert set(files(shared)) == first
    store.leave("a")
    store.forget()
    assert set(files(shared)) == first  # it may come back
    store.forget(time.monotonic() + LINGER + 1)
    assert files(shared) == ["theirs.png"]


def test_a_page_that_comes_back_is_remembered_for_a_day(shared: Path, photo: np.ndarray) -> None:
    store = SessionStore()
    session = store["a"]
    compare(session, photo)
    store.leave("a")
    assert store["a"] is session
    store.forget(time.monotonic() + LINGER + 1)
    assert store["a"] is session
    store.forget(time.monotonic() + KEEP + 1)
    assert store["a"] is not session
    assert files(shared) == ["theirs.png"]


def test_leaving_stops_the_work_and_nothing_is_written_after_it(
    shared: Path, photo: np.ndarray
) -> None:
    store = SessionStore()
    session = store["a"]
    picture = Picture("cat", Loaded(photo, None, ()))
    job = Job(picture, picture.loaded, True, 4, ("bicubic", "srresnet"), "y", files=session.files)
    session.ask(job)
    assert session.begin() is job
    steps = run(session, job)
    next(steps)
    store.forget(math.inf)
    assert job.stop.is_set()
    list(steps)
    job.files.keep_png("late", photo)
    assert files(shared) == ["theirs.png"]
    assert (session.picture, session.shown) == (None, None)


def test_what_is_not_kept_any_more_is_said(shared: Path, photo: np.ndarray) -> None:
    session = SessionStore()["a"]
    compare(session, photo)
    assert session.shown is not None
    sweep(shared, max_bytes=0)
    with pytest.raises(gr.Error, match="not kept any more: choose"):
        everything(session.shown, Box(0, 0, 40, 40))


def test_pages_that_share_files_leave_each_other_whole(shared: Path) -> None:
    """However the two meet: who claims a file before it is written finds it written."""
    store = SessionStore()
    for number in range(200):
        name = f"{number % 3}.png"
        one, other = store[f"a{number}"], store[f"b{number}"]
        one.files.keep_file(name, b"same")
        path = other.files.keep_file(name, b"same")
        store.leave(f"a{number}")
        store.forget(time.monotonic() + LINGER + 1)
        assert Path(path).is_file()
