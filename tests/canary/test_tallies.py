"""What is counted for Prometheus: runs, failures by kind, verdicts found and acted upon; never without bound."""

from canary.records import CellMoved, Led, RunEnded, RunPassed, ServerJudged, VersionJudged
from canary.tallies import KEYS, OTHER, RunRow, Tallies, VerdictRow

RUN = {"server": "alpha", "run_id": "r1", "service": "billing", "version": "2.0"}
CELL = {"server": "alpha", "service": "billing", "version": "2.0", "build": ""}


def test_runs_and_failures():
    tallies = Tallies()
    tallies.observe(RunPassed(**RUN, lasted_s=60.0))
    tallies.observe(RunEnded(**RUN, outcome="failure", cause="CRASH"))
    tallies.observe(RunEnded(**RUN, outcome="failure", cause="GONE"))
    tallies.observe(RunEnded(**RUN, outcome="censored", cause="REBOOT"))
    tallies.observe(Led(leader="alpha", term=1))
    row = RunRow("alpha", "billing", "2.0", "")
    counted = {what: tallies.runs[row._replace(what=what)] for what in ("success", "failure", "censored", "clean")}
    assert counted == {"success": 1, "failure": 2, "censored": 1, "clean": 0}
    assert tallies.failures == {row._replace(what="CRASH"): 1, row._replace(what="GONE"): 1}


def test_verdicts_found_and_acted_upon():
    tallies = Tallies()
    tallies.observe(CellMoved(**CELL, old="observing", new="blocked", rule="a"))
    tallies.observe(
        CellMoved(**CELL, old="observing", new="blocked", rule="a", mode="detected", suppressed_by="frozen")
    )
    tallies.observe(CellMoved(**CELL, old="unknown", new="observing", rule="run"))
    tallies.observe(VersionJudged(service="billing", version="2.0", build="", state="held", rule="c", mode="detected"))
    tallies.observe(ServerJudged(server="alpha", state="sick"))
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
        tallies.observe(RunPassed(**{**RUN, "version": str(number)}, lasted_s=60.0))
    assert len(tallies.runs) == KEYS + 1
    assert tallies.runs[RunRow("alpha", OTHER, OTHER, "success")] == 5
