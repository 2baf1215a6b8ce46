"""PURE: what an operator orders with CANARY_COMMAND, read and entered into the book of the cluster; it obeys none of it.

Who gives an order is what the router wrote into it, never what the sender says.
"""

from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

import msgspec

from canary.book.book import Book, BookFullError
from canary.book.entry import Lift
from canary.book.order import LONGEST_S, OVERRIDES, Kind, Order
from canary.feature.commands import FEATURE_ORDERS, read_feature_order
from canary.given import Command, Entered, Stamp
from canary.records import ALL, Actor, Version
from canary.wire import read_text
from communicator.answers.policy import PROTECTED
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.names import is_server_name, is_service_name
from communicator.protocol.values import parse_duration_s
from communicator.wording.releases import read_version, version_text

OVERRIDES_MAX = 500
"""Overrides in force at once, half of what a policy may hold; and freezes."""


class _Form(NamedTuple):
    """What an order has to say, and what comes of it."""

    enter: Callable[[Command, Book, Stamp, float], Entered]
    needs_version: bool = True
    needs_duration: bool = True


def read_order(message: Message) -> Command:
    """Read CANARY_COMMAND.

    Raises:
        RemoteProtocolError: It is no order known here, or lacks something; the text names the parameter.
    """
    name = message.get("command")
    if name in FEATURE_ORDERS:
        return read_feature_order(message)
    form = _FORMS.get(name)
    if form is None:
        raise RemoteProtocolError(
            f"parameter command: {name[:40]!r} is none of {', '.join(sorted((*_FORMS, *FEATURE_ORDERS)))}"
        )
    service, version = read_text(message, "service"), read_text(message, "version")
    if form.needs_version and not (service and version):
        raise RemoteProtocolError(f"{name} needs the parameters service and version")
    if service and not is_service_name(service):
        raise RemoteProtocolError(f"parameter service: {service!r} is not a service name")
    if name == "block" and service in PROTECTED:
        raise RemoteProtocolError(f"{service!r} is never blocked: without it nobody could take the block away")
    reason = read_text(message, "reason")
    if not reason.strip():
        raise RemoteProtocolError(f"{name} needs the parameter reason: the ledger keeps why")
    return Command(
        name=name,
        version=Version(service, read_version(version), read_text(message, "build") or ALL),
        server=_server(message),
        duration_s=_duration_s(message, name) if form.needs_duration else 0.0,
        reason=reason,
        actor=Actor(user=message.get("actor_user") or "unknown", server=message.get("actor_server")),
    )


def enter(order: Command, book: Book, stamp: Stamp, now_s: float) -> Entered:
    """Enter an order into the book.

    It lifts what it takes the place of, of what is known here, and nothing else: what somebody else orders meanwhile stands.

    Args:
        order: What was ordered.
        book: What is known here.
        stamp: What makes it this one order.
        now_s: On the clock of this host.

    Raises:
        RemoteProtocolError: There is nothing of the kind to be undone, or too much was ordered already.
    """
    enter_into = FEATURE_ORDERS[order.name] if order.feature else _FORMS[order.name].enter
    return enter_into(order, book, stamp, now_s)


def _override(order: Command, book: Book, stamp: Stamp, now_s: float) -> Entered:
    made = _make(order, stamp)
    known = _of_kind(book, OVERRIDES, now_s)
    lifted = [order_id for order_id, one in known.items() if made.covers(one)]
    if made.kind != "block":
        blocks = (each for each in known.items() if each[1].kind == "block" and each[0] not in lifted)
        made = msgspec.structs.replace(made, over=tuple(sorted(name for name, one in blocks if made.touches(one))))
    _require_room(len(known) - len(lifted), "overrides are in force; withdraw some first")
    return _enter(book, made, lifted, order.lift(stamp, "replaced"), now_s)


def _withdraw(order: Command, book: Book, stamp: Stamp, now_s: float) -> Entered:
    wanted = (order.server, *order.version)
    known = _of_kind(book, OVERRIDES, now_s)
    lifted = [name for name, one in known.items() if (one.server, one.service, one.version, one.build) == wanted]
    if not lifted:
        raise RemoteProtocolError(f"no override of {_shown(order)} is in force")
    book.lift(lifted, order.lift(stamp, "withdrawn"), now_s)
    return Entered("", tuple(lifted))


def _pardon(order: Command, book: Book, stamp: Stamp, now_s: float) -> Entered:
    return _enter(book, _make(order, stamp), [], order.lift(stamp, "replaced"), now_s)


def _freeze(order: Command, book: Book, stamp: Stamp, now_s: float) -> Entered:
    made = _make(order, stamp)
    known = _of_kind(book, ("freeze",), now_s)
    lifted = [name for name, one in known.items() if one.service == made.service and made.server in (ALL, one.server)]
    _require_room(len(known) - len(lifted), "services are frozen; unfreeze some first")
    return _enter(book, made, lifted, order.lift(stamp, "replaced"), now_s)


def _unfreeze(order: Command, book: Book, stamp: Stamp, now_s: float) -> Entered:
    """Freezes that were ordered are lifted; those that the rules have come to on any host end when it hears of this."""
    made = _make(order, stamp)
    known = _of_kind(book, ("freeze",), now_s)
    lifted = [name for name, one in known.items() if one.service == made.service and made.server in (ALL, one.server)]
    return _enter(book, made, lifted, order.lift(stamp, "withdrawn"), now_s)


def _of_kind(book: Book, kinds: Collection[str], now_s: float) -> dict[str, Order]:
    return {name: entry.order for name, entry in book.in_force(now_s) if entry.order.kind in kinds}


def _require_room(in_force: int, what: str) -> None:
    if in_force >= OVERRIDES_MAX:
        raise RemoteProtocolError(f"{OVERRIDES_MAX} {what}")


def _make(order: Command, stamp: Stamp) -> Order:
    service, version, build = order.version
    return Order(
        kind=msgspec.convert(order.name, type=Kind),
        server=order.server,
        service=service,
        version=version,
        build=build,
        span_s=order.duration_s or LONGEST_S,
        reason=order.reason,
        user=order.user,
        given_on=order.actor.server,
        origin=stamp.server,
        nonce=stamp.nonce,
        wall_s=stamp.wall_s,
    )


def _enter(book: Book, made: Order, lifted: list[str], lift: Lift, now_s: float) -> Entered:
    """The new one first: what it takes the place of is in force until then."""
    try:
        made_id = book.take(made, now_s)
    except BookFullError as error:
        raise RemoteProtocolError(str(error)) from None
    book.lift(lifted, lift, now_s)
    return Entered(made_id, tuple(lifted))


_FORMS: Mapping[str, _Form] = {
    "block": _Form(_override),
    "allow": _Form(_override),
    "pin": _Form(_override),
    "withdraw": _Form(_withdraw, needs_duration=False),
    "pardon": _Form(_pardon, needs_duration=False),
    "freeze": _Form(_freeze, needs_version=False),
    "unfreeze": _Form(_unfreeze, needs_version=False, needs_duration=False),
}
ORDERS = tuple(_FORMS)
"""The names of all orders about versions."""


def _server(message: Message) -> str:
    server = message.get("server") or ALL
    if server != ALL and not is_server_name(server):
        raise RemoteProtocolError(f"parameter server: {server[:80]!r} is neither a server name nor {ALL!r}")
    return server


def _duration_s(message: Message, name: str) -> float:
    text = message.get("duration")
    if not text:
        raise RemoteProtocolError(f"{name} needs the parameter duration: nothing is overridden for ever")
    duration_s = parse_duration_s(text)
    if not 0 < duration_s <= LONGEST_S:
        raise RemoteProtocolError(f"parameter duration: {text} is not between 0 and {LONGEST_S / 86_400:g} days")
    return duration_s


def _shown(order: Command) -> str:
    service, version, build = order.version
    return f"{service} {version_text(version, build)}"
