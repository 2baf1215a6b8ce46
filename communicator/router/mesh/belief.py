"""Whether another router is believed when it brings a message under somebody's name; it decides nothing else."""

from communicator.protocol.message import Message
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE
from communicator.router.envelope import BROADCAST_ID
from communicator.router.events import Instant
from communicator.router.registry import Link
from communicator.router.switchboard import Switchboard


def why_not_believed(board: Switchboard, link: Link, message: Message, now: Instant) -> str:
    """Why a message cannot have come this way; empty when it can.

    Args:
        board: The router's state.
        link: A link of routers.
        message: What it brings; without a sender it is the peer's own word, and on a bus nobody's.
        now: The time.
    """
    server, peer = message.sent_from_server, link.peer
    if not server:
        is_word = link.is_bus and message.service in ("", ROUTER_SERVICE)
        return "nobody has signed it, and many may have said it" if is_word else ""
    if server == board.config.server_name:
        return f"{server!r} is our own name"
    is_broadcast = message.service in BROADCAST_SERVICES and message.get(BROADCAST_ID)
    if peer is not None and peer.is_leaf and is_broadcast:
        return ""  # a leaf passes broadcasts on for others, of whom we need not know
    if board.carrier.may_carry(link, server, now.monotonic_s):
        return ""
    return f"nothing of {server!r} comes by way of {link.name!r}"
