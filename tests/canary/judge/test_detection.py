"""How long it took to find what was blocked: buckets that only grow, also over a snapshot, and only of what was found here."""

import pytest

from canary.judge.detection import BUCKETS_S, Detections
from canary.ledger.snapshot import decode_state, encode_state
from canary.records import CellMoved
from tests.canary.judge.trial import Trial, crashes, good, pardoned, rules


def test_each_bucket_counts_those_before_it():
    found = Detections()
    for took_s in (1.0, 5.0, 63.0, 63.0, 1e6, -3.0):
        found.note(took_s)
    cumulative = dict(found.cumulative())
    assert tuple(cumulative) == BUCKETS_S
    assert (cumulative[5.0], cumulative[60.0], cumulative[75.0], cumulative[3_600.0]) == (3, 3, 5, 5)
    assert (found.count, found.sum_s) == (6, 1.0 + 5.0 + 126.0 + 1e6)


def test_there_are_no_more_buckets_than_bounds_however_much_is_noted():
    found = Detections()
    for number in range(10_000):
        found.note(number * 0.7)
    assert set(found.counts) <= set(BUCKETS_S)
    assert found.count == 10_000


def test_a_block_is_counted_from_its_first_failure():
    trial = Trial(rules()).play([*good("beta"), *crashes(0, times=7)])
    assert (trial.state.detections.count, trial.state.detections.sum_s) == (1, 63.0)
    assert decode_state(encode_state(trial.state)).detections == trial.state.detections
    trial.play([pardoned(100), *crashes(200, times=7)])
    assert (trial.state.detections.count, trial.state.detections.sum_s) == (2, 126.0)


@pytest.mark.parametrize("table", [{"mode": "dry-run"}, {"a": {"mode": "dry-run"}}])
def test_what_was_not_blocked_is_not_counted(table):
    trial = Trial(rules(**table)).play([*good("beta"), *crashes(0, times=7)])
    assert trial.state.detections.count == 0


def test_what_another_server_blocked_is_not_counted_here():
    move = CellMoved(
        server="alpha",
        service="fluid",
        version="2",
        build="",
        old="suspect",
        new="blocked",
        rule="a",
        until_at_s=9e3,
        origin_seq=9,
    )
    trial = Trial(rules(), ()).play([*good("beta"), *crashes(0, times=5), (40, move)])
    assert trial.cell().state == "blocked"
    assert trial.state.detections.count == 0
