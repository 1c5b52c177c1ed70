"""Before and after training: means, a paired test, wins and losses, and where it got worse."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import wilcoxon
from skimage import data

from sr_demo import against
from sr_demo.against import AFTER, BEFORE, Pair
from sr_demo.benchmark import Row
from sr_demo.boxes import Box
from sr_demo.checkpoints import SETTING, Card, save_network
from sr_demo.cli.main import main
from sr_demo.comparison import Comparison, Result
from sr_demo.images import save_png
from sr_demo.metrics.scores import Scores
from sr_demo.networks import ESPCN, SRCNN
from tests.helpers import present


def row(psnr: float | None, niqe: float | None = None) -> Row:
    return Row("a", "m", Scores(psnr, None, None, niqe), None)


def pairs(before: list[float], after: list[float]) -> list[Pair]:
    both = enumerate(zip(before, after, strict=True))
    return [Pair(f"p{n}", row(a, a), row(b, b)) for n, (a, b) in both]


def test_a_change_counts_wins_and_losses_by_which_way_is_better() -> None:
    before, after = [30.0, 31, 32, 33, 34, 35], [31.0, 31.5, 32, 32.5, 36, 38]
    psnr, niqe = against.changes(pairs(before, after))
    assert (psnr.score, psnr.better, psnr.worse, psnr.same) == ("psnr", 4, 1, 1)
    assert (niqe.score, niqe.better, niqe.worse, niqe.same) == ("niqe", 1, 4, 1)
    assert present(psnr.after) - present(psnr.before) == pytest.approx(1)
    assert psnr.p == wilcoxon(np.subtract(after, before)).pvalue


def test_where_nothing_changed_or_one_picture_is_all_there_is_no_test() -> None:
    assert against.changes(pairs([30.0, 31], [30.0, 31]))[0].p is None
    assert against.changes(pairs([30.0], [31.0]))[0].p is None


def test_identical_pictures_do_not_spoil_the_rest() -> None:
    inf = float("inf")
    (psnr, _) = against.changes(pairs([inf, 30.0, inf], [inf, 31.0, 40.0]))
    assert (psnr.better, psnr.worse, psnr.same) == (1, 1, 1)
    entry = against.as_json(pairs([inf, 30.0], [inf, 31.0]))
    assert json.loads(json.dumps(entry, allow_nan=False)) == entry


def test_the_worst_regressions_are_at_most_three_and_the_worst_first() -> None:
    found = against.regressions(pairs([30.0] * 6, [29.0, 31, 25, 29.9, 28, 30]))
    assert [pair.image for pair in found] == ["p2", "p4", "p0"]
    assert found[0].gain == -5


def test_a_crop_shows_where_it_got_worse() -> None:
    grey = np.full((300, 400, 3), 90, np.uint8)
    before, after = grey.copy(), grey.copy()
    before[10:90, 10:90] += 30  # where it was bad before is not where it got worse
    after[10:90, 10:90] += 30
    after[150:246, 250:346] += 20
    results = tuple(
        Result(label, image, 0.0, 0, Scores(None, None, None))
        for label, image in ((BEFORE, before), (AFTER, after))
    )
    comparison = Comparison(4, "y", grey[::4, ::4], grey, None, results)
    assert against.worst_box(comparison) == Box(250, 150, 96, 96)


# --- on the command line --------------------------------------------------------------------------


@pytest.fixture
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Path, Path]:
    """A test set of three, and the checkpoints of before; those of after are in the setting."""
    for number, pixels in enumerate((data.astronaut(), data.chelsea(), data.coffee())):
        save_png(tmp_path / "set" / "HR" / f"{number}.png", pixels[100:180, 100:220].copy())
    torch.manual_seed(1)
    espcn, srcnn = ESPCN(2, features=(4, 3)), SRCNN(2, features=(4, 3))
    for when in ("before", "after"):
        with torch.no_grad():
            present(espcn.sub_pixels.bias).add_(0.5 if when == "before" else -0.1)
        card = Card("espcn", 2, {"features": [4, 3]}, {}, "none", 1)
        save_network(espcn, card, tmp_path / when)
    save_network(srcnn, Card("srcnn", 2, {"features": [4, 3]}, {}, "none", 1), tmp_path / "after")
    monkeypatch.setenv(SETTING, str(tmp_path / "after"))
    return tmp_path / "set", tmp_path / "before"


def test_benchmark_against_tells_what_changed(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["benchmark", folders[0], "--scale", "2", "--against", folders[1]]
    files = ["--json", tmp_path / "a.json", "--csv", tmp_path / "a.csv", "-o", tmp_path / "crops"]
    assert main([str(a) for a in [*arguments, *files]]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[1].split() == [
        "ESPCN", "before", "after", "change", "better", "worse", "same", "p"
    ]  # fmt: skip
    report = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert list(report["methods"]) == ["espcn"]  # the other has no weights of before
    entry = report["methods"]["espcn"]["scores"]["psnr"]
    assert entry["better"] + entry["worse"] + entry["same"] == 3
    with (tmp_path / "a.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [r["method"] for r in rows] == ["espcn before", "espcn after"] * 3
    mean = np.mean([float(r["psnr"]) for r in rows[::2]])
    assert entry["before"] == pytest.approx(mean)
    lost = report["methods"]["espcn"]["regressions"]
    written = sorted(path.name for path in (tmp_path / "crops").glob("*.png"))
    assert written == [f"espcn_x2_worst{n}_{name}.png" for n, name in enumerate(lost, 1)]
    assert all(lost[name] < 0 for name in lost)


def test_the_same_weights_change_nothing(
    folders: tuple[Path, Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["benchmark", folders[0], "--scale", "2", "--against", tmp_path / "after"]
    assert main([str(a) for a in [*arguments, "--methods", "espcn"]]) == 0
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert all(line[-5:] == ["—", "0", "0", "3", "—"] for line in lines)


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--against", "nowhere"], "holds no checkpoint"),
        (["--against", "nowhere", "--methods", "espcn"], "is missing"),
        (["--against", "nowhere", "--degrade", "light"], "leave --degrade out"),
        (["-o", "crops"], "is for the crops of --against"),
    ],
)
def test_what_cannot_be_compared_is_one_line(
    folders: tuple[Path, Path], options: list[str], reason: str,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    assert main(["benchmark", str(folders[0]), "--scale", "2", *options]) == 2
    assert reason in capsys.readouterr().err
