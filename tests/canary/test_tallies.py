"""What is counted for Prometheus: runs, failures by kind, verdicts found and acted upon; never without bound."""

from canary.judge.state import State
from canary.records import CellMoved, Led, RunEnded, RunPassed, ServerJudged, VersionJudged
from canary.tallies import KEYS, OTHER, RunRow, Tallies, VerdictRow

RUN = {"server": "alpha", "run_id": "r1", "service": "billing", "version": "2.0"}
CELL = {"server": "alpha", "service": "billing", "version": "2.0", "build": ""}


def tell(tallies, record, *, is_heard=True):
    """A record, which was put into the state."""
    state = State()
    if is_heard and isinstance(record, RunPassed | RunEnded):
        state.ended[record.run] = True
    tallies.observe(record, state)


def test_runs_and_failures():
    tallies = Tallies()
    tell(tallies, RunPassed(**RUN, lasted_s=60.0))
    tell(tallies, RunEnded(**RUN, outcome="failure", cause="CRASH"))
    tell(tallies, RunEnded(**RUN, outcome="failure", cause="GONE"))
    tell(tallies, RunEnded(**RUN, outcome="censored", cause="REBOOT"))
    tell(tallies, Led(leader="alpha", term=1))
    row = RunRow("alpha", "billing", "2.0", "")
    counted = {what: tallies.runs[row._replace(what=what)] for what in ("success", "failure", "censored", "clean")}
    assert counted == {"success": 1, "failure": 2, "censored": 1, "clean": 0}
    assert tallies.failures == {row._replace(what="CRASH"): 1, row._replace(what="GONE"): 1}


def test_verdicts_found_and_acted_upon():
    tallies = Tallies()
    tell(tallies, CellMoved(**CELL, old="observing", new="blocked", rule="a"))
    tell(tallies, CellMoved(**CELL, old="observing", new="blocked", rule="a", mode="detected", suppressed_by="frozen"))
    tell(tallies, CellMoved(**CELL, old="unknown", new="observing", rule="run"))
    tell(tallies, VersionJudged(service="billing", version="2.0", build="", state="held", rule="c", mode="detected"))
    tell(tallies, ServerJudged(server="alpha", state="sick"))
    assert tallies.verdicts == {
        VerdictRow("a", "blocked", "detected"): 2,
        VerdictRow("a", "blocked", "enforced"): 1,
        VerdictRow("c", "held", "detected"): 1,
        VerdictRow("d", "sick", "detected"): 1,
        VerdictRow("d", "sick", "enforced"): 1,
    }
    assert tallies.suppressed == {"frozen": 1}


def test_versions_without_end_make_no_rows_without_end():
    tallies = Tallies()
    for number in range(KEYS + 5):
        tell(tallies, RunPassed(**{**RUN, "version": str(number)}, lasted_s=60.0))
    assert len(tallies.runs) == KEYS + 1
    assert tallies.runs[RunRow("alpha", OTHER, OTHER, "success")] == 5


def test_runs_of_strangers_are_not_counted():
    tallies = Tallies()
    tell(tallies, RunPassed(**RUN, lasted_s=60.0), is_heard=False)
    tell(tallies, RunEnded(**RUN, outcome="failure", cause="CRASH"), is_heard=False)
    assert (tallies.runs, tallies.failures) == ({}, {})
