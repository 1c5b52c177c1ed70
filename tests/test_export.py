"""Exported models are ours: loaded by their own libraries, at sizes they were not written for."""

import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from skimage import data

from sr_demo.cli.main import main
from sr_demo.inference import export, runnable

PAIRS = [("espcn", 3), ("srcnn", 2), ("srcnn", 3), ("srresnet", 2), ("srresnet", 4)]
PAIRS = [(name, scale) for name, scale in PAIRS if name in runnable.available(scale)]
ENDING = {"onnx": ".onnx", "openvino": ".xml"}


@pytest.mark.parametrize("form", export.FORMATS)
@pytest.mark.parametrize(("name", "scale"), PAIRS)
def test_an_exported_model_restores_as_the_network(
    name: str, scale: int, form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """All through the borders, where padding shows, of a picture with sides odd and unequal."""
    out = tmp_path / f"model{ENDING[form]}"
    arguments = ["export", "--method", name, "--scale", str(scale), "--format", form]
    assert main([*arguments, "--out", str(out)]) == 0
    assert "loaded again" in capsys.readouterr().out
    lr = np.ascontiguousarray(data.coffee()[100:123, 200:237])
    network = runnable.network(name, scale)
    with torch.inference_mode():
        expected = network(torch.from_numpy(lr / 255).float().permute(2, 0, 1)[None])
    expected = expected[0].permute(1, 2, 0).numpy() * 255
    restored = loaded(out, form, lr)
    assert restored.dtype == np.uint8
    assert np.abs(restored - expected).max() < 0.51


def loaded(path: Path, form: str, lr: np.ndarray) -> np.ndarray:
    if form == "openvino":
        import openvino

        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        return openvino.Core().compile_model(path, "CPU", exact)(lr[None])[0][0]
    runtime = pytest.importorskip("onnxruntime")
    return runtime.InferenceSession(path).run(None, {"lr": lr[None]})[0][0]


def test_a_model_that_differs_from_ours_is_not_passed_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = runnable.network("espcn", 4)
    with pytest.raises(export.ExportError, match="differs from ours by"):
        export.verify(network, lambda lr: np.zeros((*(4 * np.array(lr.shape[:2])), 3), np.uint8))


@pytest.mark.parametrize("form", export.FORMATS)
def test_a_name_of_another_format_is_declined(
    form: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "model.pt"
    assert main(["export", "--format", form, "--out", str(out)]) == 2
    assert f"model.pt does not end in {ENDING[form]}" in capsys.readouterr().err


def test_without_onnx_the_message_says_how_to_install_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    out = tmp_path / "model.onnx"
    assert main(["export", "--method", "espcn", "--out", str(out)]) == 2
    assert "python -m pip install onnx " in capsys.readouterr().err
    assert not out.exists()


def test_without_onnxruntime_the_model_is_written_and_called_unchecked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("onnx")
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    out = tmp_path / "model.onnx"
    assert main(["export", "--method", "espcn", "--out", str(out)]) == 0
    assert "not checked" in capsys.readouterr().out
    assert out.exists()
