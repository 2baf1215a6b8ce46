"""The report: what is known, row by row, in pages that fit into a line; counters once, whatever the page."""

import json

import pytest

from canary.judge.state import Cell, Freeze, LiveRun, Release, Server, State, Stranger, StrangerKey
from canary.records import ALL, Actor, CellKey, Overridden, Version
from canary.report import ANSWER_BYTES, STRANGERS, Known, answer_report, describe
from canary.tallies import RunRow, Tallies
from communicator.answers.releases import Override, Standing

STANDING = Standing(
    mode="by-rule",
    leader="alpha",
    term=2,
    generation=(2, 5),
    denied=1,
    policy_age_seconds=3.0,
    ledger_entries=77,
    ledger_errors_total=0,
    facts_lost_total=0,
    watchers={"systemd": ""},
)


def known(state, tallies=None):
    return Known(state, tallies or Tallies(), STANDING, "alpha", 1_000.0)


def with_cells(*cells, **more):
    return State(cells={cell.key: cell for cell in cells}, **more)


def cell(server="alpha", service="billing", version="2.0", build="", **fields):
    return Cell(CellKey(server, service, version, build), **fields)


def read(message):
    assert message.command == "CANARY_CURRENT_REPORT"
    return json.loads(message.get("report"))


def test_an_empty_one():
    report = read(answer_report(known(State())))
    assert (report["server"], report["cells"], report["total"]) == ("alpha", [], 0)
    assert report["canary"]["leader"] == "alpha"
    assert report["canary"]["generation"] == [2, 5]


def test_what_is_held_back_is_told_with_what_has_failed_by_now():
    doubted = cell(
        state="suspect", rule="run", reason="failed 1 time in a row", consecutive=9, suppressed_by="last_instance"
    )
    (row,) = read(answer_report(known(with_cells(doubted, releases={doubted.key.of: Release(doubted.key.of)}))))[
        "cells"
    ]
    assert row["reason"] == "failed 9 times in a row; held back by last_instance"
    assert row["held_back_by"] == "last_instance"


def test_a_blocked_version_tells_why_and_until_when():
    blocked = cell(
        state="blocked", since_at_s=900.0, until_at_s=1_500.0, rule="a", reason="never worked in 7 tries", failed=7
    )
    (row,) = read(answer_report(known(with_cells(blocked))))["cells"]
    assert (row["state"], row["since_seconds"], row["until_seconds"]) == ("blocked", 100.0, 500.0)
    assert (row["rule"], row["reason"], row["failed"], row["running"]) == ("a", "never worked in 7 tries", 7, 0)
    assert row["running_seconds"] is None


def test_what_runs_and_what_is_overridden():
    key = cell().key
    runs = {name: LiveRun(name, key, "live", at_s) for name, at_s in (("r1", 400.0), ("r2", 990.0))}
    override = Overridden(
        number=1,
        action="allow",
        service="billing",
        version="2.0",
        reason="we need it",
        actor=Actor(user="root", server="beta"),
        until_at_s=1_060.0,
    )
    report = read(answer_report(known(with_cells(cell(), runs=runs, overrides={1: override}))))
    (row,) = report["cells"]
    assert (row["running"], row["running_seconds"], row["override"]) == (2, 600.0, "allow")
    assert report["overrides"] == []


def test_what_operators_have_ordered_is_told_as_it_is_given():
    told = Override(action="allow", service="billing", version="2.0", by="root@beta", order="1", in_force=False)
    (row,) = read(answer_report(known(State())._replace(overrides=(told,))))["overrides"]
    assert (row["action"], row["by"], row["order"], row["in_force"]) == ("allow", "root@beta", "1", False)


def test_what_is_over_is_not_told_as_if_it_were_in_force_though_no_leader_has_said_so():
    version = cell().key.of
    state = with_cells(
        cell(),
        servers={"alpha": Server("alpha", is_sick=True, sick_until_at_s=940.0, reason="three fail")},
        versions={"billing": {version: None}},
        releases={version: Release(version, 900.0, "held", 1_000.0, 3.2, "worse")},
    )
    report = read(answer_report(known(state)))
    assert [(row["state"], row["until_seconds"]) for row in report["releases"]] == [("ok", None)]
    assert report["servers"] == []


def test_servers_freezes_and_releases():
    state = with_cells(
        cell(),
        cell(version="1.0"),
        servers={
            "alpha": Server("alpha"),
            "beta": Server("beta", is_sick=True, sick_until_at_s=1_600.0, reason="three fail"),
        },
        freezes={ALL: Freeze(ALL, 1_100.0, "too much at once", "")},
        versions={"billing": {Version("billing", "1.0", ""): None, Version("billing", "2.0", ""): None}},
        releases={
            Version("billing", "1.0", ""): Release(Version("billing", "1.0", ""), 10.0, last_good_at_s=600.0),
            Version("billing", "2.0", ""): Release(Version("billing", "2.0", ""), 900.0, "held", 1_400.0, 3.2, "worse"),
        },
    )
    report = read(answer_report(known(state)))
    assert report["servers"] == [{"server": "beta", "state": "sick", "until_seconds": 600.0, "reason": "three fail"}]
    assert report["freezes"] == [{"scope": ALL, "until_seconds": 100.0, "reason": "too much at once", "by": ""}]
    old, new = report["releases"]
    assert (old["version"], old["is_last_good"], new["is_last_good"]) == ("1.0", True, False)
    assert (new["state"], new["log10_evidence"], new["until_seconds"]) == ("held", 3.2, 400.0)


def test_how_long_it_took_to_find_what_was_blocked():
    state = State()
    for took_s in (63.0, 70.0, 1e6):
        state.detections.note(took_s)
    found = read(answer_report(known(state)))["detection_seconds"]
    assert (found["count"], found["sum_seconds"]) == (3, 1_000_133.0)
    counts = {row["le_seconds"]: row["count"] for row in found["buckets"]}
    assert (counts[60.0], counts[75.0], counts[3_600.0]) == (0, 2, 2)


def test_counters_stand_on_one_page_only():
    tallies = Tallies()
    tallies.runs[RunRow("alpha", "billing", "2.0", "failure", "a")] = 3
    tallies.runs[RunRow("alpha", "billing", "2.0", "failure", "b")] = 4
    tallies.runs[RunRow("alpha", "retired", "0.1", "failure")] = 9
    state = with_cells(cell(build="a"), cell(build="b"), cell(service="printer"))
    pages = [describe(known(state, tallies), offset=offset, limit=1) for offset in range(3)]
    assert [[row.count for row in page.runs_total] for page in pages] == [[3], [4], []]
    assert {page.total for page in pages} == {3}


@pytest.mark.parametrize("count", [1, 300, 3_000])
def test_pages_fit_and_together_hold_every_row(count):
    long = 'x"\\' * 80
    state = with_cells(*(cell(version=f"{number:05}", reason=long, build=long) for number in range(count)))
    seen: list[str] = []
    while len(seen) < count:
        text = answer_report(known(state), len(seen)).get("report")
        assert len(text.encode()) + text.count('"') + text.count("\\") <= ANSWER_BYTES
        rows = json.loads(text)["cells"]
        assert rows
        seen += [row["version"] for row in rows]
    assert seen == sorted(seen)
    assert len(set(seen)) == count


def test_strangers_are_told_the_newest_first_and_not_without_end():
    strangers = {
        StrangerKey("alpha", f"u{number}"): Stranger(
            runs=7,
            failed=6,
            service="payroll",
            version="3.2",
            seen_at_s=float(number),
            services={"x": None, "payroll": None},
        )
        for number in range(40)
    }
    strangers[StrangerKey("beta", "nobody")] = Stranger()
    report = read(answer_report(known(State(strangers=strangers))._replace(only="alpha")))["strangers"]
    assert len(report) == STRANGERS
    assert report[0] == {
        "server": "alpha",
        "user": "u39",
        "runs": 7,
        "failed": 6,
        "services": 2,
        "service": "payroll",
        "version": "3.2",
        "seen_seconds": 961.0,
    }
