"""What goes wrong around a run: each fault is told in a sentence, and what was whole stays so."""

import errno
import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
import torch
from accelerate import Accelerator

from sr_demo.images import save_png
from sr_demo.training import cli, data, run, states, vgg
from tests.test_cli_faults import HOLD
from tests.training.small_runs import main, recipe_of, trained, weights_of


@pytest.fixture
def arguments(small: None, folder: Path, tmp_path: Path) -> list[str]:
    """Of a small run; its state is in ``home``."""
    places = ["--data", str(folder), "--runs", str(tmp_path / "runs")]
    return ["espcn", "--scale", "2", "--workers", "0", "--out", str(tmp_path / "out"), *places]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "runs" / "espcn_x2"


@pytest.fixture
def begun(arguments: list[str], home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run of three steps with a state of each; the folder of its newest state."""
    monkeypatch.setattr(run, "SAVE_EVERY", -1)
    assert main(arguments, steps=3) == 0
    assert [state.name for state in sorted(home.glob("state-*"))] == [
        "state-00000002",
        "state-00000003",
    ]
    return home / "state-00000003"


def complaint(capsys: pytest.CaptureFixture[str], status: int) -> str:
    """The last line on stderr of a run that failed; it is no traceback."""
    error = capsys.readouterr().err
    assert status == 2
    assert "Traceback" not in error
    last = error.strip().splitlines()[-1]
    assert last.startswith("python -m train: ")
    return last


# --- a damaged state ------------------------------------------------------------------------------


def empty(path: Path) -> None:
    path.write_bytes(b"")


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-100])


def flip(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 16
    path.write_bytes(content)


DAMAGES: dict[str, Callable[[Path], None]] = {
    "gone": Path.unlink,
    "empty": empty,
    "cut": cut,
    "flip": flip,
}
FILES = [
    "model.safetensors", "optimizer.bin", "custom_checkpoint_0.pkl", "custom_checkpoint_1.pkl",
    "random_states_0.pkl", states.MANIFEST,
]  # fmt: skip


def test_damage_to_any_file_of_a_state_is_seen(begun: Path, tmp_path: Path) -> None:
    assert states.newest_whole(begun.parent) == begun
    for name in FILES:
        for kind, spoil in DAMAGES.items():
            if (name, kind) == (states.MANIFEST, "gone"):
                continue  # then it is a state of before there were manifests
            copy = tmp_path / "copy" / f"{name}-{kind}"
            shutil.copytree(begun, copy / "state-00000003")
            spoil(copy / "state-00000003" / name)
            with pytest.raises(states.StateError, match=r"damaged.*begin again with --fresh"):
                states.newest_whole(copy)


def test_damage_is_seen_without_a_manifest_too(begun: Path, tmp_path: Path) -> None:
    """By the formats' own check sums; the bare numbers of model.safetensors have none."""
    (begun / states.MANIFEST).unlink()
    assert states.newest_whole(begun.parent) == begun
    for name in FILES[:-1]:
        for kind, spoil in DAMAGES.items():
            if (name, kind) == ("model.safetensors", "flip"):
                continue
            copy = tmp_path / "copy" / f"{name}-{kind}"
            shutil.copytree(begun, copy / "state-00000003")
            spoil(copy / "state-00000003" / name)
            with pytest.raises(states.StateError, match="damaged"):
                states.newest_whole(copy)


def test_a_damaged_state_gives_way_to_the_one_before_it_and_nothing_is_lost(
    begun: Path,
    arguments: list[str],
    home: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shutil.copytree(begun, tmp_path / "whole" / begun.name)
    flip(begun / "optimizer.bin")
    assert main(arguments, steps=3) == 0
    assert (
        "state-00000003 is damaged (optimizer.bin has changed), now damaged-state-00000003: going "
        "on from state-00000002" in capsys.readouterr().err
    )
    one, other = weights_of(tmp_path / "whole"), weights_of(home)
    assert all(torch.equal(value, other[name]) for name, value in one.items())


def test_with_no_state_whole_nothing_is_begun_anew_unasked(
    begun: Path, arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for state in home.glob("state-*"):
        cut(state / "model.safetensors")
    line = complaint(capsys, main(arguments, steps=6))
    assert "state-00000003 is damaged" in line
    assert "state-00000002 is damaged" in line
    assert "--fresh" in line
    assert len(list(home.glob("state-*"))) == 2
    assert main([*arguments, "--fresh"], steps=3) == 0


def test_a_state_of_before_there_were_manifests_is_gone_on_from(
    begun: Path, arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.rmtree(home / "state-00000002")
    (begun / states.MANIFEST).unlink()
    capsys.readouterr()
    assert main(arguments, steps=5) == 0
    assert "photos" not in capsys.readouterr().err.replace("decoding photos", "")
    assert sorted(p.name for p in home.glob("state-*")) == ["state-00000004", "state-00000005"]


def test_a_state_of_another_network_is_refused(
    begun: Path, arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shutil.copytree(home, home.with_name("srcnn_x2"))
    line = complaint(capsys, main(["srcnn", *arguments[1:]], steps=6))
    assert "does not fit the network and the recipe of this command" in line
    assert "--fresh" in line


def test_a_damaged_curve_loses_its_damaged_rows_alone(
    begun: Path, arguments: list[str], home: Path
) -> None:
    curve = home / "curve.csv"
    kept = curve.read_text()
    curve.write_bytes(kept.encode() + b"nonsense,\xff\n\0\n,,\n")
    assert main(arguments, steps=4) == 0
    assert curve.read_text().startswith(kept)


# --- other photos ---------------------------------------------------------------------------------


def test_other_photos_are_told_and_the_same_ones_touched_are_not(
    begun: Path, arguments: list[str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for photo in folder.rglob("*.png"):
        os.utime(photo, (1e9, 1e9))
    capsys.readouterr()
    assert main(arguments, steps=4) == 0
    assert "other photos" not in capsys.readouterr().err
    save_png(
        folder / "another.png", np.random.default_rng(1).integers(0, 256, (60, 60, 3), np.uint8)
    )
    assert main(arguments, steps=5) == 0
    assert "state-00000004 was trained on other photos" in capsys.readouterr().err


# --- the cache of decoded photos ------------------------------------------------------------------


@pytest.mark.parametrize("name", ["hr.u8", "lr.u8", data.INDEX])
@pytest.mark.parametrize("kind", DAMAGES)
def test_a_damaged_cache_is_made_again(
    name: str, kind: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = data.load_photos(folder, 2, 12)
    (home,) = (path for path in data.cache_root().iterdir() if path.is_dir())
    kept = np.array(before.hr)
    DAMAGES[kind](home / name)
    capsys.readouterr()
    again = data.load_photos(folder, 2, 12)
    assert "are damaged: decoding them again" in capsys.readouterr().err
    np.testing.assert_array_equal(again.hr, kept)
    assert data.fingerprint(again) == data.fingerprint(before)
    assert (again.names, again.skipped) == (before.names, before.skipped)
    data.load_photos(folder, 2, 12)
    assert capsys.readouterr().err == ""


def test_a_cache_of_before_there_were_check_sums_is_used_as_it_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = data.load_photos(folder, 2, 12)
    (home,) = (path for path in data.cache_root().iterdir() if path.is_dir())
    index = (home / data.INDEX).read_text()
    (home / data.INDEX).write_text(index[: index.index(', "crc32"')] + "}")
    monkeypatch.setattr(data, "load_image", None)
    assert data.fingerprint(data.load_photos(folder, 2, 12)) == data.fingerprint(before)


def test_what_a_killed_process_left_of_a_cache_is_taken_away(folder: Path) -> None:
    data.load_photos(folder, 2, 12)
    (home,) = (path for path in data.cache_root().iterdir() if path.is_dir())
    home.rename(home.with_name(f".{home.name}"))
    data.load_photos(folder, 2, 12)
    assert [path for path in data.cache_root().iterdir() if path.is_dir()] == [home]


# --- two runs in one folder -----------------------------------------------------------------------


def test_a_second_run_in_a_folder_is_refused_until_the_first_is_killed(
    arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home.mkdir(parents=True)
    first = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(home / cli.LOCK)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip
    assert first.stdout is not None
    assert first.stdout.readline() == b"held\n"
    line = complaint(capsys, main([*arguments, "--fresh"], steps=2))
    assert f"{home} is in use by process 7 on moon: wait for it, stop it" in line
    first.kill()
    first.communicate()
    assert main(arguments, steps=2) == 0


# --- a full disk, and no permission ---------------------------------------------------------------


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """No file grows beyond so many bytes: a real failing write, which needs no special disk."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_too_full_for_a_state_keeps_the_state_before(
    begun: Path, arguments: list[str], home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    largest = max(path.stat().st_size for path in begun.iterdir())
    with files_up_to(largest - 1000):
        line = complaint(capsys, main(arguments, steps=6))
    assert "the state of step 4 cannot be written" in line
    assert "make room there, and the same command goes on" in line
    assert states.newest_whole(home) == begun
    assert not (home / "state.partial").exists()
    assert main(arguments, steps=6) == 0


def test_a_disk_too_full_for_the_decoded_photos_is_told_and_nothing_is_left(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    with files_up_to(50_000):
        assert "the disk is full, make room" in complaint(capsys, main(arguments, steps=2))
    assert not [path for path in data.cache_root().iterdir() if path.is_dir()]
    assert main(arguments, steps=2) == 0


def test_a_disk_that_is_full_in_the_middle_of_a_state(
    begun: Path, arguments: list[str], capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    real = Accelerator.save_state

    def full(accelerator: Accelerator, output_dir: str) -> None:
        real(accelerator, output_dir)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Accelerator, "save_state", full)
    assert "(No space left on device)" in complaint(capsys, main(arguments, steps=6)).replace(
        "[Errno 28] ", ""
    )
    assert states.newest_whole(begun.parent) == begun


@pytest.mark.parametrize("option", ["--out", "--runs"])
def test_a_folder_that_cannot_be_written_is_told_before_anything_is_learnt(
    option: str, arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    (tmp_path / "file").write_text("in the way")
    arguments[arguments.index(option) + 1] = str(tmp_path / "file" / "folder")
    monkeypatch.setattr(data, "load_image", None)
    assert str(tmp_path / "file") in complaint(capsys, main(arguments, steps=2))


def test_no_permission_is_told_with_what_to_do(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(dir: Path) -> None:
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(dir))

    monkeypatch.setattr("tempfile.TemporaryFile", refuse)
    assert "no permission, choose another place" in complaint(capsys, main(arguments, steps=2))


# --- packages, devices ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("module", "package"), [("accelerate", "accelerate"), ("tensorboard", "tensorboard")]
)
@pytest.mark.parametrize(
    "error", [ImportError("No module"), RuntimeError("does not fit its PyTorch")]
)
def test_a_package_that_is_missing_or_broken_is_named_with_its_extra(
    module: str, package: str, error: Exception, arguments: list[str],
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    def broken(name: str) -> object:
        if module in name:
            raise error
        return import_module(name)

    monkeypatch.setattr(cli, "import_module", broken)
    line = complaint(capsys, main(arguments, steps=2))
    assert f"the package {package}" in line
    assert "pip install 'sr-demo[train]'" in line


def test_without_torchvision_vggs_weights_may_come_from_a_file(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "torchvision.models", None)
    with pytest.raises(vgg.VGGError, match=r"sr-demo\[train\]', or give --vgg-weights FILE"):
        vgg.load_weights(None, lambda: torch.zeros(1, 3, 8, 8))


def test_a_gpu_that_vanishes_is_told(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def vanish(*_: object) -> None:
        raise torch.AcceleratorError("CUDA error: unspecified launch failure\nCompile with …")

    monkeypatch.setattr(run, "learning_rate", vanish)
    line = complaint(capsys, main(arguments, steps=2))
    assert "the GPU failed (CUDA error: unspecified launch failure); the same command" in line


def test_the_states_of_an_interrupted_run_are_two(folder: Path, tmp_path: Path) -> None:
    """The control of what the others build on: a finished run leaves one, of its last step."""
    finished = trained(recipe_of("espcn", steps=2), folder, tmp_path)
    assert [path.name for path in (finished / "run").glob("state-*")] == ["state-00000002"]
