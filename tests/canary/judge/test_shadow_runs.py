"""What is known of runs of shadows: how they do, and nothing of how a version does its work."""

import pytest

from canary.deployment.shadow_sight import look_at_shadow
from canary.deployment.spec import read_table
from canary.deployment.task import SHADOW, Outcome, Task
from canary.evidence.kinds import MEANINGS, Counts
from canary.judge.apply import apply
from canary.judge.shadow_runs import ENDED, SHADOWS
from canary.judge.state import State
from canary.records import CellKey, DeploymentMoved, Entry, RunBegan, RunEnded, RunPassed, TaskBegun, TaskEnded
from canary.rules import Rules

KEY = CellKey("d", "billing", "2.0", "")
RUN = {"server": "d", "service": "billing", "version": "2.0", "role": "shadow"}


def fold(*facts):
    state = State()
    for number, (at_s, fact) in enumerate(facts, 1):
        apply(state, Entry(number, at_s, 0.0, fact))
    return state


def began(run_id):
    return RunBegan(run_id=run_id, **RUN)


def ended(run_id, outcome="failure", **more):
    return RunEnded(run_id=run_id, outcome=outcome, cause="CRASH", **RUN, **more)


def test_what_runs_how_long_it_ran_and_how_it_failed_is_known_and_nothing_else():
    state = fold((1.0, began("r")), (11.0, ended("r", detail="exit 1")), (20.0, began("s")), (25.0, began("s")))
    runs = state.shadow_runs[KEY]
    assert (dict(runs.running), runs.ran_s, runs.failed, runs.failure) == ({"s": 20.0}, 10.0, 1, "it crashed: exit 1")
    assert state.cells == state.runs == state.failures_of == {}


@pytest.mark.parametrize(
    ("cause", "more", "text"),
    [
        ("CRASH", {"signal": 11}, "it crashed, signal 11"),
        ("CRASH", {"exit_code": 1}, "it crashed, exit code 1"),
        (
            "CRASH",
            {"exit_code": 1, "detail": "exit code 1, after 3 restarts"},
            "it crashed: exit code 1, after 3 restarts",
        ),
        ("GONE", {}, "it was gone without a word, as after a crash or a kill"),
        ("HUNG", {}, "it hung"),
        ("HEALTH_FAIL", {"detail": "no disk"}, "its health was bad: no disk"),
        ("LATER_KIND", {}, "LATER_KIND"),
    ],
)
def test_how_it_failed_is_told_in_words(cause, more, text):
    fact = RunEnded(run_id="r", outcome="failure", cause=cause, **RUN, **more)
    assert fold((1.0, fact)).shadow_runs[KEY].failure == text


def test_each_kind_of_failure_has_words():
    failures = {kind for kind, meaning in MEANINGS.items() if meaning.counts is Counts.FAILURE}
    told = {
        kind: fold((1.0, RunEnded(run_id="r", outcome="failure", cause=kind, **RUN))).shadow_runs[KEY].failure
        for kind in failures
    }
    assert not [kind for kind, text in told.items() if kind in text]


def test_a_run_counts_once_and_one_in_good_order_is_no_failure():
    state = fold((1.0, began("r")), (2.0, ended("r")), (3.0, ended("r")), (4.0, began("r")), (5.0, ended("s", "clean")))
    assert (state.shadow_runs[KEY].failed, state.shadow_runs[KEY].running) == (1, {})


def test_one_whose_begin_was_not_heard_runs_all_the_same():
    passed = RunPassed(run_id="r", lasted_s=3.0, **RUN)
    assert fold((9.0, passed)).shadow_runs[KEY].running == {"r": 9.0}


def test_what_is_remembered_is_bounded():
    facts = [(1.0, RunBegan(run_id="r", **{**RUN, "version": f"{number}"})) for number in range(SHADOWS + 3)]
    assert len(fold(*facts).shadow_runs) == SHADOWS
    assert len(fold(*((1.0, ended(f"r{number}")) for number in range(ENDED + 3))).shadow_runs[KEY].ended) == ENDED


def task(verb, version, shadows):
    about = {"deployment": "d1", "step": SHADOW, "attempt": 1, "executor": "roll", "service": "billing"}
    return Task(verb=verb, version=version, shadows=shadows, **about)


@pytest.mark.parametrize(
    ("done", "left"),
    [
        ([("start", "2.0", ("2.0",), "done")], ("2.0",)),
        ([("start", "2.0", ("2.0",), "failed")], ("2.0",)),
        ([("start", "2.0", ("2.0",), None)], ("2.0",)),
        ([("stop", "1.0", ("2.0",), "done")], ("2.0",)),
        ([("stop", "1.0", ("2.0",), "failed")], ("2.0", "1.0")),
        ([("stop", "2.0", (), None)], ("2.0",)),
        ([("stop", "2.0", (), "done")], ()),
    ],
)
def test_what_was_not_stopped_for_sure_may_run_still(done, left):
    facts = []
    for verb, version, shadows, status in done:
        facts.append((1.0, TaskBegun(server="d", task=task(verb, version, shadows))))
        if status:
            outcome = Outcome(status=status)
            facts.append((2.0, TaskEnded(server="d", task=task(verb, version, shadows), outcome=outcome)))
    state = fold(*facts)
    assert state.shadowing["d", "billing"].shadows == left
    assert state.doing == {}, "what is remembered of the service itself is not touched"


def test_the_leader_sees_what_is_down_and_failures_beyond_those_of_the_reference():
    table = {
        "name": "web",
        "service": "billing",
        "version": "2.0",
        "executor": "roll",
        "strategy": "shadow",
        "shadow": {"server": "d", "noise": "second"},
    }
    at = DeploymentMoved(id="d1", spec=read_table(table), by="root@a", phase="shadow", from_version="1.0")
    old = {**RUN, "version": "1.0"}
    failed = RunEnded(run_id="o", outcome="failure", cause="CRASH", **old)
    state = fold((1.0, ended("a")), (1.0, ended("b")), (2.0, failed), (3.0, began("c")))
    seen = look_at_shadow(state, Rules(), at, 10.0)
    assert (seen.down, seen.failures, seen.ran_s, seen.failure) == (("1.0",), 1, 7.0, "it crashed")
