"""Conversations until they are over: whole, cut, lost, too many, and in any order."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.shadow import conversations
from canary.shadow.conversations import (
    BOUND,
    CONVERSATIONS,
    GAP,
    GRACE_S,
    SETTLED,
    SILENT_S,
    STEPS,
    UNENDED,
    Conversations,
    Room,
)
from tests.canary.shadow.talk import asked, ended, said


def over(found, now_s=1_000.0):
    return [whole.id for whole in found.take_over(now_s)]


def heard(*steps, now_s=0.0):
    found = Conversations(Room())
    found.hear(steps, now_s)
    return found


WHOLE = (asked(), said("primary"), said("shadow"), ended())


def test_a_whole_one_is_taken_once_with_all_that_was_said():
    found = heard(*WHOLE)
    (whole,) = found.take_over(GRACE_S)
    assert (whole.id, len(whole.asked), len(whole.primary), len(whole.shadow)) == ("c", 1, 1, 1)
    assert over(found) == []
    assert not found.incomplete


def test_nothing_is_taken_before_its_time():
    found = heard(*WHOLE)
    assert found.next_deadline_s == GRACE_S
    assert over(found, GRACE_S - 0.1) == []
    assert over(heard(*WHOLE[:-1]), GRACE_S) == []
    assert heard(*WHOLE[:-1]).next_deadline_s is None


def test_what_comes_within_the_grace_belongs_to_it_and_what_comes_later_is_late():
    found = heard(*WHOLE)
    found.hear([said("shadow")], GRACE_S - 0.1)
    (whole,) = found.take_over(GRACE_S)
    assert len(whole.shadow) == 2
    found.hear([said("shadow"), said("primary"), asked()], GRACE_S)
    assert (found.late, len(found)) == (1, 0)


@pytest.mark.parametrize(
    ("steps", "reason"),
    [
        ([*WHOLE[:-1], ended(cut="queue")], "queue"),
        ([ended(cut="queue"), *WHOLE], "queue"),
        ([*WHOLE, ended(cut="queue")], "queue"),
        ([asked(number=1), *WHOLE[1:]], GAP),
        ([asked(), asked(number=2), *WHOLE[1:]], GAP),
        (WHOLE[1:], GAP),
        ([asked(number=-1), *WHOLE[1:]], GAP),
        ([asked(), *[said("primary")] * STEPS, ended()], BOUND),
        ([asked(), *[said("primary", a="x" * 60_000)] * 18, ended()], BOUND),
    ],
    ids=["cut", "cut first", "cut last", "no first", "a gap", "nothing asked", "no number", "too long", "too large"],
)
def test_what_is_not_whole_is_counted_and_never_taken(steps, reason):
    found = heard(*steps)
    assert over(found) == []
    assert found.incomplete == {reason: 1}
    assert (len(found), found._room.bytes) == (0, 0)


@given(
    order=st.permutations([*WHOLE, ended(cut="queue"), asked(number=1), said("shadow"), ended()]),
    seconds=st.lists(st.floats(0, 0.1), min_size=8, max_size=8),
)
def test_one_that_was_cut_is_never_taken_in_whatever_order_it_is_told(order, seconds):
    found, now_s = Conversations(Room()), 0.0
    for step, second in zip(order, seconds, strict=True):
        now_s += second
        assert over(found, now_s) == []
        found.hear([step], now_s)
    assert over(found) == []
    assert found.incomplete == {"queue": 1}


def test_more_than_there_is_room_for_are_not_begun():
    found = heard(*(asked(f"c{number}") for number in range(CONVERSATIONS + 1)))
    last = f"c{CONVERSATIONS}"
    found.hear([said("primary", last), ended(last), ended("c0")], 1.0)
    assert (over(found, 10.0), found.incomplete) == (["c0"], {BOUND: 1})


def test_more_bytes_than_there_is_room_for_are_not_kept(monkeypatch):
    monkeypatch.setattr(conversations, "BYTES", 3_000)
    found = heard(asked("a", x="x" * 1_000), asked("b", x="x" * 1_000), asked("c", x="x" * 1_000))
    found.hear([ended("a"), ended("b"), ended("c")], 1.0)
    assert (over(found), found.incomplete) == (["a", "b"], {BOUND: 1})


def test_one_whose_end_is_never_told_is_forgotten():
    found = heard(asked("a"))
    found.hear([asked("b"), ended("b")], 1.0)
    assert over(found, SILENT_S) == ["b"]
    assert found.incomplete == {UNENDED: 1}


def test_one_that_waits_for_its_turn_is_not_forgotten():
    found = heard(*WHOLE)
    assert over(found, SILENT_S + 1) == ["c"]


def test_of_many_the_newest_are_remembered():
    found = heard(*(ended(f"c{number}", cut="queue") for number in range(SETTLED + 1)))
    assert len(found._settled) == SETTLED
    assert "c0" not in found._settled


def test_so_many_reasons_are_told_apart():
    found = heard(*(ended(f"c{number}", cut=f"reason {number}") for number in range(100)))
    assert len(found.incomplete) == conversations.REASONS + 1
    assert found.incomplete.total() == 100
