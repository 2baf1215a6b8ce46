"""PURE: what an operator orders with CANARY_COMMAND, read and made into records; it neither stores nor obeys them.

Who gives an order is what the router wrote into it, never what the sender says.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple

from canary.judge.state import State
from canary.records import ALL, Actor, Frozen, Overridden, OverrideAction, OverrideEnded, Pardoned, Record, Version
from canary.wire import read_text
from communicator.answers.policy import PROTECTED
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message
from communicator.protocol.names import is_server_name, is_service_name
from communicator.protocol.values import parse_duration_s

LONGEST_S = 30 * 86_400.0
"""An override that lasts longer than a month was forgotten, not wanted."""
OVERRIDES = 500
"""Overrides in force at once, half of what a policy may hold; and freezes."""


class Order(NamedTuple):
    """One order, read."""

    name: str
    version: Version
    """Its build is `ALL` where none was named; service and version are empty where the order needs none."""
    server: str
    """`ALL` where none was named."""
    duration_s: float
    """0 where the order needs none."""
    reason: str
    actor: Actor


class _Form(NamedTuple):
    """What an order has to say, and what comes of it."""

    make: Callable[[Order, State, float], Iterator[Record]]
    needs_version: bool = True
    needs_duration: bool = True


def read_order(message: Message) -> Order:
    """Read CANARY_COMMAND.

    Raises:
        RemoteProtocolError: It is no order known here, or lacks something; the text names the parameter.
    """
    name = message.get("command")
    form = _FORMS.get(name)
    if form is None:
        raise RemoteProtocolError(f"parameter command: {name[:40]!r} is none of {', '.join(sorted(_FORMS))}")
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
    return Order(
        name=name,
        version=Version(service, version, read_text(message, "build") or ALL),
        server=_server(message),
        duration_s=_duration_s(message, name) if form.needs_duration else 0.0,
        reason=reason,
        actor=Actor(user=message.get("actor_user") or "unknown", server=message.get("actor_server")),
    )


def records_of(order: Order, state: State, now_s: float) -> list[Record]:
    """What an order puts into the ledger.

    Args:
        order: What was ordered.
        state: What is known.
        now_s: On the ledger's clock.

    Raises:
        RemoteProtocolError: There is nothing of the kind to be undone, or too much was ordered already.
    """
    return list(_FORMS[order.name].make(order, state, now_s))


def _override(action: OverrideAction) -> Callable[[Order, State, float], Iterator[Record]]:
    def make(order: Order, state: State, now_s: float) -> Iterator[Record]:
        replaced = list(_same_scope(order, state))
        if len(state.overrides) - len(replaced) >= OVERRIDES:
            raise RemoteProtocolError(f"{OVERRIDES} overrides are in force; withdraw some first")
        for number in replaced:
            yield OverrideEnded(number=number, cause="replaced", actor=order.actor)
        yield Overridden(
            number=state.override_number + 1,
            action=action,
            server=order.server,
            service=order.version.service,
            version=order.version.version,
            build=order.version.build,
            reason=order.reason,
            actor=order.actor,
            until_at_s=now_s + order.duration_s,
        )

    return make


def _same_scope(order: Order, state: State) -> Iterator[int]:
    wanted = (order.server, *order.version)
    for number, one in state.overrides.items():
        if (one.server, one.service, one.version, one.build) == wanted:
            yield number


def _withdraw(order: Order, state: State, _now_s: float) -> Iterator[Record]:
    numbers = list(_same_scope(order, state))
    if not numbers:
        raise RemoteProtocolError(f"no override of {_shown(order)} is in force")
    for number in numbers:
        yield OverrideEnded(number=number, cause="withdrawn", actor=order.actor)


def _pardon(order: Order, _state: State, _now_s: float) -> Iterator[Record]:
    service, version, build = order.version
    yield Pardoned(
        server=order.server, service=service, version=version, build=build, reason=order.reason, actor=order.actor
    )


def _freeze(order: Order, state: State, now_s: float) -> Iterator[Record]:
    scope = order.version.service or ALL
    if scope not in state.freezes and len(state.freezes) >= OVERRIDES:
        raise RemoteProtocolError(f"{OVERRIDES} services are frozen; unfreeze some first")
    yield Frozen(
        scope=scope,
        is_on=True,
        until_at_s=now_s + order.duration_s,
        reason=order.reason,
        actor=order.actor,
    )


def _unfreeze(order: Order, state: State, _now_s: float) -> Iterator[Record]:
    scope = order.version.service or ALL
    if scope not in state.freezes:
        raise RemoteProtocolError(f"{'nothing' if scope == ALL else repr(scope)} is frozen as such")
    yield Frozen(scope=scope, is_on=False, reason=order.reason, actor=order.actor)


_FORMS: Mapping[str, _Form] = {
    "block": _Form(_override("block")),
    "allow": _Form(_override("allow")),
    "pin": _Form(_override("pin")),
    "withdraw": _Form(_withdraw, needs_duration=False),
    "pardon": _Form(_pardon, needs_duration=False),
    "freeze": _Form(_freeze, needs_version=False),
    "unfreeze": _Form(_unfreeze, needs_version=False, needs_duration=False),
}
ORDERS = tuple(_FORMS)
"""The names of all orders."""


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


def _shown(order: Order) -> str:
    service, version, build = order.version
    return f"{service} {version}" + ("" if build == ALL else f" build {build}")
