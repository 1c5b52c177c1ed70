"""The benchmark runs, and counts what the papers' networks compute."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from benchmarks import __main__ as benchmarks
from benchmarks import timing
from sr_demo.inference import runnable


@pytest.mark.slow
def test_a_quick_run_writes_its_figures_and_a_chart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(timing, "PAUSE", 0)
    assert benchmarks.main(["--quick", "--out", str(tmp_path)]) == 0
    results = json.loads((tmp_path / "results.json").read_text())
    timed = [(row["method"], row["side"]) for row in results["latency"]]
    assert timed == [(name, 16) for name in benchmarks.TIMED]
    for row in results["latency"]:
        assert all(seconds > 0 for seconds in row["seconds"].values())
        other = "PIL" if row["method"] == "bicubic" else "PyTorch"
        assert {"ours", other} <= set(row["seconds"])
    assert all(seconds > 0 for seconds in results["start-up"].values())
    assert all(row["MB above idle"] > 0 for row in results["memory"])
    with Image.open(tmp_path / "chart.png") as chart:
        assert chart.width > 800
    assert "srresnet" in capsys.readouterr().out


def test_operations_are_those_of_the_papers_layers() -> None:
    # Dong et al. 2014: 8,032 weights, each used once per output pixel; 1/16 of them per LR pixel
    weights = 9**2 * 64 + 64 * 32 + 32 * 5**2
    count = benchmarks.operations("srcnn", 1024) / 1024 / 16
    assert count == pytest.approx(2 * weights, rel=0.1)  # and colour, bicubic, the padding's rim
    assert benchmarks.operations("bicubic", 100) == 0


def test_every_variant_restores_the_same_size() -> None:
    lr = timing.photo(6, 8)
    ours = runnable.engine("espcn", 4).restore(lr)
    ways = benchmarks.variants("espcn", lr)
    assert np.asarray(ways["ours"]()).shape == ours.shape
    assert np.asarray(ways["PyTorch"]()).shape[2:] == ours.shape[:2]


def test_medians_leave_out_the_first_round(monkeypatch: pytest.MonkeyPatch) -> None:
    seconds = iter([100.0, 3.0, 1.0, 2.0])
    monkeypatch.setattr(timing, "timed", lambda work: (None, next(seconds)))
    assert timing.medians({"x": lambda: None}, rounds=3) == {"x": 2.0}
