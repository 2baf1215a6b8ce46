"""PURE: facts about runs of shadows -> what is known of them; nothing follows from it for a version that does its work."""

from collections.abc import Mapping

from canary.judge.state import ShadowRuns, State
from canary.records import Entry, OfRun, RunBegan, RunEnded, RunPassed

SHADOWS = 1_024
"""Versions that are remembered as shadows, of all servers; those heard of longest ago are forgotten first."""
ENDED = 64
"""Runs of one of them that are remembered as over, so that what is told twice counts once."""

_FAILURES: Mapping[str, str] = {
    "CONFIG_ERROR": "its configuration is wrong",
    "WATCHDOG_TIMEOUT": "its watchdog heard nothing of it",
    "START_TIMEOUT": "it was not ready in time",
    "HUNG": "it hung",
    "CRASH": "it crashed",
    "HEALTH_FAIL": "its health was bad",
    "GONE": "it was gone without a word, as after a crash or a kill",
}
"""Each cause that is a failure."""


def note_run(state: State, entry: Entry, fact: RunBegan | RunPassed) -> None:
    """A shadow runs."""
    runs = _of(state, fact)
    if fact.run_id not in runs.ended:
        runs.running.setdefault(fact.run_id, entry.at_s)


def note_end(state: State, entry: Entry, fact: RunEnded) -> None:
    """A shadow runs no more."""
    runs = _of(state, fact)
    if fact.run_id in runs.ended:
        return
    runs.ran_s += max(0.0, entry.at_s - runs.running.pop(fact.run_id, entry.at_s))
    runs.ended[fact.run_id] = None
    if len(runs.ended) > ENDED:
        del runs.ended[next(iter(runs.ended))]
    if fact.outcome == "failure":
        runs.failed += 1
        runs.failure = _failure_text(fact)


def _failure_text(fact: RunEnded) -> str:
    """How it failed, for people, such as ``it crashed, signal 11``."""
    with_code = f", exit code {fact.exit_code}" if fact.exit_code is not None else ""
    with_signal = f", signal {fact.signal}" if fact.signal is not None else ""
    told = f": {fact.detail}" if fact.detail else f"{with_code}{with_signal}"
    return f"{_FAILURES.get(fact.cause, fact.cause)}{told}"


def _of(state: State, fact: OfRun) -> ShadowRuns:
    """What is known of a version as a shadow, the newest one heard of from now on."""
    runs = state.shadow_runs.pop(fact.key, None) or ShadowRuns()
    state.shadow_runs[fact.key] = runs
    if len(state.shadow_runs) > SHADOWS:
        del state.shadow_runs[next(iter(state.shadow_runs))]
    return runs
