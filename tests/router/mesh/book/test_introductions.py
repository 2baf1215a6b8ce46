from itertools import count

import pytest

from communicator.protocol import decode
from communicator.protocol.addresses import HostPort
from communicator.router.mesh.book.introductions import INTRODUCTIONS_AT_ONCE, Introductions
from simulation.mixed import Cast, Mixed

LEAF = HostPort("10.0.0.2", 4042)


@pytest.fixture
def begin():
    """Tells the leaf `cpp` of addresses; what is opened for it."""
    introductions = Introductions(count(1))

    def begin_for(*addresses, leaf="cpp"):
        return introductions.begin(leaf, LEAF, addresses, secure=False)

    begin_for.introductions = introductions
    return begin_for


def test_each_address_is_told_once_for_each_link(begin):
    [first, second] = begin("10.0.0.8:4042", "10.0.0.9:4042")
    assert (first.host_port, first.told) == (LEAF, "10.0.0.8:4042")
    assert begin("10.0.0.8:4042", "10.0.0.9:4042") == []
    [other] = begin("10.0.0.8:4042", leaf="other")
    assert len({first.number, second.number, other.number}) == 3
    begin.introductions.left("cpp")
    assert len(begin("10.0.0.8:4042")) == 1


def test_a_few_are_told_at_once_and_the_rest_when_these_are_done(begin):
    addresses = [f"10.0.1.{number}:4042" for number in range(INTRODUCTIONS_AT_ONCE + 5)]
    begun = begin(*addresses)
    assert len(begun) == INTRODUCTIONS_AT_ONCE
    assert begin(*addresses) == []
    for attempt in begun:
        assert begin.introductions.get(attempt.number) is attempt
        assert begin.introductions.end(attempt.number)
        assert not begin.introductions.end(attempt.number)
    assert [attempt.told for attempt in begin(*addresses)] == addresses[INTRODUCTIONS_AT_ONCE:]


def test_what_a_c_router_hears_of_others_from_ours():
    """A is ours. What it tells c first is b, which c has to dial; b hears of c, and d, by GOSSIP: they dial it."""
    written = []
    mixed = Mixed(Cast(kinds="bccc"), wire=lambda host, other, line: written.append((host, other, decode(line))))
    mixed.settle()
    said = [
        (other, message.get("my_address"))
        for host, other, message in written
        if message.command == "GOSSIP" and host == "a"
    ]
    assert sorted(pair for pair in said if pair[1] != "10.9.0.1:4042") == [
        ("b", "10.9.0.3:4042"),
        ("b", "10.9.0.4:4042"),
        ("c", "10.9.0.4:4042"),
    ]
    accepts = {
        other: message.get("neighbors")
        for host, other, message in written
        if message.command == "ACCEPT" and host == "a"
    }
    assert {other: told.partition(",")[0] for other, told in accepts.items()} == {
        "b": "10.9.0.3:4042",
        "c": "10.9.0.2:4042",
        "d": "10.9.0.2:4042",
    }
    assert not any("10.9.0.1" in told for told in accepts.values())
    assert {host: "".join(sorted(order)) for host, order in mixed.accepted().items()} == {
        "a": "bcd",
        "b": "cd",
        "c": "d",
        "d": "",
    }


def test_ours_tell_each_other_of_nobody_by_gossip():
    written = []
    mixed = Mixed(Cast(kinds="bbb"), wire=lambda _host, _other, line: written.append(decode(line)))
    mixed.settle()
    gossip = {message.get("my_address") for message in written if message.command == "GOSSIP"}
    assert gossip <= {"10.9.0.1:4042", "10.9.0.2:4042", "10.9.0.3:4042"}
    assert not any(
        introduced for introduced in (node.core._board.mesh.book.introductions._told for node in mixed.nodes.values())
    )
