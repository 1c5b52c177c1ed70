"""The tutorial runs from its first cell to its last, and is committed with what it shows."""

from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOK = ROOT / "docs" / "tutorial.ipynb"


@pytest.mark.slow
def test_the_tutorial_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TUTORIAL_SECONDS", "2")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    notebook = nbformat.read(NOTEBOOK, 4)
    NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}}
    ).execute()
    shown = [output for cell in notebook.cells for output in cell.get("outputs", ())]
    assert not [output for output in shown if output.output_type == "error"]
    assert (tmp_path / "mine" / "srcnn_x4.safetensors").is_file()


def test_it_is_committed_with_its_outputs() -> None:
    notebook = nbformat.read(NOTEBOOK, 4)
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len([cell for cell in cells if cell.outputs]) >= 8
    assert not [o for cell in cells for o in cell.outputs if o.output_type == "error"]
    # A name at a hoster that is not the project's could be anybody's tomorrow.
    assert "github.com" not in NOTEBOOK.read_text(encoding="utf-8")
    text = NOTEBOOK.read_text(encoding="utf-8")
    assert len(text) < 2_000_000
