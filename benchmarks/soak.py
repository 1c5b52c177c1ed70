"""Whether memory stays flat over many comparisons of pictures of any size.

``python -m benchmarks.soak`` does what the page does for a thousand visitors who each compare one
picture and leave, prints a table, and ends with status 1 if memory has not stayed flat.
"""

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from math import inf

import numpy as np

from benchmarks.memory import resident
from benchmarks.timing import photo
from sr_demo import METHODS
from sr_demo.images import Loaded
from sr_demo.inference.runnable import available, warm_up
from sr_demo.ui import SessionStore, own_folder
from sr_demo.ui.compare.run import run
from sr_demo.ui.session import Job, Picture

COUNT, SETTLING = 1000, 100  # comparisons; so many until all that is kept has been seen once
ALLOWED = 50  # MB, up or down
SCALE = 4


@dataclass(frozen=True)
class Reading:
    """The process after so many comparisons."""

    count: int
    megabytes: float
    files: int


def soak(
    count: int, sides: tuple[int, int], methods: tuple[str, ...], seed: int = 0
) -> Iterator[Reading]:
    """Compare and leave; a reading after each tenth of the way, and after the settling.

    Args:
        sides: the shortest and the longest of an original, in pixels.
        methods: names in ``METHODS``.
        seed: of the sizes.
    """
    rng, sessions = np.random.default_rng(seed), SessionStore()
    whole = photo(sides[1] * 2, sides[1] * 2)
    with own_folder() as folder:
        warm_up()
        for number in range(1, count + 1):
            height, width = rng.integers(sides[0], sides[1] + 1, 2)
            top, left = rng.integers(0, sides[1], 2)
            pixels = np.ascontiguousarray(whole[top : top + height, left : left + width])
            _visit(sessions, str(number), pixels, methods)
            if number == SETTLING or number % max(1, count // 10) == 0:
                files = sum(path.is_file() for path in folder.rglob("*"))
                yield Reading(number, resident("VmRSS") * 1024 / 1e6, files)


def _visit(sessions: SessionStore, page: str, pixels: np.ndarray, methods: tuple[str, ...]) -> None:
    session, picture = sessions[page], Picture("photo", Loaded(pixels, None, ()))
    session.picture = picture
    session.ask(Job(picture, picture.loaded, True, SCALE, methods, "y", files=session.files))
    if job := session.begin():
        for _ in run(session, job):
            pass
    if session.shown is None or len(session.shown.comparison.results) < len(methods):
        raise RuntimeError(f"the comparison of {pixels.shape[1]}×{pixels.shape[0]} is not complete")
    sessions.leave(page)
    sessions.forget(inf)


def main() -> int:
    """Print the table.

    Returns:
        0 if memory stayed within ``ALLOWED`` of where it was after the settling, else 1.
    """
    parser = argparse.ArgumentParser(prog="python -m benchmarks.soak", description=__doc__)
    parser.add_argument(
        "--count", type=int, default=COUNT, help="comparisons (default: %(default)s)"
    )
    parser.add_argument(
        "--sides", type=int, nargs=2, default=(32, 160), metavar=("MIN", "MAX"),
        help="of the originals, in pixels (default: 32 160)",
    )  # fmt: skip
    parser.add_argument("--methods", nargs="+", choices=METHODS, default=available(SCALE))
    arguments = parser.parse_args()
    if arguments.count <= SETTLING:
        parser.error(f"--count must be more than {SETTLING}: until then memory settles")
    print("comparisons   memory     files")
    readings = []
    for reading in soak(arguments.count, tuple(arguments.sides), tuple(arguments.methods)):
        print(f"{reading.count:11}{reading.megabytes:8.0f} MB{reading.files:8}", flush=True)
        readings.append(reading)
    settled = [reading.megabytes for reading in readings if reading.count >= SETTLING]
    most = max(abs(megabytes - settled[0]) for megabytes in settled)
    print(f"{most:.0f} MB at most from what it was after {SETTLING}; {ALLOWED} are allowed")
    return int(most > ALLOWED)


if __name__ == "__main__":
    sys.exit(main())
