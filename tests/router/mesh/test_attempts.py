import pytest

from communicator.protocol.addresses import parse_host_port
from communicator.router.config import ClusterConfig
from communicator.router.mesh.absence import Absence
from communicator.router.mesh.address_table import AddressTable
from communicator.router.mesh.attempts import ATTEMPTS_AT_ONCE, ATTEMPTS_OPEN_MAX, REASON_CHARACTERS, Attempts
from communicator.router.mesh.known_address import Attempt, KnownAddress, Purpose
from communicator.router.mesh.neighbors_file import rank

OWN = "10.0.0.5:4042"


def make_attempts(*addresses, own=OWN, **cluster):
    table = AddressTable()
    attempts = Attempts(table, rank(parse_host_port(own)), ClusterConfig(**{"listens": True, **cluster}))
    for address in addresses:
        host_port = parse_host_port(address)
        table.add(KnownAddress(host_port, address, rank(host_port), Absence(address, 0.0), 0.0, secure=False))
    return attempts


def known_of(attempts, address):
    return attempts._table.get(address)


@pytest.mark.parametrize(
    ("own", "other", "purpose"),
    [
        ("10.0.0.5:4042", "10.0.0.4:4042", Purpose.DIAL),
        ("10.0.0.5:4042", "10.0.0.6:4042", Purpose.GOSSIP),
        ("10.0.0.10:4042", "10.0.0.9:4042", Purpose.DIAL),  # as numbers, not as text
        ("10.0.0.5:1", "10.0.0.4:65535", Purpose.DIAL),  # ports only break ties
        ("10.0.0.5:4043", "10.0.0.5:4042", Purpose.DIAL),
        ("10.0.0.5:4042", "10.0.0.5:4043", Purpose.GOSSIP),
        ("[::2]:4042", "10.0.0.6:4042", Purpose.DIAL),
        ("10.0.0.5:4042", "[::2]:4042", Purpose.GOSSIP),
        ("10.0.0.5:4042", "host-z:4042", Purpose.DIAL),
    ],
)
def test_the_larger_address_dials(own, other, purpose):
    [attempt] = make_attempts(other, own=own).due(0.0)
    assert attempt.purpose is purpose


def test_a_router_that_nobody_can_reach_dials_everybody():
    [attempt] = make_attempts("10.0.0.6:4042", listens=False).due(0.0)
    assert attempt.purpose is Purpose.DIAL


def test_an_attempt_says_all_that_is_needed():
    attempts = make_attempts("[::1]:4042")
    assert attempts.due(0.0) == [Attempt(1, "[::1]:4042", "::1", 4042, secure=False, purpose=Purpose.GOSSIP)]
    assert (attempts.get(1).address, attempts.get(2)) == ("[::1]:4042", None)


def test_there_is_one_attempt_at_a_time_for_a_router():
    attempts = make_attempts("10.0.0.4:4042", "host-d:4042")
    for address in ("10.0.0.4:4042", "host-d:4042"):
        attempts._table.assign(known_of(attempts, address), "d")
    [first] = attempts.due(0.0)
    assert (attempts.due(0.0), attempts.next_due_s) == ([], None)
    assert attempts.failed(first.number, "refused", 0.0)
    [second] = attempts.due(0.0)
    assert second.address != first.address
    attempts.failed(second.number, "refused", 0.1)
    assert attempts.next_due_s == min(known.due_s for known in attempts._table)


def test_whoever_is_linked_is_not_tried():
    attempts = make_attempts("10.0.0.4:4042")
    attempts._table.assign(known_of(attempts, "10.0.0.4:4042"), "d")
    attempts._table.linked.add("d")
    assert (attempts.due(0.0), attempts.next_due_s) == ([], None)


def test_without_discovery_only_the_configured_are_tried():
    attempts = make_attempts("10.0.0.3:4042", "10.0.0.4:4042", "host-d:4042", discover=False)
    known_of(attempts, "host-d:4042").is_configured = True
    assert [attempt.address for attempt in attempts.due(0.0)] == ["host-d:4042"]
    attempts.failed(1, "no such host", 0.0)
    for address in ("10.0.0.4:4042", "host-d:4042"):
        attempts._table.assign(known_of(attempts, address), "d")
    assert [attempt.address for attempt in attempts.due(0.0)] == ["10.0.0.4:4042"]


def test_attempts_come_in_handfuls_with_pauses_and_are_bounded():
    attempts, now_s, handfuls = make_attempts(*(f"10.0.1.{number}:4042" for number in range(200))), 0.0, []
    while attempts.next_due_s is not None:
        now_s = attempts.next_due_s
        handfuls.append((now_s, len(attempts.due(now_s))))
    assert {size for _, size in handfuls} == {ATTEMPTS_AT_ONCE}
    assert len(attempts._open) == ATTEMPTS_OPEN_MAX
    assert 0.2 < now_s < 0.5
    assert attempts.due(now_s) == []
    attempts.failed(3, "refused", now_s)
    assert attempts.next_due_s is not None
    assert len(attempts.due(now_s + 1)) == 1


def test_an_end_is_told_once_and_a_long_reason_is_cut():
    attempts = make_attempts("10.0.0.4:4042")
    attempts.due(0.0)
    assert attempts.failed(1, "x" * 1000, 0.0)
    assert len(known_of(attempts, "10.0.0.4:4042").reason) == REASON_CHARACTERS
    due_s = attempts.next_due_s
    assert not attempts.failed(1, "again", 5.0)
    attempts.refused(1, "again", 5.0)
    attempts.gossiped(1, 5.0)
    assert (attempts.next_due_s, attempts.end(1)) == (due_s, None)


def test_failures_are_counted_under_the_name_that_is_known():
    attempts = make_attempts("10.0.0.4:4042")
    attempts.due(0.0)
    attempts.failed(1, "no route to host", 0.0)
    attempts.failed(1, "its end was told already", 0.0)
    attempts._table.assign(known_of(attempts, "10.0.0.4:4042"), "d")
    for number in (2, 3):
        attempts.due(100.0 * number)
        attempts.refused(number, "its name is taken", 100.0 * number)
    attempts.due(400.0)
    attempts.gossiped(4, 400.0)
    assert attempts.failures == {"10.0.0.4:4042": 1, "d": 2}


def test_an_attempt_that_fails_while_the_router_has_linked_is_not_told():
    attempts = make_attempts("10.0.0.4:4042")
    attempts.due(0.0)
    attempts._table.assign(known_of(attempts, "10.0.0.4:4042"), "d")
    attempts._table.linked.add("d")
    assert not attempts.failed(1, "closed", 0.0)


def test_an_address_that_is_dropped_takes_its_attempt_along():
    attempts = make_attempts("10.0.0.4:4042", "10.0.0.3:4042")
    attempts.due(0.0)
    for known in list(attempts._table):
        attempts.drop(known)
    assert (len(attempts._open), len(attempts._table), attempts.next_due_s) == (0, 0, None)


def test_a_provisional_address_has_one_attempt():
    attempts = make_attempts("10.0.0.4:4042")
    known_of(attempts, "10.0.0.4:4042").is_provisional = True
    attempts.due(0.0)
    assert not attempts.failed(1, "refused", 0.0)
    assert len(attempts._table) == 0
    assert attempts.failures == {}, "whoever tells us of it chose the name"
