"""How many connections one address may have, and all together, and who goes for whom."""

import pytest

from communicator.fairness.sources import Sources
from exporters.web.door import Door, is_loopback


def make_door(connections, connections_per_address, sources=None, may_leave=lambda _: True):
    return Door(connections, connections_per_address, sources or Sources(is_loopback), may_leave)


def enter_all(door, *addresses):
    return [door.enter(number, address, 0.0) for number, address in enumerate(addresses)]


def test_one_address_leaves_room_for_the_others():
    door = make_door(4, 2)
    assert enter_all(door, "10.0.0.1", "10.0.0.1", "10.0.0.2", "10.0.0.1") == [
        *((True, None), (True, None), (True, None), (True, 0))
    ]
    assert (len(door), door.kept_out) == (3, 1)


def test_who_is_answered_does_not_leave():
    door = make_door(2, 2, may_leave=lambda _: False)
    assert enter_all(door, "10.0.0.1", "10.0.0.2", "10.0.0.3")[-1] == (False, None)
    door.leave(0)
    assert door.enter(9, "10.0.0.3", 0.0) == (True, None)
    assert (len(door), door.kept_out) == (2, 1)


def test_who_has_asked_nothing_for_longest_leaves():
    door = make_door(3, 3)
    enter_all(door, "10.0.0.1", "10.0.0.2", "10.0.0.3")
    door.heard(0)
    assert door.enter(9, "10.0.0.4", 0.0) == (True, 1)


def test_who_comes_over_a_proxy_on_this_machine_is_many_and_goes_first():
    door = make_door(10, 1)
    assert [door.enter(number, f"10.0.0.{number}", 0.0)[0] for number in range(10)] == [True] * 10
    assert [door.enter(10 + number, "127.0.0.1", 0.0) for number in range(3)] == [(True, 0), (True, 1), (True, 2)]


def test_half_is_kept_for_who_has_shown_credentials():
    sources = Sources(is_loopback)
    door = make_door(4, 4, sources, may_leave=lambda _: False)
    sources.note_proven("10.0.0.1", 0.0)
    entered = enter_all(door, "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.1", "10.0.0.1")
    assert [is_in for is_in, _ in entered] == [True, True, False, True, True]


def test_ipv6_is_counted_by_network_too():
    door = make_door(100, 1)
    assert [leaves for _, leaves in enter_all(door, "2001:db8::1", "2001:db8::2", "2001:db8::3")] == [None, None, 0]
    assert door.enter(9, "2001:db8:0:1::1", 0.0) == (True, None)


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("", False)],
)
def test_the_machine_itself(address, expected):
    assert is_loopback(address) is expected
