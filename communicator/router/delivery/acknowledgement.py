"""Messages that have to arrive at least once: kept and repeated until the router of the receiver says ACKNOWLEDGED."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message, given
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.delivery.reports import report, send_on, tell_hop
from communicator.router.mesh.acknowledgements import GIVE_UP_AFTER_S, Pending
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.envelope import ACK_ID, Envelope, maker_of, write_line
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Party

ACKNOWLEDGED_ID = "message_id"
"""Says which message; unlike ``ack_id`` no router on the way takes it off."""


def send_until_acknowledged(
    board: Switchboard, envelope: Envelope, server: str, now: Instant, parameters: dict[str, str] | None = None
) -> None:
    """Send a message to a server, and again until it says that it has it.

    Args:
        board: The router's state.
        envelope: The message.
        server: Whose router is to acknowledge it.
        now: The time.
        parameters: What else routers write on it; without any it is addressed to the server.
    """
    identity = board.new_message_id()
    told = {**(parameters or {}), ACK_ID: identity}
    line = write_line(envelope.message, told, "" if parameters else server)
    pending = Pending(line, envelope.source, envelope, server, now.monotonic_s + GIVE_UP_AFTER_S)
    if not board.pending.add(identity, pending, now.monotonic_s + pending.wait_s):
        board.statistics.dropped["overload"] += 1
        waiting = board.pending
        board.notice(Level.WARNING, "too_many_unacknowledged", messages=len(waiting), bytes=waiting.bytes.taken)
        report(board, envelope, "failed", "overload")
        return
    _transmit(board, pending, now)


def _transmit(board: Switchboard, pending: Pending, now: Instant) -> None:
    hop = board.carrier.hop(pending.server)
    if hop is not None:
        board.statistics.routed["next_hop"] += 1
        send_on(board, pending.envelope, hop.link, pending.line, (pending.server,), now)


def repeat_due(board: Switchboard, now: Instant) -> None:
    """Repeat what has not been acknowledged in time; tell the senders of what is given up."""
    for identity, pending in board.pending.take_due(now.monotonic_s):
        if board.pending.repeat(identity, pending, now.monotonic_s):
            _transmit(board, pending, now)
        else:
            board.statistics.dropped["unacknowledged"] += 1
            report(board, pending.envelope, "failed", "not_acknowledged")
            tell_hop(board, pending.envelope, now, "failed", reason="not_acknowledged")


def acknowledged(board: Switchboard, _link: Link, message: Message, _now: Instant) -> None:
    """ACKNOWLEDGED: a message has arrived, or its router says why it cannot."""
    identity = message.get(ACKNOWLEDGED_ID)
    pending = board.pending.find(identity)
    if pending is None:
        return  # a second acknowledgement, of a copy
    if message.sent_from_server != pending.server:
        raise RemoteProtocolError(
            f"parameter {ACKNOWLEDGED_ID}: {identity[:80]!r} was not sent to {message.sent_from_server!r}"
        )
    board.pending.take(identity)
    status = message.get("status")
    reason = message.get("reason")[:64] or status
    if status == "cached":
        report(board, pending.envelope, "cached", reason)
    elif status != "delivered":
        report(board, pending.envelope, "failed", reason)


def acknowledge(board: Switchboard, envelope: Envelope, status: str, now: Instant, reason: str = "") -> None:
    """Tell the router that waits for it what became of a message: delivered, cached, or failed for good.

    What has arrived is remembered, so that a copy of it is known as one.
    """
    if not envelope.ack_id:
        return
    if status != "failed":
        board.received.is_new(envelope.ack_id, now.monotonic_s)
    told = given(message_id=envelope.ack_id, status=status, reason=reason)
    board.tell_party(Party(maker_of(envelope.ack_id), ROUTER_SERVICE), Message("ACKNOWLEDGED", told))


def is_repeated(board: Switchboard, envelope: Envelope, now: Instant) -> bool:
    """Whether this is a copy of what has arrived already; if so it is acknowledged once more, and goes no further."""
    if not board.received.holds(envelope.ack_id, now.monotonic_s):
        return False
    board.statistics.dropped["duplicate"] += 1
    acknowledge(board, envelope, "delivered", now)
    return True
