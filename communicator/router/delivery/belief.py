"""Whether another router is believed when it brings a message under somebody's name, and whose word that is then."""

from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.envelope import ACK_ID, maker_of, read_spread, stripped
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link


def why_not_believed(board: Switchboard, link: Link, message: Message, now: Instant) -> str:
    """Why a message cannot have come this way; empty when it can.

    Args:
        board: The router's state.
        link: A link of routers.
        message: What it brings; without a sender it is the peer's own word, and on a bus nobody's.
        now: The time.
    """
    identity = "" if link.is_leaf or message.get("ack") != "required" else message.get(ACK_ID)
    if identity and not _may_have_made(board, link, message, maker_of(identity), now):
        return f"parameter {ACK_ID}: {identity[:80]!r} was not made by the router that this message comes from"
    return _why_not_of_its_sender(board, link, message, now)


def _may_have_made(board: Switchboard, link: Link, message: Message, maker: str, now: Instant) -> bool:
    """Whether a router may have written its identifier on a message.

    Else whoever guesses the next identifiers of another host could have its messages taken for copies, and acknowledged.
    """
    is_its_own = message.sent_from_server in ("", maker)
    return is_its_own and board.carrier.may_carry(link, maker, now.monotonic_s)


def _why_not_of_its_sender(board: Switchboard, link: Link, message: Message, now: Instant) -> str:
    server = message.sent_from_server
    if not server:
        is_word = link.is_bus and message.service in ("", ROUTER_SERVICE)
        return "nobody has signed it, and many may have said it" if is_word else ""
    if server == board.config.server_name:
        return f"{server!r} is our own name"
    if board.carrier.may_carry(link, server, now.monotonic_s):
        return ""
    spread = read_spread(message)
    if spread is not None:
        if not _runs_ours(board.carrier, server):
            return ""  # C++ routers pass on what others spread, and tell nobody whom they are linked with; so do ours among them
        if board.mesh.announced.holds(spread.exact_key(stripped(message)), now.monotonic_s):
            return ""
    return f"nothing of {server!r} comes by way of {link.name!r}"


def is_word_of_leaf(carrier: Carrier, link: Link, message: Message, now: Instant) -> bool:
    """Whether a message comes from a server that keeps no directory, or by way of one: nobody has proven who wrote it.

    Args:
        carrier: The ways to other routers.
        link: A link of routers.
        message: What it brings, and is believed.
        now: The time.
    """
    server, peer = message.sent_from_server, link.peer
    if peer is None:
        return False
    if server in ("", peer.server):
        return peer.is_leaf
    return not (_runs_ours(carrier, server) or carrier.may_carry(link, server, now.monotonic_s))


def _runs_ours(carrier: Carrier, server: str) -> bool:
    """Whether a server is one that keeps a directory, and can be reached."""
    hop = carrier.hop(server)
    return hop is not None and not hop.is_leaf and carrier.leaf(server) is None
