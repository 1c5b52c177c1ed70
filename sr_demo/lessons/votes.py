"""The votes of classes, in memory only: a restart forgets them, and so does a reset.

A class's code is a hash of its teacher's key, so that nobody else can take it over, and nothing
need be kept to know it: after a restart the teacher's link still leads the class.
"""

import hashlib
import re
import secrets
import threading
import time
from collections import Counter, OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache

LED, UNLED = 1000, 200  # classes kept at most: with a teacher, and those that only vote
ROUNDS, VOTERS = 30, 1000  # of a class
VOTES = 100_000  # of all classes of a kind: some 20 MB
IDLE = 4 * 3600  # seconds after which a class makes room for others
_CODE = re.compile(r"[A-Z0-9]{3,12}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like digits
_LENGTH = 6  # letters: 24⁶ keys would have to be tried, some 10 ms each


@dataclass
class Round:
    """One place that a class looks at."""

    votes: dict[str, str] = field(default_factory=dict)  # voter → letter
    shown: bool = False  # the teacher has revealed the names


@dataclass
class Class:
    """One class of students: a round for each question that was asked."""

    used: float  # when, in seconds of the clock
    rounds: OrderedDict[str, Round] = field(default_factory=OrderedDict)

    @property
    def size(self) -> int:
        """How many votes it holds."""
        return sum(len(kept.votes) for kept in self.rounds.values())


class Votes:
    """All classes of one running app."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._led: OrderedDict[str, Class] = OrderedDict()
        # Anyone may vote under any code, as after a restart; what comes of it displaces only others
        # of its kind.
        self._unled: OrderedDict[str, Class] = OrderedDict()
        self._clock = clock
        self._lock = threading.Lock()

    def start(self) -> tuple[str, str]:
        """A new class: its code and the key of its teacher's view.

        Raises:
            ValueError: in plain words, while too many classes are at work.
        """
        key = secrets.token_urlsafe(6)
        code = code_of(key)
        with self._lock:
            self._lead(code)
        return code, key

    def vote(self, code: str, place: str, voter: str, letter: str) -> None:
        """Count a vote, or change it while the names are hidden.

        Raises:
            ValueError: in plain words, for what is no code, and while too many classes vote.
        """
        with self._lock:
            kind = self._led if checked(code) in self._led else self._unled
            current = self._round(self._class(kind, code), place)
            if current.shown or (voter not in current.votes and len(current.votes) >= VOTERS):
                return
            if voter not in current.votes:
                while sum(kept.size for kept in kind.values()) >= VOTES:
                    self._forget_oldest(kind)  # never this one, which holds far fewer
            current.votes[voter] = letter

    def tally(self, code: str, place: str) -> tuple[dict[str, int], bool]:
        """Votes by letter, and whether the names are revealed. Asking leaves no trace."""
        with self._lock:
            current = self._find(code, place)
            return dict(Counter(current.votes.values())), current.shown

    def of(self, code: str, place: str, voter: str) -> str | None:
        """The letter that a voter has voted for, if any."""
        with self._lock:
            return self._find(code, place).votes.get(voter)

    def teach(self, code: str, key: str, place: str, *, shown: bool, reset: bool = False) -> None:
        """Reveal or hide the names, or empty the round.

        Raises:
            PermissionError: unless the key is the one the class was started with.
            ValueError: as :meth:`start`.
        """
        if not secrets.compare_digest(code_of(key), checked(code)):
            raise PermissionError("This is not the teacher's link of this class.")
        with self._lock:
            current = self._round(self._lead(code), place)
            current.shown = shown
            if reset:
                current.votes.clear()

    def _lead(self, code: str) -> Class:
        """The class as one that its teacher leads, with the votes that came before."""
        before = self._unled.pop(code, None)
        found = self._class(self._led, code)
        if before:
            found.rounds.update(before.rounds)
        return found

    def _class(self, kind: OrderedDict[str, Class], code: str) -> Class:
        """A class of the kind, begun where there is none, and now the one used last."""
        now = self._clock()
        if code not in kind and len(kind) >= (LED if kind is self._led else UNLED):
            self._forget_oldest(kind)
        found = kind.setdefault(code, Class(now))
        found.used = now
        kind.move_to_end(code)
        return found

    def _forget_oldest(self, kind: OrderedDict[str, Class]) -> None:
        """Let the longest unused class go, but no teacher's that is at work."""
        oldest = next(iter(kind))
        if kind is self._led and self._clock() - kind[oldest].used < IDLE:
            raise ValueError("Too many classes vote at present: try again in an hour.")
        del kind[oldest]

    def _find(self, code: str, place: str) -> Round:
        found = self._led.get(checked(code)) or self._unled.get(code)
        return found.rounds.get(place, Round()) if found else Round()

    def _round(self, of: Class, place: str) -> Round:
        """A round of the class, begun where there is none: then the one with fewest votes goes."""
        if place not in of.rounds and len(of.rounds) >= ROUNDS:
            del of.rounds[min(of.rounds, key=lambda name: len(of.rounds[name].votes))]
        return of.rounds.setdefault(place, Round())


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
