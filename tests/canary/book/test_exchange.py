"""What canaries tell each other of orders: little while they know the same, and what one lacks where they do not."""

import collections
from base64 import b64encode

import msgspec
import pytest

from canary.book.book import Book
from canary.book.definition import COUNTER_AHEAD
from canary.book.entry import Lift, Told
from canary.book.exchange import CHANGED_S, EVERY_S, LATELY_S, LULL_S, MANY, MEMBERS, PATIENCE_S, Digests, Exchange
from canary.book.subjects import DECISIONS
from canary.records import VersionJudged
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES
from tests.canary.book.flags_made import definition
from tests.canary.book.orders_made import order

JUDGED = VersionJudged(service="billing", version="2.0", build="b1", rule="c", state="held")


class Room:
    """Some canaries that hear each other at once, unless one of them is away."""

    def __init__(self, *names):
        self.now_s = 0.0
        self.books = {name: Book() for name in names}
        self.exchanges = {name: Exchange(name, self.books[name], (), self.now_s) for name in names}
        self.away = set()
        self.said = []
        self.refused = []

    def post(self, sender, messages):
        waiting = collections.deque((sender, message) for message in messages)
        while waiting:
            name, message = waiting.popleft()
            self.said.append((name, message))
            stamped = msgspec.structs.replace(message, sent_from_server=name, sent_from_service="canary")
            for other in [message.server] if message.server else sorted(set(self.exchanges) - {name}):
                if not {name, other} & self.away:
                    heard = self.exchanges[other].hear(stamped, self.now_s)
                    self.refused += heard.refused
                    waiting.extend((other, answer) for answer in heard.answers)

    def turn(self):
        self.now_s += EVERY_S
        for name, exchange in self.exchanges.items():
            self.post(name, exchange.announce(self.now_s))

    def agree(self):
        return len({book.digests() for book in self.books.values()}) == 1


def told(message):
    return msgspec.json.decode(message.get("book"))


def test_a_new_order_is_told_to_all_at_once():
    room = Room("alpha", "beta", "gamma")
    order_id = room.books["alpha"].take(order(), 0.0)
    room.post("alpha", room.exchanges["alpha"].push([order_id], 0.0))
    assert room.agree()
    assert len(room.said) == 1
    assert room.said[0][1].get("deliver") == "all"


def test_those_who_know_the_same_say_digests_alone():
    room = Room("alpha", "beta", "gamma")
    room.turn()
    assert [told(message)["what"] for _, message in room.said] == ["digests"] * 3
    assert all(len(message.get("book")) < 4_096 for _, message in room.said)
    assert room.exchanges["alpha"].announce(room.now_s) == []
    assert room.exchanges["alpha"].next_deadline_s == room.now_s + EVERY_S


def test_whoever_was_away_learns_all_it_missed_and_tells_what_the_others_missed():
    room = Room("alpha", "beta", "gamma")
    room.away = {"gamma"}
    lifted = room.books["alpha"].take(order(1), 0.0)
    room.books["alpha"].lift([lifted], Lift(user="ann"), 0.0)
    room.books["gamma"].take(order(2), 0.0)
    room.turn()
    assert not room.agree()
    room.away = set()
    room.turn()
    assert room.agree()
    assert len(room.books["beta"]) == 2


def test_a_new_host_takes_a_large_book_in_lines_that_a_router_takes():
    room = Room("alpha", "beta")
    for number in range(3_000):
        room.books["alpha"].take(order(number, reason='"quoted"' * 20), 0.0)
    for number in range(3_000, 4_000):
        room.books["beta"].take(order(number), 0.0)
    for _ in range(3):
        room.turn()
    assert room.agree()
    assert len(room.books["beta"]) == 4_000
    assert max(len(message.get("book").encode()) * 2 for _, message in room.said) < 3 * LINE_BYTES
    lines = [message.get("book") for _, message in room.said]
    assert max(len(line) + line.count('"') + line.count("\\") for line in lines) < LINE_BYTES


def test_one_bad_entry_does_not_void_the_rest_and_is_named():
    room = Room("alpha", "beta")
    good = msgspec.to_builtins(Told(order=order(1), left_s=5.0))
    bad = {**good, "order": {**good["order"], "service": "no name"}}
    book = msgspec.json.encode({"what": "entries", "entries": [bad, {"what": "order"}, good]}).decode()
    room.post("alpha", [Message("CANARY_BOOK", {"book": book}, "canary", "beta")])
    assert len(room.books["beta"]) == 1
    assert [text.split(" - ")[0] for text in room.refused] == [
        "service 'no name' is not a service name",
        "Object missing required field `order`",
    ]


@pytest.mark.parametrize(
    ("sender", "book", "named"),
    [
        ("alpha", "", "parameter book"),
        ("alpha", '{"what":"gossip"}', "Invalid value 'gossip'"),
        ("alpha", '{"what":"digests","buckets":"?"}', "not in base64"),
        ("alpha", '{"what":"digests","buckets":"AAAA"}', "3 bytes of digests instead of 2048"),
        ("alpha", '{"what":"lacking","marks":{"256":{}}}', "256|255"),
        ("alpha", '{"what":"lacking","marks":{"1":{"x":"1"}}}', "pattern|regex"),
        ("alpha", "x" * (LINE_BYTES + 1), "more than"),
        ("alpha", "[" * 9_000, "parameter book"),
        ("", '{"what":"entries","entries":[]}', "it comes from ''"),
        ("beta", '{"what":"entries","entries":[]}', "it comes from 'beta'"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(sender, book, named):
    room = Room("alpha", "beta")
    message = Message("CANARY_BOOK", {"book": book}, sent_from_server=sender, sent_from_service="canary")
    with pytest.raises(RemoteProtocolError, match=named):
        room.exchanges["beta"].hear(message, 0.0)


def test_whom_it_has_asked_in_vain_it_leaves_for_another():
    room = Room("alpha", "beta", "gamma")
    for name in ("alpha", "gamma"):
        room.books[name].take(order(1), 0.0)
    beta = room.exchanges["beta"]

    def asked(messages):
        return [message.server for message in messages if told(message)["what"] == "lacking"]

    def hear(name):
        digests = room.exchanges[name].announce(0.0)[0]
        stamped = msgspec.structs.replace(digests, sent_from_server=name, sent_from_service="canary")
        return asked(beta.hear(stamped, room.now_s).answers)

    assert (hear("alpha"), hear("gamma")) == (["alpha"], [])
    beta.announce(0.0)
    assert beta.next_deadline_s == PATIENCE_S
    assert asked(beta.announce(PATIENCE_S)) == ["gamma"]


def test_whoever_was_asked_and_knew_no_more_is_left_for_one_who_does():
    room = Room("alpha", "beta", "gamma")
    room.books["gamma"].take(order(1), 0.0)
    for name in ("alpha", "beta"):
        room.books[name].take(order(2), 0.0)
    room.books["beta"].lift([next(order_id for order_id, _ in room.books["beta"].entries())], Lift(), 0.0)
    room.turn()
    assert room.agree()


def test_a_change_is_told_soon():
    book = Book()
    exchange = Exchange("alpha", book, (), 0.0)
    assert exchange.announce(0.0)
    book.take(order(), 0.0)
    assert exchange.next_deadline_s == CHANGED_S
    assert exchange.announce(CHANGED_S - 0.1) == []
    assert exchange.announce(CHANGED_S)
    assert exchange.next_deadline_s == CHANGED_S + EVERY_S


def test_of_very_many_changes_the_digests_are_told_once_when_no_more_come():
    alpha, beta = (Exchange(name, Book(), (), 0.0) for name in ("alpha", "beta"))
    for each in (alpha, beta):
        assert each.announce(0.0)
    book = alpha._book
    tenths = round(10 * (EVERY_S + LULL_S))
    for number in range(tenths):
        names = [f"flag{MANY // 5 * number + place}" for place in range(MANY // 5)]
        assert all(book.merge(definition(name)) for name in names)
        for message in alpha.push([definition(name).id for name in names], number / 10):
            beta.hear(msgspec.structs.replace(message, sent_from_server="alpha"), number / 10)
        many = number >= 5
        late_s = min(number / 10 + LULL_S, EVERY_S) if many else 0.0
        for each in (alpha, beta):
            assert each.next_deadline_s == max(CHANGED_S, late_s), number


def test_members_are_told_on_and_forgotten_with_their_servers():
    room = Room("alpha", "beta")
    room.exchanges["alpha"] = Exchange("alpha", room.books["alpha"], ["gamma"], 0.0)
    room.turn()
    assert room.exchanges["beta"].members == {"alpha", "beta", "gamma"}
    room.exchanges["beta"].keep(frozenset(("alpha",)))
    assert room.exchanges["beta"].members == {"alpha", "beta"}


def test_who_comes_into_reach_is_told_at_once():
    exchange = Exchange("alpha", Book(), (), 100.0)
    assert exchange.announce(100.0)
    assert exchange.announce(101.0) == []
    exchange.announce_soon()
    assert exchange.announce(101.0)


def test_whose_router_obeys_other_orders_is_known_while_it_speaks():
    room = Room("alpha", "beta", "gamma")
    alpha = room.exchanges["alpha"]
    assert alpha.behind(0.0) == (), "nothing was ordered"
    room.books["alpha"].take(order(), 0.0)
    for exchange in room.exchanges.values():
        exchange.obey("old")
    room.turn()
    assert room.agree()
    assert alpha.behind(room.now_s) == ("alpha", "beta", "gamma")
    for name in ("alpha", "beta"):
        room.exchanges[name].obey(room.books[name].generation_of_rules())
    assert room.exchanges["beta"].next_deadline_s <= room.now_s, "it tells at once"
    room.turn()
    assert alpha.behind(room.now_s) == ("gamma",)
    assert alpha.behind(room.now_s + LATELY_S) == (), "who is silent is away"
    assert alpha.silent(room.now_s) == ()
    assert alpha.silent(room.now_s + LATELY_S) == ("beta", "gamma")
    started = Exchange("alpha", room.books["alpha"], ("beta", "gamma"), room.now_s)
    assert started.silent(room.now_s) == ("beta", "gamma"), "who has just started has heard nobody"


def digests_of(name, book, **more):
    """What a canary tells of a book, be it its own or not."""
    buckets = b64encode(book.digests()).decode()
    told_of = msgspec.json.encode(Digests(buckets=buckets, **more)).decode()
    return Message("CANARY_BOOK", {"book": told_of}, sent_from_server=name, sent_from_service="canary")


def test_invented_members_keep_no_majority_from_being_reached():
    book = Book()
    alpha = Exchange("alpha", book, (), 0.0)
    known = frozenset(("alpha", "beta", "gamma"))
    alpha.keep(known)
    proposed = book.propose(JUDGED, "alpha", 1, 0.0, 0.0)
    alpha.hear(digests_of("gamma", Book(), members=[f"invented-{number}" for number in range(MEMBERS)]), 0.0)
    assert alpha.members == {"alpha", "gamma"}
    alpha.hear(digests_of("beta", book, members=["delta"]), 0.0)
    assert alpha.members == known
    assert alpha.settle() == [proposed]


def test_whoever_speaks_all_the_time_and_answers_nothing_keeps_nobody_from_being_asked():
    full = Book()
    full.take(order(1), 0.0)
    beta, now_s, asked = Exchange("beta", Book(), (), 0.0), 0.0, []

    def note(messages):
        asked.extend(message.server for message in messages if told(message)["what"] == "lacking")

    for turn in range(8):
        now_s += PATIENCE_S
        note(beta.announce(now_s))
        if turn % 2 == 0:
            note(beta.hear(digests_of("alpha", full), now_s).answers)
        note(beta.hear(digests_of("liar", full), now_s).answers)
    assert asked.count("alpha") >= 3


def test_one_member_has_one_voice_whatever_it_claims_to_hold():
    book = Book()
    alpha = Exchange("alpha", book, ("beta", "gamma", "delta"), 0.0)
    for number in range(3):
        book.propose(msgspec.structs.replace(JUDGED, version=f"{number}"), "alpha", 1, 0.0, 0.0)
    for _ in range(5):
        alpha.hear(digests_of("beta", book), 0.0)
        assert alpha.settle() == []
    alpha.hear(digests_of("gamma", book), 0.0)
    assert len(alpha.settle()) == 3
    assert alpha.settle() == []


def test_a_member_that_is_forgotten_needs_not_be_waited_for():
    book = Book()
    alpha = Exchange("alpha", book, ("beta", "gamma", "delta"), 0.0)
    proposed = book.propose(JUDGED, "alpha", 1, 0.0, 0.0)
    alpha.hear(digests_of("beta", book), 0.0)
    assert alpha.settle() == []
    alpha.keep(frozenset(("alpha", "beta", "gamma")))
    assert alpha.settle() == [proposed]


def test_books_that_were_told_more_decisions_than_they_remember_come_to_the_same():
    room = Room("alpha", "beta", "gamma")
    for place, book in enumerate(room.books.values()):
        for number in range(DECISIONS):
            body = msgspec.structs.replace(JUDGED, version=f"{place}.{number}")
            book.propose(body, "liar", 1 + number % 7, 0.0, 0.0)
    for _ in range(8):
        room.turn()
    assert room.agree()
    assert room.books["alpha"].propose(JUDGED, "alpha", 9, room.now_s, 0.0) in room.books["alpha"]
    assert len(room.books["alpha"]) == DECISIONS


def test_flags_come_to_the_same_everywhere_and_a_counter_far_ahead_is_refused_by_name():
    room = Room("alpha", "beta", "gamma")
    for number in range(300):
        room.books["alpha"].merge(definition(f"f{number}"))
    room.books["beta"].merge(definition("f7", counter=2, origin="beta", flag=None))
    room.books["gamma"].take(order(kind="off", service="", version="", feature="f8", span_s=None), 0.0)
    for _ in range(4):
        room.turn()
    assert room.agree()
    assert [book.definition("f7").stamp.counter for book in room.books.values()] == [2, 2, 2]
    assert [len(book.offs("f8")) for book in room.books.values()] == [1, 1, 1]
    liar = {"what": "entries", "entries": [definition("f9", counter=2 + COUNTER_AHEAD).tell(0.0)]}
    message = Message("CANARY_BOOK", {"book": msgspec.json.encode(liar).decode()}, sent_from_server="beta")
    (refused,) = room.exchanges["alpha"].hear(message, 0.0).refused
    assert refused == f"counter {2 + COUNTER_AHEAD} of 'alpha' for the flag 'f9' is more than {COUNTER_AHEAD} ahead"
