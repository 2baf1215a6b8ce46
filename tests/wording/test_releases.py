"""States of versions on servers, and in the whole cluster."""

from types import SimpleNamespace
from typing import get_args

import pytest

from canary.records import CellState
from communicator.answers.releases import Comparison, Release, Stranger
from communicator.wording.marks import BAD, GONE, GOOD, OPEN, SUSPECT, TRIED
from communicator.wording.releases import (
    PLACES,
    evidence_text,
    outlook_text,
    place_mark,
    place_of,
    release_lines,
    release_mark,
    release_words,
    runs_text,
    scope_text,
    stranger_text,
    version_text,
)


def cell(state="unknown", until_s=None, **more):
    usual = {"passed": 0, "failed": 0, "excused": 0, "running": 0, "override": ""}
    return SimpleNamespace(state=state, place=place_of(state, until_s), until_seconds=until_s, **{**usual, **more})


def release(state="ok", until_s=None, log10=None, *, is_last_good=False):
    return SimpleNamespace(state=state, until_seconds=until_s, log10_evidence=log10, is_last_good=is_last_good)


def test_each_state_has_its_mark():
    assert set(PLACES) == {*get_args(CellState), "ejected"}
    assert place_mark("later") == OPEN


@pytest.mark.parametrize(
    ("state", "until_s", "place"),
    [("suspect", None, "suspect"), ("suspect", 25.0, "ejected"), ("blocked", 25.0, "blocked")],
)
def test_a_suspect_without_messages_is_ejected(state, until_s, place):
    assert place_of(state, until_s) == place


@pytest.mark.parametrize(
    ("state", "places", "mark"),
    [
        ("held", ["good"], BAD),
        ("suspect", ["good"], SUSPECT),
        ("ok", ["good", "observing", "probation"], TRIED),
        ("ok", ["good"], GOOD),
        ("ok", [], GONE),
    ],
    ids=range(5),
)
def test_the_clusters_word_goes_before_that_of_servers(state, places, mark):
    assert release_mark(state, places) == mark


@pytest.mark.parametrize(
    ("told", "words"),
    [
        (release(), []),
        (release(is_last_good=True), ["last good"]),
        (release("held", 60.0, 3.2), ["held for 1m 0s", "evidence 1,585 to 1"]),
        (release("suspect", log10=0.4), ["suspect", "evidence 2.5 to 1"]),
    ],
    ids=range(4),
)
def test_what_the_cluster_knows_of_a_version(told, words):
    assert release_words(told) == words


@pytest.mark.parametrize(
    ("log10", "text"),
    [
        (-3.0, "no evidence"),
        (0.0, "no evidence"),
        (0.4, "evidence 2.5 to 1"),
        (1.5, "evidence 31.6 to 1"),
        (2.0, "evidence 100 to 1"),
        (4.0, "evidence 10,000 to 1"),
        (12.4, "evidence 10^12 to 1"),
        (1e300, None),
    ],
)
def test_evidence_is_told_as_one_would_bet(log10, text):
    assert evidence_text(log10) == text or (text is None and evidence_text(log10).startswith("evidence 10^1000"))


@pytest.mark.parametrize(
    ("told", "running_s", "text"),
    [
        (cell(), None, ""),
        (cell(running=1), 75.0, "up 1m 15s"),
        (cell(running=2), 75.0, "2 up 1m 15s"),
        (cell(running=1), None, "up"),
        (cell("blocked", 9.0), None, "next probe in 9s"),
        (cell("blocked"), None, ""),
        (cell("probation"), None, "a probe may come"),
        (cell("suspect", 9.0), None, "no messages for 9s"),
        (cell("suspect"), None, ""),
        (cell(running=1, override="allow"), None, "up, allowed by an operator"),
        (cell(override="later"), None, "later by an operator"),
    ],
    ids=range(11),
)
def test_what_comes_next(told, running_s, text):
    assert outlook_text(told, running_s) == text


def test_what_is_found_of_a_version_where_the_router_knows_no_policy():
    assert outlook_text(cell(), is_enforced=False) == "not enforced there"
    assert outlook_text(cell("blocked", 372.0), is_enforced=False) == "next probe in 6m 12s, not enforced there"


def test_excused_failures_are_told_where_there_are_any():
    assert runs_text(cell(passed=3, failed=1)) == "3 ok, 1 failed"
    assert runs_text(cell(excused=2)) == "0 ok, 0 failed, 2 excused"


@pytest.mark.parametrize(
    ("version", "build", "text"),
    [("2.0", "b1", "2.0 build b1"), ("2.0", "", "2.0"), ("2.0", "*", "2.0"), ("", "b1", "(none) build b1")],
)
def test_a_version_and_its_build(version, build, text):
    assert version_text(version, build) == text


def test_a_scope_names_its_server_where_it_has_one():
    assert scope_text("billing", "2.0", "*", "*") == "billing 2.0"
    assert scope_text("billing", "2.0", "b1", "alpha") == "billing 2.0 build b1 on alpha"


@pytest.mark.parametrize(
    ("user", "services", "who", "what"),
    [
        ("nobody", 1, "user nobody", "payroll"),
        ("?", 3, "a user who cannot be told", "payroll and 2 more"),
    ],
)
def test_what_strangers_run(user, services, who, what):
    one = Stranger("alpha", user, runs=7, failed=6, services=services, service="payroll", version="3.2")
    counts = "7 runs, 6 failed, the last of 3.2; they count for nobody"
    assert stranger_text(one) == f"{who} on alpha is not known to run {what}: {counts}"


SEEN = Comparison(
    against_version="1.9",
    level="suspect",
    held_back_by="dry_run",
    log10_evidence=2.5,
    suspect_log10=2.0,
    held_log10=3.0,
    reason="fails more than 1.9: 9 of 11 failures are its own; evidence 10^2.5",
)


@pytest.mark.parametrize(
    ("release", "lines"),
    [
        (Release("billing", "2.0"), []),
        (Release("billing", "2.0", state="held", reason="never worked"), ["never worked"]),
        (
            Release("billing", "2.0", comparison=SEEN, would="suspect", would_reason="x", held_back_by="dry_run"),
            [
                (
                    "rule c: fails more than 1.9: 9 of 11 failures are its own; evidence 10^2.5 (316 to 1; suspect at 100 to 1, "
                    "held at 1,000 to 1): would be suspect, held back by dry_run"
                )
            ],
        ),
        (
            Release("billing", "2.0", would="held", would_reason="never worked on 2 servers", held_back_by="last_good"),
            ["would be held: never worked on 2 servers; held back by last_good"],
        ),
    ],
    ids=["nothing", "held", "compared", "another rule"],
)
def test_what_the_rules_see_is_told_acted_on_or_not(release, lines):
    assert release_lines(release) == lines
