"""Work in a thread of its own, whose news a generator yields; closing that stops the work."""

import contextvars
import queue
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Generic, TypeVar

from sr_demo.inference.engine import Cancelled
from sr_demo.ui.machine import give_back_memory

T = TypeVar("T")

# One work at a time. Gradio's queue thinks that a closed generator has ended, and begins the next,
# while the thread is still in its tile: each of twenty who leave would have a first tile made.
_TURN = threading.Lock()


@dataclass(frozen=True)
class _News(Generic[T]):
    item: T | None = None
    error: Exception | None = None


def working(
    work: Callable[[Callable[[T], None]], None],
    stop: threading.Event,
    pulse: float | None = None,
) -> Iterator[T | None]:
    """Yield what the work reports, as it comes.

    Gradio closes a handler that is a generator when its client cancels or leaves, at its next
    yield; a plain function would run to its end for nobody.

    Args:
        work: called with a function to report by, which raises ``Cancelled`` once it is to stop.
        stop: set from outside, or here when the generator is closed, ends the work at its next
            report.
        pulse: yields None each time that so many seconds have passed without a report.

    Raises:
        Exception: whatever the work raises, but ``Cancelled``.
    """
    news: queue.SimpleQueue[_News[T] | None] = queue.SimpleQueue()

    def report(item: T) -> None:
        if stop.is_set():
            raise Cancelled
        news.put(_News(item))

    def run() -> None:
        try:
            with _turn(stop):
                work(report)
        except Cancelled:
            pass
        except Exception as error:
            news.put(_News(error=error))
        finally:
            news.put(None)
            give_back_memory()

    # A copy of this context, in which Gradio keeps who asks: a GPU is lent on that account.
    context = contextvars.copy_context()
    threading.Thread(target=context.run, args=(run,), name="work", daemon=True).start()
    try:
        while not stop.is_set():
            try:
                latest = news.get(timeout=pulse)
            except queue.Empty:
                yield None
                continue
            if latest is None or stop.is_set():
                return
            if latest.error:
                raise latest.error
            yield latest.item
    except GeneratorExit:
        stop.set()
        raise


@contextmanager
def _turn(stop: threading.Event) -> Iterator[None]:
    """Wait until no other work is done; raises ``Cancelled`` if this one is stopped before."""
    while not _TURN.acquire(timeout=0.05):
        if stop.is_set():
            raise Cancelled
    try:
        if stop.is_set():
            raise Cancelled
        yield
    finally:
        _TURN.release()
