"""A model of another project is one more method, wherever methods are."""

from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from matplotlib.colors import to_hex
from skimage.data import astronaut

import sr_demo
from sr_demo.cli.main import main
from sr_demo.figures.perception_distortion import plane_figure, plane_of
from sr_demo.foreign import registry
from sr_demo.foreign.official import FOLDER, OFFICIAL
from sr_demo.images import load_image, save_png
from sr_demo.inference.runnable import available, missing
from sr_demo.methods import METHODS, SCALES
from sr_demo.storage import CheckpointError
from tests.foreign.files import compact, rrdbnet, under, write
from tests.helpers import present


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write(tmp_path / "My model_x4 (best).pth", compact())


def test_its_name_and_label_come_from_the_file(model: Path, tmp_path: Path) -> None:
    method = registry.add(model)
    assert (method.name, method.label) == ("my-model-x4-best", "My model_x4 (best)")
    assert registry.add(model) is method  # the same file
    other = tmp_path / "elsewhere" / model.name
    other.parent.mkdir()
    again = registry.add(write(other, compact(features=4)))
    assert (again.name, again.label) == ("my-model-x4-best-2", "My model_x4 (best) 2")
    assert again.colour != method.colour
    odd = registry.add(write(tmp_path / "<script>'\"&\u202e.pth", compact(features=6)))
    assert (odd.name, odd.label) == ("script", "script")
    registry.remove_all()
    assert registry.added() == []


def test_it_runs_at_its_own_scale_alone(model: Path) -> None:
    name = registry.add(model).name
    assert name in available(4)
    assert "enlarges ×4 alone" in missing(2)[name]
    with pytest.raises(CheckpointError, match="×4 alone"):
        sr_demo.upscale(np.zeros((8, 8, 3), np.uint8), name, 2)


def test_the_library_compares_it_last_and_the_plane_has_its_colour(model: Path) -> None:
    method = registry.add(model)
    photo = np.ascontiguousarray(astronaut()[60:156, 100:292])  # large enough for NIQE
    comparison = sr_demo.compare(photo, 4, ["bicubic", method.name])
    assert [result.method for result in comparison.results] == ["bicubic", method.name]
    assert comparison.results[-1].parameters == present(method.model).about.parameters
    plane = present(plane_of(comparison))
    drawn = {to_hex(line.get_color()) for line in plane_figure(plane).axes[0].lines}
    assert method.colour in drawn


def test_rows_may_join_while_others_are_looking(model: Path) -> None:
    names = iter(METHODS)
    next(names)
    registry.add(model)
    list(names)  # a dictionary that changes its size meanwhile raises


def test_a_file_of_an_official_model_has_its_name(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = OFFICIAL["real-esrgan"]
    file = replace(known.file, sha256=sha256(model.read_bytes()).hexdigest())
    monkeypatch.setitem(OFFICIAL, "real-esrgan", replace(known, file=file))
    assert (registry.add(model).name, registry.add(model).label) == ("real-esrgan", "Real-ESRGAN")


def test_the_authors_esrgan_fills_the_row_that_is_trained_here(
    model: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One method, whoever trained it; and no notice of it where nobody did."""
    assert "esrgan" not in available(4)
    assert "esrgan" not in missing(4)
    known = OFFICIAL["esrgan"]
    file = replace(known.file, sha256=sha256(model.read_bytes()).hexdigest())
    monkeypatch.setitem(OFFICIAL, "esrgan", replace(known, file=file))
    method = registry.add(model)
    assert (method.name, method.network) == ("esrgan", METHODS["esrgan"].network)
    assert "esrgan" in available(4)
    assert "esrgan" not in available(2)
    registry.remove_all()
    assert "esrgan" not in available(4)
    assert METHODS["esrgan"].model is None


def test_a_folder_gives_what_it_has_and_says_what_cannot_be_used(
    model: Path, tmp_path: Path
) -> None:
    write(tmp_path / "broken.pth", {"fc.weight": compact()["body.0.weight"]})
    (tmp_path / "notes.txt").write_text("no model")
    good, bad = sorted(registry.add_folder(tmp_path), key=lambda each: isinstance(each, Exception))
    assert not isinstance(good, Exception)
    assert str(bad).startswith("broken.pth holds weights of no network")
    (problem,) = registry.add_folder(tmp_path / "nowhere")
    assert "is no folder" in str(problem)


def test_a_factor_that_nothing_here_has_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "net.pth", compact(scale=8))
    with pytest.raises(CheckpointError, match="enlarges ×8"):
        registry.add(path)
    assert 8 not in SCALES


# --- the command line -----------------------------------------------------------------------------


@pytest.fixture
def picture(tmp_path: Path, photo: np.ndarray) -> Path:
    path = tmp_path / "a.png"
    save_png(path, photo[:64, :72])
    return path


def test_commands_take_models(
    model: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "out"
    line = [str(picture), "-o", str(out), "--model", str(model)]
    assert main(["upscale", *line]) == 0
    name = "my-model-x4-best"
    assert [path.name for path in out.iterdir()] == [f"a_x4_{name}.png"]
    capsys.readouterr()
    assert main(["compare", *line, "--methods", "bicubic"]) == 0
    rows = [text.split("   ")[0].strip() for text in capsys.readouterr().out.splitlines()[1:4]]
    assert rows == ["Bicubic", "My model_x4 (best)", "Original"]
    assert (out / f"a_x4_{name}.png").is_file()
    (tmp_path / "set" / "HR").mkdir(parents=True)
    save_png(tmp_path / "set" / "HR" / "a.png", load_image(picture).pixels)
    benchmark = ["benchmark", str(tmp_path / "set"), "--methods", "bicubic", "--model", str(model)]
    assert main(benchmark) == 0
    assert "My model_x4 (best)" in capsys.readouterr().out


def test_the_scale_is_the_models_own(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    twice = str(write(tmp_path / "twice.pth", compact(scale=2)))
    four = str(write(tmp_path / "four.safetensors", under("real-esrgan", rrdbnet())))
    line = ["upscale", str(picture), "-o", str(tmp_path / "out")]
    assert main([*line, "--model", twice]) == 0
    assert (tmp_path / "out" / "a_x2_twice.png").is_file()
    assert main([*line, "--model", twice, "--scale", "4"]) == 2
    assert "twice enlarges ×2 alone" in capsys.readouterr().err
    assert main([*line, "--model", twice, "--model", four]) == 2
    assert "different factors, twice ×2 and four ×4" in capsys.readouterr().err


def test_several_models_need_a_folder_to_write_to(
    model: Path, picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    line = ["upscale", str(picture), "-o", str(tmp_path / "b.png"), "--method", "bicubic"]
    assert main([*line, "--model", str(model)]) == 2
    assert "one file for 2 methods" in capsys.readouterr().err


def test_a_wrong_file_is_one_line(
    picture: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["upscale", str(picture), "-o", str(tmp_path), "--model", str(picture)]) == 2
    said = capsys.readouterr().err
    assert said.startswith("sr-demo: a.png is no file of weights")
    assert said.count("\n") == 1


def test_a_page_for_others_takes_models_from_its_owners_folder_alone(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--host", "0.0.0.0", "--model", str(model)]) == 2
    assert FOLDER in capsys.readouterr().err
