"""Several processes share a benchmark's pictures, and say what one would have said."""

import json
import subprocess
import sys
from pathlib import Path

import accelerate.utils
import numpy as np
import pytest
from skimage import data

from sr_demo.cli.main import main
from sr_demo.images import save_png
from sr_demo.shards import Processes, processes

ROOT = Path(__file__).resolve().parent.parent


def test_without_a_launcher_one_process_does_it_all(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ACCELERATE_MIXED_PRECISION", "WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    group = processes()
    assert group == Processes(0, 1)
    assert group.gather([3, 1, 2], lambda n: n * n) == [9, 1, 4]


def others(monkeypatch: pytest.MonkeyPatch, done: list[object]) -> None:
    """What the other processes have made."""
    monkeypatch.setattr(accelerate.utils, "gather_object", lambda own: [*done, *own])


def test_shares_are_put_together_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    items = list("abcde")
    assert [Processes(n, 3).share(items) for n in range(3)] == [["a", "d"], ["b", "e"], ["c"]]
    others(monkeypatch, [(1, "B", None), (4, "E", None), (2, "C", None)])
    assert Processes(0, 3).gather(items, str.upper) == list("ABCDE")


def test_the_first_mistake_ends_all_of_them(monkeypatch: pytest.MonkeyPatch) -> None:
    others(monkeypatch, [(1, None, ValueError("b.png is empty"))])
    for number in (0, 2):
        with pytest.raises(ValueError, match=r"b\.png"):
            Processes(number, 3).gather(list("abc"), str.upper)


def test_two_processes_print_and_write_what_one_does(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, pixels in (("a", data.astronaut()), ("b", data.coffee()), ("c", data.chelsea())):
        save_png(tmp_path / "HR" / f"{name}.png", np.ascontiguousarray(pixels[99:180, 100:220]))
    arguments = ["benchmark", str(tmp_path), "--scale", "2", "--methods", "bicubic,espcn"]
    launch = [
        sys.executable, "-m", "accelerate.commands.launch", "--multi_gpu", "--num_processes", "2",
        "--num_machines", "1", "--mixed_precision", "no", "--dynamo_backend", "no",
        "--main_process_port", "0", "-m", "sr_demo",
    ]  # fmt: skip
    done = subprocess.run(
        [*launch, *arguments, "--json", str(tmp_path / "two.json")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert main([*arguments, "--json", str(tmp_path / "one.json")]) == 0

    def timeless(table: str) -> list[list[str]]:
        lines = [
            line.replace(" ms", "ms").replace(" s ", "s ").split() for line in table.splitlines()
        ]
        return [[cell for cell in line if not cell.endswith(("ms", "s"))] for line in lines]

    assert timeless(done.stdout) == timeless(capsys.readouterr().out)
    reports = [json.loads((tmp_path / f"{n}.json").read_text()) for n in ("one", "two")]
    for report in reports:
        for entry in report["methods"].values():
            del entry["seconds"]
    assert reports[0] == reports[1]
