import pytest

from canary.judge import overrides
from canary.judge.apply import apply
from canary.judge.state import State
from canary.records import CellKey, Entry, OverrideEnded, Version
from tests.canary.judge.trial import ZERO_S, ordered, pardoned

KEY = CellKey("alpha", "fluid", "2", "b")
NOW_S = ZERO_S + 5


def state_with(*facts):
    state = State()
    for number, (_, fact) in enumerate(facts, 1):
        apply(state, Entry(number, ZERO_S, 0.0, fact))
    return state


@pytest.mark.parametrize(
    ("key", "is_covered"),
    [
        (KEY, True),
        (KEY._replace(build="other"), True),
        (KEY._replace(server="beta"), False),
        (KEY._replace(version="3"), False),
        (KEY._replace(service="ink"), False),
    ],
)
def test_what_an_order_speaks_of(key, is_covered):
    _, order = ordered(0, "block", 10, server="alpha")
    assert overrides.covers(order, key) is is_covered
    assert overrides.covers(pardoned(0)[1], key) is (key.service == "fluid" and key.version == "2")


@pytest.mark.parametrize("order", [1, -1])
def test_of_orders_that_contradict_each_other_the_safer_one_holds(order):
    stand = [ordered(0, "block", 10), ordered(0, "allow", 20, number=2), ordered(0, "pin", 15, number=3)]
    state = state_with(*stand[::order])
    assert overrides.override_of(state, KEY, NOW_S).action == "block"
    assert overrides.override_of(state, KEY, ZERO_S + 10).action == "pin"
    assert overrides.override_of(state, KEY, ZERO_S + 15).action == "allow"


def test_what_is_allowed_in_sight_of_a_block_is_allowed():
    state = state_with(ordered(0, "block", 10), ordered(0, "allow", 8, number=2, over=[1]))
    assert overrides.override_of(state, KEY, NOW_S).action == "allow"
    assert overrides.override_of(state, KEY, ZERO_S + 8).action == "block"
    assert overrides.override_of(state, KEY, ZERO_S + 10) is None


@pytest.mark.parametrize(
    ("action", "kept", "pinned"), [("block", False, False), ("allow", True, False), ("pin", True, True)]
)
def test_what_an_order_means(action, kept, pinned):
    state = state_with(ordered(0, action, 10))
    assert overrides.is_kept_back(state, KEY, NOW_S) is kept
    assert overrides.is_pinned(state, KEY.of, NOW_S) is pinned
    assert not overrides.is_pinned(state, Version("ink", "2", ""), NOW_S)


def test_orders_end():
    state = state_with(ordered(0, "pin", 10))
    assert list(overrides.deadlines(state)) == [ZERO_S + 10]
    assert overrides.ended(state, ZERO_S + 9.9) == []
    (end,) = overrides.ended(state, ZERO_S + 10)
    assert end == OverrideEnded(number=1, cause="expired")
    apply(state, Entry(9, ZERO_S + 10, 0.0, end))
    assert overrides.ended(state, ZERO_S + 20) == []
