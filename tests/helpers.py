"""What tests of every room may use."""

import socket
from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """A value that must be there: not None."""
    assert value is not None, "there is no value"
    return value


def free_port() -> int:
    """A port where nobody listens: Gradio would look for one, and two pages may find the same."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])
