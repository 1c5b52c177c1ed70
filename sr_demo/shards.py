"""Work shared among the processes that a launcher started, on one machine or on several."""

import atexit
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

import torch

T = TypeVar("T")
R = TypeVar("R")

# What launchers tell each process: accelerate and torchrun, Open MPI, Intel's MPI
_LAUNCHED = ("ACCELERATE_MIXED_PRECISION", "WORLD_SIZE", "OMPI_COMM_WORLD_SIZE", "PMI_SIZE")


@dataclass(frozen=True)
class Processes:
    """All processes that a launcher started for one command.

    Attributes:
        number: of this one, from 0.
        count: of all.
    """

    number: int = 0
    count: int = 1

    @property
    def first(self) -> bool:
        """Whether this is the one that prints and writes."""
        return self.number == 0

    def share(self, items: Sequence[T]) -> Sequence[T]:
        """Every `count`-th item: those that this process works on."""
        return items[self.number :: self.count]

    def gather(self, items: Sequence[T], work: Callable[[T], R]) -> list[R]:
        """What the work makes of each item, in order, on every process; each does its share.

        Raises:
            Exception: what the work raised, in every process, so that none waits for another.
        """
        made: list[tuple[int, R | None, Exception | None]] = []
        numbers = range(len(items))
        for index, item in zip(self.share(numbers), self.share(items), strict=True):
            try:
                made.append((index, work(item), None))
            except Exception as error:
                made.append((index, None, error))
                break
        if self.count > 1:
            from accelerate.utils import gather_object

            made = sorted(gather_object(made), key=lambda entry: entry[0])
        for _, _, raised in made:
            if raised is not None:
                raise raised
        return [result for _, result, _ in made]  # type: ignore[misc]


def processes() -> Processes:
    """Those that ``accelerate launch``, torchrun or mpirun started; else this one alone.

    Each gets a GPU of its own, where there are some.
    """
    if not any(name in os.environ for name in _LAUNCHED):
        return Processes()
    try:
        from accelerate import PartialState
    except ModuleNotFoundError as error:
        raise ValueError(
            "Several processes need the package accelerate: python -m pip install 'sr-demo[train]'"
        ) from error
    state = PartialState(cpu=not torch.cuda.is_available())
    # A process that ends with its connections open may be aborted by a thread of theirs
    atexit.register(state.destroy_process_group)
    return Processes(state.process_index, state.num_processes)
