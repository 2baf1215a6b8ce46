"""Failures of a new version beside what the old one did on the same servers."""

import pytest

from canary.deployment.pace import Pace, pace_of
from canary.judge.compared import ComparedServer

HOUR_S = 3_600.0


def server(name, failures, hours, *, is_new=False, weight=1.0, past=(0, 0.0)):
    return ComparedServer(name, is_new, failures, hours * HOUR_S, weight, past[0], past[1] * HOUR_S)


def test_without_a_past_nothing_is_said():
    assert pace_of([server("a", 5, 1, is_new=True)], 1.25) == Pace()
    assert pace_of([server("b", 5, 1)], 1.25) == Pace()


@pytest.mark.parametrize(
    ("old", "new", "low", "high"),
    [
        ([server("b", 0, 0, past=(100, 100.0))], server("a", 1, 1, is_new=True), -1, 0.5),
        ([server("b", 0, 0, past=(100, 100.0))], server("a", 30, 4, is_new=True), 5, 20),
        ([server("b", 0, 0, past=(0, 1_000.0))], server("a", 1, 0.3, is_new=True), 0, 2),
        ([server("b", 0, 0, past=(0, 1_000.0))], server("a", 3, 0.3, is_new=True), 3, 6),
        ([server("b", 0, 0, past=(2, 2.0))], server("a", 6, 1, is_new=True), -1, 3),
    ],
    ids=["as ever", "many", "one where there was none", "three where there was none", "little is known"],
)
def test_evidence_grows_with_failures_beyond_the_upper_limit_of_the_old_rate(old, new, low, high):
    found = pace_of([*old, new], 1.25)
    assert low < found.log10_e < high, found


def test_a_server_that_always_failed_more_may_go_on_so():
    old = [server("b", 0, 0, past=(100, 100.0))]
    usual, busy = (server("a", 12, 2, is_new=True, weight=weight) for weight in (1.0, 4.0))
    assert pace_of([*old, busy], 1.25).log10_e < 0.5
    assert pace_of([*old, usual], 1.25).log10_e > 1
