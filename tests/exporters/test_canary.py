"""CANARY_CURRENT_REPORT as metrics."""

import json

import pytest

from exporters.canary import CANARY
from exporters.metric import MalformedReportError

ENDED = {"server": "alpha", "service": "printer", "version": "1.2", "reason": "lost", "count": 2}
RUNNING = {"service": "printer", "version": "1.2", "build": "a", "started": 3, "running": 1, "last": {}}
REPORT = {
    "server": "alpha",
    "versions": [RUNNING],
    "runs_ended_total": [ENDED],
    "offset": 0,
    "total": 1,
    "runs_kept": 3,
    "runs_forgotten_total": 4,
    "unmatched_ends_total": 5,
}


def samples(report):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in CANARY.families(json.dumps(report))
        for sample in family.samples
    }


def test_a_whole_report_is_exported():
    assert samples(REPORT) == {
        ("canary_runs_ended_total", "alpha", "printer", "1.2", "lost"): 2,
        ("canary_runs_running", "alpha", "printer", "1.2"): 1,
        ("canary_runs_forgotten_total",): 4,
        ("canary_unmatched_ends_total",): 5,
    }


@pytest.mark.parametrize(
    ("report", "found"),
    [
        ({}, {}),
        ({"runs_ended_total": []}, {}),
        ({"runs_ended_total": [ENDED, ENDED]}, {("canary_runs_ended_total", "alpha", "printer", "1.2", "lost"): 4}),
        (
            {"server": "alpha", "versions": [RUNNING, RUNNING | {"build": "b", "running": 2}]},
            {("canary_runs_running", "alpha", "printer", "1.2"): 3},
        ),
    ],
    ids=["nothing", "no-runs", "told-twice", "two-builds"],
)
def test_versions_are_summed(report, found):
    assert samples(report) == found


@pytest.mark.parametrize(
    "report", [{"runs_ended_total": [{"server": "alpha"}]}, {"runs_ended_total": 3}, {"versions": {}}]
)
def test_a_report_of_another_shape_is_refused(report):
    with pytest.raises(MalformedReportError):
        CANARY.families(json.dumps(report))
