"""Rounds hurry while somebody new is in doubt, and for no longer than that is of use."""

import pytest

from timekeeper.pace import HURRIED_INTERVAL_S, HURRY_S, Pace

QUIET_S = 10.0


def test_without_suspects_rounds_are_in_no_hurry():
    pace = Pace(QUIET_S)
    pace.note(frozenset(), 0.0)
    assert pace.interval_at(0.0) == QUIET_S


@pytest.mark.parametrize(
    ("after_s", "interval_s"), [(0.0, HURRIED_INTERVAL_S), (HURRY_S - 0.1, HURRIED_INTERVAL_S), (HURRY_S, QUIET_S)]
)
def test_a_new_suspect_makes_them_hurry_for_a_while(after_s, interval_s):
    pace = Pace(QUIET_S)
    pace.note({"delta"}, 100.0)
    pace.note({"delta"}, 101.0)  # it is known by now
    assert pace.interval_at(100.0 + after_s) == interval_s


def test_another_suspect_makes_them_hurry_again():
    pace = Pace(QUIET_S)
    pace.note({"delta"}, 0.0)
    pace.note({"delta", "gamma"}, 100.0)
    assert pace.interval_at(101.0) == HURRIED_INTERVAL_S


def test_when_all_are_cleared_the_hurry_is_over():
    pace = Pace(QUIET_S)
    pace.note({"delta"}, 0.0)
    pace.note(frozenset(), 2.0)
    assert pace.interval_at(2.0) == QUIET_S


def test_a_short_interval_stays():
    pace = Pace(1.0)
    pace.note({"delta"}, 0.0)
    assert pace.interval_at(0.0) == 1.0
