"""A checkpoint is set against the weights in use, in the Models tab."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gradio as gr
import pytest
import torch

from sr_demo.checkpoints import load_network
from sr_demo.networks import ESPCN
from sr_demo.samples import SAMPLES
from sr_demo.storage import CHECKPOINTS
from sr_demo.ui.files import keep_file
from sr_demo.ui.models import check
from sr_demo.ui.models.check import WeightsCheck


@pytest.fixture(scope="module")
def worse(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The shipped ESPCN ×4, a little brighter: each picture is further from its original."""
    network = load_network("espcn", 4)
    assert isinstance(network, ESPCN)
    assert network.card
    assert network.sub_pixels.bias is not None
    with torch.no_grad():
        network.sub_pixels.bias.add_(0.03)
    folder = network.save_pretrained(tmp_path_factory.mktemp("worse"))
    return (folder / "model.safetensors").read_bytes()


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[WeightsCheck]:
    monkeypatch.setenv("GRADIO_TEMP_DIR", str(tmp_path))
    monkeypatch.setattr(check, "SIDE", 200)
    monkeypatch.setattr(check, "is_local", lambda app: True)
    with gr.Blocks() as app:
        yield WeightsCheck(app)


def last(tab: WeightsCheck, name: str, content: bytes) -> tuple[str, Any]:
    html, crops = list(tab.check(keep_file(name, content)))[-1]
    return html, crops


def test_worse_weights_are_told_with_numbers_and_crops(tab: WeightsCheck, worse: bytes) -> None:
    news = list(tab.check(keep_file("mine.safetensors", worse)))
    assert len(news) == len(SAMPLES) + 1  # each sample is named while it is restored
    html, crops = news[-1]
    assert "ESPCN ×4" in html
    (row,) = [row for row in html.split("<tr>") if "PSNR (dB) ↑" in row and "LR" not in row]
    cells = row.split("<td>")[1:]
    assert cells[2].startswith("−")
    assert [cell.split("<")[0] for cell in cells[3:5]] == ["0", str(len(SAMPLES))]
    assert "Most was lost in" in html
    assert len(crops.value) == 3
    assert crops.visible


def test_the_weights_in_use_change_nothing(tab: WeightsCheck) -> None:
    html, crops = last(tab, "same.safetensors", (CHECKPOINTS / "espcn_x4.safetensors").read_bytes())
    assert "No picture lost PSNR" in html
    assert not crops.visible


@pytest.mark.parametrize(
    ("content", "reason"), [(b"PK", "damaged"), (b"", "damaged")], ids=["other", "empty"]
)
def test_what_is_no_checkpoint_is_refused_in_words(
    tab: WeightsCheck, content: bytes, reason: str
) -> None:
    html, crops = last(tab, "odd.safetensors", content)
    assert 'role="alert"' in html
    assert reason in html
    assert not crops.visible


def test_a_page_for_others_takes_no_checkpoints(
    tab: WeightsCheck, worse: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(check, "is_local", lambda app: False)
    assert tab.show().visible is False
    assert "for others" in last(tab, "mine.safetensors", worse)[0]
