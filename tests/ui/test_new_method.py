"""A method is a class, a row and a checkpoint: with these, every part of the program has it."""

from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import gradio as gr
import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.colors import to_hex
from skimage.data import astronaut
from torch import Tensor, nn

import sr_demo
from sr_demo.checkpoints import Card, save_network
from sr_demo.cli.main import main
from sr_demo.figures.perception_distortion import plane_figure, plane_of
from sr_demo.formatting import format_psnr
from sr_demo.images import load_image, save_png
from sr_demo.methods import METHODS, Method
from sr_demo.networks import SuperResolver
from sr_demo.records import records
from sr_demo.samples import load_sample
from sr_demo.ui.compare.scores import table
from sr_demo.ui.compare.tab import CompareTab
from sr_demo.ui.lab.plane_svg import WIDE, plane_svg
from sr_demo.ui.session import SessionStore
from tests.helpers import present
from tests.ui.jobs import request


class Blocks(SuperResolver):
    """Every pixel becomes a block of its colour, times a gain."""

    channels = 3
    radius = 0

    def __init__(self, scale: int) -> None:
        super().__init__(scale)
        self.gain = nn.Parameter(torch.ones(1))

    def restore(self, lr: Tensor) -> Tensor:
        return self.gain * F.interpolate(lr, scale_factor=self.scale, mode="nearest")


ROW = Method(
    name="blocks",
    label="Blocks",
    paper="Nobody 2026",
    idea="Repeats every pixel.",
    cost=9,
    network=Blocks,
    colour="#123456",
    dash=(2, 1),
)


@pytest.fixture(autouse=True)
def _added(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, checkpoints_in: Callable[[Path], None]
) -> None:
    """The row in the table, its checkpoint in a folder of its own."""
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path / "cache"))
    monkeypatch.setitem(METHODS, ROW.name, ROW)
    save_network(Blocks(4), Card(ROW.name, 4, {}, {}, "nothing", 1), tmp_path / "weights")
    checkpoints_in(tmp_path / "weights")


def repeated(lr: np.ndarray) -> np.ndarray:
    return lr.repeat(4, axis=0).repeat(4, axis=1)


@pytest.fixture(scope="module")
def photo() -> np.ndarray:
    """Large enough for NIQE."""
    return np.ascontiguousarray(astronaut()[60:156, 100:292])


def test_the_library_compares_it(photo: np.ndarray) -> None:
    comparison = sr_demo.compare(photo, 4)
    assert [result.method for result in comparison.results] == ["bicubic", "blocks"]
    np.testing.assert_array_equal(comparison.result("blocks").image, repeated(comparison.lr))


def test_the_table_of_scores_has_it(photo: np.ndarray) -> None:
    comparison = sr_demo.compare(photo, 4)
    html = table(comparison, {"bicubic": "Bicubic", "blocks": METHODS["blocks"].label})
    assert '<th scope="row">Blocks</th>' in html
    assert format_psnr(comparison.result("blocks").scores.psnr) in html
    assert records("cat", comparison, None)[-1]["method"] == "blocks"


def test_the_plane_has_it_in_its_colour(photo: np.ndarray) -> None:
    plane = present(plane_of(sr_demo.compare(photo, 4)))
    assert [point.name for point in plane.methods] == ["bicubic", "blocks"]
    drawn = {to_hex(line.get_color()) for line in plane_figure(plane).axes[0].lines}
    assert ROW.colour in drawn
    (dot,) = ElementTree.fromstring(plane_svg(plane, WIDE)).findall(".//g[@data-name='blocks']")
    assert present(dot.find("circle[@class='mark']")).get("fill") == ROW.colour


def test_the_command_line_offers_it(
    photo: np.ndarray, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_png(tmp_path / "cat.png", photo[:24, :32])
    out = tmp_path / "large.png"
    assert main(["upscale", str(tmp_path / "cat.png"), "-o", str(out), "--method", "blocks"]) == 0
    np.testing.assert_array_equal(load_image(out).pixels, repeated(photo[:24, :32]))
    capsys.readouterr()
    assert main(["compare", str(tmp_path / "cat.png"), "--methods", "bicubic,blocks"]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()[1:3]] == [
        "Bicubic",
        "Blocks",
    ]
    for command in ("upscale", "compare", "benchmark", "export"):
        with pytest.raises(SystemExit):
            main([command, "--help"])
        assert "blocks" in capsys.readouterr().out


def test_the_page_has_a_box_a_pane_and_a_key_for_it() -> None:
    with gr.Blocks() as app, gr.Tab() as under:
        tab = CompareTab(app, under, SessionStore())
    assert ("Blocks", "blocks") in tab.methods.choices
    assert "blocks" in tab.methods.value
    visit = request(sample="page")
    tab.greet(visit)
    *_, last = tab.run(visit)
    pane = last[tab.viewer]["panes"][-1]
    assert (pane["id"], pane["label"], pane["idea"]) == ("blocks", "Blocks", ROW.idea)
    shown = load_image(pane["file"]["path"]).pixels
    lr = sr_demo.compare(load_sample("page").pixels, 4, []).lr
    np.testing.assert_array_equal(shown, repeated(lr))
    assert pane["key"] == 2 + len(METHODS)
    assert "Blocks" in last[tab.table]
