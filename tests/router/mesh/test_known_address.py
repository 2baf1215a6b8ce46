import pytest

from communicator.protocol.addresses import parse_host_port
from communicator.router.mesh.absence import Absence
from communicator.router.mesh.known_address import Attempt, KnownAddress, Member, MemberState, Purpose, summarise
from communicator.router.mesh.neighbors_file import rank


def make_known(address, failures=0, **changes):
    host_port = parse_host_port(address)
    absence = Absence("k", 0.0, failures=failures)
    return KnownAddress(host_port, address, rank(host_port), absence, 0.0, **{"secure": False, **changes})


ATTEMPT = Attempt(1, "10.0.0.1:1", "10.0.0.1", 1, secure=False, purpose=Purpose.DIAL)


@pytest.mark.parametrize(
    ("changes", "is_linked", "state"),
    [
        ({}, False, MemberState.WAITING),
        ({"is_refused": True}, False, MemberState.REFUSED),
        ({"is_refused": True, "attempt": ATTEMPT}, False, MemberState.DIALLING),
        ({"attempt": ATTEMPT}, True, MemberState.LINKED),
    ],
)
def test_the_best_that_can_be_said_is_the_state(changes, is_linked, state):
    addresses = [make_known("10.0.0.2:1"), make_known("10.0.0.1:1", **changes)]
    assert summarise(addresses, is_linked=is_linked).state is state


def test_a_router_is_shown_where_it_was_proven_to_be_with_what_is_configured():
    addresses = [
        make_known("host-a:1", failures=3, reason="no such host", server="a", is_configured=True, secure=True),
        make_known("10.0.0.1:1", server="a"),
        make_known("10.0.0.2:1", failures=1, reason="timed out", server="a", is_proven=True),
    ]
    assert summarise(addresses, is_linked=False) == Member(
        address="10.0.0.2:1",
        server="a",
        configured=True,
        state=MemberState.WAITING,
        failures=3,
        absent_since_s=0.0,
        reason="timed out",
        secure=True,
    )


def test_a_number_is_shown_rather_than_a_name():
    assert summarise([make_known("a-host:1"), make_known("10.0.0.1:1")], is_linked=False).address == "10.0.0.1:1"


def test_a_new_absence_starts_with_nothing():
    known = make_known("10.0.0.1:1", failures=4, reason="timed out", is_refused=True)
    known.begin_absence("key", 7.0)
    assert (known.absence, known.reason, known.is_refused) == (Absence("key", 7.0), "", False)
