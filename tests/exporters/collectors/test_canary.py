"""CANARY_CURRENT_REPORT as metrics."""

import json

import pytest

from communicator.errors import MalformedAnswerError
from exporters.collectors.canary import CANARY_ANSWER, STATES, canary_target

CELL = {"server": "alpha", "service": "printer", "version": "1.2", "build": "a", "state": "good", "running": 1}
ELSEWHERE = {**CELL, "server": "beta", "state": "blocked", "running": 0}
COUNT = {"server": "alpha", "service": "printer", "version": "1.2", "build": "a", "what": "success", "count": 2}
REPORT = {
    "server": "alpha",
    "canary": {
        "leader": "alpha",
        "generation": [3, 7],
        "denied": 1,
        "policy_age_seconds": 2.5,
        "ledger_entries": 40,
        "ledger_errors_total": 1,
        "facts_lost_total": 0,
    },
    "cells": [CELL, ELSEWHERE],
    "releases": [{"service": "printer", "version": "1.2", "build": "a", "state": "held", "log10_evidence": 3.1}],
    "servers": [{"server": "beta", "state": "sick"}],
    "freezes": [{"scope": "*", "reason": "too much at once"}],
    "overrides": [{"action": "block"}],
    "runs_total": [COUNT, {**COUNT, "server": "beta", "what": "failure"}],
    "failures_total": [{**COUNT, "server": "beta", "what": "CRASH"}],
    "verdicts_total": [{"rule": "a", "verdict": "blocked", "mode": "detected", "count": 4}],
    "suppressed_total": {"last_instance": 3},
}


def samples(report, *, cluster=False):
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in canary_target(cluster=cluster).translate(CANARY_ANSWER.read(json.dumps(report))).families
        for sample in family.samples
    }


def test_a_whole_report_is_exported():
    found = samples(REPORT)
    states = {key: value for key, value in found.items() if key[0] == "canary_state"}
    assert states == {
        ("canary_state", "alpha", "printer", "1.2", "a", state): float(state == "good") for state in STATES
    }
    assert {key: value for key, value in found.items() if key not in states} == {
        ("canary_runs_total", "alpha", "printer", "1.2", "a", "success"): 2,
        ("canary_runs_running", "alpha", "printer", "1.2", "a"): 1,
        ("canary_blocked", "printer", "1.2", "a"): 0,
        ("canary_held", "printer", "1.2", "a"): 1,
        ("canary_log10_evidence", "printer", "1.2", "a"): 3.1,
        ("canary_verdicts_total", "a", "blocked", "detected"): 4,
        ("canary_block_overflow_total", "last_instance"): 3,
        ("canary_servers_sick",): 1,
        ("canary_frozen", "*"): 1,
        ("canary_overrides",): 1,
        ("canary_is_leader",): 1,
        ("canary_denylist_generation", "term"): 3,
        ("canary_denylist_generation", "number"): 7,
        ("canary_denylist_entries",): 1,
        ("canary_denylist_age_seconds",): 2.5,
        ("canary_ledger_entries",): 40,
        ("canary_db_errors_total",): 1,
        ("canary_events_lost_total",): 0,
        ("canary_versions_untold",): 0,
    }


def test_other_servers_are_shown_where_the_page_is_of_the_cluster():
    found = samples(REPORT, cluster=True)
    assert found["canary_state", "beta", "printer", "1.2", "a", "blocked"] == 1
    assert found["canary_runs_total", "beta", "printer", "1.2", "a", "failure"] == 2
    assert found["canary_failures_total", "beta", "printer", "1.2", "a", "CRASH"] == 2
    assert found["canary_blocked", "printer", "1.2", "a"] == 1


def test_builds_of_one_version_are_told_apart():
    found = samples({"server": "alpha", "cells": [CELL, {**CELL, "build": "b", "state": "blocked", "running": 2}]})
    running = {key[-1]: value for key, value in found.items() if key[0] == "canary_runs_running"}
    assert running == {"a": 1, "b": 2}
    blocked = {key[-1]: value for key, value in found.items() if key[0] == "canary_blocked"}
    assert blocked == {"a": 0, "b": 1}


def test_what_the_cluster_says_is_told_of_each_build():
    builds = [
        {"service": "printer", "version": "1.2", "build": build, "state": state, "log10_evidence": evidence}
        for build, state, evidence in (("a", "held", 3.0), ("b", "ok", 1.0), ("c", "ok", None))
    ]
    found = samples({"releases": builds})
    assert [found["canary_held", "printer", "1.2", build] for build in "abc"] == [1, 0, 0]
    assert [found.get(("canary_log10_evidence", "printer", "1.2", build)) for build in "abc"] == [3, 1, None]


def test_what_the_pages_leave_out_is_counted():
    assert samples({"cells": [CELL], "total": 5000})[("canary_versions_untold",)] == 4999


def test_a_report_that_says_nothing_makes_no_versions():
    assert samples({}) == {
        ("canary_servers_sick",): 0,
        ("canary_overrides",): 0,
        ("canary_versions_untold",): 0,
    }


@pytest.mark.parametrize(
    "report", [{"runs_total": [{"server": "alpha"}]}, {"runs_total": 3}, {"cells": {}}, {"canary": {"generation": [1]}}]
)
def test_a_report_of_another_shape_is_refused(report):
    with pytest.raises(MalformedAnswerError):
        CANARY_ANSWER.read(json.dumps(report))


def test_what_a_rule_sees_is_exported_whether_or_not_it_acts():
    seen = {"level": "held", "held_back_by": "dry_run", "suspect_log10": 2, "held_log10": 3}
    release = {
        "service": "printer",
        "version": "1.2",
        "build": "a",
        "log10_evidence": 3.4,
        "would": "held",
        "held_back_by": "dry_run",
        "comparison": {**seen, "failures_new": 9, "failures_old": 2},
    }
    found = samples({**REPORT, "releases": [release]})
    version = ("printer", "1.2", "a")
    assert found["canary_log10_evidence", *version] == 3.4
    assert found["canary_log10_evidence_limit", *version, "suspect"] == 2
    assert found["canary_log10_evidence_limit", *version, "held"] == 3
    assert found["canary_compared_failures", *version, "new"] == 9
    assert found["canary_compared_failures", *version, "old"] == 2
    assert found["canary_would_hold", *version, "dry_run"] == 1
