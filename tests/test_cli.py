"""The command line does what its help says, and answers every mistake in one line."""

import csv
import re
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import sr_demo
from sr_demo.cli.main import main
from sr_demo.comparison import compare, upscale
from sr_demo.degradation import Degradation, degrade
from sr_demo.images import load_image, save_png
from sr_demo.resize import imresize
from tests.helpers import present


@pytest.fixture
def picture(photo: np.ndarray, tmp_path: Path) -> Path:
    save_png(tmp_path / "cat.png", photo)
    return tmp_path / "cat.png"


def refused(capsys: pytest.CaptureFixture[str], *arguments: object) -> str:
    """The one line on stderr of a command that must fail with status 2."""
    status: int | str | None
    try:
        status = main([str(a) for a in arguments])
    except SystemExit as stop:
        status = stop.code
    output = capsys.readouterr()
    assert status == 2
    assert output.err.count("\n") == 1
    return output.err


def run(*arguments: object) -> None:
    assert main([str(a) for a in arguments]) == 0


# --- upscale --------------------------------------------------------------------------------------


def test_upscale_writes_what_the_library_makes(
    picture: Path, photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "new" / "large.png"
    run("upscale", picture, "-o", out, "--method", "bicubic", "--scale", 3)
    np.testing.assert_array_equal(load_image(out).pixels, upscale(photo, "bicubic", 3))
    assert "large.png: 480 × 360" in capsys.readouterr().out


def test_upscale_keeps_alpha_and_says_what_it_changed(
    photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    opacity = np.full(photo.shape[:2], 200, np.uint8)
    opacity[:40] = 0
    save_png(tmp_path / "glass.png", photo, opacity)
    run("upscale", tmp_path / "glass.png", "-o", tmp_path, "--method", "bicubic", "--scale", 2)
    loaded = load_image(tmp_path / "glass_x2_bicubic.png")
    np.testing.assert_array_equal(loaded.opacity, imresize(opacity, 2))
    assert "(colours under full transparency" in capsys.readouterr().out


def test_upscale_takes_several_pictures_into_a_folder(
    picture: Path, photo: np.ndarray, tmp_path: Path
) -> None:
    save_png(tmp_path / "dog.png", photo[::-1])
    out = tmp_path / "large"
    run("upscale", picture, tmp_path / "dog.png", "-o", out, "--method", "bicubic", "--scale", 2)
    assert sorted(p.name for p in out.iterdir()) == ["cat_x2_bicubic.png", "dog_x2_bicubic.png"]
    got = load_image(out / "dog_x2_bicubic.png").pixels
    np.testing.assert_array_equal(got, upscale(photo[::-1], "bicubic", 2))


def test_upscale_does_the_good_pictures_and_names_the_bad_one(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = tmp_path / "bad.png"
    bad.write_bytes(b"")
    line = refused(capsys, "upscale", bad, picture, "-o", tmp_path / "out", "--method", "bicubic")
    assert "bad.png is empty" in line
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["cat_x4_bicubic.png"]


def test_upscale_never_overwrites_an_input(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = picture.read_bytes()
    assert "overwritten" in refused(capsys, "upscale", picture, "-o", picture)
    roundabout = tmp_path / "folder" / ".." / "cat.png"
    (tmp_path / "folder").mkdir()
    assert "overwritten" in refused(capsys, "upscale", picture, "-o", roundabout)
    (tmp_path / "link.png").symlink_to(picture)
    assert "overwritten" in refused(capsys, "upscale", picture, "-o", tmp_path / "link.png")
    assert picture.read_bytes() == before


def test_upscale_never_loses_a_picture_to_another(
    picture: Path, photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other = tmp_path / "more" / "cat.jpg"
    other.parent.mkdir()
    Image.fromarray(photo).save(other)
    assert "two pictures" in refused(capsys, "upscale", picture, other, "-o", tmp_path / "out")
    assert "give a folder" in refused(capsys, "upscale", picture, other, "-o", tmp_path / "a.png")
    assert not (tmp_path / "out").exists()


# --- compare --------------------------------------------------------------------------------------


def test_compare_prints_the_scores(
    picture: Path, photo: np.ndarray, capsys: pytest.CaptureFixture[str]
) -> None:
    run("compare", picture, "--scale", 4, "--methods", "bicubic")
    header, row, original = capsys.readouterr().out.splitlines()
    scores = compare(photo, 4, ["bicubic"]).results[0].scores
    assert header.split()[:3] == ["method", "PSNR", "↑"]
    assert row.startswith("Bicubic")
    assert f"{scores.psnr:.2f} dB" in row
    assert f"{scores.ssim:.4f}" in row
    assert original.split() == ["Original", *["—"] * 6]  # too small for NIQE


def test_compare_without_an_original_prints_no_psnr(
    picture: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("compare", picture, "--small", "--scale", 2, "--methods", "bicubic")
    assert capsys.readouterr().out.splitlines()[1].split()[1:3] == ["—", "—"]


def test_compare_degrades_what_the_methods_see(
    picture: Path, photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run("compare", picture, "--methods", "bicubic", "--degrade", "0,5,50", "-o", tmp_path / "out")
    assert "reduced with noise σ 5, JPEG 50" in capsys.readouterr().out
    small = degrade(photo, 4, Degradation(noise=5, jpeg=50))
    got = load_image(tmp_path / "out" / "cat_x4_0-5-50_input.png").pixels
    np.testing.assert_array_equal(got, small)
    refusal = refused(capsys, "compare", picture, "--small", "--degrade", "light")
    assert "only an original can be degraded" in refusal
    assert "JPEG quality is 1 to 95" in refused(capsys, "compare", picture, "--degrade", "0,0,96")


def test_compare_writes_everything(picture: Path, photo: np.ndarray, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run("compare", picture, "--methods", "bicubic", "-o", out, "--crop", 8, 8, 40, 40)
    expected = compare(photo, 4, ["bicubic"])
    for name, pixels in {
        "input": expected.lr,
        "original": expected.original,
        "bicubic": expected.results[0].image,
    }.items():
        np.testing.assert_array_equal(load_image(out / f"cat_x4_{name}.png").pixels, pixels)
    with (out / "cat_x4_scores.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert (row["picture"], row["method"], row["crop_width"]) == ("cat.png", "bicubic", "40")
    assert float(row["psnr_db"]) == pytest.approx(expected.results[0].scores.psnr)
    with Image.open(out / "cat_x4_crops.png") as sheet:
        assert sheet.width == 2160


def test_compare_makes_one_sheet_and_one_table_of_several_pictures(
    picture: Path, photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    other, broken, out = tmp_path / "dog.png", tmp_path / "broken.png", tmp_path / "out"
    save_png(other, photo[:80, :96])
    broken.write_bytes(picture.read_bytes()[:500])
    options = ("--methods", "bicubic", "--crop", 90, 70, 40, 40, "-o", out)
    assert main(["compare", *map(str, (picture, broken, other, *options))]) == 2
    printed = capsys.readouterr()
    assert printed.err.count("\n") == 1
    assert "broken.png" in printed.err
    scores = [compare(p, 4, ["bicubic"]).results[0].scores.psnr for p in (photo, photo[:80, :96])]
    assert "means over 2 pictures" in printed.out
    assert f"{sum(map(present, scores)) / 2:.2f} dB" in printed.out
    with (out / "scores_x4.csv").open() as file:
        first, second = csv.DictReader(file)
    assert [float(row["psnr_db"]) for row in (first, second)] == pytest.approx(scores)
    assert (first["crop_left"], first["crop_top"]) == ("90", "70")
    assert (second["crop_left"], second["crop_top"]) == ("56", "40")  # moved inside
    assert (out / "sheet_x4.pdf").read_bytes().startswith(b"%PDF")
    with Image.open(out / "sheet_x4.png") as sheet:
        assert sheet.width == 1440
    assert {path.name for path in out.iterdir()} >= {"cat_x4_bicubic.png", "dog_x4_original.png"}
    again = tmp_path / "again" / "cat.png"
    save_png(again, photo)
    assert "called cat" in refused(capsys, "compare", picture, again, "-o", out)


# --- mistakes -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "required"),
        (["enlarge"], "invalid choice"),
        (["upscale", "a.png"], "-o"),
        (["upscale", "nowhere.png", "-o", "out.png", "--method", "bicubic"], "does not exist"),
        (["upscale", "a.png", "-o", "b.jpg"], ".png"),
        (["upscale", "a.png", "-o", "b.png", "--method", "magic"], "magic"),
        (["upscale", "a.png", "-o", "b.png", "--scale", "5"], "5"),
        (["compare", "nowhere.png"], "does not exist"),
        (["compare", "a.png", "--methods", "bicubic,magic"], "magic"),
        (["compare", "a.png", "--methods", ""], "no method"),
        (["benchmark", "nowhere"], "not a folder"),
        (["benchmark", "."], "no HR folder"),
    ],
)
def test_a_mistake_gets_one_line_and_status_2(
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    words: str,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert words in refused(capsys, *arguments)
    assert list(tmp_path.iterdir()) == []


def test_too_small_a_picture_cannot_be_reduced(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_png(tmp_path / "dot.png", np.zeros((3, 3, 3), np.uint8))
    assert "too few" in refused(capsys, "compare", tmp_path / "dot.png", "--methods", "bicubic")


def test_an_unwritable_result_is_one_line(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("in the way")
    line = refused(capsys, "compare", picture, "--methods", "bicubic", "-o", tmp_path / "file")
    assert "file" in line


@pytest.mark.parametrize(("module", "prog"), [("sr_demo", "python -m sr_demo"), (None, "sr-demo")])
def test_help_lists_every_command_under_the_name_it_was_called_by(
    module: str | None,
    prog: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["", "--help"])
    with pytest.raises(SystemExit) as stop:
        runpy.run_module(module, run_name="__main__") if module else main()
    help_text = capsys.readouterr().out
    assert stop.value.code == 0
    assert help_text.startswith(f"usage: {prog} ")
    assert f"  {prog} upscale photo.jpg" in help_text
    for word in ("demo", "upscale", "compare", "benchmark", "export", "train"):
        assert re.search(rf"^    {word}\b", help_text, re.MULTILINE)


def test_a_mistake_names_the_program_as_it_was_called(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["compare", str(tmp_path / "no.png")], prog="python -m sr_demo") == 2
    assert capsys.readouterr().err.startswith("python -m sr_demo: ")
    assert refused(capsys, "compare", tmp_path / "no.png").startswith("sr-demo: ")
    assert refused(capsys, "compare").startswith("sr-demo compare: ")


def test_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(["--version"])
    assert stop.value.code == 0
    assert capsys.readouterr().out == f"sr-demo {sr_demo.__version__}\n"


def test_every_public_name_is_explained() -> None:
    for name in sr_demo.__all__:
        value = getattr(sr_demo, name)
        if callable(value):
            assert value.__doc__
            assert not value.__doc__.startswith(f"{name}(")  # what a dataclass writes by itself
        elif name != "__version__":
            assert f"`{name}`" in sr_demo.__doc__
