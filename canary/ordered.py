"""PURE: what the book of the cluster comes to on this host: the overrides in force, and what the ledger is told; it takes no order.

The ledger keeps what was in force as evidence, and the judge goes by it. What the router is to deny is made of the book itself, so
that an order is obeyed also while the ledger cannot be written.
"""

import hashlib
from collections.abc import Iterator
from operator import attrgetter
from typing import NamedTuple, get_args

import msgspec

from canary.book.book import SAME_S, Book
from canary.book.decision import Decision
from canary.book.entry import Entry
from canary.book.order import LONGEST_S, OVERRIDES, Kind, Order
from canary.judge.state import State
from canary.records import ALL, Actor, Frozen, Overridden, OverrideAction, OverrideEnded, Pardoned, Record

_ACTIONS: dict[str, OverrideAction] = {action: action for action in get_args(OverrideAction)}


class Scope(NamedTuple):
    """What an order is, and about what."""

    kind: Kind
    server: str
    service: str
    version: str
    build: str


def overrides(book: Book, now_s: float) -> dict[int, Overridden]:
    """The overrides in force, as the judge reads them; their numbers mean nothing but their order.

    Args:
        book: What was ordered.
        now_s: On the clock of this host.
    """
    found = [each for each in book.in_force(now_s) if each[1].order.kind in OVERRIDES]
    return {place: _override(place, order_id, entry) for place, (order_id, entry) in enumerate(found, 1)}


def over(book: Book) -> set[tuple[str, str, str, str]]:
    """Of what the book remembers to have been blocked and to be so no longer: service, version, build and server."""
    ended = (entry.order for _, entry in book.orders() if entry.place != "open" and entry.order.kind == "block")
    return {(order.service, order.version, order.build, order.server) for order in ended}


def records_of(book: Book, state: State, me: str, now_s: float, since: int = -1) -> list[Record]:
    """What the ledger is to be told, so that what it comes to is what the book says.

    Args:
        book: What was ordered.
        state: What the ledger comes to until now.
        me: This server.
        now_s: On the clock of this host.
        since: A revision of the book of which the ledger was told all: of decisions, those that have changed after it are enough.
    """
    in_force = dict(book.in_force(now_s))
    return [
        *_ended_overrides(book, state, in_force),
        *_new_overrides(state, in_force),
        *_obeyed_once(state, me, in_force),
        *_freezes(book, state, me, in_force),
        *_decisions(book, state, since),
    ]


def adopt(book: Book, state: State, me: str) -> None:
    """Put into the book what the ledger holds of an elder release, which had no book.

    Each host has them in its own ledger, so they are given identifiers that are the same on each.
    """
    blocks: dict[str, Overridden] = {}
    for _number, record in sorted(state.overrides.items()):
        if record.order:
            continue
        scope = Scope(record.action, record.server, record.service, record.version, record.build)
        actor = Actor(user=record.actor.user, server=record.actor.server or me)
        seen = sorted(name for name, block in blocks.items() if _is_same_version(block, record))
        is_block = record.action == "block"
        order_id = _adopt(book, scope, record.reason, actor, record.until_at_s, () if is_block else tuple(seen))
        if is_block:
            blocks[order_id] = record
    for freeze in state.freezes.values():
        if not freeze.order and freeze.by and freeze.until_at_s is not None:
            scope = Scope("freeze", me, "" if freeze.scope == ALL else freeze.scope, "", ALL)
            _adopt(book, scope, freeze.reason, Actor(user=freeze.by, server=me), freeze.until_at_s)


def _is_same_version(one: Overridden, other: Overridden) -> bool:
    return (one.service, one.version) == (other.service, other.version)


def _adopt(book: Book, scope: Scope, reason: str, actor: Actor, ends_s: float, over: tuple[str, ...] = ()) -> str:
    nonce = hashlib.sha256("/".join((*scope, reason, actor.user)).encode()).hexdigest()[:16]
    order = Order(
        **scope._asdict(),
        span_s=LONGEST_S,
        reason=reason or "no reason was given",
        user=actor.user,
        given_on=actor.server,
        origin=actor.server,
        nonce=nonce,
        over=over,
    )
    entry = Entry(order, "open", ends_s)
    book.merge(entry)
    return entry.id


def is_told(order_id: str, entry: Entry, state: State, me: str) -> bool:
    """Whether what the book says of a pardon, a freeze or its end is what the ledger comes to."""
    order = entry.order
    if order.server not in (ALL, me) and order.kind != "pardon":
        return True
    if order.kind == "freeze":
        is_frozen = (order.service or ALL) in state.freezes
        return is_frozen if entry.place == "open" else all(one.order != order_id for one in state.freezes.values())
    return entry.place != "open" or order_id in state.obeyed


def _ended_overrides(book: Book, state: State, in_force: dict[str, Entry]) -> Iterator[Record]:
    for number, record in state.overrides.items():
        entry = in_force.get(record.order)
        if entry is None and record.order:
            yield _end(number, book.entry(record.order))
        elif entry is None or abs(entry.ends_s - record.until_at_s) >= SAME_S:
            yield OverrideEnded(number=number, cause="replaced")


def _end(number: int, entry: Entry | None) -> OverrideEnded:
    if entry is None or entry.lift is None:
        return OverrideEnded(number=number, cause="expired")
    actor = Actor(user=entry.lift.user, server=entry.lift.given_on)
    return OverrideEnded(number=number, cause=entry.lift.cause, actor=actor)


def _new_overrides(state: State, in_force: dict[str, Entry]) -> Iterator[Record]:
    known = {record.order: record.until_at_s for record in state.overrides.values()}
    number = state.override_number
    for order_id, entry in in_force.items():
        is_known = order_id in known and abs(entry.ends_s - known[order_id]) < SAME_S
        if entry.order.kind in OVERRIDES and not is_known:
            number += 1
            yield _override(number, order_id, entry)


def _override(number: int, order_id: str, entry: Entry) -> Overridden:
    order = entry.order
    return Overridden(
        number=number,
        order=order_id,
        over=order.over,
        action=_ACTIONS[order.kind],
        server=order.server,
        service=order.service,
        version=order.version,
        build=order.build,
        reason=order.reason,
        actor=_actor(entry),
        until_at_s=entry.ends_s,
    )


def _freezes(book: Book, state: State, me: str, in_force: dict[str, Entry]) -> Iterator[Record]:
    """Of several freezes of one scope the one that lasts longest is told; both stand in the book."""
    wanted: dict[str, tuple[str, Entry]] = {}
    for order_id, entry in in_force.items():
        scope = entry.order.service or ALL
        is_ours = entry.order.kind == "freeze" and entry.order.server in (ALL, me)
        if is_ours and (scope not in wanted or entry.ends_s > wanted[scope][1].ends_s):
            wanted[scope] = order_id, entry
    for scope, freeze in state.freezes.items():
        if freeze.order and scope not in wanted:
            lifted = book.entry(freeze.order)
            lift = None if lifted is None else lifted.lift
            actor = None if lift is None else Actor(user=lift.user, server=lift.given_on)
            yield Frozen(
                scope=scope, is_on=False, reason="its time is over" if lift is None else lift.reason, actor=actor
            )
    for scope, (order_id, entry) in wanted.items():
        known = state.freezes.get(scope)
        is_same = (
            known is not None and known.order == order_id and abs((known.until_at_s or 0.0) - entry.ends_s) < SAME_S
        )
        if not is_same:
            yield Frozen(
                order=order_id,
                scope=scope,
                is_on=True,
                until_at_s=entry.ends_s,
                reason=entry.order.reason,
                actor=_actor(entry),
            )


def _obeyed_once(state: State, me: str, in_force: dict[str, Entry]) -> Iterator[Record]:
    for order_id, entry in in_force.items():
        order = entry.order
        if order_id in state.obeyed:
            continue
        if order.kind == "pardon":
            yield Pardoned(
                order=order_id,
                server=order.server,
                service=order.service,
                version=order.version,
                build=order.build,
                reason=order.reason,
                actor=_actor(entry),
            )
        elif order.kind == "unfreeze" and order.server in (ALL, me):
            scope = order.service or ALL
            yield Frozen(order=order_id, scope=scope, is_on=False, reason=order.reason, actor=_actor(entry))


def _decisions(book: Book, state: State, since: int) -> Iterator[Record]:
    """What leaders have decided, once a majority of the members holds it: the oldest first, as those who were there heard it."""
    for decision in sorted(_untold(book, state, since), key=attrgetter("stamp")):
        yield msgspec.structs.replace(decision.body, **msgspec.structs.asdict(decision.stamp))


def is_ahead(book: Book, state: State, since: int = -1) -> bool:
    """Whether the book has decisions in effect that the state does not know of: what is made of the state is not made of the book.

    Args:
        book: What was decided.
        state: What the ledger comes to.
        since: A revision of the book of whose decisions the state knew all.
    """
    return next(_untold(book, state, since), None) is not None


def _untold(book: Book, state: State, since: int) -> Iterator[Decision]:
    committed = (decided.committed for _, decided in book.decisions(since))
    return (decision for decision in committed if decision is not None and _is_untold(state, decision))


def _is_untold(state: State, decision: Decision) -> bool:
    """Whether nothing newer about it was told: what would be done is over with what was done since."""
    stamp, body = decision.stamp, decision.body
    told = (state.decided.get(subject, (0, "", 0)) for subject in {body.subject, body.about})
    return (stamp.term, stamp.leader, stamp.number) > max(told)


def _actor(entry: Entry) -> Actor:
    return Actor(user=entry.order.user, server=entry.order.given_on)
