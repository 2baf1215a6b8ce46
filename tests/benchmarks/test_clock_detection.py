"""A clock is set for one timekeeper of three, and the others tell; how soon, is no matter of tests."""

import pytest

from benchmarks.clock_cluster import run_watched_cluster
from benchmarks.clock_detection import CLAIM_SIGNS, is_at_rest, read_signs, watch_for
from benchmarks.errors import BenchmarkError

RIGHT = {"verdict": "ok", "claim_holds": True, "is_probed": True, "looked_seconds": 1.0}


@pytest.mark.takes(20)
def test_a_false_claim_and_a_step_are_told():
    with run_watched_cluster(interval_s=3) as cluster:
        cluster.wait(is_at_rest, 60, "the clocks are found right")
        began_s = cluster.set_clock("+0.040")
        found = watch_for(cluster, CLAIM_SIGNS - {"seen_s"}, cluster.count_steps(), began_s)
        with pytest.raises(BenchmarkError, match=r"all is well: not in 0 s; the last word was .*'gamma'"):
            cluster.wait(lambda _: False, 0, "all is well")
    assert found.keys() >= {"doubted_s", "refuted_s", "claimed_s"}
    assert 0 < found["claimed_s"] < 0.040
    assert 0 < found["doubted_s"] < 45


@pytest.mark.parametrize(
    ("told", "has_seen", "signs"),
    [
        ({}, False, set()),
        (RIGHT, False, set()),
        (RIGHT, True, {"seen_s"}),
        ({**RIGHT, "verdict": "suspect", "claim_holds": None}, True, {"seen_s", "doubted_s"}),
        ({**RIGHT, "verdict": "wrong", "claim_holds": False}, False, {"doubted_s", "accused_s", "refuted_s"}),
    ],
)
def test_signs_are_read_from_a_report(told, has_seen, signs):
    assert read_signs(told, has_seen=has_seen) == signs


@pytest.mark.parametrize(
    ("told", "at_rest"),
    [
        ({}, False),
        (RIGHT, True),
        ({**RIGHT, "verdict": "suspect"}, False),
        ({**RIGHT, "claim_holds": None}, False),
        ({**RIGHT, "is_probed": False}, False),
        ({**RIGHT, "looked_seconds": 0.9}, False),
        ({**RIGHT, "looked_seconds": 2.0}, False),
    ],
)
def test_a_clock_is_set_when_all_are_right_and_were_looked_at_a_moment_ago(told, at_rest):
    assert is_at_rest(told) is at_rest
