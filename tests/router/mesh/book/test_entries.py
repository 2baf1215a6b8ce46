from itertools import count

import pytest

from communicator.protocol import decode
from communicator.protocol.addresses import HostPort
from communicator.router.mesh.book.entries import AT_ONCE, INTRODUCTIONS_AT_ONCE, OPEN_MAX, Entries, Introductions
from communicator.router.mesh.book.entry import REASON_CHARACTERS, Attempt, Entry, Event, State
from communicator.router.vocabulary.config import ClusterConfig
from simulation.mixed import Cast, Mixed

OWN = "10.0.0.5:4042"
LEAF = HostPort("10.0.0.2", 4042)


def make_entries(*addresses, own=OWN, **cluster):
    entries = Entries(own, ClusterConfig(**{"listens": True, **cluster}))
    for address in addresses:
        entries._by_address[address] = Entry(address, "boot", 0.0)
    return entries


def assign(entries, server, *addresses):
    for address in addresses:
        entries._assign(entries._get(address), server, 0.0)


def addresses_of(attempts):
    return [str(attempt.host_port) for attempt in attempts]


def test_an_address_is_found_by_text_and_by_server():
    entries = make_entries("10.0.0.1:1", "10.0.0.2:1")
    assign(entries, "a", "10.0.0.1:1")
    first = entries._get("[::ffff:10.0.0.1]:1")
    assert (first.address, entries._of_server("a"), entries.knows("a")) == ("10.0.0.1:1", [first], True)
    assert (entries._get("10.0.0.3:1"), entries._of_server(""), entries.knows("")) == (None, [], False)


def test_a_server_that_leaves_its_last_address_leaves_no_trace():
    entries = make_entries("10.0.0.1:1")
    first = entries._get("10.0.0.1:1")
    assign(entries, "a", "10.0.0.1:1")
    first.is_proven = True
    assign(entries, "a", "10.0.0.1:1")
    assert first.is_proven
    assign(entries, "b", "10.0.0.1:1")
    assert (first.is_proven, entries._of_server("a"), entries._of_server("b")) == (False, [], [first])
    entries._take(first, Event.DROPPED, 0.0)
    assert (entries._by_address, entries._by_server) == ({}, {})


def test_addresses_of_one_server_are_one_member():
    entries = make_entries("10.0.0.1:1", "10.0.0.2:1", "10.0.0.3:1", "host-a:1", "10.0.0.5:1")
    assign(entries, "a", "10.0.0.1:1", "host-a:1")
    entries._get("10.0.0.5:1").state = State.PROVISIONAL
    assert [member.address for member in entries.members()] == ["10.0.0.2:1", "10.0.0.3:1", "10.0.0.1:1"]
    assert (entries.has("host-a:1"), entries.has("10.0.0.5:1")) == (True, False)


@pytest.mark.parametrize("is_linked", [True, False])
def test_an_address_is_linked_or_not_as_its_server_is(is_linked):
    entries = make_entries("10.0.0.1:1", "10.0.0.2:1")
    assign(entries, "a", "10.0.0.1:1")
    entries.linked(None, "a", 0.0)
    assert entries._get("10.0.0.1:1").state is State.LINKED
    assign(entries, "a" if is_linked else "b", "10.0.0.1:1", "10.0.0.2:1")
    expected = State.LINKED if is_linked else State.WAITING
    assert [entry.state for entry in entries._by_address.values()] == [expected] * 2


@pytest.mark.parametrize(
    ("own", "other", "told"),
    [
        ("10.0.0.5:4042", "10.0.0.4:4042", ""),
        ("10.0.0.5:4042", "10.0.0.6:4042", "10.0.0.5:4042"),
        ("10.0.0.10:4042", "10.0.0.9:4042", ""),  # as numbers, not as text
        ("10.0.0.5:1", "10.0.0.4:65535", ""),  # ports only break ties
        ("10.0.0.5:4043", "10.0.0.5:4042", ""),
        ("10.0.0.5:4042", "10.0.0.5:4043", "10.0.0.5:4042"),
        ("[::2]:4042", "10.0.0.6:4042", ""),
        ("10.0.0.5:4042", "[::2]:4042", "10.0.0.5:4042"),
        ("10.0.0.5:4042", "host-z:4042", ""),
    ],
)
def test_the_larger_address_dials(own, other, told):
    [attempt] = make_entries(other, own=own).due(0.0)
    assert attempt.told == told


def test_a_router_that_nobody_can_reach_dials_everybody():
    [attempt] = make_entries("10.0.0.6:4042", listens=False).due(0.0)
    assert attempt.told == ""


def test_an_attempt_says_all_that_is_needed():
    entries = make_entries("[::1]:4042")
    assert entries.due(0.0) == [Attempt(1, HostPort("::1", 4042), secure=False, told=OWN)]
    assert (entries.attempt(1).host_port, entries.attempt(2)) == (HostPort("::1", 4042), None)


def test_there_is_one_attempt_at_a_time_for_a_router():
    entries = make_entries("10.0.0.4:4042", "host-d:4042")
    assign(entries, "d", "10.0.0.4:4042", "host-d:4042")
    [first] = entries.due(0.0)
    assert (entries.due(0.0), entries.next_due_s) == ([], None)
    assert entries.failed(first.number, "refused", 0.0)
    [second] = entries.due(0.0)
    assert second.host_port != first.host_port
    entries.failed(second.number, "refused", 0.1)
    assert entries.next_due_s == min(entry.due_s for entry in entries._by_address.values())


def test_whoever_is_linked_is_not_tried():
    entries = make_entries("10.0.0.4:4042")
    assign(entries, "d", "10.0.0.4:4042")
    entries.linked(None, "d", 0.0)
    assert (entries.due(9.0), entries.next_due_s) == ([], None)


def test_without_discovery_only_the_configured_are_tried():
    entries = make_entries("10.0.0.3:4042", "10.0.0.4:4042", "host-d:4042", discover=False)
    entries._get("host-d:4042").is_configured = True
    assert addresses_of(entries.due(0.0)) == ["host-d:4042"]
    entries.failed(1, "no such host", 0.0)
    assign(entries, "d", "10.0.0.4:4042", "host-d:4042")
    assert addresses_of(entries.due(0.0)) == ["10.0.0.4:4042"]


def test_attempts_come_in_handfuls_with_pauses_and_are_bounded():
    entries, now_s, handfuls = make_entries(*(f"10.0.1.{number}:4042" for number in range(200))), 0.0, []
    while entries.next_due_s is not None:
        now_s = entries.next_due_s
        handfuls.append((now_s, len(entries.due(now_s))))
    assert {size for _, size in handfuls} == {AT_ONCE}
    assert len(entries._open) == OPEN_MAX
    assert 0.2 < now_s < 0.5
    assert entries.due(now_s) == []
    entries.failed(3, "refused", now_s)
    assert entries.next_due_s is not None
    assert len(entries.due(now_s + 1)) == 1


def test_the_next_time_is_looked_for_only_when_something_has_happened():
    entries = make_entries("10.0.0.3:4042", "10.0.0.4:4042")
    assert entries.next_due_s == 0.0
    entries._get("10.0.0.3:4042").due_s = 7.0  # behind its back
    entries._get("10.0.0.4:4042").due_s = 8.0
    assert (entries.next_due_s, entries.due(-1.0), entries.next_due_s) == (0.0, [], 0.0)
    entries._take(entries._get("10.0.0.3:4042"), Event.CONFIRMED, 0.0)
    assert entries.next_due_s == 7.0


def test_an_end_is_told_once_and_a_long_reason_is_cut():
    entries = make_entries("10.0.0.4:4042")
    entries.due(0.0)
    assert entries.failed(1, "x" * 1000, 0.0)
    assert len(entries._get("10.0.0.4:4042").reason) == REASON_CHARACTERS
    due_s = entries.next_due_s
    assert not entries.failed(1, "again", 5.0)
    entries.refused(1, "again", 5.0)
    entries.gossiped(1, 5.0)
    assert (entries.next_due_s, entries.attempt(1)) == (due_s, None)


def test_failures_are_counted_under_the_name_that_is_known():
    entries = make_entries("10.0.0.4:4042")
    entries.due(0.0)
    entries.failed(1, "no route to host", 0.0)
    entries.failed(1, "its end was told already", 0.0)
    assign(entries, "d", "10.0.0.4:4042")
    for number in (2, 3):
        entries.due(100.0 * number)
        entries.refused(number, "its name is taken", 100.0 * number)
    entries.due(400.0)
    entries.gossiped(4, 400.0)
    assert entries.connect_failures == {"10.0.0.4:4042": 1, "d": 2}


def test_an_attempt_that_fails_while_the_router_has_linked_is_not_told():
    entries = make_entries("10.0.0.4:4042")
    entries.due(0.0)
    assign(entries, "d", "10.0.0.4:4042")
    entries.linked(None, "d", 0.0)
    assert entries.attempt(1) is not None
    assert not entries.failed(1, "closed", 0.0)
    assert entries.members()[0].state is State.LINKED


def test_while_an_attempt_is_under_way_a_router_that_was_linked_and_lost_meanwhile_is_not_tried_again():
    entries = make_entries("10.0.0.4:4042")
    entries.due(0.0)
    assign(entries, "d", "10.0.0.4:4042")
    entries.linked(None, "d", 0.0)
    entries.lost("d", 1.0)
    assert (entries.due(9.0), entries.next_due_s) == ([], None)
    assert entries.failed(1, "closed", 9.0)
    assert len(entries.due(12.0)) == 1


def test_an_address_that_is_dropped_takes_its_attempt_along():
    entries = make_entries("10.0.0.4:4042", "10.0.0.3:4042")
    entries.due(0.0)
    for entry in list(entries._by_address.values()):
        entries._take(entry, Event.DROPPED, 0.0)
    assert (entries._open, entries._by_address, entries.next_due_s) == ({}, {}, None)


def test_a_provisional_address_has_one_attempt():
    entries = make_entries("10.0.0.4:4042")
    entries._get("10.0.0.4:4042").state = State.PROVISIONAL
    entries.due(0.0)
    assert not entries.failed(1, "refused", 0.0)
    assert entries._by_address == {}
    assert entries.connect_failures == {}, "whoever tells us of it chose the name"


def test_a_provisional_address_whose_router_gives_another_one_is_not_an_address_of_the_cluster():
    entries = make_entries("10.0.0.4:4042", "10.0.0.3:4042")
    entries._get("10.0.0.4:4042").state = State.PROVISIONAL
    assign(entries, "d", "10.0.0.3:4042")
    numbers = {str(attempt.host_port): attempt.number for attempt in entries.due(0.0)}
    entries.linked(numbers["10.0.0.4:4042"], "d", 0.0)
    assert list(entries._by_address) == ["10.0.0.3:4042"]
    assert [(member.server, member.state) for member in entries.members()] == [("d", State.LINKED)]


# Introductions.


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
