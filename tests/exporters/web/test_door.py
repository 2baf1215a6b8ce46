"""How many connections one address may have, and all together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.web.door import Door, address_key, is_loopback


def test_one_address_leaves_room_for_the_others():
    door = Door(connections=3, connections_per_address=2)
    assert [door.enter("10.0.0.1") for _ in range(3)] == [True, True, False]
    assert door.enter("10.0.0.2")
    assert not door.enter("10.0.0.3"), "it is full"
    door.leave("10.0.0.1")
    assert door.enter("10.0.0.1")
    assert (len(door), door.kept_out) == (3, 2)


def test_who_comes_over_a_proxy_on_this_machine_is_many():
    door = Door(connections=10, connections_per_address=1)
    assert all(door.enter("127.0.0.1") for _ in range(10))
    assert not door.enter("127.0.0.1")


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("10.0.0.1", "10.0.0.2", False),
        ("10.0.0.1", "::ffff:10.0.0.1", True),
        ("2001:db8::1", "2001:db8::ffff:1", True),
        ("2001:db8::1", "2001:db8:0:1::1", False),
        ("fe80::1%eth0", "fe80::2%eth0", True),
        ("", "", True),
    ],
)
def test_ipv6_is_counted_by_network(one, other, is_same):
    assert (address_key(one) == address_key(other)) is is_same


@pytest.mark.parametrize(
    ("address", "expected"),
    [("127.0.0.9", True), ("::1", True), ("::ffff:127.0.0.1", True), ("10.0.0.1", False), ("", False)],
)
def test_the_machine_itself(address, expected):
    assert is_loopback(address) is expected


@given(st.lists(st.tuples(st.booleans(), st.sampled_from(["10.0.0.1", "10.0.0.2", "127.0.0.1", "::1"]))))
def test_never_more_than_the_limits_and_nothing_is_left_over(steps):
    door, inside = Door(4, 2), []
    for enters, address in steps:
        if enters and door.enter(address):
            inside.append(address)
        elif not enters and address in inside:
            inside.remove(address)
            door.leave(address)
        assert len(door) == len(inside) <= 4
        assert all(inside.count(address) <= 2 for address in ("10.0.0.1", "10.0.0.2"))
    for address in inside:
        door.leave(address)
    assert len(door) == 0
    assert not door._held
