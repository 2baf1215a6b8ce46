"""PURE: who ordered what and what was decided, when and why, in sentences; it decides nothing."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from canary.book.book import Book
from canary.book.entry import Entry
from canary.book.order import Order
from canary.feature.audit import untold_of
from canary.records import (
    ALL,
    LOCAL_RULES,
    CellMoved,
    DeploymentMoved,
    FlagChanged,
    Frozen,
    Record,
    ServerJudged,
    VersionJudged,
)
from canary.records import Entry as LedgerEntry
from communicator.answers.deployments import Change
from communicator.answers.history import Event
from communicator.wording.releases import scope_text
from communicator.wording.spans import span

EVENTS = 20_000
"""Entries of the ledger that are looked through: more than a person reads."""
_DONE: Mapping[str, str] = {"block": "blocked", "allow": "allowed", "pin": "pinned", "pardon": "pardoned"}


def history(book: Book, entries: Iterable[LedgerEntry], service: str = "", feature: str = "") -> list[Event]:
    """Everything in its order.

    Of a feature flag the ledger tells what the book has forgotten, and the book what the ledger was not told yet.

    Args:
        book: What was ordered in the cluster.
        entries: Of the ledger, in order.
        service: This one alone; empty: all.
        feature: This flag alone; empty: all that is not about flags, and what is ordered about any.
    """
    if feature:
        return _of_feature(book, entries, feature)
    ordered = (
        event for _, entry in book.orders() if service in ("", entry.order.service) for event in _of_order(entry)
    )
    decided = (_of_record(entry, service) for entry in entries)
    found = [*ordered, *(event for event in decided if event is not None)]
    return sorted(found, key=lambda event: event.wall_s)


def changes(entries: Iterable[LedgerEntry], service: str = "") -> list[Change]:
    """How deployments went, in their order.

    Args:
        entries: Of the ledger, in order.
        service: This one alone; empty: all.
    """
    return [
        Change(
            wall_s=entry.wall_s,
            id=record.id,
            name=record.spec.name,
            service=record.service,
            version=record.version,
            phase=record.phase,
            as_shadow=record.shadowing is not None,
            step=record.step,
            reason=record.reason,
            by=record.said_by,
        )
        for entry in entries
        if isinstance(record := entry.record, DeploymentMoved) and service in ("", record.service)
    ]


def _of_feature(book: Book, entries: Iterable[LedgerEntry], feature: str) -> list[Event]:
    changes = [one.record for one in entries if isinstance(one.record, FlagChanged) and one.record.feature == feature]
    changes += untold_of(book, feature, {one.order: one.place for one in changes})
    return sorted((_of_change(one) for one in changes), key=lambda event: event.wall_s)


def _of_change(change: FlagChanged) -> Event:
    actor = change.actor
    who = f"{actor.user}@{actor.server}" if actor is not None else "time"
    where = f" by the file {change.file}" if change.file else ""
    lasting = "until that is lifted" if change.span_s is None else f"for {span(change.span_s)}"
    what = {
        "defined": f"defined {change.feature}{where} ({change.place}, sha256 {change.sha256[:8]})",
        "removed": f"removed {change.feature}{where}",
        "off": f"switched {change.feature} off {lasting}",
        "on": f"switched {change.feature} on again",
        "expired": f"ended an off of {change.feature}",
    }
    return Event(change.ordered_wall_s, who, what[change.action], change.reason)


def _of_order(entry: Entry) -> Iterator[Event]:
    order, lift = entry.order, entry.lift
    yield Event(order.wall_s, order.by, _given(order), order.reason)
    if lift is not None:
        how = "replaced" if lift.cause == "replaced" else "ended"
        yield Event(lift.wall_s, f"{lift.user}@{lift.given_on}", f"{how} the {_name(order)} by {order.by}", lift.reason)


def _given(order: Order) -> str:
    lasting = "until that is lifted" if order.span_s is None else f"for {span(order.span_s)}"
    if order.kind == "off":
        return f"switched {order.feature} off {lasting}"
    if order.kind == "unfreeze":
        return f"let the rules act again {_where(order)}"
    if order.kind == "freeze":
        return f"froze the rules {_where(order)} {lasting}"
    lasts = "" if order.kind == "pardon" else f" {lasting}"
    return f"{_DONE[order.kind]} {scope_text(order.service, order.version, order.build, order.server)}{lasts}"


def _name(order: Order) -> str:
    if order.kind == "off":
        return f"off of {order.feature}"
    if order.kind in ("freeze", "unfreeze"):
        return f"{order.kind} {_where(order)}"
    return f"{order.kind} of {scope_text(order.service, order.version, order.build, order.server)}"


def _where(order: Order) -> str:
    what = f"of {order.service}" if order.service else "of all services"
    return what if order.server == ALL else f"{what} on {order.server}"


def _of_record(entry: LedgerEntry, service: str) -> Event | None:
    tell = _TOLD.get(type(entry.record))
    told = None if tell is None else tell(entry.record)
    if told is None or service not in ("", getattr(entry.record, "service", service)):
        return None
    return Event(entry.wall_s, *told)


def _moved(record: CellMoved) -> tuple[str, str, str] | None:
    if record.mode != "enforced" or record.rule not in (*LOCAL_RULES, "probe") or record.old == record.new:
        return None
    what = scope_text(record.service, record.version, record.build, record.server)
    place = "ejected" if record.new == "suspect" and record.until_at_s is not None else record.new
    return f"rule {record.rule}", f"found {what} {place}", record.reason


def _judged(record: VersionJudged) -> tuple[str, str, str] | None:
    if record.mode != "enforced" or record.rule == "operator":  # the pardon stands there already
        return None
    what = scope_text(record.service, record.version, record.build, ALL)
    return _rule(record), f"found {what} {record.state} in the whole cluster", record.reason


def _judged_server(record: ServerJudged) -> tuple[str, str, str] | None:
    if record.mode != "enforced":
        return None
    return _rule(record), f"found the server {record.server} {record.state}", record.reason


def _deployed(record: DeploymentMoved) -> tuple[str, str, str]:
    return (
        f"deployment {record.id} on {record.leader}",
        f"{record.phase}: {record.service} {record.version}",
        record.reason,
    )


def _rule(record: ServerJudged | VersionJudged) -> str:
    return f"rule {record.rule} on {record.leader}" if record.leader else f"rule {record.rule}"


def _frozen(record: Frozen) -> tuple[str, str, str] | None:
    if record.actor is not None or not record.is_on:
        return None  # the book tells of those that operators ordered
    return "the rules", "froze themselves" + ("" if record.scope == ALL else f" for {record.scope}"), record.reason


_TOLD: Mapping[type[Record], Callable[..., tuple[str, str, str] | None]] = {
    CellMoved: _moved,
    VersionJudged: _judged,
    ServerJudged: _judged_server,
    DeploymentMoved: _deployed,
    Frozen: _frozen,
}
