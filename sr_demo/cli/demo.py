"""``sr-demo demo``: serve the page. ``app.py`` serves it by the same function."""

import argparse
import os
from threading import Thread

from sr_demo.inference.engine import borrows_gpu
from sr_demo.inference.runnable import warm_up

HELP = "open the page in a browser"


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument("--host", help="address to listen on (default: this machine alone)")
    command.add_argument("--port", type=int, help="default: SR_DEMO_PORT, else 7860 or the next")
    command.add_argument(
        "--open", action=argparse.BooleanOptionalAction, default=True,
        help="open it in the browser (default: yes)",
    )  # fmt: skip


def run(arguments: argparse.Namespace) -> int:
    """Serve the page that compares the methods, until Ctrl+C; everything stays on this machine."""
    serve(host=arguments.host, port=arguments.port, open_browser=arguments.open)
    return 0


def serve(*, host: str | None = None, port: int | None = None, open_browser: bool = False) -> None:
    """Build the page and serve it until interrupted.

    Args:
        host: the address to listen on; by default ``GRADIO_SERVER_NAME``, else this machine alone.
        port: by default ``SR_DEMO_PORT``, else ``GRADIO_SERVER_PORT``, else the first free one
            from 7860 on.
        open_browser: whether to open the page in this machine's browser.

    Raises:
        OSError: if the port is taken.
    """
    from sr_demo.ui import build, launch_options  # here: no other command waits for Gradio

    if port is None and (given := os.environ.get("SR_DEMO_PORT")):
        port = int(given)
    if borrows_gpu():
        warm_up()
    else:
        Thread(target=warm_up, daemon=True).start()  # while the page is built and opened
    build().launch(server_name=host, server_port=port, inbrowser=open_browser, **launch_options())
