"""What the log tells: verdicts and who leads, in their own words; runs are no news."""

import pytest
from structlog.testing import CapturingLogger

from canary.records import CellMoved, Frozen, Led, RunBegan, ServerJudged, VersionJudged
from canary.verdict_log import note

CELL = {"server": "alpha", "service": "billing", "version": "2.0", "build": "b1"}


def told(record):
    log = CapturingLogger()
    note(log, record)
    return [(call.method_name, *call.args) for call in log.calls], [call.kwargs for call in log.calls]


@pytest.mark.parametrize(
    ("record", "level", "event"),
    [
        (CellMoved(**CELL, old="suspect", new="blocked", rule="a"), "warning", "version_moved"),
        (CellMoved(**CELL, old="proving", new="good", rule="time"), "info", "version_moved"),
        (VersionJudged(service="billing", version="2.0", build="b1", state="held", rule="d"), "info", "version_judged"),
        (ServerJudged(server="alpha", state="sick"), "info", "server_judged"),
        (Frozen(is_on=True, reason="too much"), "info", "frozen"),
        (Led(leader="alpha", term=2), "info", "leader_changed"),
    ],
)
def test_a_verdict_is_told(record, level, event):
    assert told(record)[0] == [(level, event)]


@pytest.mark.parametrize(
    "record",
    [
        RunBegan(server="alpha", run_id="r1", service="ping"),
        CellMoved(**CELL, old="unknown", new="observing", rule="run"),
    ],
)
def test_runs_are_no_news(record):
    assert told(record) == ([], [])


def test_a_move_says_where_and_why():
    _, (fields,) = told(
        CellMoved(**CELL, old="suspect", new="blocked", rule="a", mode="detected", reason="never worked")
    )
    assert fields == {
        "version": "alpha/billing/2.0",
        "build": "b1",
        "move": "suspect -> blocked",
        "rule": "a",
        "mode": "detected",
        "reason": "never worked",
    }
