import pytest

from communicator.protocol import Message
from communicator.router.mesh.announced import KEPT, KEPT_S, Announced

SAID = Message("PAYLOAD", {"n": "1"}, "svc", "*", "beta", "cli")


@pytest.mark.parametrize(
    ("key", "message", "after_s", "is_held"),
    [
        ("beta b-1 ", SAID, 0.0, True),
        ("beta b-1 ", SAID, KEPT_S - 0.1, True),
        ("beta b-1 ", SAID, KEPT_S, False),
        ("beta b-2 ", SAID, 0.0, False),
        ("beta b-1 ", Message("PAYLOAD", {"n": "2"}, "svc", "*", "beta", "cli"), 0.0, False),
        ("beta b-1 ", Message("PAYLOAD", {"n": "1"}, "svc", "", "beta", "cli"), 0.0, False),
        ("beta b-1 ", Message("PAYLOAD", {"n": "1"}, "svc", "*", "beta", "other"), 0.0, False),
    ],
)
def test_only_what_was_announced_is_held_and_for_a_while(key, message, after_s, is_held):
    announced = Announced()
    announced.add("beta b-1 ", SAID, 100.0)
    assert announced.holds(key, message, 100.0 + after_s) is is_held


def test_the_oldest_are_forgotten():
    announced = Announced()
    for number in range(KEPT + 1):
        announced.add(f"beta b-{number} ", SAID, 100.0)
    assert not announced.holds("beta b-0 ", SAID, 100.0)
    assert announced.holds(f"beta b-{KEPT} ", SAID, 100.0)
