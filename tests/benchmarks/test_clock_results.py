import pytest

from benchmarks.clock_accusations import Accusations
from benchmarks.clock_detection import Detection
from benchmarks.clock_many import Load
from benchmarks.clock_report import clock_tables
from benchmarks.clock_results import IN_USE, IN_USE_READ, ClockResults, SolveTime, judge_clock
from benchmarks.clock_spread import Accuracy, Spread
from benchmarks.results import Results, judge


def accuracy(what=IN_USE, p99_s=5e-6, violations=0):
    return Accuracy(what, 1_000, Spread(2e-6, p99_s, 3e-3), Spread(2e-5, 4e-5, 4e-3), violations)


def clocks(**changed):
    given = {"p99_s": 5e-6, "violations": 0, "wrong": 0, "false_claims": 0, "judged": 48} | changed
    seen_s, doubted_s, refuted_s = (changed.get(sign, 9.0) for sign in ("seen_s", "doubted_s", "refuted_s"))
    return ClockResults(
        quiet=[accuracy(p99_s=given["p99_s"]), accuracy(IN_USE_READ, 9e-5, given["violations"])],
        refused=2,
        busy_processes=4,
        busy=[accuracy()],
        accusations=[Accusations(6, given["judged"], given["wrong"], 1, given["false_claims"], 1e-4)],
        beside=[accuracy("somebody")],
        detections=[
            Detection(0.010, seen_s, doubted_s, 17.0, 11.0, 6e-5),
            Detection(0.040, None, 11.0, None, refuted_s, None),
        ],
        loads=[Load(1_000, solves=False, share=changed.get("agent", 0.005)), Load(1_000, solves=True, share=0.05)],
        solves=[SolveTime(30, 420, 0.0124, 0.0002), SolveTime(1_000, 10_000, changed.get("large_s", 0.5), 0.01)],
    )


BARS = {
    "error of a clock, loopback, p99": ("<= 20.0 us", "5.0 us"),
    "bounds violated, of 2,000": ("0", "0"),
    "bounds violated, of 1,000, busy": ("0", "0"),
    "right clocks accused, 4 busy processes, of 48": ("0", "0 (1 in doubt)"),
    "clock set by 10 ms, until seen": ("<= 15 s", "9.0 s"),
    "clock set by 10 ms, until suspect or wrong": ("<= 15 s", "9.0 s"),
    "clock set by 40 ms, until its claim is false": ("reported", "9.0 s"),
    "solve, 30 hosts, 420 pairs": ("reported", "0.01 s"),
    "solve, 1,000 hosts, 10,000 pairs": ("<= 1.00 s", "0.50 s"),
    "processor of a timekeeper that repeats, 1,000 hosts at rest": ("<= 1%", "0.5%"),
    "processor of a timekeeper that solves, 1,000 hosts at rest": ("<= 10%", "5.0%"),
}


def test_each_figure_is_held_against_its_bar():
    bars = judge_clock(clocks())
    assert {bar.what: (bar.asked, bar.found) for bar in bars} == BARS
    assert all(bar.met for bar in bars)
    assert judge(Results(clock=clocks())) == bars


def test_each_figure_has_its_row_and_what_was_not_taken_has_none():
    assert [table.row_count for table in clock_tables(clocks())] == [2, 1, 1, 1, 2, 2, 2]
    assert judge_clock(ClockResults()) == []
    assert [table.row_count for table in clock_tables(ClockResults())] == [0] * 7


@pytest.mark.parametrize(
    ("changed", "what", "found"),
    [
        ({"p99_s": 21e-6}, "error of a clock, loopback, p99", "21.0 us"),
        ({"violations": 1}, "bounds violated, of 2,000", "1"),
        ({"wrong": 1}, "right clocks accused, 4 busy processes, of 48", "1 (1 in doubt)"),
        ({"false_claims": 2}, "right clocks accused, 4 busy processes, of 48", "2 (1 in doubt)"),
        ({"judged": 0}, "right clocks accused, 4 busy processes, of 0", "0 (1 in doubt)"),
        ({"seen_s": 15.1}, "clock set by 10 ms, until seen", "15.1 s"),
        ({"doubted_s": None}, "clock set by 10 ms, until suspect or wrong", "never"),
        ({"refuted_s": None}, "clock set by 40 ms, until its claim is false", "never"),
        ({"agent": 0.011}, "processor of a timekeeper that repeats, 1,000 hosts at rest", "1.1%"),
        ({"large_s": 1.1}, "solve, 1,000 hosts, 10,000 pairs", "1.10 s"),
    ],
)
def test_a_bar_can_be_missed(changed, what, found):
    assert [(bar.what, bar.found) for bar in judge_clock(clocks(**changed)) if not bar.met] == [(what, found)]
