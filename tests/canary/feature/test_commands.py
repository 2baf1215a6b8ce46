"""What operators order about flags: each names what is missing, lifts what it has seen, and leaves to files what is theirs."""

import msgspec
import pytest

from canary.book.book import Book
from canary.book.definition import Stamp as Edition
from canary.feature import commands
from canary.feature.commands import Source, define
from canary.given import Stamp
from canary.orders import enter, read_order
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message

FLAG = {
    "state": "ENABLED",
    "variants": {"on": True, "off": False},
    "defaultVariant": "on",
    "metadata": {"owner": "shop", "type": "kill-switch"},
}
WHOLE = {"feature": "new-checkout", "reason": "it loses carts", "actor_user": "root", "actor_server": "alpha"}


def order(command, **changes):
    definition = {"definition": msgspec.json.encode(FLAG).decode()} if command == "feature-set" else {}
    return read_order(Message("CANARY_COMMAND", {"command": command, **WHOLE, **definition, **changes}))


def give(book, command, at_s=0.0, server="alpha", **changes):
    return enter(order(command, **changes), book, Stamp(server, f"{book.revision:016}", 1e9), at_s)


def standing(book, feature="new-checkout"):
    return [order_id for order_id, entry in book.offs(feature).items() if entry.is_open]


def test_an_off_lasts_until_it_is_lifted_or_as_long_as_it_says():
    book = Book()
    give(book, "feature-set")
    first, second = give(book, "feature-off"), give(book, "feature-off", duration="1h")
    assert [entry.ends_s for entry in book.offs("new-checkout").values()] == [float("inf"), 3_600.0]
    assert (first.note, first.lifted, second.lifted) == ("", (), ()), "each stands for itself"
    book.advance(3_600.0)
    assert standing(book) == [first.order_id]


def test_on_lifts_what_it_has_seen_and_nothing_else():
    here, there = Book(), Book()
    seen = [give(here, "feature-off").order_id, give(here, "feature-off").order_id]
    unseen = give(there, "feature-off", server="beta").order_id
    assert give(here, "feature-on", reason="mended").lifted == tuple(seen)
    assert here.entry(seen[0]).lift.reason == "mended"
    for _, entry in list(there.entries()):
        here.merge(entry)
    assert standing(here) == [unseen]


def test_a_definition_takes_the_next_counter_and_so_does_its_removal():
    book = Book()
    entry_id = give(book, "feature-set").order_id
    assert msgspec.json.decode(book.definition("new-checkout").flag) == FLAG
    assert give(book, "feature-remove", server="beta", reason="").order_id == entry_id
    known = book.definition("new-checkout")
    assert (known.stamp, known.flag, known.by) == (Edition(2, "beta"), None, "root@alpha")
    give(book, "feature-set", reason="")
    assert book.definition("new-checkout").stamp == Edition(3, "alpha")


@pytest.mark.parametrize("command", ["feature-set", "feature-remove"])
def test_what_a_file_defines_is_changed_there_alone_and_off_all_the_same(command):
    book = Book()
    source = Source("", "beta", file="beta:/etc/bellwether/features.d/web.json")
    define(book, "new-checkout", msgspec.json.encode(FLAG), source, Stamp("beta", "0" * 16, 0.0), 0.0)
    with pytest.raises(
        RemoteProtocolError, match="'new-checkout' is defined by the file beta:/etc/bellwether/features"
    ):
        give(book, command)
    give(book, "feature-off")
    assert standing(book)
    define(book, "new-checkout", None, source, Stamp("beta", "0" * 16, 0.0), 0.0)
    give(book, "feature-set")


@pytest.mark.parametrize(
    ("flag", "note"),
    [
        (None, "is not defined"),
        ({**FLAG, "variants": {"a": 1, "b": 2}, "defaultVariant": "a"}, "has no off variant"),
        (FLAG, ""),
    ],
)
def test_who_switches_off_is_told_what_services_get(flag, note):
    book = Book()
    if flag is not None:
        give(book, "feature-set", definition=msgspec.json.encode(flag).decode())
    told = give(book, "feature-off").note
    assert note in told
    assert bool(told) == bool(note)


@pytest.mark.parametrize(
    ("command", "changes", "named"),
    [
        ("feature-off", {"feature": ""}, "parameter feature: '' is not the name of a flag"),
        ("feature-off", {"feature": "a b"}, "'a b' is not the name of a flag"),
        ("feature-off", {"reason": " "}, "feature-off needs the parameter reason"),
        ("feature-on", {"reason": ""}, "feature-on needs the parameter reason"),
        ("feature-off", {"duration": "soon"}, "is not a duration"),
        ("feature-off", {"duration": "31d"}, "not between 0 and 30 days"),
        ("feature-set", {"definition": ""}, "needs the parameter definition"),
        ("feature-set", {"definition": "{"}, "parameter definition: flag 'new-checkout'"),
        ("feature-set", {"definition": "{}"}, "parameter definition: flag 'new-checkout': state"),
        ("feature-set", {"reason": "x" * 257}, "reason is longer than 256"),
    ],
)
def test_what_is_wrong_is_named(command, changes, named):
    with pytest.raises(RemoteProtocolError, match=named):
        order(command, **changes)


@pytest.mark.parametrize(
    ("command", "named"), [("feature-on", "is not switched off"), ("feature-remove", "'new-checkout' is not defined")]
)
def test_what_is_not_there_cannot_be_undone(command, named):
    with pytest.raises(RemoteProtocolError, match=named):
        give(Book(), command)


def test_flags_are_bounded_and_one_that_is_there_may_be_defined_anew(monkeypatch):
    monkeypatch.setattr(commands, "FEATURES", 2)
    book = Book()
    for name in ("a", "b"):
        give(book, "feature-set", feature=name)
    with pytest.raises(RemoteProtocolError, match="2 flags are defined; remove some first"):
        give(book, "feature-set", feature="c")
    give(book, "feature-set", feature="b")
    give(book, "feature-remove", feature="b")
    give(book, "feature-set", feature="c")


def test_what_all_flags_take_is_bounded(monkeypatch):
    book = Book()
    give(book, "feature-set")
    monkeypatch.setattr(commands, "FLAGS_BYTES", book.flags_bytes)
    with pytest.raises(RemoteProtocolError, match="all flags would take more than"):
        give(book, "feature-set", feature="other")
    give(book, "feature-set")


def test_what_no_other_book_would_take_is_refused():
    book = Book()
    deep = {**FLAG, "variants": {"on": {}, "off": {}}}
    for _ in range(150):
        deep["variants"]["on"] = {"x": deep["variants"]["on"]}
    with pytest.raises(RemoteProtocolError, match="nested deeper"):
        define(book, "a", msgspec.json.encode(deep), Source("root", "alpha"), Stamp("alpha", "0" * 16, 0.0), 0.0)
    assert book.definition("a") is None
