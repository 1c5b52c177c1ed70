"""Work in a thread: its news, its errors, its end, and one at a time."""

import threading
from collections.abc import Callable, Iterator

import pytest

from sr_demo.ui.work import working

Report = Callable[[str], None]


def test_news_and_errors_come_in_order() -> None:
    def work(report: Report) -> None:
        report("one")
        report("two")
        raise ValueError("three")

    news = working(work, threading.Event())
    assert [next(news), next(news)] == ["one", "two"]
    with pytest.raises(ValueError, match="three"):
        next(news)


class Tile:
    """Work that is in the middle of something until it is let go."""

    def __init__(self) -> None:
        self.begun, self.let_go = threading.Event(), threading.Event()

    def __call__(self, report: Report) -> None:
        """Take long, then report."""
        self.begun.set()
        assert self.let_go.wait(10)
        report("made")


def started(work: Callable[[Report], None]) -> Iterator[str | None]:
    news = working(work, threading.Event(), pulse=0.01)
    assert next(news) is None
    return news


def test_the_next_begins_when_the_tile_of_one_who_left_is_made() -> None:
    left, stays = Tile(), Tile()
    first = started(left)
    assert left.begun.wait(5)
    first.close()  # type: ignore[attr-defined]
    second = started(stays)
    assert not stays.begun.wait(0.3)
    left.let_go.set()
    assert stays.begun.wait(5)
    stays.let_go.set()
    assert [item for item in second if item] == ["made"]


def test_who_leaves_while_waiting_never_begins() -> None:
    runs, waits, after = Tile(), Tile(), Tile()
    first = started(runs)
    assert runs.begun.wait(5)
    started(waits).close()  # type: ignore[attr-defined]
    last = started(after)
    runs.let_go.set()
    after.let_go.set()
    assert [item for item in first if item] == ["made"]
    assert [item for item in last if item] == ["made"]
    assert not waits.begun.is_set()
