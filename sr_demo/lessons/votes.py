"""The votes of classes, in memory only: a restart forgets them, and so does a reset."""

import re
import secrets
import threading
from collections import Counter, OrderedDict
from dataclasses import dataclass, field

CLASSES, ROUNDS, VOTERS = 200, 30, 1000  # kept at most; the longest unused are forgotten
_CODE = re.compile(r"[A-Z0-9]{3,12}")
_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ"  # without I and O, which look like digits


@dataclass
class Round:
    """One place that a class looks at."""

    votes: dict[str, str] = field(default_factory=dict)  # voter → letter
    shown: bool = False  # the teacher has revealed the names


@dataclass
class Class:
    """One class of students: a round for each question that was asked."""

    key: str | None = None  # of the teacher's view; None until a teacher has come
    rounds: OrderedDict[str, Round] = field(default_factory=OrderedDict)


class Votes:
    """All classes of one running app."""

    def __init__(self) -> None:
        self._classes: OrderedDict[str, Class] = OrderedDict()
        self._lock = threading.Lock()

    def start(self) -> tuple[str, str]:
        """A new class: its code and the key of its teacher's view."""
        with self._lock:
            code = "".join(secrets.choice(_LETTERS) for _ in range(5))
            self._class(code).key = key = secrets.token_urlsafe(6)
            return code, key

    def vote(self, code: str, place: str, voter: str, letter: str) -> None:
        """Count a vote, or change it while the names are hidden."""
        with self._lock:
            current = self._round(code, place)
            known = voter in current.votes
            if not current.shown and (known or len(current.votes) < VOTERS):
                current.votes[voter] = letter

    def tally(self, code: str, place: str) -> tuple[dict[str, int], bool]:
        """Votes by letter, and whether the names are revealed."""
        with self._lock:
            current = self._round(code, place)
            return dict(Counter(current.votes.values())), current.shown

    def of(self, code: str, place: str, voter: str) -> str | None:
        """The letter that a voter has voted for, if any."""
        with self._lock:
            return self._round(code, place).votes.get(voter)

    def teach(self, code: str, key: str, place: str, *, shown: bool, reset: bool = False) -> None:
        """Reveal or hide the names, or empty the round.

        Raises:
            PermissionError: unless the key is the one the class was started with. A class that a
                restart has forgotten belongs to the first teacher's link that comes back.
        """
        with self._lock:
            of = self._class(code)
            of.key = of.key or key
            if not secrets.compare_digest(of.key.encode(), key.encode()):
                raise PermissionError("This is not the teacher's link of this class.")
            current = self._round(code, place)
            current.shown = shown
            if reset:
                current.votes.clear()

    def _class(self, code: str) -> Class:
        if not _CODE.fullmatch(code):
            raise ValueError("A class code has 3 to 12 letters A–Z and digits, such as MAPLE.")
        found = self._classes.setdefault(code, Class())
        self._classes.move_to_end(code)
        while len(self._classes) > CLASSES:
            self._classes.popitem(last=False)
        return found

    def _round(self, code: str, place: str) -> Round:
        rounds = self._class(code).rounds
        found = rounds.setdefault(place, Round())
        rounds.move_to_end(place)
        while len(rounds) > ROUNDS:
            rounds.popitem(last=False)
        return found
