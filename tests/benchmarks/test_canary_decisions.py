import pytest

from benchmarks.canary_decisions import AGENT_HEARS, DEADLINES, LEADER_HEARS, LOOKS, describe, measure_decisions
from benchmarks.clock_spread import Spread
from canary.records import CellMoved, OfRun


def test_each_fact_is_judged_by_its_agent_and_by_the_leader_and_decisions_follow():
    figures, records = measure_decisions(7_500, plays=1)
    counts = {times.what: times.count for times in figures.times}
    assert counts[AGENT_HEARS] == counts[LEADER_HEARS] == sum(isinstance(record, OfRun) for record in records) == 7_500
    assert counts[LOOKS] == counts[DEADLINES] > 0
    assert figures.decided == len(records) - 7_500
    assert figures.cells >= 1_000
    blocked = {
        (record.server, record.service, record.version)
        for record in records
        if isinstance(record, CellMoved) and record.new == "blocked" and record.mode == "enforced"
    }
    assert 0 < len(blocked) <= figures.blocked


def test_several_plays_decide_alike():
    figures, records = measure_decisions(300, plays=2)
    assert (figures.facts, figures.decided) == (300, len(records) - 300)


@pytest.mark.parametrize(
    ("plays_s", "least", "raw_p99_s"),
    [
        ([[1.0, 2.0]], Spread(1.0, 2.0, 2.0), 2.0),
        ([[1.0, 9.0, 3.0], [5.0, 2.0, 4.0], [6.0, 7.0, 8.0]], Spread(2.0, 3.0, 3.0), 8.0),
    ],
)
def test_of_each_moment_the_least_counts(plays_s, least, raw_p99_s):
    found = describe("some", plays_s)
    assert (found.count, found.least, found.raw_p99_s) == (len(plays_s[0]), least, raw_p99_s)
