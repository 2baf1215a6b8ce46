import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.fairness.places import Entrance, Places
from communicator.fairness.sources import Standing

KNOWN, NEW, FAILED = Standing


def make_places(**changes):
    return Places(**{"most": 8, "share": 4, "kept": 4, **changes})


def fill(places, standing, count=4, first=1):
    """So many of one standing, each from an address of its own; they are called by their standing and number."""
    for number in range(first, first + count):
        entrance = places.enter(f"{standing.name}{number}", f"10.{standing}.0.{number}", standing)
        assert entrance == Entrance(is_in=True)


def test_half_is_kept_for_whom_we_know():
    places = make_places()
    fill(places, NEW)
    assert places.enter("more", "10.9.0.1", NEW).leaves == "NEW1"
    fill(places, KNOWN)
    assert (len(places), "more" in places._seats) == (8, True)


@pytest.mark.parametrize(
    ("inside", "comes", "leaves"),
    [
        ((NEW,), NEW, "NEW1"),
        ((NEW,), KNOWN, None),
        ((FAILED,), NEW, "FAILED1"),
        ((FAILED,), FAILED, "FAILED1"),
        ((NEW, KNOWN), KNOWN, "NEW1"),
        ((FAILED, KNOWN), KNOWN, "FAILED1"),
        ((FAILED, KNOWN), NEW, "FAILED1"),
    ],
)
def test_the_longest_silent_of_those_who_stand_worst_leaves(inside, comes, leaves):
    places = make_places()
    for standing in inside:
        fill(places, standing)
    assert places.enter("comer", "10.9.0.1", comes) == Entrance(is_in=True, leaves=leaves)
    assert leaves not in places._seats


@pytest.mark.parametrize(("inside", "comes"), [((NEW,), FAILED), ((KNOWN, NEW), FAILED)])
def test_nobody_leaves_for_one_who_stands_worse(inside, comes):
    places = make_places()
    for standing in inside:
        fill(places, standing)
    assert places.enter("comer", "10.9.0.1", comes) == Entrance(is_in=False)
    assert "comer" not in places._seats


def test_of_those_who_have_failed_two_give_way_before_one_who_has_not():
    places = make_places()
    fill(places, NEW, 2)
    fill(places, FAILED, 2)
    assert [places.enter(f"comer{number}", f"10.9.0.{number}", NEW).leaves for number in range(3)] == [
        *("FAILED1", "FAILED2", "NEW1")
    ]


def test_who_speaks_has_been_silent_for_less_long():
    places = make_places()
    fill(places, NEW)
    places.heard("NEW1")
    places.heard("nobody")
    assert places.enter("comer", "10.9.0.1", NEW).leaves == "NEW2"


def test_beyond_its_share_an_address_pushes_out_its_own_alone():
    places = make_places(most=100, kept=50, share=2)
    fill(places, NEW)
    assert [places.enter(f"own{number}", "10.9.0.1", NEW).leaves for number in range(4)] == [None, None, "own0", "own1"]
    places.heard("own2")
    assert places.enter("own4", "::ffff:10.9.0.1", NEW).leaves == "own3"


def test_whom_we_know_has_a_share_too():
    places = make_places(share=1)
    places.enter("one", "10.0.0.1", KNOWN)
    assert places.enter("two", "10.0.0.1", KNOWN).leaves == "one"


def test_an_ipv6_network_has_two_shares_and_another_one_is_another():
    places = make_places(most=100, kept=50, share=2)
    comers = [places.enter(number, f"2001:db8::{number}", NEW).leaves for number in range(6)]
    assert comers == [None, None, None, None, 0, 1]
    assert places.enter("other", "2001:db8:0:1::1", NEW).leaves is None


@pytest.mark.parametrize(
    ("inside", "comes", "leaves"),
    [
        (["2001:db8:0:1::1", "2001:db8::1", "2001:db8::2", "2001:db8::3"], "2001:db8::4", 1),  # one of its own network
        (["2001:db8:0:1::1", "2001:db8::1", "2001:db8::2", "2001:db8::3"], "2001:db8:0:2::1", 0),
        (["10.0.0.1", "2001:db8::1", "2001:db8::1", "2001:db8::2"], "2001:db8::3", 1),
        (["2001:db8::1", "2001:db8::2", "10.0.0.1", "10.0.0.2"], "10.0.0.3", 0),
    ],
)
def test_where_they_stand_alike_a_network_that_holds_more_gives_way_itself(inside, comes, leaves):
    places = make_places()
    assert all(places.enter(number, host, NEW).is_in for number, host in enumerate(inside))
    assert places.enter("comer", comes, NEW) == Entrance(is_in=True, leaves=leaves)


def test_who_may_not_leave_now_stays():
    places = make_places(share=2, may_leave=lambda guest: guest not in ("NEW1", "NEW2", "own0", "own1"))
    fill(places, NEW)
    assert places.enter("comer", "10.9.0.1", NEW).leaves == "NEW3"
    places.leave("NEW4")
    assert places.enter("own0", "10.8.0.1", KNOWN).is_in
    assert places.enter("own1", "10.8.0.1", KNOWN).is_in
    assert places.enter("own2", "10.8.0.1", KNOWN) == Entrance(is_in=False)


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "enter", "leave", "heard"]),
        st.sampled_from(["10.0.0.1", "10.0.0.2", "2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"]),
        st.sampled_from(Standing),
    ),
    max_size=80,
)


@given(STEPS)
def test_never_more_than_there_are_places_nor_than_a_share_and_nobody_is_lost(steps):
    places, inside = Places(6, 2, 3), {}
    for number, (what, address, standing) in enumerate(steps):
        if what == "enter":
            entrance = places.enter(number, address, standing)
            if entrance.leaves is not None:
                assert entrance.is_in
                del inside[entrance.leaves]
            if entrance.is_in:
                inside[number] = (address, standing)
        elif inside and what == "leave":
            gone = next(iter(inside))
            places.leave(gone)
            places.leave(gone)
            del inside[gone]
        elif inside:
            places.heard(next(iter(inside)))
        assert len(places) == len(inside) <= 6
        assert all(guest in places._seats for guest in inside)
        assert sum(standing is not KNOWN for _, standing in inside.values()) <= 3
        held = [address for address, _ in inside.values()]
        assert all(held.count(address) <= 2 for address in held)
        assert sum(address.startswith("2001:db8::") for address in held) <= 4
    for guest in inside:
        places.leave(guest)
    assert len(places.shares._held) == len(places._by_key) == 0


@given(STEPS)
def test_whoever_comes_from_one_address_alone_never_makes_another_leave(steps):
    places = Places(8, 4, 4)
    fill(places, NEW, 2)
    fill(places, KNOWN, 2)
    for number, (what, _, standing) in enumerate(steps):
        if what == "enter":
            places.enter(number, "10.9.9.9", min(standing, NEW))
    assert all(f"{standing.name}{number}" in places._seats for standing in (KNOWN, NEW) for number in (1, 2))
