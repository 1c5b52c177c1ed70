"""What tests of every room may use."""

from typing import TypeVar

T = TypeVar("T")


def present(value: T | None) -> T:
    """A value that must be there: not None."""
    assert value is not None, "there is no value"
    return value
