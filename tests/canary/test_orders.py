"""What operators order: each needs its words, names what is missing, and lifts what it covers, as far as that is known."""

import pytest

from canary.book import book as book_module
from canary.book.book import Book
from canary.given import Stamp
from canary.orders import OVERRIDES_MAX, enter, read_order
from canary.records import ALL
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.wording.releases import NO_VERSION

WHOLE = {
    "service": "billing",
    "version": "2.0",
    "server": "beta",
    "duration": "2h",
    "reason": "it loses invoices",
    "actor_user": "root",
    "actor_server": "alpha",
}


def order(command, **changes):
    return read_order(Message("CANARY_COMMAND", {"command": command, **WHOLE, **changes}))


def give(book, command, at_s=0.0, **changes):
    """Enter an order into a book; returns what became of it."""
    return enter(order(command, **changes), book, Stamp("alpha", f"{book.revision:016}", 1e9), at_s)


def standing(book, at_s=1.0):
    """What is in force, in short."""
    return sorted((one.order.kind, one.order.server, one.order.build) for _, one in book.in_force(at_s))


def test_a_version_that_is_not_told_can_be_named():
    book = Book()
    entered = give(book, "block", version=NO_VERSION)
    assert book.entry(entered.order_id).order.version == ""
    with pytest.raises(RemoteProtocolError, match=r"no override of billing \(none\) build b"):
        give(book, "withdraw", version=NO_VERSION, build="b")
    assert give(book, "withdraw", version=NO_VERSION).lifted == (entered.order_id,)


@pytest.mark.parametrize("action", ["block", "allow", "pin"])
def test_an_override_ends_by_itself(action):
    book = Book()
    entered = give(book, action, 100.0)
    assert entered.concerned == (entered.order_id,)
    entry = book.entry(entered.order_id)
    assert (entry.order.kind, entry.order.server, entry.order.version, entry.ends_s) == (action, "beta", "2.0", 7_300.0)
    assert (entry.order.by, entry.order.reason, entry.order.over) == ("root@alpha", "it loses invoices", ())


@pytest.mark.parametrize(
    ("first", "second", "stand"),
    [
        (("block", "beta", ""), ("allow", "beta", ""), [("allow", "beta", ALL)]),
        (("allow", "beta", ""), ("block", ALL, ""), [("block", ALL, ALL)]),
        (("block", "beta", "b"), ("block", "beta", ""), [("block", "beta", ALL)]),
        (("block", ALL, ""), ("allow", "beta", ""), [("allow", "beta", ALL), ("block", ALL, ALL)]),
        (("allow", ALL, ""), ("block", "beta", ""), [("allow", ALL, ALL), ("block", "beta", ALL)]),
        (("block", "alpha", ""), ("allow", "beta", ""), [("allow", "beta", ALL), ("block", "alpha", ALL)]),
    ],
)
def test_an_order_takes_the_place_of_what_it_covers(first, second, stand):
    book = Book()
    for command, server, build in (first, second):
        give(book, command, server=server, build=build)
    assert standing(book) == stand


def test_what_is_allowed_names_the_blocks_it_was_given_in_sight_of():
    book = Book()
    block = give(book, "block", server=ALL).order_id
    give(book, "block", server="alpha")
    allowed = give(book, "allow", server="beta")
    assert (book.entry(allowed.order_id).order.over, allowed.lifted) == ((block,), ())


def test_an_order_that_was_not_seen_stays():
    here, there = Book(), Book()
    seen = give(here, "block").order_id
    there.merge(here.entry(seen))
    unseen = give(there, "block", reason="it loses mail").order_id
    assert there.entry(seen).lift.cause == "replaced"
    assert give(here, "withdraw").lifted == (seen,)
    for _order_id, entry in list(there.entries()):
        here.merge(entry)
    assert [order_id for order_id, _ in here.in_force(1.0)] == [unseen]


def test_the_other_orders():
    book = Book()
    block = give(book, "block").order_id
    withdrawn = give(book, "withdraw", reason="it is mended")
    assert withdrawn.concerned == (block,)
    lift = book.entry(block).lift
    assert (lift.cause, lift.user, lift.given_on, lift.reason) == ("withdrawn", "root", "alpha", "it is mended")
    assert book.entry(give(book, "pardon").order_id).order.kind == "pardon"
    frozen = give(book, "freeze", version="", server="").order_id
    again = give(book, "freeze", version="", server="")
    assert (again.lifted, book.entry(frozen).lift.cause) == ((frozen,), "replaced")
    everything = give(book, "freeze", service="", version="", server="")
    assert (everything.lifted, book.entry(everything.order_id).order.service) == ((), "")
    thawed = give(book, "unfreeze", version="", duration="", server="")
    assert (thawed.lifted, book.entry(thawed.order_id).order.kind) == ((again.order_id,), "unfreeze")
    assert [one.order.service for _, one in book.in_force(1.0) if one.order.kind == "freeze"] == [""]


@pytest.mark.parametrize(
    ("command", "changes", "named"),
    [
        (
            "promote",
            {},
            "'promote' is none of allow, block, feature-off, feature-on, feature-remove, feature-set, freeze, pardon",
        ),
        ("", {}, "parameter command"),
        ("block", {"service": ""}, "needs the parameters service and version"),
        ("block", {"version": ""}, "needs the parameters service and version"),
        ("block", {"service": "no name!"}, "is not a service name"),
        ("block", {"server": "no name!"}, "parameter server"),
        ("block", {"service": "canary"}, "'canary' is never blocked"),
        ("block", {"reason": " "}, "needs the parameter reason"),
        ("block", {"duration": ""}, "needs the parameter duration"),
        ("block", {"duration": "soon"}, "is not a duration"),
        ("block", {"duration": "0"}, "not between 0 and 30 days"),
        ("block", {"duration": "31d"}, "not between 0 and 30 days"),
        ("block", {"version": "9" * 257}, "parameter version is longer than 256"),
        ("pardon", {"reason": "x" * 257}, "parameter reason is longer than 256"),
    ],
)
def test_what_is_wrong_is_named(command, changes, named):
    with pytest.raises(RemoteProtocolError, match=named.replace("(", r"\(")):
        order(command, **changes)


def test_what_is_not_there_cannot_be_undone():
    book = Book()
    give(book, "block", server=ALL)
    with pytest.raises(RemoteProtocolError, match=r"no override of billing 2\.0 is in force"):
        give(book, "withdraw")


def test_overrides_are_bounded_and_one_that_is_there_may_be_given_anew():
    book = Book()
    for number in range(OVERRIDES_MAX):
        give(book, "block", server=f"h{number}")
    with pytest.raises(RemoteProtocolError, match="500 overrides are in force"):
        give(book, "block")
    give(book, "allow", server="h7")


def test_freezes_are_bounded_and_one_that_is_there_may_be_given_anew():
    book = Book()
    for number in range(OVERRIDES_MAX):
        give(book, "freeze", service=f"s{number}", version="")
    with pytest.raises(RemoteProtocolError, match="500 services are frozen"):
        give(book, "freeze", version="")
    give(book, "freeze", service="s7", version="")


def test_a_book_without_room_takes_no_order(monkeypatch):
    monkeypatch.setattr(book_module, "ENTRIES", 1)
    book = Book()
    give(book, "block")
    with pytest.raises(RemoteProtocolError, match="1 orders are remembered"):
        give(book, "pardon")
