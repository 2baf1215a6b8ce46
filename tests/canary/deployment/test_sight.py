import pytest

from canary.deployment.sight import instances_of
from canary.judge.apply import apply
from canary.judge.state import State
from canary.records import Entry
from tests.canary.judge.trial import began, ended, passed


@pytest.mark.parametrize(
    ("facts", "seen"),
    [
        pytest.param([began(0, "r")], (True, False, False), id="it began"),
        pytest.param([began(0, "r"), ended(1, "r")], (False, False, True), id="it failed"),
        pytest.param([ended(1, "r"), began(2, "s")], (True, False, True), id="and was started again"),
        pytest.param([ended(1, "r"), began(2, "s"), passed(62, "s")], (True, True, False), id="and has had a success"),
    ],
)
def test_a_version_that_has_failed_is_failing_until_its_next_success(facts, seen):
    state = State()
    for at_s, record in facts:
        apply(state, Entry(state.seq + 1, at_s, 0.0, record))
    [instance] = instances_of(state, "fluid")["alpha"]
    assert (instance.is_running, instance.has_passed, instance.is_failing) == seen
