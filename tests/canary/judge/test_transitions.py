from dataclasses import fields

import pytest

from canary.judge import transitions
from canary.judge.course import COURSES
from canary.judge.state import Cell, Failure, State
from canary.judge.transitions import RESETS, RESETS_OF_PARDON, STREAK, place_of, reset
from canary.records import CellKey, CellMoved, Entry
from tests.canary.judge.trial import Trial, crashes, good, rules

KEY = CellKey("alpha", "fluid", "2", "")
OF_STREAK = {
    "streak",
    "consecutive",
    "first_failure_at_s",
    "last_failure_at_s",
    "unbroken_since_at_s",
    "first_seq",
    "last_seq",
    "config_changed",
    "config_starts",
    "needs_human",
    "has_given_up",
}
BY_THE_MOVE = {
    "state", "since_at_s", "rule", "reason", "until_at_s", "strikes", "needs_human", "is_pardoned", "ejections",
    "suppressed_by", "suppressed_rule", "is_local", "blocked_for", "blocked_by", "ever_good",
}  # fmt: skip
"""What a move writes rather than resets; `ejections` counts it, and is reset only where the table says so."""
FULL = {
    "passed": 1, "failed": 2, "excused": 3, "censored": 4, "consecutive": 5, "first_failure_at_s": 6.0,
    "last_failure_at_s": 7.0, "first_seq": 8, "last_seq": 9, "unbroken_since_at_s": 10.0, "ever_passed": True,
    "strikes": 11, "ejections": 12, "returns": 13, "probes_granted": 14, "baked_s": 15.0, "config_hash": "x",
    "config_starts": 16, "seen_at_s": 17.0, "config_changed": True, "successes": 18, "running": 19, "bake_base_s": 20.0,
    "bakes_from_at_s": 21.0, "is_stopped": True, "has_given_up": True, "probe": "failed", "needs_human": True,
    "probe_is_live": True, "relapses": ((22.0, "r"),),
}  # fmt: skip


def full_cell():
    """One in which every counter stands somewhere."""
    cell = Cell(KEY, **FULL)
    cell.streak.append(Failure(1, 1.0, KEY, "r"))
    return cell


def changed(before, after):
    return {field.name for field in fields(Cell) if getattr(before, field.name) != getattr(after, field.name)}


def counters(names):
    return {counter for name in names for counter in (OF_STREAK if name == STREAK else {name})}


@pytest.mark.parametrize(("old", "new"), sorted(RESETS))
def test_a_transition_resets_what_the_table_says_and_nothing_else(old, new):
    state, cell = State(), full_cell()
    cell.state, cell.until_at_s = ("suspect", 1.0) if old == "ejected" else (old, None)
    state.cells[KEY] = cell
    new_state, until_at_s = ("suspect", 2.0) if new == "ejected" else (new, None)
    move = CellMoved(
        **KEY._asdict(), old=cell.state, new=new_state, rule="run", until_at_s=until_at_s, strikes=11, needs_human=True
    )
    transitions.move(state, Entry(1, 30.0, 30.0, move), move)
    expected = counters(RESETS[old, new])
    assert changed(full_cell(), cell) - BY_THE_MOVE == expected - BY_THE_MOVE
    assert cell.ejections == (0 if "ejections" in expected else 12) + (new == "ejected")


def test_a_pardon_resets_what_the_table_says_and_nothing_else():
    cell = full_cell()
    reset(cell, RESETS_OF_PARDON)
    assert changed(full_cell(), cell) == counters(RESETS_OF_PARDON)


def test_every_state_has_a_course():
    places = {place for pair in RESETS for place in pair}
    assert places | {"archived"} == set(COURSES)


def test_an_ejection_is_a_place_of_its_own():
    assert place_of("suspect", 1.0) == "ejected"
    assert place_of("suspect", None) == "suspect"
    assert place_of("blocked", 1.0) == "blocked"


def test_what_was_archived_is_forgotten():
    trial = Trial(rules()).play(crashes(0, times=3), 2e6)
    assert trial.state.cells
    trial.wait(3e6)
    state = trial.state
    assert not any((state.cells, state.releases, state.versions, state.installed, state.servers, state.failures_of))
    assert not any((state.timed, state.suppressed, state.fresh, state.held, state.doubted, state.sick))


def test_what_runs_is_not_archived():
    trial = Trial(rules()).play(good(), 3e6)
    assert trial.cell(version="1").state == "good"
