"""Lesson 6, the blind test: a class votes, and nobody knows the names before they are shown."""

import numpy as np
import pytest

from sr_demo.boxes import Box
from sr_demo.lessons import blind
from sr_demo.lessons import votes as votes_module
from sr_demo.lessons.votes import IDLE, ROUNDS, Tally, Votes

BOX = Box(20, 10, 96, 84)


def test_everyone_sees_the_same_order_and_places_have_their_own(photo: np.ndarray) -> None:
    found = blind.candidates(photo[:96, :96], 2)
    assert found[0].name == "original"
    assert found[0].scores.psnr is None
    np.testing.assert_array_equal(found[0].image, photo[:96, :96])
    boxes = [Box(left, 0, 96, 96) for left in range(12)]
    orders = [names(blind.shuffled(found, "cat", box, 2)) for box in boxes]
    assert orders[0] == names(blind.shuffled(found, "cat", boxes[0], 2))
    for order in orders:
        assert "".join(order) == blind.LETTERS[: len(found)]
        assert sorted(order.values()) == sorted(candidate.name for candidate in found)
    assert len({list(order.values()).index("original") for order in orders}) > 2


def names(candidates: dict[str, blind.Candidate]) -> dict[str, str]:
    return {letter: candidate.name for letter, candidate in candidates.items()}


def votes_of(*cast: tuple[str, str]) -> tuple[Votes[str], str, str]:
    """A class that is "here" and has voted so; its code and its teacher's key."""
    votes: Votes[str] = Votes()
    code, key = votes.start("here")
    for voter, letter in cast:
        votes.vote(code, "here", voter, letter)
    return votes, code, key


def revealed(votes: Votes[str], code: str, key: str, place: str = "here") -> dict[str, int]:
    """The counts at a place, to which the class goes for it."""
    votes.lead(code, key, place, shown=True)
    return votes.tally(code).counts


def test_a_voter_has_one_vote_and_may_change_it_until_the_names_are_shown() -> None:
    votes, code, key = votes_of(("ann", "A"), ("bob", "A"), ("ann", "C"))
    assert votes.tally(code, "ann").mine == "C"
    assert revealed(votes, code, key) == {"A": 1, "C": 1}
    votes.vote(code, "here", "bob", "C")
    votes.vote(code, "here", "eve", "C")
    assert votes.tally(code).counts == {"A": 1, "C": 1}
    votes.lead(code, key, "here", shown=False, reset=True)
    assert votes.tally(code, "ann") == Tally("here", 0, {}, False, None)


def test_nothing_but_how_many_is_known_before_the_names_are() -> None:
    votes, code, key = votes_of(("ann", "A"), ("bob", "B"))
    assert votes.tally(code, "bob") == Tally("here", 2, {}, False, "B")
    votes.lead(code, key, "here", shown=True)
    assert votes.tally(code, "bob") == Tally("here", 2, {"A": 1, "B": 1}, True, "B")
    votes.lead(code, key, "here")  # where nothing is decided, all stays
    assert votes.tally(code).shown


def test_the_class_is_where_its_teacher_is_and_votes_for_that_alone() -> None:
    votes, code, key = votes_of(("ann", "A"))
    votes.lead(code, key, "there")
    assert votes.tally(code, "ann") == Tally("there", 0, {}, False, None)
    votes.vote(code, "here", "bob", "A")  # too late
    votes.vote(code, "there", "bob", "B")
    assert revealed(votes, code, key, "there") == {"B": 1}
    assert revealed(votes, code, key, "here") == {"A": 1}  # and back again


def test_only_the_teachers_link_leads_and_it_outlives_a_restart() -> None:
    _, code, key = votes_of()
    restarted: Votes[str] = Votes()
    with pytest.raises(ValueError, match="ask your teacher"):
        restarted.vote(code, "here", "ann", "A")
    with pytest.raises(PermissionError, match="teacher"):
        restarted.lead(code, "guess", "here", shown=True)
    restarted.lead(code, key, "here")
    restarted.vote(code, "here", "ann", "A")
    assert revealed(restarted, code, key) == {"A": 1}


def test_a_code_that_no_teacher_leads_is_refused() -> None:
    votes, code, _ = votes_of()
    other = "BOGUS1"
    for ask in (lambda: votes.tally(other), lambda: votes.vote(other, "here", "ann", "A")):
        with pytest.raises(ValueError, match="No class votes under BOGUS1"):
            ask()
    assert votes.tally(code).total == 0


def test_asking_leaves_no_trace() -> None:
    votes, code, _ = votes_of(("ann", "A"))
    for number in range(2 * ROUNDS):
        votes.tally(code, str(number))
    assert votes.tally(code).total == 1


def test_of_too_many_rounds_those_that_few_voted_in_go() -> None:
    votes, code, key = votes_of(("ann", "A"), ("bob", "A"))
    for number in range(2 * ROUNDS):
        votes.lead(code, key, f"place {number}")
        votes.vote(code, f"place {number}", "eve", "C")
    assert revealed(votes, code, key) == {"A": 2}


def test_a_class_at_work_makes_room_for_nobody_and_an_idle_one_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 0.0
    monkeypatch.setattr(votes_module, "CLASSES", 2)
    votes: Votes[str] = Votes(clock=lambda: now)
    kept, gone = [votes.start("here")[0] for _ in range(2)]
    with pytest.raises(ValueError, match="Too many classes"):
        votes.start("here")
    now = IDLE - 1
    votes.vote(kept, "here", "bob", "A")
    now = IDLE + 1
    votes.start("here")  # in place of the second
    assert votes.tally(kept).total == 1
    with pytest.raises(ValueError, match="No class"):
        votes.tally(gone)
    with pytest.raises(ValueError, match="Too many classes"):
        votes.start("here")


def test_all_votes_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(votes_module, "VOTES", 10)
    votes: Votes[str] = Votes()
    codes = [votes.start("here")[0] for _ in range(10)]
    for number in range(30):
        votes.vote(codes[number // 3], "here", str(number), "A")
    assert sum(votes.tally(code).total for code in codes) == 10
