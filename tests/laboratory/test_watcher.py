"""The watcher of the laboratory: a number that is farther from the truth than it says is found."""

import time
from types import SimpleNamespace

import pytest

from laboratory.native import Clock
from laboratory.watcher import Audit, Number, Watcher

pytestmark = pytest.mark.short
AHEAD_S = 0.040
JUST_NOW_S = 0.001


@pytest.fixture
def watcher(require_program, tmp_path):
    """Watches two clocks, of which b is ahead."""
    require_program("gcc")
    clocks = {"a": Clock(tmp_path / "a", 0), "b": Clock(tmp_path / "b", 0, AHEAD_S)}
    made = Watcher({name: SimpleNamespace(clock=clock, is_server=True) for name, clock in clocks.items()})
    made._watch_truth()
    return made


def hold(watcher, of, against, offset_s):
    audit = Audit()
    now_ns = time.clock_gettime_ns(time.CLOCK_MONOTONIC_RAW)
    watcher._hold(audit, "a", Number(of, against, offset_s, JUST_NOW_S, 0.0), now_ns)
    return len(audit.broken), audit.excused


@pytest.mark.parametrize(
    ("of", "against", "offset_s"), [("b", "a", AHEAD_S), ("a", "b", -AHEAD_S), ("b", None, AHEAD_S), ("a", None, 0.0)]
)
def test_a_number_is_held_against_the_truth(watcher, of, against, offset_s):
    assert hold(watcher, of, against, offset_s) == (0, 0)
    assert hold(watcher, of, against, offset_s + 2 * JUST_NOW_S) == (1, 0)


def test_a_clock_that_was_just_set_excuses(watcher):
    watcher._hosts["b"].clock.step(AHEAD_S)
    watcher._watch_truth()
    assert hold(watcher, "b", "a", AHEAD_S) == (0, 1)
    assert hold(watcher, "b", "a", 2 * AHEAD_S) == (0, 0)
