"""What waits for the comparator of one shadow."""

import pytest

from communicator.answers.shadows import Step
from communicator.router.cores import steps as limits
from communicator.router.cores.steps import Steps


def step(line="x", conversation="c"):
    return Step(conversation=conversation, what="asked", line=line)


def test_steps_are_taken_in_order_and_stay_until_they_have_left():
    steps = Steps()
    assert all(steps.put(step(f"{n}")) for n in range(limits.STEPS_AT_ONCE + 1))
    first = steps.take()
    assert [one.line for one in first] == [f"{n}" for n in range(limits.STEPS_AT_ONCE)]
    assert steps.take() is first
    steps.have_left()
    assert [one.line for one in steps.take()] == [f"{limits.STEPS_AT_ONCE}"]
    steps.have_left()
    assert steps.take() == ()


def test_as_many_bytes_as_fit_are_taken():
    steps = Steps()
    for _ in range(5):
        steps.put(step("x" * limits.STEP_BYTES))
    assert len(steps.take()) == limits.STEPS_AT_ONCE_BYTES // limits.STEP_BYTES


@pytest.mark.parametrize(
    ("line", "fitting"),
    [("x" * (limits.STEP_BYTES + 1), 0), ("x" * limits.STEP_BYTES, 512), ("x", limits.STEPS_KEPT)],
)
def test_what_does_not_fit_is_not_put(line, fitting):
    steps = Steps()
    put = [steps.put(step(line)) for _ in range(limits.STEPS_KEPT + 1)]
    assert put.count(True) == fitting
    assert steps.is_half_full is (fitting > 0)


def test_an_end_always_fits():
    steps = Steps()
    while steps.put(step()):
        pass
    steps.end("c", "queue")
    assert len(steps) == limits.STEPS_KEPT + 1
    steps.drop()
    assert (len(steps), steps.take(), steps.is_half_full) == (0, (), False)
