"""One message that had to be looked into: to its service, into the cache, or back to its sender with the reason."""

from dataclasses import dataclass

import msgspec

from communicator.errors import LocalProtocolError
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import BROADCAST_SERVICES
from communicator.router.cache import parse_cache_policy
from communicator.router.effects import Level
from communicator.router.events import Instant
from communicator.router.forwarding import is_here, resolve_address
from communicator.router.registry import Link
from communicator.router.switchboard import Switchboard


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A message on its way, and the line it travels in."""

    message: Message
    line: bytes


def deliver(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """Bring a message to the service it is addressed to.

    Args:
        board: The router's state.
        link: Who sent it.
        message: What was sent, with whatever sender it claims.
        now: The time.
    """
    signed = _sign(board, link, message)
    try:
        parcel = _Parcel(signed, encode_line(signed))
    except LocalProtocolError as error:
        board.statistics.dropped["invalid"] += 1
        board.refuse(link, message.command, str(error))
        return
    if message.service in BROADCAST_SERVICES and message.server not in ("", *BROADCAST_SERVICES):
        board.statistics.dropped["invalid"] += 1
        board.refuse(link, message.command, f"a broadcast to one server, {message.server!r}, is none")
        return
    route = resolve_address(board, message.server, message.service, message.command)
    if route is None or (route.kind == "local" and route.targets[0] is link):
        _deliver_absent(board, link, parcel, now, own=route is not None)
        return
    board.statistics.routed[route.kind] += 1
    for target in route.targets:
        board.transmit(target, parcel.line, 1)


def report(board: Switchboard, link: Link, message: Message, status: str) -> None:
    """Tell a sender that asked for it what became of its message: ``cached`` or ``failed``."""
    if message.get("transmission_report") != "failure":
        return
    told = {"command": message.command, "status": status, "destination_service": message.service}
    if message.server:
        told["destination_server"] = message.server
    board.answer(link, "TRANSMISSION_REPORT", **told)


def _sign(board: Switchboard, link: Link, message: Message) -> Message:
    """Put the true sender in place of any that was claimed: a name for a registered link, none for another."""
    registration = link.registration
    return msgspec.structs.replace(
        message,
        sent_from_server=board.config.server_name if registration else "",
        sent_from_service=registration.service if registration else "",
    )


def _deliver_absent(board: Switchboard, link: Link, parcel: _Parcel, now: Instant, *, own: bool) -> None:
    """Nobody here takes it now: keep it for a service of this host, else say so."""
    message = parcel.message
    policy = parse_cache_policy(message.get("cache"))
    expected = not own and message.service in board.config.known_services and is_here(board, message.server)
    if expected and policy.keep:
        if board.cache.store(message.service, parcel.line, now.monotonic_s + policy.ttl_s):
            report(board, link, message, "cached")
            return
        board.notice(Level.WARNING, "cache_full", service=message.service, messages=len(board.cache))
    if expected and not policy.keep and policy.reply:
        board.answer(
            link,
            "SERVICE_UNAVAILABLE",
            destination_service=message.service,
            unsent_command=message.command,
        )
    board.statistics.dropped["cache_full" if expected and policy.keep else "unroutable"] += 1
    board.notice(
        Level.DEBUG,
        "message_undeliverable",
        command=message.command,
        destination=message.destination,
        sender=link.name,
    )
    report(board, link, message, "failed")
