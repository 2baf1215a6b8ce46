"""Who ordered what and what was decided, in sentences and in order."""

import pytest

from canary.book.book import Book
from canary.book.entry import Lift
from canary.history import history
from canary.records import Actor, CellMoved, Entry, Frozen, RunBegan, ServerJudged, VersionJudged
from tests.canary.book.orders_made import order

CELL = {"server": "alpha", "service": "billing", "version": "2.0", "build": "b"}


def told(book=None, *records, service=""):
    entries = [Entry(number, 0.0, 1_000.0 + number, record) for number, record in enumerate(records, 1)]
    return [(event.who, event.what, event.why) for event in history(book or Book(), entries, service)]


@pytest.mark.parametrize(
    ("changes", "what"),
    [
        ({}, "blocked billing 2.0 for 1h 0m"),
        ({"kind": "allow", "server": "beta", "build": "b"}, "allowed billing 2.0 build b on beta for 1h 0m"),
        ({"kind": "pin"}, "pinned billing 2.0 for 1h 0m"),
        ({"kind": "pardon"}, "pardoned billing 2.0"),
        ({"kind": "freeze"}, "froze the rules of billing for 1h 0m"),
        ({"kind": "freeze", "service": "", "server": "beta"}, "froze the rules of all services on beta for 1h 0m"),
        ({"kind": "unfreeze", "service": ""}, "let the rules act again of all services"),
    ],
)
def test_each_order_is_a_sentence(changes, what):
    book = Book()
    book.take(order(**changes), 0.0)
    assert told(book) == [("root@alpha", what, "it loses invoices")]


@pytest.mark.parametrize(
    ("changes", "cause", "what"),
    [
        ({}, "withdrawn", "ended the block of billing 2.0 by root@alpha"),
        ({"kind": "freeze"}, "replaced", "replaced the freeze of billing by root@alpha"),
    ],
)
def test_who_ended_an_order_is_told(changes, cause, what):
    book = Book()
    lift = Lift(cause=cause, user="ann", given_on="beta", reason="it is mended", wall_s=5.0)
    book.lift([book.take(order(wall_s=1.0, **changes), 0.0)], lift, 0.0)
    assert told(book)[1:] == [("ann@beta", what, "it is mended")]


@pytest.mark.parametrize(
    ("record", "line"),
    [
        (
            CellMoved(**CELL, old="observing", new="blocked", rule="a", reason="never worked", until_at_s=9.0),
            ("rule a", "found billing 2.0 build b on alpha blocked", "never worked"),
        ),
        (
            CellMoved(**CELL, old="good", new="suspect", rule="b", reason="fails now", until_at_s=9.0),
            ("rule b", "found billing 2.0 build b on alpha ejected", "fails now"),
        ),
        (
            VersionJudged(service="billing", version="2.0", build="", state="held", rule="d", reason="bad"),
            ("rule d", "found billing 2.0 held in the whole cluster", "bad"),
        ),
        (
            ServerJudged(server="alpha", state="sick", rule="d", reason="three fail"),
            ("rule d", "found the server alpha sick", "three fail"),
        ),
        (Frozen(is_on=True, reason="too many"), ("the rules", "froze themselves", "too many")),
        (Frozen(scope="x", is_on=True, reason="too many"), ("the rules", "froze themselves for x", "too many")),
    ],
)
def test_each_decision_is_a_sentence(record, line):
    assert told(None, record) == [line]


@pytest.mark.parametrize(
    "record",
    [
        CellMoved(**CELL, old="observing", new="blocked", rule="a", mode="detected"),
        CellMoved(**CELL, old="unknown", new="observing", rule="run"),
        VersionJudged(service="billing", version="2.0", build="", state="held", rule="c", mode="detected"),
        VersionJudged(service="billing", version="2.0", build="", state="ok", rule="operator", reason="pardoned"),
        ServerJudged(server="alpha", state="sick", mode="detected"),
        Frozen(is_on=True, actor=Actor(user="root", server="alpha")),
        Frozen(is_on=False),
        RunBegan(server="alpha", run_id="r", service="billing"),
    ],
)
def test_what_was_not_carried_out_or_stands_in_the_book_is_no_event(record):
    assert told(None, record) == []


def test_everything_comes_in_its_order_and_of_one_service_alone_where_one_is_named():
    book = Book()
    book.take(order(1, wall_s=1_002.5), 0.0)
    book.take(order(2, wall_s=1.0, service="mailer"), 0.0)
    moves = [CellMoved(**CELL, old="observing", new=new, rule="a") for new in ("blocked", "probation", "blocked")]
    assert [who for who, *_ in told(book, *moves)] == ["root@alpha", "rule a", "rule a", "root@alpha", "rule a"]
    assert [what for _, what, _ in told(book, *moves, service="mailer")] == ["blocked mailer 2.0 for 1h 0m"]
