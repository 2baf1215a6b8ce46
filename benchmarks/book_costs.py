"""What a full book of the cluster costs a canary: memory, a turn, a round of digests; it needs no router and no file."""

import itertools
import tracemalloc
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import process_time
from typing import Literal

import msgspec

from canary import ordered
from canary.book.book import ENTRIES, Book
from canary.book.entry import TOMBSTONE_S, Entry, Lift
from canary.book.exchange import Exchange
from canary.book.order import OVER, Order
from canary.book.subjects import DECISIONS
from canary.book.told import read_told
from canary.judge.apply import apply
from canary.judge.state import State
from canary.records import Entry as Kept
from canary.records import VersionJudged
from communicator.protocol import Message

HOSTS = 200
SPAN_S = 3_600.0
ESCAPED = ('"', "\\")
"""What takes a byte more on a line."""


@dataclass(frozen=True, slots=True)
class BookFigures:
    """What was found."""

    entries: int
    decisions: int
    hosts: int
    memory_bytes: int
    """Of the orders,"""
    all_bytes: int
    """and of all of it."""
    round_bytes: int
    """Of one host's digests on each link."""
    cpu_s: dict[str, float]
    """The processor time of each thing that a canary does, the median."""


IDLE = "a turn in which nothing has changed"
CHANGED = "a turn after a change"
ROUND = "digests told, and those of one host heard"
OPEN = "digests heard while all decisions are open"


def measure_book(times: int, entries: int = ENTRIES, decisions: int = DECISIONS) -> BookFigures:
    """Fill a book, and do what a canary does with it.

    Args:
        times: How often each is done.
        entries: Orders in it; as many as may be are in force, the others were lifted.
        decisions: Decisions in it.
    """
    texts = [msgspec.json.encode(_order(number).tell(0.0)) for number in range(entries)]
    tracemalloc.start()
    book = Book()
    for text in texts:
        book.merge(read_told(text, 0.0))
    memory_bytes, _ = tracemalloc.get_traced_memory()
    for entry_id in _propose(book, decisions, "held"):
        book.commit(entry_id)
    all_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    exchange = Exchange("server-000", book, _servers(), 0.0)
    (digests,) = _announced(exchange)
    cpu_s = _measure(book, exchange, digests, times)
    return BookFigures(entries, decisions, HOSTS, memory_bytes, all_bytes, _line_bytes(digests), cpu_s)


def _measure(book: Book, exchange: Exchange, digests: Message, times: int) -> dict[str, float]:
    state = _told(book)
    others = [msgspec.structs.replace(digests, sent_from_server=server) for server in _servers()[1:]]

    def turn() -> None:
        book.advance(1.0)
        exchange.settle()
        _announced(exchange)

    def turn_after_change() -> None:
        turn()
        ordered.records_of(book, state, "server-000", 1.0, book.revision - 1)

    def tell_and_hear() -> None:
        _announced(exchange)
        exchange.hear(others[0], 1.0)

    cpu_s = {
        what: _cpu_s(do, times) for what, do in ((IDLE, turn), (CHANGED, turn_after_change), (ROUND, tell_and_hear))
    }
    _propose(book, len(list(book.decisions())), "ok")
    for message in others:
        exchange.hear(message, 1.0)
    (ours,) = _announced(exchange)
    heard = itertools.cycle((msgspec.structs.replace(ours, sent_from_server=others[0].sent_from_server), others[0]))

    def hear_and_settle() -> None:
        exchange.hear(next(heard), 1.0)
        exchange.settle()

    return {**cpu_s, OPEN: _cpu_s(hear_and_settle, times)}


def _order(number: int) -> Entry:
    order = Order(
        kind="block",
        service="billing",
        version=f"2.{number}",
        span_s=SPAN_S,
        reason=f"it loses invoices {number}",
        user="root",
        given_on="alpha",
        origin="alpha",
        nonce=f"{number:016x}",
    )
    if number < OVER:
        return Entry(order, "open", SPAN_S)
    return Entry(order, "lifted", TOMBSTONE_S, Lift(user="root", given_on="alpha", reason=f"it is mended {number}"))


def _propose(book: Book, decisions: int, state: Literal["ok", "held"]) -> list[str]:
    numbers = range(decisions)
    judged = [VersionJudged(service="billing", version=f"3.{one}", build="", rule="d", state=state) for one in numbers]
    return [book.propose(body, "server-000", 1, 0.0, 0.0) for body in judged]


def _told(book: Book) -> State:
    """What a ledger comes to that was told of all."""
    state = State()
    for record in ordered.records_of(book, state, "server-000", 0.0):
        apply(state, Kept(state.seq + 1, 0.0, 0.0, record))
    return state


def _servers() -> list[str]:
    return [f"server-{number:03}" for number in range(HOSTS)]


def _announced(exchange: Exchange) -> list[Message]:
    exchange.announce_soon()
    return exchange.announce(1.0)


def _line_bytes(message: Message) -> int:
    text = message.get("book")
    return len(text) + sum(text.count(each) for each in ESCAPED)


def _cpu_s(do: Callable[[], object], times: int) -> float:
    took_s = []
    for _ in range(times):
        began_s = process_time()
        do()
        took_s.append(process_time() - began_s)
    return median(took_s)
