"""What tests of every room may use."""

import socket
from typing import TypeVar

import torch

from sr_demo.methods import network_class
from sr_demo.networks import SRResNet, SuperResolver

T = TypeVar("T")


def present(value: T | None) -> T:
    """A value that must be there: not None."""
    assert value is not None, "there is no value"
    return value


def free_port() -> int:
    """A port where nobody listens: Gradio would look for one, and two pages may find the same."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


def network(name: str, scale: int) -> SuperResolver:
    """A method's network at random weights, always the same."""
    torch.manual_seed(3)
    if name == "srresnet":  # small, but as deep in pixels as five blocks reach
        return SRResNet(scale, features=8, blocks=5).eval()
    return network_class(name)(scale).eval()
