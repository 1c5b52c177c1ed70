"""``demo`` and ``train``, the commands' doors to what the others do not load."""

import runpy
import signal
import sys
from contextlib import nullcontext
from pathlib import Path
from unittest.mock import Mock

import pytest

from sr_demo.cli import demo
from sr_demo.cli.main import main
from train import __main__ as train


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> dict[str, object]:
    """With what the page was launched, instead of serving it."""
    options: dict[str, object] = {}

    page = Mock(is_running=False, launch=options.update)
    ui = Mock(build=lambda _sessions: page, launch_options=lambda _sessions: {"theme": "plain"})
    ui.own_folder, ui.swept = nullcontext, lambda *_: nullcontext()
    monkeypatch.setitem(sys.modules, "sr_demo.ui", ui)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr("sr_demo.gate.start", lambda: None)
    monkeypatch.delenv("SR_DEMO_PORT", raising=False)
    return options


def test_demo_opens_the_page(launched: dict[str, object]) -> None:
    assert main(["demo"]) == 0
    own = {"server_name": None, "server_port": None, "inbrowser": True}  # None: Gradio's choice
    kept = {"prevent_thread_lock": True, "mcp_server": None, "theme": "plain"}
    assert launched == own | kept


def test_demo_listens_where_it_is_told_to(
    launched: dict[str, object], monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setenv("SR_DEMO_PORT", "0")
    assert main(["demo", "--host", "0.0.0.0", "--port", str(free_port), "--no-open"]) == 0
    assert launched["server_name"] == "0.0.0.0"
    assert launched["server_port"] == free_port
    assert launched["inbrowser"] is False
    assert main(["demo"]) == 0
    assert launched["server_port"] == 0


def test_the_spaces_entry_serves_the_same_page_without_a_browser(
    launched: dict[str, object], monkeypatch: pytest.MonkeyPatch, free_port: int
) -> None:
    monkeypatch.setattr(sys, "argv", ["app.py", "--port", str(free_port)])
    with pytest.raises(SystemExit) as end:
        runpy.run_path(str(Path(demo.__file__).parents[2] / "app.py"), run_name="__main__")
    assert end.value.code == 0
    assert launched["inbrowser"] is False
    assert launched["server_port"] == free_port
    assert launched["theme"] == "plain"


@pytest.mark.parametrize(
    ("arguments", "status"), [(["--help"], 0), (["espcn", "--help"], 0), (["espcn"], 2)]
)
def test_train_answers_as_python_m_train_does(
    arguments: list[str],
    status: int,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(sys, "argv", ["sr-demo"])
    monkeypatch.delitem(sys.modules, "train.__main__")  # as in a process that just began
    said = []
    for answer in (train.main, lambda argv: main(["train", *argv])):
        with pytest.raises(SystemExit) as stop:
            answer(arguments)
        assert stop.value.code == status
        said.append(capsys.readouterr())
    assert said[0] == said[1]
    assert "python -m train" in said[0].out + said[0].err


def test_train_without_its_packages_says_how_to_install_them(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def missing(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'accelerate'", name="accelerate")

    monkeypatch.setattr(runpy, "run_module", missing)
    monkeypatch.setattr(sys, "argv", ["sr-demo"])
    assert main(["train", "espcn"]) == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "accelerate" in line
    assert "pip install 'sr-demo[train]'" in line


def test_a_broken_module_of_our_own_is_not_taken_for_a_missing_package(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'sr_demo.nowhere'", name="sr_demo.nowhere")

    monkeypatch.setattr(runpy, "run_module", broken)
    monkeypatch.setattr(sys, "argv", ["sr-demo"])
    with pytest.raises(ModuleNotFoundError, match="nowhere"):
        main(["train"])
