import pytest

from communicator.protocol.message import Message
from communicator.router.cores.comparison import (
    COMPARED_WITHIN_S,
    HELD_BYTES,
    HELD_MESSAGES,
    RELEASED_AT_ONCE,
    Comparison,
)
from communicator.router.cores.deadlines import Deadlines
from communicator.router.vocabulary.envelope import own_envelope
from communicator.router.vocabulary.events import LinkKind
from communicator.router.vocabulary.registry import Link

LINK = Link(1, LinkKind.UNIX, "here")
MESSAGE = own_envelope(LINK, Message("PING", service="svc_a"))


@pytest.fixture
def comparison():
    return Comparison(Deadlines().add("colours"))


def test_nothing_waits_before_a_router_is_linked(comparison):
    assert (comparison.holds, comparison.due.at_s) == (False, None)


def test_it_waits_until_all_have_told_theirs(comparison):
    comparison.begin(1, 100)
    comparison.begin(2, 103)
    assert (comparison.holds, comparison.due.at_s) == (True, 100 + COMPARED_WITHIN_S)
    comparison.end(1, 103.5)
    assert comparison.awaited == {2}
    comparison.end(2, 104)
    assert (comparison.holds, comparison.due.at_s) == (False, None)


def test_what_was_held_is_let_go_at_once_and_in_order(comparison):
    comparison.begin(1, 100)
    held = [own_envelope(LINK, Message("PING", {"n": str(number)}, "svc_a")) for number in range(RELEASED_AT_ONCE + 1)]
    assert all(comparison.hold(envelope, 10) for envelope in held)
    comparison.end(1, 101)
    assert (comparison.holds, comparison.due.at_s) == (True, 101)  # what comes now is put behind them
    assert comparison.let_go(101) == held[:-1]
    assert (comparison.holds, comparison.due.at_s) == (True, 101)
    assert comparison.let_go(101.1) == held[-1:]
    assert (comparison.holds, comparison.due.at_s) == (False, None)


def test_after_its_time_nobody_is_awaited(comparison):
    comparison.begin(1, 100)
    comparison.hold(MESSAGE, 10)
    assert comparison.let_go(105) == [MESSAGE]
    assert (comparison.holds, comparison.awaited) == (False, frozenset())
    comparison.end(1, 106)
    comparison.begin(2, 107)
    assert comparison.due.at_s == 107 + COMPARED_WITHIN_S


@pytest.mark.parametrize(("size", "most"), [(1, HELD_MESSAGES), (HELD_BYTES // 4, 4)])
def test_what_is_held_is_bounded(comparison, size, most):
    comparison.begin(1, 100)
    taken = [comparison.hold(MESSAGE, size) for _ in range(most + 1)]
    assert taken == [True] * most + [False]
