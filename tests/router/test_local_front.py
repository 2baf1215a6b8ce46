"""What the header of a local line says, and for how long that is remembered; where lines go: test_forwarding.py."""

import pytest

from communicator.router import RouterLimits
from communicator.router.path.local_front import front_of, head_of


@pytest.mark.parametrize(
    ("line", "front", "head"),
    [
        (b"svc_b/P x=1;y=a b\n", b"svc_b/P ", b"svc_b/P"),
        (b"svc_b/P\n", b"svc_b/P\n", b"svc_b/P"),
        (b"svc_b/P \n", b"svc_b/P ", b"svc_b/P"),
        (b"<a:b svc_b/P x=1\n", b"<a:b ", b"<a:b"),
        (b" svc_b/P\n", b" ", b""),
        (b"\n", b"\n", b""),
    ],
)
def test_the_front_is_the_header_and_what_ends_it(line, front, head):
    assert front_of(line) == front
    assert (head_of(line), head_of(front)) == (head, head)


def test_the_route_is_found_anew_when_a_service_comes_or_goes(trio):
    trio.play(
        """
        A > svc_m/P
        M < <peer:svc_a svc_m/P
        M x
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_m;status=down;up_since=*;down_since=*
        A > svc_m/P
        + N unix bob
        N > REGISTER service=svc_m;version=1
        N < HELP
        N < READY my_address=*
        A < STATUS cache=no;server=peer;server_name=peer;service=svc_m;status=up;up_since=*
        A > svc_m/P
        N < <peer:svc_a svc_m/P
        """,
    )


def test_the_table_of_routes_is_bounded(playbook):
    book = playbook(limits=RouterLimits(routes=4))
    for name in "AB":
        book.play(f"+ {name} unix bob\n{name} > REGISTER service=svc_{name.lower()};version=1\n{name} < ...")
    for number in range(100):
        book.play(f"B > svc_a/C{number}\nA < <peer:svc_b svc_a/C{number}")
        assert len(book.router._board.routes) <= 4


def test_what_has_no_route_takes_no_place_in_the_table(trio):
    for line in ("{broken", "svc_b /P", "ALIVE", "REGISTER service=svc_c;version=1", "nobody/P", "beta:svc_b/P"):
        trio.play(f"A > {line}\nA < ...")
    assert trio.router._board.routes == {}
