from dataclasses import replace

import pytest

from benchmarks.canary_decisions import AGENT_HEARS, LEADER_HEARS, LOOKS, Decisions, DecisionTimes
from benchmarks.canary_detection import Accused, Block, Found
from benchmarks.canary_ledger import LedgerFigures
from benchmarks.canary_report import canary_tables
from benchmarks.canary_results import CanaryResults, judge_canary
from benchmarks.clock_spread import Spread
from benchmarks.results import Results, judge

LEDGER = LedgerFigures(
    entries=1_000_000,
    size_bytes=300 * 1024 * 1024,
    synced_per_s=500.0,
    single_per_s=400.0,
    grouped_per_s=12_345.0,
    verified_s=5.0,
    folded_s=8.0,
    read_cpu_s=12.0,
    explain_s=0.035,
    explained=1_000,
)


def times(what, p50_s=20e-6, p99_s=70e-6):
    return DecisionTimes(what, 20_000, Spread(p50_s, p99_s, 300e-6), 150e-6)


def figures(**changed):
    agent_p50_s, agent_p99_s = changed.get("agent_s", (20e-6, 70e-6))
    leader_p50_s, leader_p99_s = changed.get("leader_s", (40e-6, 80e-6))
    return CanaryResults(
        decisions=Decisions(
            facts=20_000,
            cells=1_868,
            decided=6_130,
            blocked=16,
            times=[
                times(AGENT_HEARS, agent_p50_s, agent_p99_s),
                times(LEADER_HEARS, leader_p50_s, leader_p99_s),
                times(LOOKS, 1.0, 1.0),
            ],
        ),
        ledger=replace(LEDGER, **changed.get("ledger", {})),
        blocks=[
            Block("dies at once", 200, changed.get("at_once_s", 67.0), 73.0, 75.0),
            Block("dies after 20 s", 200, changed.get("late_s", 115.0), 119.0, 116.0),
        ],
        accused=[
            Accused("a storm", "blocked", changed.get("blocked", 1), 500, 1e-4, 1),
            Accused("chance", "blocked", 0, 2_000, 1e-6, 0),
            Accused("alike", "held", changed.get("held", 0), 100, 1e-3, 1),
        ],
        found=[
            Found("5 times, 2 of 4 servers", changed.get("found", 97), 100, 60, 24.0, 88),
            Found("2 times, 2 of 4", 0, 100, 60, None, 0),
        ],
    )


BARS = {
    "canary, a fact, agent of its server, p50": ("<= 100 us", "20.0 us"),
    "canary, a fact, agent of its server, p99": ("<= 100 us", "70.0 us"),
    "canary, a fact, leader, p50": ("<= 100 us", "40.0 us"),
    "canary, a fact, leader, p99": ("<= 100 us", "80.0 us"),
    "durable appends, one at a time": ("reported", "400/s (0.80 x a synced line)"),
    "durable appends, 100 at once": ("reported", "12,345/s"),
    "ledger of 1,000,000 entries: read, checked, folded": ("<= 30.00 s", "13.00 s (CPU 12.00 s)"),
    "ledger of 1,000,000 entries: explain one version": ("<= 0.20 s", "0.04 s (1,000 entries)"),
    "a version that dies at once is blocked, median of 200": ("<= 80 s", "67 s"),
    "a version that dies after 20 s is blocked, median of 200": ("<= 116 s", "115 s"),
    "worlds, of 2, with more good versions blocked than promised": ("0", "0 (1 of 2,500 lives)"),
    "worlds, of 1, with more good versions held than promised": ("0", "0 (0 of 100 lives)"),
    "fails 5 times, 2 of 4 servers: suspect within 60 failures": (">= 88 of 100", "97"),
}


def test_each_figure_is_held_against_its_bar():
    bars = judge_canary(figures())
    assert {bar.what: (bar.asked, bar.found) for bar in bars} == BARS
    assert all(bar.met for bar in bars)
    assert judge(Results(canary=figures())) == bars


def test_each_figure_has_its_row_and_what_was_not_taken_has_none():
    assert [table.row_count for table in canary_tables(figures())] == [3, 7, 2, 2, 3]
    assert judge_canary(CanaryResults()) == []
    assert [table.row_count for table in canary_tables(CanaryResults())] == [0] * 5


@pytest.mark.parametrize(
    ("changed", "what", "found"),
    [
        ({"agent_s": (101e-6, 1e-4)}, "canary, a fact, agent of its server, p50", "101.0 us"),
        ({"agent_s": (20e-6, 101e-6)}, "canary, a fact, agent of its server, p99", "101.0 us"),
        ({"leader_s": (20e-6, 101e-6)}, "canary, a fact, leader, p99", "101.0 us"),
        ({"ledger": {"folded_s": 25.1}}, "ledger of 1,000,000 entries: read, checked, folded", "30.10 s (CPU 12.00 s)"),
        ({"ledger": {"explain_s": 0.21}}, "ledger of 1,000,000 entries: explain one version", "0.21 s (1,000 entries)"),
        ({"at_once_s": 80.6}, "a version that dies at once is blocked, median of 200", "81 s"),
        ({"late_s": 117.0}, "a version that dies after 20 s is blocked, median of 200", "117 s"),
        ({"blocked": 2}, "worlds, of 2, with more good versions blocked than promised", "1 (2 of 2,500 lives)"),
        ({"held": 2}, "worlds, of 1, with more good versions held than promised", "1 (2 of 100 lives)"),
        ({"found": 87}, "fails 5 times, 2 of 4 servers: suspect within 60 failures", "87"),
    ],
)
def test_a_bar_can_be_missed(changed, what, found):
    assert [(bar.what, bar.found) for bar in judge_canary(figures(**changed)) if not bar.met] == [(what, found)]


def test_nothing_is_asked_of_a_smaller_ledger():
    bars = judge_canary(figures(ledger={"entries": 100_000, "folded_s": 40.0, "explain_s": 1.0}))
    assert all(bar.met for bar in bars)
    assert {bar.what: bar.asked for bar in bars}["ledger of 100,000 entries: explain one version"] == "reported"
