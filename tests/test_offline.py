"""Nothing is fetched and nobody is told: no attempt to reach another machine."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sr_demo.images import save_png

ROOT = Path(__file__).resolve().parent.parent

# Runs at the start of every Python below a test, worker processes too.
WATCH = """
import ipaddress, os, socket, sys

def watch(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        if arguments[0].family == socket.AF_UNIX:
            return
        host = arguments[1][0]
    elif event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.gethostbyaddr"):
        host = arguments[0]
    else:
        return
    host = host.decode() if isinstance(host, bytes) else host
    if host in (None, "", "localhost", "0.0.0.0"):
        return
    try:
        if ipaddress.ip_address(host).is_loopback:
            return
    except ValueError:
        pass  # a name
    with open(os.environ["ATTEMPTS"], "a", encoding="utf-8") as file:
        file.write(f"{event} {host}\\n")
    raise ConnectionRefusedError(f"{host} is not this machine")

sys.addaudithook(watch)
"""

USE = """
import sr_demo
from sr_demo.cli.main import main

assert main(["upscale", "photo.png", "-o", "large.png", "--method", "espcn"]) == 0
assert main(["compare", "photo.png", "--methods", "espcn", "-o", "results"]) == 0

import httpx  # and no gradio_client, which reports its own use, whatever is asked of it
from sr_demo.ui import build, launch_options

app = build()
_, url, _ = app.launch(prevent_thread_lock=True, quiet=True, **launch_options())
assert app.server_name == "localhost"  # GRADIO_SERVER_NAME
api = f"{url}gradio_api"
(path,) = httpx.post(f"{api}/upload", files={"files": open("photo.png", "rb")}).json()
photo = {"path": path, "meta": {"_type": "gradio.FileData"}}
asked = httpx.post(f"{api}/call/compare", json={"data": [photo, 2, ["espcn"], True, "y"]}).json()
answer = httpx.get(f"{api}/call/compare/{asked['event_id']}", timeout=60).text
assert "event: complete" in answer and "psnr" in answer, answer
app.close()
"""


def attempts(folder: Path, code: str) -> list[str]:
    """Run code in a folder with a photo; what it tried to reach, an event and a host each."""
    (folder / "sitecustomize.py").write_text(WATCH, encoding="utf-8")
    (folder / "attempts").touch()
    quiet = {
        "GRADIO_ANALYTICS_ENABLED",
        "HF_HUB_OFFLINE",
        "HF_HUB_DISABLE_TELEMETRY",
        "DO_NOT_TRACK",
    }
    environment = {name: value for name, value in os.environ.items() if name not in quiet}
    environment |= {
        "PYTHONPATH": f"{folder}{os.pathsep}{ROOT}",
        "ATTEMPTS": str(folder / "attempts"),
        "GRADIO_TEMP_DIR": str(folder / "cache"),
        "GRADIO_SERVER_NAME": "localhost",
    }
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return (folder / "attempts").read_text(encoding="utf-8").splitlines()


@pytest.fixture
def folder(tmp_path: Path, photo: np.ndarray) -> Path:
    save_png(tmp_path / "photo.png", photo[:64, :80])
    return tmp_path


def test_an_attempt_would_be_seen(folder: Path) -> None:
    code = """if True:
        import socket
        for reach in (socket.gethostbyname, lambda host: socket.create_connection((host, 80))):
            for host in ("other.example", "192.0.2.1"):
                try:
                    reach(host)
                except OSError:
                    pass
    """
    seen = {line.split()[1] for line in attempts(folder, code)}
    assert seen == {"other.example", "192.0.2.1"}


def test_library_commands_and_page_reach_for_nobody(folder: Path) -> None:
    assert attempts(folder, USE) == []
