"""One router from all its entries; and when an operator hears that one has been out of reach for long, and when no longer."""

import msgspec
import pytest

from communicator.router.mesh.book.entry import Entry, State
from communicator.router.mesh.book.members import FAILURES, LOOK_EVERY_S, SPAN_S, Member, OutOfReach, summarise
from communicator.router.vocabulary.effects import RouterFlag, SetFlag
from communicator.router.vocabulary.events import DialFailed

NOW_S = 10_000.0
LONG_AGO_S = NOW_S - SPAN_S - 1
DOWN = SetFlag(RouterFlag.CONNECTION_FAILED, raised=False)


def member(server="beta", state=State.WAITING, failures=FAILURES, since_s=LONG_AGO_S, address="10.0.0.2:4042"):
    return Member(
        address=address,
        server=server,
        configured=True,
        counts=True,
        state=state,
        failures=failures,
        absent_since_s=since_s,
        reason="no route",
        secure=False,
    )


def up(detail):
    return SetFlag(RouterFlag.CONNECTION_FAILED, raised=True, detail=detail)


def make_entry(address, state=State.WAITING, failures=0, **changes):
    entry = Entry(address, "boot", 0.0, state)
    entry.absence.failures = failures
    for name, value in changes.items():
        setattr(entry, name, value)
    return entry


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (State.WAITING, State.WAITING),
        (State.REFUSED, State.REFUSED),
        (State.DIALLING, State.DIALLING),
        (State.CROSSED, State.LINKED),
        (State.LINKED, State.LINKED),
    ],
)
def test_the_best_that_can_be_said_is_the_state(state, shown):
    assert summarise([make_entry("10.0.0.2:1"), make_entry("10.0.0.1:1", state)], counts=True).state is shown


def test_a_router_is_shown_where_it_was_proven_to_be_with_what_is_configured():
    entries = [
        make_entry("host-a:1", failures=3, reason="no such host", server="a", is_configured=True, secure=True),
        make_entry("10.0.0.1:1", server="a"),
        make_entry("10.0.0.2:1", failures=1, reason="timed out", server="a", is_proven=True),
    ]
    assert summarise(entries, counts=True) == Member(
        address="10.0.0.2:1",
        server="a",
        configured=True,
        counts=True,
        state=State.WAITING,
        failures=3,
        absent_since_s=0.0,
        reason="timed out",
        secure=True,
    )


def test_a_number_is_shown_rather_than_a_name():
    assert summarise([make_entry("a-host:1"), make_entry("10.0.0.1:1")], counts=False).address == "10.0.0.1:1"


@pytest.mark.parametrize("state", [State.WAITING, State.DIALLING, State.REFUSED])
def test_many_failures_for_long_are_told_once(state):
    watch = OutOfReach()
    lost = member(state=state)
    assert watch.look([lost], NOW_S) == up("beta (10.0.0.2:4042)")
    assert watch.look([lost], NOW_S + 60) is None
    assert watch.look([lost, member("gamma")], NOW_S + 120) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"failures": FAILURES - 1},
        {"since_s": NOW_S - SPAN_S},
        {"since_s": NOW_S},
        {"state": State.LINKED},
    ],
)
def test_few_failures_or_a_short_time_are_not(changes):
    watch = OutOfReach()
    watch.look([], NOW_S)
    assert watch.look([member(**changes)], NOW_S) is None


def test_one_that_does_not_count_is_nobodys_loss():
    assert OutOfReach().look([msgspec.structs.replace(member(), counts=False)], NOW_S) == DOWN


def test_the_one_that_is_away_for_longest_is_named():
    others = [member("gamma", since_s=LONG_AGO_S), member("", since_s=LONG_AGO_S - 9, address="10.0.0.7:4042")]
    assert OutOfReach().look(others, NOW_S) == up("10.0.0.7:4042")


def test_it_is_over_when_nobody_is_away_for_that_long():
    watch = OutOfReach()
    watch.look([member(), member("gamma")], NOW_S)
    assert watch.look([member(state=State.LINKED), member("gamma")], NOW_S) is None
    assert watch.look([member(failures=1, since_s=NOW_S), member("gamma", State.LINKED)], NOW_S) == DOWN
    assert watch.look([], NOW_S) is None
    assert watch.look([member()], NOW_S) == up("beta (10.0.0.2:4042)")


def test_a_flag_of_the_last_life_stands_until_all_are_there():
    watch = OutOfReach()
    away = member(failures=0, since_s=NOW_S)
    assert watch.look([away, member("gamma", State.LINKED)], NOW_S) is None
    assert watch.look([member(state=State.LINKED)], NOW_S) == DOWN
    assert OutOfReach().look([], NOW_S) == DOWN


def test_it_is_looked_for_once_a_minute_or_when_something_has_changed():
    watch = OutOfReach()
    assert watch.is_due(NOW_S)
    watch.look([], NOW_S)
    assert [watch.is_due(NOW_S + after_s) for after_s in (0, LOOK_EVERY_S - 1, LOOK_EVERY_S)] == [False, False, True]
    watch.changed()
    assert watch.is_due(NOW_S)


def fail_for(book, seconds):
    """Nobody answers a dial; returns what was asked for meanwhile."""
    before = len(book.effects_of(SetFlag))
    end = book.monotonic_s + seconds
    while book.monotonic_s < end:
        for number in list(book.dials):
            del book.dials[number]
            book.handle(DialFailed(number, "no route"))
        book.run("@ 5")
    return book.effects_of(SetFlag)[before:]


def test_a_router_raises_the_flag_after_an_hour_and_takes_it_down_when_they_are_linked(mesh):
    book = mesh("10.0.0.2:4042")
    assert fail_for(book, SPAN_S) == []
    assert fail_for(book, 2 * LOOK_EVERY_S) == [up("10.0.0.2:4042")]
    assert fail_for(book, 600) == []
    while not book.dials:
        book.run("@ 1")
    [number] = book.dials
    book.run(f"+ R remote dial={number}\nR > <cpp:communicatord ACCEPT server_name=cpp;my_address=10.0.0.2:4042\n@ 0.5")
    assert book.effects_of(SetFlag)[1:] == [DOWN]


def test_a_router_that_has_nobody_to_meet_takes_an_old_flag_down(mesh):
    assert mesh().effects_of(SetFlag) == [DOWN]


def test_a_router_that_was_taken_out_of_the_settings_is_missed_no_longer(mesh, make_config, make_cluster):
    book = mesh("10.0.0.2:4042")
    assert fail_for(book, SPAN_S + 2 * LOOK_EVERY_S) == [up("10.0.0.2:4042")]
    without = make_config(my_address="10.0.0.5:4042", cluster=make_cluster())
    book.effects += book.router.reconfigure(without, book.now)
    book.run("@ 0.5")
    assert book.effects_of(SetFlag)[1:] == [DOWN]
