"""However the program is ended: at once, without a traceback, and nothing stays on the disk."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.error import URLError
from urllib.request import Request, urlopen

import pytest

from tests.conftest import ROOT

PATIENCE = 60.0  # seconds, where other tests keep every core busy


def start(port: int, folder: Path) -> subprocess.Popen[str]:
    environment = os.environ | {"SR_DEMO_PORT": str(port), "GRADIO_TEMP_DIR": str(folder)}
    return subprocess.Popen(
        [sys.executable, "app.py"], cwd=ROOT, env=environment, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        # A shell that starts the tests in its background has them ignore Ctrl-C.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )  # fmt: skip


def until(done: Callable[[], Any], app: subprocess.Popen[str]) -> Any:
    """What `done` answers, as soon as it answers something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and app.poll() is None:
        if answer := done():
            return answer
        time.sleep(0.02)
    app.kill()  # its last words are read to their end, so it must have one
    raise AssertionError(app.communicate()[1] or f"not done within {PATIENCE:g} s")


def ask(url: str, content: dict[str, Any] | None = None) -> Any:
    """The JSON that the page answers; None while there is no page."""
    data = None if content is None else json.dumps(content).encode()
    try:
        with urlopen(Request(url, data, {"Content-Type": "application/json"})) as answer:
            return json.load(answer)
    except URLError:
        return None


@pytest.mark.parametrize(("number", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
def test_a_signal_during_a_comparison_ends_it_and_empties_the_disk(
    number: signal.Signals, status: int, tmp_path: Path, free_port: int
) -> None:
    url = f"http://127.0.0.1:{free_port}"
    with start(free_port, tmp_path) as app:
        try:
            config = until(lambda: ask(f"{url}/config"), app)
            events = config["dependencies"]
            greet = next(event["id"] for event in events if event["api_name"] == "greet")
            run = next(event["id"] for event in events if event["trigger_after"] == greet)
            page: dict[str, Any] = {"session_hash": "me", "event_data": None, "data": []}
            ask(f"{url}/gradio_api/run/predict?sample=page", page | {"fn_index": greet})
            asked = page | {"fn_index": run}
            assert ask(f"{url}/gradio_api/queue/join", asked)["event_id"]
            until(lambda: list(tmp_path.rglob("*_input.png")), app)
            app.send_signal(number)
            _, errors = app.communicate(timeout=PATIENCE)
        finally:
            app.kill()
    assert app.returncode == status, errors
    assert errors == ("stopped\n" if number == signal.SIGINT else "")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_taken_port_is_one_sentence(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with start(port, tmp_path) as app:
            _, errors = app.communicate(timeout=PATIENCE)
    assert app.returncode == 2
    assert errors.startswith(f"app.py: port {port} cannot be used (address already in use)")
    assert errors.count("\n") == 1
