"""``sr-demo demo``: serve the page. ``app.py`` serves it by the same function."""

import argparse
import atexit
import ctypes
import math
import os
import signal
import socket
import sys
import threading
import time
import traceback
import warnings
from contextlib import suppress
from importlib.util import find_spec

from sr_demo import gate
from sr_demo.cli.arguments import add_models, complain
from sr_demo.foreign import registry
from sr_demo.foreign.official import FOLDER
from sr_demo.inference.engine import borrows_gpu
from sr_demo.inference.runnable import warm_up

HELP = "open the page in a browser"
PATIENCE = 5.0  # seconds that work in other threads may take to end: a tile, at most
_ARENA_MAX = -8  # glibc's M_ARENA_MAX


def add_arguments(command: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    command.add_argument("--host", help="address to listen on (default: this machine alone)")
    command.add_argument("--port", type=int, help="default: SR_DEMO_PORT, else 7860 or the next")
    command.add_argument(
        "--open", action=argparse.BooleanOptionalAction, default=True,
        help="open it in the browser (default: yes)",
    )  # fmt: skip
    command.add_argument(
        "--mcp", action="store_true",
        help="offer upscale, compare and benchmark to agents as MCP tools, at /gradio_api/mcp/",
    )  # fmt: skip
    add_models(command)


def run(arguments: argparse.Namespace) -> int:
    """Serve the page that compares the methods, until Ctrl+C; everything stays on this machine."""
    if arguments.mcp and not find_spec("mcp"):
        raise ValueError("--mcp needs the package mcp: python -m pip install 'sr-demo[mcp]'")
    if arguments.models and not _own_machine(arguments.host):
        raise ValueError(
            f"a page for others takes models from the folder that {FOLDER} names alone: "
            "put the files there"
        )
    serve(host=arguments.host, port=arguments.port, open_browser=arguments.open, mcp=arguments.mcp)
    return 0


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    open_browser: bool = False,
    mcp: bool | None = None,
) -> None:
    """Build the page and serve it until interrupted; then stop all work and delete all files.

    Args:
        host: the address to listen on; by default ``GRADIO_SERVER_NAME``, else this machine alone.
        port: by default ``SR_DEMO_PORT``, else ``GRADIO_SERVER_PORT``, else the first free one
            from 7860 on.
        open_browser: whether to open the page in this machine's browser.
        mcp: whether to offer its endpoints to agents too; by default as ``GRADIO_MCP_SERVER`` says.

    Raises:
        OSError: if the port is taken, or no folder for files can be made.
        KeyboardInterrupt: on Ctrl+C.
        SystemExit: on SIGTERM, with status 0.
    """
    if port is None and (given := os.environ.get("SR_DEMO_PORT")):
        port = int(given)
    if port is not None:
        _check_free(port)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    _share_heaps()
    # FastAPI hides this one for a moment, which a thread that hides others just then undoes.
    warnings.filterwarnings("ignore", "The '.*' attribute with value", UserWarning)
    _add_models(host)
    # Here: no other command waits for Gradio
    from sr_demo.ui import SessionStore, build, launch_options, own_folder, prepare, swept

    sessions, ended = SessionStore(), threading.Event()

    with own_folder() as folder:
        try:
            if borrows_gpu():
                warm_up()
            else:
                # While the page is built and opened; other scales are prepared when asked for.
                threading.Thread(target=prepare, args=(ended.is_set,), daemon=True).start()
            threading.Thread(target=gate.start, daemon=True).start()
            app = build(sessions)
            with swept(folder, sessions):
                app.launch(
                    server_name=host, server_port=port, inbrowser=open_browser,
                    prevent_thread_lock=True, mcp_server=mcp or None, **launch_options(sessions),
                )  # fmt: skip
                try:
                    while app.is_running:
                        time.sleep(0.5)
                finally:
                    sessions.forget(math.inf)
                    app.close(verbose=False)
        finally:
            ended.set()
            _settle()


def _own_machine(host: str | None) -> bool:
    """Whether the page will be for this machine's own browser alone."""
    host = host or os.environ.get("GRADIO_SERVER_NAME") or "127.0.0.1"
    elsewhere = ("GRADIO_SHARE", "GRADIO_ROOT_PATH", "SPACE_ID")
    return host in ("localhost", "127.0.0.1", "::1") and not any(map(os.environ.get, elsewhere))


def _share_heaps() -> None:
    """Have all threads take memory from two heaps, where the C library is glibc.

    By default each thread has its own, which keeps what the largest answer took: after three
    rounds of 60 users at once the page held 99 MB more than before, with two heaps 42.
    """
    with suppress(OSError, AttributeError):  # no glibc
        ctypes.CDLL("libc.so.6").mallopt(_ARENA_MAX, 2)


def _add_models(host: str | None) -> None:
    """Other people's models: on a page for others none but those of the folder named for them."""
    folder = registry.named_folder()
    if folder is not None:
        for each in registry.add_folder(folder):
            if isinstance(each, Exception):
                complain("sr-demo demo", each, folder.name)
    elif not _own_machine(host):
        registry.remove_all()


def _check_free(port: int) -> None:
    """Raise an ``OSError`` that says what to do, before any work, if a port cannot be had."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise OSError(
                f"port {port} cannot be used ({reason}): choose another by --port or SR_DEMO_PORT"
            ) from error


def _settle() -> None:
    """Wait until no other thread works for this package; cut short at exit what takes too long.

    Python 3.13 and older end threads by force, which aborts the process where one is inside
    OpenVINO or PyTorch.
    """
    statuses: dict[type[BaseException] | None, int] = {SystemExit: 0, KeyboardInterrupt: 130}
    until = time.monotonic() + PATIENCE
    while _at_work():
        if time.monotonic() > until:
            atexit.register(os._exit, statuses.get(sys.exc_info()[0], 1))
            return
        time.sleep(0.05)


def _at_work() -> bool:
    me = threading.get_ident()
    stacks = [stack for thread, stack in sys._current_frames().items() if thread != me]
    frames = (frame for stack in stacks for frame, _ in traceback.walk_stack(stack))
    return any(str(frame.f_globals.get("__name__")).startswith("sr_demo.") for frame in frames)
