"""PURE: facts about runs of shadows -> what is known of them; nothing follows from it for a version that does its work."""

from canary.judge.state import ShadowRuns, State
from canary.records import Entry, OfRun, RunBegan, RunEnded, RunPassed

SHADOWS = 1_024
"""Versions that are remembered as shadows, of all servers; those heard of longest ago are forgotten first."""
ENDED = 64
"""Runs of one of them that are remembered as over, so that what is told twice counts once."""


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
        runs.failure = ": ".join(filter(None, (fact.cause, fact.detail)))


def _of(state: State, fact: OfRun) -> ShadowRuns:
    """What is known of a version as a shadow, the newest one heard of from now on."""
    runs = state.shadow_runs.pop(fact.key, None) or ShadowRuns()
    state.shadow_runs[fact.key] = runs
    if len(state.shadow_runs) > SHADOWS:
        del state.shadow_runs[next(iter(state.shadow_runs))]
    return runs
