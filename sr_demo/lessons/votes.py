"""The votes of classes, in memory only: a restart forgets them, and so does a reset.

A class's code is a hash of its teacher's key, so that nobody else can take it over, and nothing
need be kept to know it: after a restart the teacher's page opens the class again.
"""

import hashlib
import re
import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Generic, TypeVar

CLASSES = 1000  # kept at most
ROUNDS, VOTERS = 30, 1000  # of a class
VOTES = 100_000  # of all classes: some 20 MB
IDLE = 4 * 3600  # seconds after which a class makes room for others
_CODE = re.compile(r"[A-Z0-9]{3,12}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like digits
_LENGTH = 6  # letters: 24⁶ keys would have to be tried, some 10 ms each

Place = TypeVar("Place", bound=Hashable)  # what a round of votes is about


@dataclass
class Round:
    """One place that a class looks at."""

    votes: dict[str, str] = field(default_factory=dict)  # voter → letter
    shown: bool = False  # the teacher has revealed the names


@dataclass
class Class(Generic[Place]):
    """A class of students: where its teacher is, and a round for each place they were at."""

    used: float  # when, in seconds of the clock
    place: Place
    rounds: OrderedDict[Place, Round] = field(default_factory=OrderedDict)

    @property
    def current(self) -> Round:
        """The round of where the teacher is."""
        return self.rounds[self.place]

    @property
    def size(self) -> int:
        """How many votes it holds."""
        return sum(len(kept.votes) for kept in self.rounds.values())

    def turn_to(self, place: Place) -> None:
        """Begin a round there or go on with it; of too many the one with fewest votes goes."""
        if place not in self.rounds and len(self.rounds) >= ROUNDS:
            del self.rounds[min(self.rounds, key=lambda name: len(self.rounds[name].votes))]
        self.rounds.setdefault(place, Round())
        self.place = place


@dataclass(frozen=True)
class Tally(Generic[Place]):
    """What may be known of a class's vote."""

    place: Place  # where its teacher is
    total: int  # votes
    counts: dict[str, int]  # by letter; empty until the names are revealed
    shown: bool  # the names are revealed
    mine: str | None  # what the voter who asks has voted for


class Votes(Generic[Place]):
    """All classes of one running app."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._classes: OrderedDict[str, Class[Place]] = (
            OrderedDict()
        )  # the longest unused one first
        self._clock = clock
        self._lock = threading.Lock()

    def start(self, place: Place) -> tuple[str, str]:
        """A new class at a place: its code and the key of its teacher's view.

        Raises:
            ValueError: in plain words, while too many classes are at work.
        """
        key = secrets.token_urlsafe(6)
        code = code_of(key)
        with self._lock:
            self._open(code, place)
        return code, key

    def lead(
        self,
        code: str,
        key: str,
        place: Place,
        *,
        shown: bool | None = None,
        reset: bool = False,
    ) -> None:
        """Take the class to a place, which opens it again after a restart.

        Args:
            shown: reveal or hide the names there; None leaves them as they are.
            reset: forget the votes of this place.

        Raises:
            PermissionError: unless the key is the one the class was started with.
            ValueError: as :meth:`start`.
        """
        if not secrets.compare_digest(code_of(key), checked(code)):
            raise PermissionError("This is not the teacher's link of this class.")
        with self._lock:
            current = self._open(code, place).current
            if shown is not None:
                current.shown = shown
            if reset:
                current.votes.clear()

    def vote(self, code: str, place: Place, voter: str, letter: str) -> None:
        """Count a vote, or change it while the names are hidden.

        One for a place that the class has left comes too late, and counts nowhere.

        Raises:
            ValueError: in plain words, where there is no such class.
        """
        with self._lock:
            found = self._find(code)
            votes = found.current.votes
            if place != found.place or found.current.shown:
                return
            if voter not in votes:
                if len(votes) >= VOTERS or sum(c.size for c in self._classes.values()) >= VOTES:
                    return
                found.used = self._clock()
                self._classes.move_to_end(code)
            votes[voter] = letter

    def tally(self, code: str, voter: str = "") -> Tally[Place]:
        """What may be known now. Asking leaves no trace.

        Raises:
            ValueError: in plain words, where there is no such class.
        """
        with self._lock:
            found = self._find(code)
            current = found.current
            counts = dict(Counter(current.votes.values())) if current.shown else {}
            mine = current.votes.get(voter)
            return Tally(found.place, len(current.votes), counts, current.shown, mine)

    def _open(self, code: str, place: Place) -> Class[Place]:
        """A class with its teacher at a place, begun where there is none, now the one used last."""
        now = self._clock()
        if code not in self._classes and len(self._classes) >= CLASSES:
            oldest = next(iter(self._classes))
            if now - self._classes[oldest].used < IDLE:
                raise ValueError("Too many classes vote at present: try again in an hour.")
            del self._classes[oldest]
        found = self._classes.setdefault(code, Class(now, place))
        found.turn_to(place)
        found.used = now
        self._classes.move_to_end(code)
        return found

    def _find(self, code: str) -> Class[Place]:
        found = self._classes.get(checked(code))
        if found is None:
            raise ValueError(f"No class votes under {code}: ask your teacher for the code.")
        return found


def checked(code: str) -> str:
    """The code itself; ``ValueError`` in plain words if it cannot be one."""
    if not _CODE.fullmatch(code):
        raise ValueError("A class code has 3 to 12 letters A–Z and digits, such as MAPLE.")
    return code


@lru_cache(maxsize=1024)
def code_of(key: str) -> str:
    """The code of the class that a key leads; slow, so that no key is found by trial."""
    digest = hashlib.scrypt(key.encode(), salt=b"sr-demo class", n=2**12, r=8, p=1, dklen=8)
    number = int.from_bytes(digest, "big")
    base = len(_LETTERS)
    return "".join(_LETTERS[number // base**place % base] for place in range(_LENGTH))
