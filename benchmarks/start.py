"""How soon a freshly started page answers, and what its first request waits for."""

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

from gradio_client import Client, handle_file
from PIL import Image

from benchmarks.timing import SCALE, photo, timed

CHECKOUT = Path(__file__).resolve().parent.parent
SIDE = 256  # of the small picture that is sent
PATIENCE = 300  # seconds for the page to answer


def start_up(side: int = SIDE) -> dict[str, float]:
    """Start ``app.py`` and ask it by HTTP for SRResNet of a small picture, three times.

    Returns:
        seconds from the command to the page's first answer ("page"), and of the first request,
        sent at once, and the third ("first request", "third request"): up- and download, PNG and
        all.

    Raises:
        RuntimeError: if the page does not answer.
    """
    started = time.perf_counter()
    with page() as (address, _):
        times = {"page": time.perf_counter() - started}
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "small.png"
            Image.fromarray(photo(side, side)).save(path)
            client = Client(address, verbose=False, download_files=folder)
            for which in ("first", "second", "third"):
                job = partial(client.predict, api_name="/upscale")
                _, seconds = timed(job, handle_file(str(path)), "srresnet", SCALE)
                times[f"{which} request"] = seconds
            del times["second request"]
    print("  " + ", ".join(f"{what} {seconds:.1f} s" for what, seconds in times.items()))
    return times


@contextmanager
def page() -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """``app.py`` in a process of its own: the address where it answers, and the process.

    Raises:
        RuntimeError: if the page does not answer.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    environment = os.environ | {"SR_DEMO_PORT": str(port), "GRADIO_ANALYTICS_ENABLED": "False"}
    app = subprocess.Popen(
        [sys.executable, "app.py"], cwd=CHECKOUT, env=environment, stdout=subprocess.DEVNULL
    )
    try:
        _wait(address, app)
        yield address, app
    finally:
        app.terminate()
        app.wait()


def _wait(address: str, app: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and app.poll() is None:
        try:
            with urlopen(address) as answer:
                answer.read()
            return
        except (URLError, ConnectionError):
            time.sleep(0.05)
    raise RuntimeError(f"the page did not answer within {PATIENCE} s: run python app.py to see why")
