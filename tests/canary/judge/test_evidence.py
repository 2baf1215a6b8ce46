"""How facts are counted: each run once, in whatever order its facts come, and each place as long as it may be."""

import math

import pytest

from canary.judge import evidence
from canary.judge.apply import apply
from canary.judge.evidence import bake_ends_s, bake_s
from canary.judge.state import State
from canary.records import (
    CellKey,
    CellMoved,
    Entry,
    GaveUp,
    ProbeGranted,
    RunExcused,
    RunKey,
    ServerBack,
    ServerBooted,
    ServerLost,
)
from tests.canary.judge.trial import began, ended, passed

KEY = CellKey("alpha", "fluid", "2", "")
WHO = KEY._asdict()


def fold(*facts):
    state = State()
    for at_s, record in facts:
        apply(state, Entry(state.seq + 1, at_s, 0.0, record))
    return state


def counts(state, key=KEY):
    cell = state.cells[key]
    return cell.passed, cell.failed, cell.censored, cell.running, cell.consecutive


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        pytest.param([began(0, "r")], (0, 0, 0, 1, 0), id="it began"),
        pytest.param([began(0, "r"), began(1, "r")], (0, 0, 0, 1, 0), id="twice told"),
        pytest.param([began(0, "r"), passed(60, "r")], (1, 0, 0, 1, 0), id="it lasted"),
        pytest.param([began(0, "r"), passed(60, "r"), passed(61, "r")], (1, 0, 0, 1, 0), id="lasted, twice told"),
        pytest.param([passed(60, "r")], (1, 0, 0, 1, 0), id="its beginning was never told"),
        pytest.param([began(0, "r"), ended(1, "r")], (0, 1, 0, 0, 1), id="it failed"),
        pytest.param([ended(1, "r")], (0, 1, 0, 0, 1), id="it failed, and its beginning was never told"),
        pytest.param([ended(1, "r"), ended(2, "r")], (0, 1, 0, 0, 1), id="failed, twice told"),
        pytest.param([ended(1, "r"), began(0, "r")], (0, 1, 0, 0, 1), id="its beginning came late"),
        pytest.param([ended(99, "r"), passed(60, "r")], (1, 1, 0, 0, 1), id="its success came late"),
        pytest.param([ended(1, "r", "censored", "REBOOT")], (0, 0, 1, 0, 0), id="it says nothing"),
        pytest.param([ended(1, "r", "clean", "EXIT")], (0, 0, 0, 0, 0), id="in good order"),
        pytest.param(
            [ended(1, "r"), ended(2, "s"), began(3, "t"), passed(63, "t")], (1, 2, 0, 1, 0), id="a success clears"
        ),
        pytest.param(
            [ended(1, "r"), ended(2, "s", "censored", "REBOOT"), ended(3, "t")], (0, 2, 1, 0, 2), id="in a row"
        ),
    ],
)
def test_how_runs_are_counted(facts, expected):
    assert counts(fold(*facts)) == expected


@pytest.mark.parametrize("fact", [began, passed, ended], ids=["began", "passed", "ended"])
def test_a_shadow_says_nothing(fact):
    assert fold(fact(0, "r", role="shadow")).cells == {}


def test_an_excuse_takes_a_failure_back_once():
    excuse = RunExcused(**WHO, run_id="s", failure_at_s=2.0, excuse="boot")
    state = fold(ended(1, "r"), ended(2, "s"), ended(3, "t"), (4, excuse), (5, excuse))
    cell = state.cells[KEY]
    assert (cell.failed, cell.excused, cell.consecutive) == (2, 1, 2)
    assert (cell.first_failure_at_s, cell.last_failure_at_s) == (1.0, 3.0)
    assert state.excused == {RunKey("alpha", "s"): "boot"}


@pytest.mark.parametrize(("gone", "first", "last"), [("r", 2.0, 3.0), ("s", 1.0, 3.0), ("t", 1.0, 2.0)])
def test_the_span_of_a_streak_follows_its_excuses(gone, first, last):
    excuse = RunExcused(**WHO, run_id=gone, failure_at_s=2.0, excuse="boot")
    cell = fold(ended(1, "r"), ended(2, "s"), ended(3, "t"), (4, excuse)).cells[KEY]
    assert (cell.first_failure_at_s, cell.last_failure_at_s) == (first, last)


def test_an_excuse_of_what_was_not_heard_of_changes_no_count():
    """Its server has told of it before it told us anything."""
    state = fold(began(0, "r"), (1, RunExcused(**WHO, run_id="old", failure_at_s=0, excuse="boot")))
    cell = state.cells[KEY]
    assert (cell.failed, cell.excused) == (0, 0)


def test_a_streak_that_was_all_excused_is_none():
    cell = fold(ended(1, "r"), (2, RunExcused(**WHO, run_id="r", failure_at_s=1.0, excuse="boot"))).cells[KEY]
    assert (cell.consecutive, cell.first_failure_at_s, cell.first_seq, cell.last_seq) == (0, None, 0, 0)
    assert cell.unbroken_since_at_s == 1.0, "it failed all the same"


def test_what_was_not_tried_for_long_begins_another_story():
    facts = [began(0, "r"), ended(1, "r"), began(1 + evidence.BREAK_S, "s"), ended(2 + evidence.BREAK_S, "s")]
    assert fold(*facts).cells[KEY].unbroken_since_at_s == 1.0
    later = [began(0, "r"), ended(1, "r"), began(2 + evidence.BREAK_S, "s"), ended(3 + evidence.BREAK_S, "s")]
    assert fold(*later).cells[KEY].unbroken_since_at_s == 3 + evidence.BREAK_S


def test_runs_bake_together():
    state = fold(began(0, "r"), began(10, "s"))
    cell = state.cells[KEY]
    assert bake_s(cell, 20.0) == 30.0
    assert bake_ends_s(cell, 30.0) == 20.0
    apply(state, Entry(3, 20.0, 0.0, ended(20, "s", "clean", "EXIT")[1]))
    assert (bake_s(cell, 30.0), bake_ends_s(cell, 60.0)) == (40.0, 50.0)
    apply(state, Entry(4, 40.0, 0.0, ended(40, "x")[1]))
    assert (bake_s(cell, 45.0), bake_ends_s(cell, 60.0)) == (5.0, 100.0), "a failure begins it anew, for what runs too"
    apply(state, Entry(5, 50.0, 0.0, ended(50, "r", "clean", "EXIT")[1]))
    assert (bake_s(cell, 99.0), bake_ends_s(cell, 60.0)) == (10.0, math.inf)


def test_a_changed_configuration_is_noticed_after_failures_alone():
    state = fold(began(0, "r", config_hash="x"), began(1, "s", config_hash="y"))
    assert not state.cells[KEY].config_changed
    state = fold(began(0, "r", config_hash="x"), ended(1, "r"), began(2, "s", config_hash="y"), ended(3, "s"))
    assert (state.cells[KEY].config_changed, state.cells[KEY].config_starts) == (True, 1)


@pytest.mark.parametrize(
    "fact", [(2, GaveUp(server="alpha", run_id="r", service="fluid", version="2")), ended(2, "s", causes=("GAVE_UP",))]
)
def test_a_supervisor_that_gave_up_is_remembered_until_a_success(fact):
    assert fold(ended(1, "r"), fact).cells[KEY].has_given_up
    assert not fold(ended(1, "r"), fact, began(3, "t"), passed(63, "t")).cells[KEY].has_given_up


@pytest.mark.parametrize(
    ("how", "stopped"),
    [(("clean", "EXIT"), True), (("censored", "OPERATOR_STOP"), True), (("failure", "CRASH"), False)],
)
def test_what_failed_will_be_started_again_and_what_was_stopped_will_not(how, stopped):
    assert fold(began(0, "r"), ended(1, "r", *how)).cells[KEY].is_stopped is stopped


def test_one_of_two_that_is_stopped_leaves_the_other():
    assert not fold(began(0, "r"), began(0, "s"), ended(1, "r", "clean", "EXIT")).cells[KEY].is_stopped


@pytest.mark.parametrize(("role", "installed"), [("live", True), ("standby", False), ("probe", False)])
def test_what_runs_live_is_what_the_server_has(role, installed):
    assert bool(fold(began(0, "r", role=role)).installed) is installed


def on_probation(*facts, is_live):
    moved = CellMoved(**WHO, old="blocked", new="probation", rule="probe", until_at_s=9e4)
    grant = ProbeGranted(**WHO, number=1, is_live=is_live)
    return fold(ended(0, "x"), (10, grant), (10, moved), *facts).cells[KEY].probe


@pytest.mark.parametrize(("role", "is_live", "expected"), [
    ("probe", False, "running"), ("live", False, ""), ("standby", True, ""), ("live", True, "running"), ("probe", True, "running"),
])  # fmt: skip
def test_which_run_is_the_probe(role, is_live, expected):
    assert on_probation(began(20, "r", role=role), is_live=is_live) == expected


@pytest.mark.parametrize("is_live", [False, True])
@pytest.mark.parametrize(
    ("end", "expected"),
    [
        (ended(21, "r"), "failed"), (ended(21, "r", "clean", "EXIT"), "void"), (ended(21, "r", "censored", "REBOOT"), "void"),
        (passed(80, "r"), "passed"),
    ],
    ids=["failed", "clean", "censored", "passed"],
)  # fmt: skip
def test_what_becomes_of_a_probe(is_live, end, expected):
    assert on_probation(began(20, "r", role="live" if is_live else "probe"), end, is_live=is_live) == expected


def test_a_run_from_before_is_not_the_probe_that_comes_as_itself():
    assert on_probation(began(5, "old"), is_live=True) == ""
    assert on_probation(ended(11, "old", lasted_s=5.0), is_live=True) == ""


def test_a_server_that_boots_or_is_heard_of_is_there():
    assert fold((0, ServerBooted(server="alpha", ago_s=30.0))).servers["alpha"].booted_at_s == -30.0
    for back in ((2, ServerBooted(server="alpha")), (2, ServerBack(server="alpha")), began(2, "s")):
        state = fold(began(0, "r"), (1, ServerLost(server="alpha")), back)
        assert (state.servers["alpha"].lost_at_s, state.servers["alpha"].dropped_at_s) == (None, 1.0)


def test_of_more_runs_than_there_can_be_the_oldest_is_forgotten(monkeypatch):
    monkeypatch.setattr(evidence, "RUNS", 3)
    state = fold(*(began(number, f"r{number}") for number in range(5)))
    assert [run.run_id for run in state.runs] == ["r2", "r3", "r4"]
    assert state.cells[KEY].running == 3


@pytest.mark.parametrize(
    ("limit", "known"),
    [
        ("STREAK", lambda state: state.cells[KEY].streak),
        ("FAILURES", lambda state: state.failures),
        ("BRIEFS", lambda state: state.failures_of["fluid"]),
    ],
    ids=["streak", "failures", "briefs"],
)
def test_so_many_failures_are_kept(limit, known, monkeypatch):
    monkeypatch.setattr(evidence, limit, 4)
    state = fold(*(ended(number, f"r{number}") for number in range(9)))
    assert [one.run_id for one in known(state)] == ["r5", "r6", "r7", "r8"]
    assert state.cells[KEY].consecutive == 9


def test_so_many_ended_runs_are_remembered(monkeypatch):
    monkeypatch.setattr(evidence, "ENDED", 8)
    state = fold(*(ended(number, f"r{number}") for number in range(40)))
    assert len(state.ended) <= 8
    assert RunKey("alpha", "r39") in state.ended


def test_what_is_told_late_stands_in_its_place():
    state = State()
    for seq, (at_s, run_id) in enumerate(((1.0, "a"), (9.0, "c"), (5.0, "b")), start=1):
        apply(state, Entry(seq, 10.0, 0.0, ended(at_s, run_id, origin_seq=seq, happened_at_s=at_s)[1]))
    assert [one.run_id for one in state.failures] == ["a", "b", "c"]
