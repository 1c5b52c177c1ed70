"""Training end to end on generated images: it learns, it resumes, nothing is lost."""

import re
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import openvino as ov
import pytest
import torch

from benchmarks import training_step as benchmark
from sr_demo.checkpoints import load_network, read_card
from sr_demo.inference import openvino
from sr_demo.training import curve, losses, run, steps
from sr_demo.training.recipe import Recipe
from sr_demo.training.validation import Quality
from tests.training import small_runs
from tests.training.small_runs import logged, main, recipe_of, trained, weights_of


@pytest.mark.parametrize(("method", "scale"), [("srcnn", 3), ("espcn", 2), ("srresnet", 4)])
def test_each_command_makes_a_checkpoint_that_loads(
    method: str, scale: int, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    arguments = [method, "--scale", str(scale), "--data", str(folder), "--out", str(out)]
    arguments += ["--runs", str(tmp_path / "runs"), "--steps", "2", "--workers", "0"]
    recipe = recipe_of(method, batch=2, validate_every=2)
    assert main(arguments, recipe) == 0
    assert "broken.jpg" in capsys.readouterr().err
    card = read_card(out / f"{method}_x{scale}.safetensors")
    assert (card.method, card.scale, card.steps) == (method, scale, 2)
    assert card.recipe["loss"] == recipe.loss
    assert "photos" in card.data
    assert load_network(method, scale, out).scale == scale


@pytest.mark.parametrize(("method", "halved"), [("srresnet", True), ("espcn", False)])
def test_networks_that_run_in_16_bits_ship_what_these_multiply(
    method: str, halved: bool, folder: Path, tmp_path: Path
) -> None:
    """Nothing is left to round in the compiled graph's constants, and most take half the room."""
    home = trained(recipe_of(method, steps=4), folder, tmp_path)
    network = load_network(method, 2, home / "out")
    exact, ours = (_constants(openvino.model(network, half=half)) for half in (False, True))
    for a, b in zip(exact, ours, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-6)  # bf16's own steps are of 4e-3
    short = [torch.equal(w, w.bfloat16().float()) for w in network.state_dict().values()]
    assert (np.mean(short) > 0.5) == halved


def _constants(graph: ov.Model) -> list[np.ndarray]:
    return [
        op.get_data(dtype=np.float32)
        for op in graph.get_ordered_ops()
        if op.get_type_name() == "Constant"
    ]


def test_a_run_that_starts_from_a_checkpoint_never_replaces_it_by_a_worse_one(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Learning with the largest step there is makes it worse at once; with a small one, better."""
    out = tmp_path / "out"
    arguments = ["espcn", "--scale", "2", "--data", str(folder), "--out", str(out)]
    arguments += ["--workers", "0", "--runs"]
    fair = recipe_of("espcn", steps=16, learning_rate=3e-3)
    assert main([*arguments, str(tmp_path / "first")], fair) == 0
    first = (out / "espcn_x2.safetensors").read_bytes()
    steps = read_card(out / "espcn_x2.safetensors").steps
    ruin = recipe_of("espcn", steps=4, learning_rate=1.0)
    assert main([*arguments, str(tmp_path / "worse"), "--start", str(out)], ruin) == 0
    assert (out / "espcn_x2.safetensors").read_bytes() == first
    mild = replace(ruin, learning_rate=1e-3)
    assert main([*arguments, str(tmp_path / "better"), "--start", str(out)], mild) == 0
    card = read_card(out / "espcn_x2.safetensors")
    assert (card.recipe["start"], card.steps) == (f"ESPCN ×2 of {steps} steps", 4)
    assert main([*arguments, str(tmp_path / "none"), "--start", str(tmp_path)]) == 2
    assert "espcn_x2.safetensors is missing" in capsys.readouterr().err


def test_another_scales_layers_are_taken_over_where_they_do_the_same(
    folder: Path, tmp_path: Path
) -> None:
    """With a rate of nothing, what is shipped is what the run began with."""
    out = tmp_path / "out"
    arguments = ["espcn", "--data", str(folder), "--out", str(out), "--workers", "0"]
    arguments += ["--runs", str(tmp_path / "runs")]
    assert main([*arguments, "--scale", "2"], steps=2) == 0
    still = recipe_of("espcn", steps=1, warmup=1, learning_rate=0.0)
    assert main([*arguments, "--scale", "3", "--start-scale", "2"], still) == 0
    other, own = (load_network("espcn", scale, out) for scale in (2, 3))
    for layer in ("extract", "map"):
        assert torch.equal(getattr(own, layer).weight, getattr(other, layer).weight)
    assert own.state_dict()["sub_pixels.weight"].shape[0] == 9
    card = read_card(out / "espcn_x3.safetensors")
    assert card.recipe["start"] == "ESPCN ×2 of 2 steps"


def test_states_are_kept_when_one_wants_to_look_back(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "SAVE_EVERY", -1)
    arguments = ["espcn", "--scale", "2", "--data", str(folder), "--out", str(tmp_path / "out")]
    arguments += ["--workers", "0", "--runs"]
    for more, kept in (([], 2), (["--keep-states"], 3)):
        home = tmp_path / f"runs{kept}"
        assert main([*arguments, str(home), *more], steps=3) == 0
        assert len(list((home / "espcn_x2").glob("state-*"))) == kept


def test_the_average_forgets_the_random_start_at_once_and_later_remembers_long() -> None:
    average = [torch.zeros(1)]
    for count in range(1, 200):  # the first update is a copy
        run.averaging(0.999)(average, [torch.ones(1)], count)
    assert average[0] > 0.9999  # 0.18 with a fixed 0.999
    run.averaging(0.999)(average, [torch.zeros(1)], 100_000)
    assert average[0].item() == pytest.approx(0.999, abs=1e-4)


def test_an_interrupted_run_equals_an_uninterrupted_one(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = recipe_of("espcn")
    whole = weights_of(trained(recipe, folder, tmp_path / "whole") / "run")

    # Killed in step 8 of 12, with a state of step 5 on disk: steps 6 and 7 are done again.
    monkeypatch.setattr(run, "SAVE_EVERY", -1)
    real = run.learning_rate

    def dies(recipe: Recipe, step: int) -> float:
        if step == 5:
            monkeypatch.setattr(run, "SAVE_EVERY", 1e9)
        if step == 7:
            raise KeyboardInterrupt
        return real(recipe, step)

    monkeypatch.setattr(run, "learning_rate", dies)
    with pytest.raises(KeyboardInterrupt):
        trained(recipe, folder, tmp_path / "cut")
    assert max((tmp_path / "cut" / "run").glob("state-*")).name == "state-00000005"
    monkeypatch.setattr(run, "learning_rate", real)
    resumed = weights_of(trained(recipe, folder, tmp_path / "cut") / "run")

    assert whole.keys() == resumed.keys()
    for name, value in whole.items():
        assert torch.equal(value, resumed[name]), name


def test_a_dry_run_keeps_nothing(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    runs = tmp_path / "runs"
    arguments = ["espcn", "--scale", "3", "--data", str(folder), "--runs", str(runs)]
    assert main([*arguments, "--out", str(tmp_path / "out"), "--dry-run", "--workers", "0"]) == 0
    assert "dry run passed" in capsys.readouterr().out
    assert not runs.exists()
    assert not (tmp_path / "out").exists()


def test_fresh_starts_over(folder: Path, tmp_path: Path) -> None:
    arguments = ["espcn", "--scale", "2", "--data", str(folder), "--runs", str(tmp_path / "runs")]
    arguments += ["--out", str(tmp_path / "out"), "--workers", "0"]
    assert main([*arguments, "--steps", "5"]) == 0
    assert main([*arguments, "--steps", "3", "--fresh"]) == 0
    assert [s.name for s in (tmp_path / "runs/espcn_x2").glob("state-*")] == ["state-00000003"]


@pytest.mark.parametrize("problem", ["nowhere", "empty", "useless"])
def test_bad_data_exits_2_with_one_line(
    problem: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    home = tmp_path / problem
    if problem != "nowhere":
        home.mkdir()
    if problem == "useless":
        (home / "a.png").write_bytes(b"")
    assert main(["espcn", "--scale", "2", "--data", str(home), "--dry-run"]) == 2
    error = capsys.readouterr().err.strip()
    assert error.count("\n") == 0
    assert str(home) in error


def test_the_rate_warms_up_stays_and_falls_to_zero() -> None:
    recipe = recipe_of("espcn", steps=1000, warmup=100, decay_from=0.5, learning_rate=1.0)
    rates = [run.learning_rate(recipe, step) for step in range(1000)]
    assert rates[0] == pytest.approx(0.01)
    assert rates[99:500] == [1.0] * 401
    assert rates[750] == pytest.approx(0.5)
    assert rates[999] < 1e-4
    assert all(a >= b for a, b in pairwise(rates[500:]))


@pytest.mark.parametrize(
    "best", [Quality(True, 31.5), Quality(True, -0.7), Quality(False, -4.5), run.NOTHING_YET]
)
def test_progress_survives_the_disk_and_reads_states_of_before(best: Quality) -> None:
    progress, again, old = run.Progress(7, best, 0.25), run.Progress(), run.Progress()
    again.load_state_dict(progress.state_dict())
    assert again == progress
    rank = best.score if best.feasible else best.score - 1000  # as one number, once
    old.load_state_dict({"step": 7, "best": rank, "hours": 0.25})
    assert old == progress


def test_the_benchmark_times_every_variant(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    small_runs.shrink(monkeypatch)
    assert benchmark.main(["--rounds", "1", "--batch", "2", "--patch", "12"]) == 0
    out = capsys.readouterr().out
    for method in ("srresnet", "srgan", "real_srgan"):
        assert f"{method} ×4: 2 patches of 48²" in out
    assert len(re.findall(r"(textbook|ours) +\d+\.\d{3} s +\d+\.\d × as fast", out)) == 5
    assert len(re.findall(r"the step waits \d+\.\d ms for it", out)) == 3


def not_a_number(monkeypatch: pytest.MonkeyPatch, when: Callable[[int], bool]) -> None:
    """Make the pixel loss NaN at each call, counted from 0, of which `when` says so."""
    real, calls = losses.content, iter(range(10**6))
    monkeypatch.setattr(
        steps, "content", lambda *args: real(*args) * (torch.nan if when(next(calls)) else 1)
    )


def test_a_step_whose_loss_is_no_number_is_skipped_and_counted(
    small: None, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    not_a_number(monkeypatch, lambda call: call in (1, 2, 5))
    home = trained(recipe_of("espcn", steps=8), folder, tmp_path)
    curve = logged(home / "run")["loss"]
    assert list(curve) == [1, 4, 5, 7, 8]
    assert all(torch.isfinite(torch.tensor(list(curve.values()))))
    (state,) = (home / "run").glob("state-*")
    progress = torch.load(state / "custom_checkpoint_1.pkl", weights_only=False)
    assert (progress["step"], progress["skipped"]) == (8, 3)
    assert all(value.isfinite().all() for value in weights_of(home / "run").values())


def test_ten_of_them_in_a_row_stop_the_run_at_its_last_good_state(
    small: None,
    folder: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(run, "SAVE_EVERY", -1)
    not_a_number(monkeypatch, lambda call: call >= 4)
    arguments = ["espcn", "--scale", "2", "--data", str(folder), "--out", str(tmp_path / "out")]
    arguments += ["--runs", str(tmp_path / "runs"), "--workers", "0"]
    assert main(arguments, recipe_of("espcn", steps=40)) == 2
    assert "in 10 steps up to 14; the state" in capsys.readouterr().err
    home = tmp_path / "runs" / "espcn_x2"
    assert max(home.glob("state-*")).name == "state-00000004"
    assert all(value.isfinite().all() for value in weights_of(home).values())


def test_each_validation_is_a_row_of_the_curve(small: None, folder: Path, tmp_path: Path) -> None:
    home = trained(recipe_of("espcn", steps=10), folder, tmp_path)
    rows = curve.read(home / "run" / curve.NAME)
    assert [row["step"] for row in rows] == [4, 8, 10]
    logs = logged(home / "run")["validation/PSNR-Y (dB)"]
    assert [row["PSNR-Y (dB)"] for row in rows] == pytest.approx(list(logs.values()), abs=1e-3)
    # The weights have it beside them, up to the validation that chose them.
    (weights,) = (home / "out").glob("*.safetensors")
    chosen = read_card(weights).steps
    assert curve.read(curve.shipped_path(weights)) == [row for row in rows if row["step"] <= chosen]
