"""What a sender hears of its message: TRANSMISSION_REPORT when it wants to know of failures, TRACE_HOP when it follows it."""

from collections.abc import Iterable

from communicator.protocol.line_form import representable
from communicator.protocol.message import given
from communicator.protocol.names import ROUTER_SERVICE
from communicator.protocol.values import format_timestamp
from communicator.router.cores.voice import Voice, repeated_ids
from communicator.router.vocabulary.envelope import Envelope
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link

TRACE_CHARACTERS = 128


def report(voice: Voice, envelope: Envelope, status: str, reason: str) -> None:
    """Tell a sender that asked for it what became of its message.

    Args:
        voice: What the router says.
        envelope: The message.
        status: ``cached`` or ``failed``.
        reason: In one word: no_route, server_unknown, service_unknown, service_absent, command_unknown, hops,
            not_acknowledged, overload, not_allowed, faulty, too_often.
    """
    message = envelope.message
    if message.get("transmission_report") != "failure" or envelope.ack_id:  # with an id, its own router reports
        return
    told = {"command": message.command, "status": status, "reason": reason, "destination_service": message.service}
    told |= repeated_ids(message) | given(destination_server=message.server)
    voice.tell(envelope, "TRANSMISSION_REPORT", **told)


def send_on(voice: Voice, envelope: Envelope, link: Link, line: bytes, servers: Iterable[str], now: Instant) -> None:
    """Write a message to another router, and tell whoever follows it.

    Args:
        voice: What the router says.
        envelope: The message.
        link: To the next router; it may lead to many.
        line: The message as that router is to get it.
        servers: Whom it is for, of those that the link leads to.
        now: The time.
    """
    voice.transmit(link, line, 1)
    tell_hop(voice, envelope, now, "forwarded", ",".join(servers) if link.is_bus else link.name)


def tell_hop(
    voice: Voice, envelope: Envelope, now: Instant, action: str, following: str = "", reason: str = ""
) -> None:
    """Tell a sender that follows its message where it is now.

    Args:
        voice: What the router says.
        envelope: The message.
        now: The time.
        action: forwarded, delivered, cached or failed.
        following: To which router or service.
        reason: Why it failed.
    """
    if not envelope.trace or envelope.message.sent_from_service == ROUTER_SERVICE:
        return  # what routers say of a trace carries its name too, and is not followed itself
    told = given(
        trace=representable(envelope.trace, TRACE_CHARACTERS),
        server=voice.server,
        hop=str(envelope.hop),
        command=envelope.message.command,
        action=action,
        next=following,
        reason=reason,
        timestamp=format_timestamp(now.wall_ns),
    )
    voice.tell(envelope, "TRACE_HOP", **told)
