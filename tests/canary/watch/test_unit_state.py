"""What systemd tells of a unit, and what that means: scripts as systemd 257 was seen to write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.evidence.kinds import Kind
from canary.watch.unit_state import NONE, Ending, Run, UnitState

EXITED, KILLED, DUMPED = 1, 2, 3
SEGV, TERM, KILL, ABRT = 11, 15, 9, 6

IDLE = {
    "ExecMainPID": 0,
    "ExecMainStartTimestampMonotonic": 0,
    "ExecMainExitTimestampMonotonic": 0,
    "ExecMainCode": 0,
    "ExecMainStatus": 0,
    "ControlPID": 0,
    "NRestarts": 0,
    "Result": "success",
    "ActiveState": "inactive",
    "SubState": "dead",
    "RestartSteps": 6,
}
OLD = {name: value for name, value in IDLE.items() if name != "RestartSteps"}
"""systemd 252."""


def began(pid, **more):
    return {
        "ExecMainPID": pid,
        "ExecMainStartTimestampMonotonic": pid * 1_000,
        "ExecMainExitTimestampMonotonic": 0,
        "ExecMainCode": 0,
        "ExecMainStatus": 0,
        "Result": "success",
    } | more


def ended(pid, code, status, result):
    return began(pid) | {
        "ExecMainExitTimestampMonotonic": pid * 1_000 + 1,
        "ExecMainCode": code,
        "ExecMainStatus": status,
        "Result": result,
    }


def now(active, sub):
    return {"ActiveState": active, "SubState": sub}


RUNNING, STARTING = now("active", "running"), now("activating", "start")
BEFORE_RESTART, RESTARTING = now("failed", "failed-before-auto-restart"), now("activating", "auto-restart")
FAILED, DEAD = now("failed", "failed"), now("inactive", "dead")
STOPPING, KILLING = now("deactivating", "stop-sigterm"), now("deactivating", "stop-sigkill")
WATCHDOG = now("deactivating", "stop-watchdog")

STOPPED = (began(7), RUNNING, STOPPING, ended(7, KILLED, TERM, "success"), DEAD)
CRASHED = (began(7), RUNNING, ended(7, KILLED, SEGV, "signal"), BEFORE_RESTART, RESTARTING)
TOO_LATE = ended(8, KILLED, TERM, "timeout")
LATER = {"ExecMainStartTimestampMonotonic": 9_000}
PRE_FAILED, PRE_HANGS = ({"ControlPID": 0, "Result": result} for result in ("exit-code", "timeout"))

STORIES = {
    "crashes": (
        [began(7), RUNNING, ended(7, EXITED, 3, "exit-code"), BEFORE_RESTART, RESTARTING],
        [Ending(Kind.CRASH, 7, 3, None, "exit code 3")],
    ),
    "a wrong configuration": (
        [began(7), RUNNING, ended(7, EXITED, 78, "exit-code"), BEFORE_RESTART],
        [Ending(Kind.CONFIG_ERROR, 7, 78, None, "exit code 78")],
    ),
    "a wrong configuration, as C++ services say it": (
        [began(7), RUNNING, ended(7, EXITED, 9, "exit-code"), BEFORE_RESTART],
        [Ending(Kind.CONFIG_ERROR, 7, 9, None, "exit code 9")],
    ),
    "another thing is away": (
        [began(7), RUNNING, ended(7, EXITED, 69, "exit-code"), BEFORE_RESTART],
        [Ending(Kind.DEP_UNAVAILABLE, 7, 69, None, "exit code 69")],
    ),
    "segmentation fault": (
        [began(7), RUNNING, ended(7, KILLED, SEGV, "signal"), BEFORE_RESTART],
        [Ending(Kind.CRASH, 7, None, SEGV, "signal 11")],
    ),
    "with a core": (
        [began(7), RUNNING, ended(7, DUMPED, SEGV, "core-dump"), BEFORE_RESTART],
        [Ending(Kind.CRASH, 7, None, SEGV, "signal 11, core dumped")],
    ),
    "out of memory": (
        [began(7), RUNNING, ended(7, KILLED, KILL, "oom-kill"), BEFORE_RESTART],
        [Ending(Kind.CRASH, 7, None, KILL, "signal 9, out of memory")],
    ),
    "killed by somebody": (
        [began(7), RUNNING, ended(7, KILLED, KILL, "signal"), BEFORE_RESTART],
        [Ending(Kind.CRASH, 7, None, KILL, "signal 9")],
    ),
    "not ready in time": (
        [began(7), STARTING, began(7, Result="timeout"), STOPPING, ended(7, KILLED, TERM, "timeout"), BEFORE_RESTART],
        [Ending(Kind.START_TIMEOUT, 7, None, TERM, "signal 15, not ready in time")],
    ),
    "not ready in time, and its answer to SIGTERM is an exit code": (
        [began(7), STARTING, began(7, Result="timeout"), STOPPING, ended(7, EXITED, 0, "timeout"), BEFORE_RESTART],
        [Ending(Kind.START_TIMEOUT, 7, 0, None, "exit code 0, not ready in time")],
    ),
    "has run as long as it may": (
        [began(7), RUNNING, began(7, Result="timeout"), STOPPING, ended(7, KILLED, TERM, "timeout"), BEFORE_RESTART],
        [Ending(Kind.OPERATOR_STOP, 7, None, TERM, "signal 15, RuntimeMaxSec is over")],
    ),
    "hangs": (
        [began(7), RUNNING, began(7, Result="watchdog"), WATCHDOG, ended(7, KILLED, ABRT, "watchdog"), BEFORE_RESTART],
        [Ending(Kind.WATCHDOG_TIMEOUT, 7, None, ABRT, "signal 6, no word to the watchdog")],
    ),
    "ends before it is ready": (
        [began(7), STARTING, ended(7, EXITED, 0, "protocol"), BEFORE_RESTART],
        [Ending(Kind.CRASH, 7, 0, None, "exit code 0, before it was ready")],
    ),
    "ends of itself": (
        [began(7), RUNNING, ended(7, EXITED, 0, "success"), DEAD],
        [Ending(Kind.EXIT, 7, 0, None, "exit code 0")],
    ),
    "ends of itself with a code that its unit allows": (
        [began(7), RUNNING, ended(7, EXITED, 3, "success"), DEAD],
        [Ending(Kind.EXIT, 7, 0, None, "exit code 3")],
    ),
    "somebody sends SIGTERM": (
        [began(7), RUNNING, ended(7, KILLED, TERM, "success"), DEAD],
        [Ending(Kind.OPERATOR_STOP, 7, None, TERM, "signal 15")],
    ),
    "stopped": (
        [began(7), RUNNING, STOPPING, ended(7, KILLED, TERM, "success"), DEAD],
        [Ending(Kind.OPERATOR_STOP, 7, None, TERM, "signal 15, stopped on request")],
    ),
    "stopped while it starts": (
        [began(7), STARTING, STOPPING, ended(7, KILLED, TERM, "success"), DEAD],
        [Ending(Kind.OPERATOR_STOP, 7, None, TERM, "signal 15, stopped on request")],
    ),
    "stopped, and says so with an exit code": (
        [began(7), RUNNING, STOPPING, ended(7, EXITED, 1, "exit-code"), FAILED],
        [Ending(Kind.OPERATOR_STOP, 7, 1, None, "exit code 1, stopped on request")],
    ),
    "stopped, and deaf": (
        [began(7), RUNNING, STOPPING, began(7, Result="timeout"), KILLING, ended(7, KILLED, KILL, "timeout"), FAILED],
        [Ending(Kind.OPERATOR_STOP, 7, None, KILL, "signal 9, stopped on request, and killed in the end")],
    ),
    "stopped, and it crashes on the way": (
        [began(7), RUNNING, STOPPING, ended(7, KILLED, SEGV, "signal"), FAILED],
        [Ending(Kind.OPERATOR_STOP, 7, None, SEGV, "signal 11, stopped on request")],
    ),
    "its children are stopped after it has crashed": (
        [began(7), RUNNING, ended(7, EXITED, 1, "exit-code"), STOPPING, BEFORE_RESTART],
        [Ending(Kind.CRASH, 7, 1, None, "exit code 1")],
    ),
    "stopped, started again, crashes": (
        [*STOPPED, began(8), RUNNING, ended(8, EXITED, 1, "exit-code"), BEFORE_RESTART],
        [
            Ending(Kind.OPERATOR_STOP, 7, None, TERM, "signal 15, stopped on request"),
            Ending(Kind.CRASH, 8, 1, None, "exit code 1"),
        ],
    ),
    "ready, and the next run is not": (
        [*CRASHED, {"NRestarts": 1}, began(8), STARTING, began(8, Result="timeout"), STOPPING, TOO_LATE],
        [
            Ending(Kind.CRASH, 7, None, SEGV, "signal 11"),
            Ending(Kind.START_TIMEOUT, 8, None, TERM, "signal 15, not ready in time, after 1 restarts"),
        ],
    ),
    "the same pid again": (
        [*CRASHED, began(7) | LATER, RUNNING, ended(7, EXITED, 2, "exit-code") | LATER, BEFORE_RESTART],
        [Ending(Kind.CRASH, 7, None, SEGV, "signal 11"), Ending(Kind.CRASH, 7, 2, None, "exit code 2")],
    ),
    "the start limit is hit": (
        [*CRASHED, now("activating", "auto-restart-queued"), {"Result": "signal"}, FAILED],
        [
            Ending(Kind.CRASH, 7, None, SEGV, "signal 11"),
            Ending(Kind.GAVE_UP, 7, message="systemd does not start it again (start limit)"),
        ],
    ),
    "no restart": (
        [began(7), RUNNING, ended(7, EXITED, 78, "exit-code"), FAILED],
        [
            Ending(Kind.CONFIG_ERROR, 7, 78, None, "exit code 78"),
            Ending(Kind.GAVE_UP, 7, message="systemd does not start it again (exit-code)"),
        ],
    ),
    "what comes before it fails": (
        [began(0), {"ControlPID": 5}, now("activating", "start-pre"), PRE_FAILED, BEFORE_RESTART, RESTARTING],
        [Ending(Kind.CRASH, 5, message="ended before its main process began (exit-code)")],
    ),
    "what comes before it hangs": (
        [began(0), {"ControlPID": 5}, now("activating", "start-pre"), PRE_HANGS, BEFORE_RESTART, RESTARTING],
        [Ending(Kind.START_TIMEOUT, 5, message="ended before its main process began (timeout)")],
    ),
    "its condition is not met": ([began(0), {"Result": "exec-condition"}, DEAD], []),
    "runs": ([began(7), STARTING, RUNNING, now("reloading", "reload"), RUNNING], []),
}


def play(state, changes):
    return [ending for change in changes for ending in state.change(change)]


@pytest.mark.parametrize("story", STORIES)
def test_an_end_is_told_as_what_it_was(story):
    changes, endings = STORIES[story]
    assert play(UnitState(IDLE), changes) == endings


@pytest.mark.parametrize("story", STORIES)
def test_what_is_told_twice_is_news_once(story):
    changes, endings = STORIES[story]
    assert play(UnitState(IDLE), [change for change in changes for _ in "12"]) == endings


@pytest.mark.parametrize("story", STORIES)
def test_all_properties_at_once_say_the_same(story):
    """As GetAll gives them after a lost connection, if that comes between any two changes."""
    changes, endings = STORIES[story]
    state, known, told = UnitState(IDLE), dict(IDLE), []
    for change in changes:
        known |= change
        told += state.change(change) + state.change(known)
    assert told == endings


def test_what_has_ended_before_is_no_news():
    properties = IDLE | ended(7, EXITED, 1, "exit-code") | FAILED
    assert UnitState(properties).change(properties) == []


def test_the_end_of_a_process_that_had_registered_is_news():
    properties = IDLE | ended(7, EXITED, 1, "exit-code") | FAILED
    assert UnitState(properties, awaited=7).change(properties) == [Ending(Kind.CRASH, 7, 1, None, "exit code 1")]
    assert UnitState(properties, awaited=8).change(properties) == []


def test_a_run_that_was_ready_before_is_known_as_ready():
    state = UnitState(IDLE | began(7) | RUNNING)
    (ending,) = play(state, [began(7, Result="timeout"), STOPPING, ended(7, KILLED, TERM, "timeout")])
    assert ending.kind is Kind.OPERATOR_STOP


def test_a_stop_that_was_under_way_before_is_known_as_one():
    state = UnitState(IDLE | began(7) | STOPPING)
    (ending,) = play(state, [ended(7, EXITED, 1, "exit-code"), FAILED])
    assert ending.kind is Kind.OPERATOR_STOP


def test_an_end_that_was_missed_is_told_late():
    state = UnitState(IDLE | began(7) | RUNNING)
    late = IDLE | ended(7, EXITED, 1, "exit-code") | FAILED
    assert [ending.kind for ending in state.change(late)] == [Kind.CRASH, Kind.GAVE_UP]


def test_a_systemd_that_fails_before_each_restart_has_not_given_up():
    state = UnitState(OLD)
    crash = [began(7), RUNNING, ended(7, EXITED, 1, "exit-code"), FAILED, RESTARTING]
    assert [ending.kind for ending in play(state, crash)] == [Kind.CRASH]
    assert [ending.kind for ending in state.change(FAILED)] == [Kind.GAVE_UP]


def test_the_present_run_is_known():
    assert UnitState(IDLE | began(7)).run == Run(7, 7_000)
    assert UnitState(IDLE).run == NONE


VALUES = st.one_of(st.integers(), st.text(max_size=3), st.booleans(), st.none(), st.lists(st.integers(), max_size=2))


@given(st.lists(st.dictionaries(st.sampled_from(sorted(IDLE)), VALUES, max_size=4), max_size=6))
def test_no_properties_are_too_odd(changes):
    state = UnitState(OLD)
    for change in changes:
        assert all(isinstance(ending.kind, Kind) for ending in state.change(change))


@given(st.sampled_from(sorted(set(STORIES) - {"the same pid again"})), st.data())
def test_a_run_ends_at_most_once_whatever_is_not_heard(story, data):
    changes, endings = STORIES[story]
    heard = [change for change in changes if data.draw(st.booleans())]
    ends = [ending.pid for ending in play(UnitState(IDLE), heard) if ending.kind is not Kind.GAVE_UP]
    assert len(ends) == len(set(ends))
    assert len(ends) <= max(1, len(endings))
