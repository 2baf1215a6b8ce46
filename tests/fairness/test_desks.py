"""A desk for each standing, and a fair line before each."""

import pytest

from communicator.fairness.desks import Desks, Turn
from communicator.fairness.sources import Standing

FAILED, KNOWN, NEW = Standing.FAILED, Standing.KNOWN, Standing.NEW


def enter(desks, *who):
    return [desks.enter(waiting, address, standing) for waiting, address, standing in who]


def test_each_standing_has_its_turn_at_once():
    desks = Desks(1, 1)
    turns = enter(desks, ("a", "10.0.0.1", FAILED), ("b", "10.0.0.1", NEW), ("c", "10.0.0.1", KNOWN))
    assert turns == [Turn.NOW] * 3
    assert desks.current == {FAILED: "a", NEW: "b", KNOWN: "c"}
    assert [desks.end(standing) for standing in (FAILED, NEW, KNOWN)] == [None] * 3
    assert desks.current == {}


def test_at_one_desk_one_goes_after_the_other_and_each_address_in_turn():
    desks = Desks(9, 9)
    enter(desks, *((f"{host}{number}", f"10.0.0.{host}", NEW) for host in (1, 2) for number in range(3)))
    assert [desks.end(NEW) for _ in range(6)] == ["11", "20", "12", "21", "22", None]


@pytest.mark.parametrize(("most", "share", "turns"), [(2, 9, 3), (9, 2, 3), (0, 1, 1)])
def test_beyond_a_number_in_all_and_of_an_address_nobody_waits(most, share, turns):
    desks = Desks(most, share)
    told = enter(desks, *((number, "10.0.0.1", NEW) for number in range(6)))
    assert told == [Turn.NOW, *[Turn.LATER] * (turns - 1), *[Turn.NEVER] * (6 - turns)]


def test_who_leaves_has_no_turn():
    desks = Desks(9, 9)
    enter(desks, ("a", "10.0.0.1", NEW), ("b", "10.0.0.2", NEW), ("c", "10.0.0.3", NEW))
    assert desks.of("10.0.0.2") == ["b"]
    for _ in range(2):
        desks.leave("b")
    assert (desks.of("10.0.0.2"), desks.end(NEW)) == ([], "c")
