"""PURE: what CANARY_GET_REPORT may ask for besides the report, and how each is answered; it reads no ledger itself.

A view is JSON in the parameter `report` of CANARY_CURRENT_REPORT, as the report is. What is too long for a line is cut: of an
explanation the oldest lines go, and entries are told in pages, each behind the last one of the page before.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import islice
from typing import Literal, NamedTuple, get_args

import msgspec

from canary.ledger.integrity import Verification
from canary.records import ALL, CellKey, Entry, encode_record
from canary.report import ANSWER_BYTES, Known, wire_bytes
from canary.wire import read_offset
from communicator.answers.deployments import Change, Changes, Deployments
from communicator.answers.explanations import Explanation, LedgerCheck, LedgerEntry, LedgerPage
from communicator.answers.history import Event, History
from communicator.answers.orders import Orders
from communicator.answers.shadows import Comparison, Comparisons
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.values import parse_integer
from communicator.wording.releases import read_version

View = Literal[
    "report",
    "explain",
    "events",
    "verify",
    "orders",
    "history",
    "features",
    "deployments",
    "deployment_history",
    "deployment_check",
    "shadows",
]
VIEWS: tuple[View, ...] = get_args(View)
ORDERS = 512
"""Orders asked for at once: as many as one may end."""
ENTRIES = 1_000
"""Entries in one answer at most; with texts as long as usual they take a third of a line."""


class Question(NamedTuple):
    """CANARY_GET_REPORT, read."""

    view: View
    offset: int
    """Of the report: the first row."""
    cell: CellKey
    """Of an explanation: about what. Of the report: its server, if it is to speak of one alone."""
    after: int
    """Of entries: behind which number."""
    limit: int
    """Of entries: how many at most."""
    orders: tuple[str, ...] = ()
    """Of orders: which, by identifier."""
    feature: str = ""
    """Of features, and of history: this flag alone; empty: all."""
    is_brief: bool = False
    """Of features: without definitions, and those first that are off or stale."""


def read_question(message: Message) -> Question:
    """Read CANARY_GET_REPORT.

    Raises:
        RemoteProtocolError: It asks for a view not known here, or lacks what that needs; the text names the parameter.
    """
    view = next((one for one in VIEWS if one == (message.get("view") or "report")), None)
    if view is None:
        raise RemoteProtocolError(f"parameter view: {message.get('view')[:40]!r} is none of {', '.join(VIEWS)}")
    named = CellKey(*(message.get(name) for name in CellKey._fields))
    cell = named._replace(version=read_version(named.version))
    for name in ("server", "service", "version"):
        if view == "explain" and not message.get(name):
            raise RemoteProtocolError(f"explain needs the parameter {name}")
    limit = _count(message, "limit") or ENTRIES
    orders = tuple(filter(None, message.get("orders").split(",")))[:ORDERS]
    after, feature = _count(message, "after"), message.get("feature")
    is_brief = message.get("brief") == "true"
    return Question(view, read_offset(message), cell, after, min(limit, ENTRIES), orders, feature, is_brief)


def narrow(known: Known, server: str) -> Known:
    """What is known of the versions on one server alone; of all where none is named."""
    return known if server in ("", ALL) else known._replace(only=server)


def answer_explain(found: Explanation) -> Message:
    """Why a version on a server is where it is, as CANARY_CURRENT_REPORT."""
    all_ = len(found.lines)

    def make(count: int) -> Explanation:
        return msgspec.structs.replace(found, lines=found.lines[all_ - count :], omitted=all_ - count)

    return _fitting(make, all_)


def answer_orders(orders: Orders) -> Message:
    """How far some orders are, as CANARY_CURRENT_REPORT."""
    return answer_view(orders)


def answer_view(view: msgspec.Struct) -> Message:
    """A view that always fits into a line, as CANARY_CURRENT_REPORT."""
    return _message(msgspec.json.encode(view).decode())


def answer_deployments(found: Deployments) -> Message:
    """Where the deployments stand, as CANARY_CURRENT_REPORT: as many as fit into a line, those under way first."""

    def make(count: int) -> Deployments:
        shown = found.deployments[:count]
        return msgspec.structs.replace(found, deployments=shown, omitted=len(found.deployments) - count)

    return _fitting(make, len(found.deployments))


def answer_shadows(found: Comparisons) -> Message:
    """What comparing shadows has come to, as CANARY_CURRENT_REPORT: of each the weightiest places, as many as fit into a line."""

    def make(count: int) -> Comparisons:
        return msgspec.structs.replace(found, comparisons=tuple(_first(one, count) for one in found.comparisons))

    return _fitting(make, max((len(one.differences) for one in found.comparisons), default=0))


def _first(comparison: Comparison, count: int) -> Comparison:
    shown, rest = comparison.differences[:count], comparison.differences[count:]
    return msgspec.structs.replace(comparison, differences=shown, omitted=comparison.omitted + len(rest))


def answer_changes(changes: Sequence[Change], server: str) -> Message:
    """How deployments went, as CANARY_CURRENT_REPORT: the newest changes that fit into a line."""

    def make(count: int) -> Changes:
        omitted = len(changes) - count
        return Changes(server=server, changes=tuple(changes[omitted:]), omitted=omitted)

    return _fitting(make, len(changes))


def answer_history(events: Sequence[Event], server: str) -> Message:
    """Who ordered what and what was decided, as CANARY_CURRENT_REPORT: the newest that fit into a line."""

    def make(count: int) -> History:
        return History(server, tuple(events[len(events) - count :]), len(events) - count)

    return _fitting(make, len(events))


def answer_events(entries: Iterable[Entry], last_seq: int, limit: int = ENTRIES) -> Message:
    """Entries of the ledger, as CANARY_CURRENT_REPORT: as many as fit into a line.

    Args:
        entries: Those behind some number, in order; no more are taken than are told.
        last_seq: The number of the newest entry there is.
        limit: How many to tell at most.
    """
    found = list(islice(entries, limit))
    page = tuple(map(_encode_entry, found))
    total = last_seq - found[0].seq + 1 if found else 0

    def make(count: int) -> LedgerPage:
        return LedgerPage(page[:count], last_seq, total)

    return _fitting(make, len(page))


def answer_verify(found: Verification) -> Message:
    """Whether the ledger holds, as CANARY_CURRENT_REPORT.

    Args:
        found: What came of checking the entries.
    """
    fault = found.fault
    view = LedgerCheck(
        entries=found.checked,
        ok=fault is None,
        first_break=None if fault is None else fault.seq,
        reason="" if fault is None else fault.reason,
    )
    return _message(msgspec.json.encode(view).decode())


def _encode_entry(entry: Entry) -> msgspec.Raw:
    record = msgspec.Raw(encode_record(entry.record))
    return msgspec.Raw(msgspec.json.encode(LedgerEntry(entry.seq, entry.at_s, entry.wall_s, record)))


def _fitting(make: Callable[[int], msgspec.Struct], count: int) -> Message:
    """The view with as many of its parts as fit into a line: all, or half of them, or half of those."""
    while True:
        text = msgspec.json.encode(make(count)).decode()
        if count <= 1 or wire_bytes(text) <= ANSWER_BYTES:
            return _message(text)
        count //= 2


def _message(text: str) -> Message:
    return Message("CANARY_CURRENT_REPORT", {"report": text})


def _count(message: Message, name: str) -> int:
    value = parse_integer(message.get(name) or "0")
    if value < 0:
        raise RemoteProtocolError(f"parameter {name}: {value} is negative")
    return value
