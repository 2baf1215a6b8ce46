import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.fairness.places import Entrance
from communicator.fairness.sources import Standing, keys_of
from communicator.fairness.waiting_line import WaitingLine

KNOWN, NEW, FAILED = Standing
OF = {KNOWN: "10.0.0.", NEW: "10.1.0.", FAILED: "10.2.0."}


def make_line(*who, most=100, share=10, kept=50):
    """A line in which these wait: each a standing, and the last part of an address."""
    line = WaitingLine(most, share, kept)
    for number, (standing, host) in enumerate(who):
        assert line.enter(number, f"{OF[standing]}{host}", standing) == Entrance(is_in=True)
    return line


def turns(line):
    taken = []
    while (waiting := line.take()) is not None:
        taken.append(waiting)
    return taken


@pytest.mark.parametrize(
    ("who", "expected"),
    [
        ([], []),
        ([(NEW, 1), (NEW, 2), (NEW, 3)], [0, 1, 2]),
        ([(NEW, 1), (NEW, 1), (NEW, 1), (NEW, 2)], [0, 3, 1, 2]),
        ([(FAILED, 1), (NEW, 1), (KNOWN, 1)], [2, 1, 0]),
        ([(FAILED, 1), (FAILED, 2), (KNOWN, 1), (KNOWN, 2), (KNOWN, 3)], [2, 0, 3, 1, 4]),
        ([(NEW, 1), (NEW, 1), (KNOWN, 1), (KNOWN, 1)], [2, 0, 3, 1]),
    ],
)
def test_whose_turn_it_is(who, expected):
    assert turns(make_line(*who)) == expected


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        (
            ["2001:db8::1", "2001:db8::2", "2001:db8::3", "2001:db8:0:1::1"],
            [0, 3, 1, 2],
        ),  # a network has one turn, not three
        (["2001:db8::1", "2001:db8::2", "2001:db8:0:1::1", "10.0.0.1"], [0, 2, 3, 1]),
        (["::ffff:10.0.0.1", "10.0.0.1", "10.0.0.2"], [0, 2, 1]),
    ],
)
def test_each_network_has_its_turn(hosts, expected):
    line = WaitingLine(100, 10, 50)
    assert all(line.enter(number, host, NEW).is_in for number, host in enumerate(hosts))
    assert turns(line) == expected


def test_a_network_that_comes_again_waits_behind_those_who_are_there():
    line = make_line((NEW, 1), (NEW, 1), (NEW, 2))
    assert line.take() == 0
    line.enter(9, "10.1.0.1", NEW)
    assert turns(line) == [2, 1, 9]


def test_an_address_takes_no_more_than_its_share_and_a_network_two():
    line = WaitingLine(100, 2, 50)
    comers = [line.enter(number, f"2001:db8::{number // 3}", NEW).is_in for number in range(9)]
    assert comers == [True, True, False, True, True, False, False, False, False]
    assert line.enter(10, "2001:db8:0:1::1", NEW).is_in


def test_a_part_is_kept_for_whom_we_know():
    line = make_line((NEW, 1), (NEW, 2), most=4, kept=2)
    assert line.enter("new", "10.1.0.3", NEW) == Entrance(is_in=False)
    assert [line.enter(number, f"10.0.0.{number}", KNOWN).is_in for number in (5, 6)] == [True, True]
    assert line.enter(7, "10.0.0.7", KNOWN) == Entrance(is_in=True, leaves=1)
    assert (len(line._seats), 1 in line._seats, 7 in line._seats) == (4, False, True)


def test_who_has_failed_makes_room_for_who_has_not():
    line = make_line((FAILED, 1), (FAILED, 2), most=4, kept=2)
    assert line.enter("failed", "10.2.0.3", FAILED) == Entrance(is_in=False)
    assert line.enter("new", "10.1.0.3", NEW).leaves == 1
    assert turns(line) == ["new", 0]


def test_all_of_an_address_and_of_a_network():
    line = WaitingLine(100, 10, 50)
    for number, address in enumerate(("2001:db8::1", "2001:db8::2", "10.0.0.1")):
        line.enter(number, address, NEW)
    assert [line.of(key) for key in ("2001:db8::1", "2001:db8::/64", "10.0.0.1", "10.0.0.2")] == [[0], [0, 1], [2], []]


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["enter", "enter", "take", "leave"]),
            st.sampled_from(["10.0.0.1", "2001:db8::1", "2001:db8::2", "2001:db8:0:1::1"]),
            st.sampled_from(Standing),
        ),
        max_size=80,
    )
)
def test_everybody_who_waits_has_one_turn_or_leaves(steps):
    line, inside = WaitingLine(6, 2, 3), {}
    for number, (what, address, standing) in enumerate(steps):
        if what == "enter":
            entrance = line.enter(number, address, standing)
            if entrance.leaves is not None:
                assert inside.pop(entrance.leaves)[1] > standing
            if entrance.is_in:
                inside[number] = (address, standing)
        elif what == "take":
            taken = line.take()
            assert (taken is None) is (not inside)
            inside.pop(taken, None)
        elif inside:
            gone = next(iter(inside))
            line.leave(gone)
            line.leave(gone)
            del inside[gone]
        assert len(line._seats) == len(inside) <= 6
        assert sum(standing is not KNOWN for _, standing in inside.values()) <= 3
        assert all(sum(keys_of(held)[0] == address for held, _ in inside.values()) <= 2 for address in ("10.0.0.1",))
    assert sorted(turns(line)) == sorted(inside)
    assert len(line._shares._held) == 0
    assert not any(line._lines.values())
