"""How links between routers end: nobody answers a dial, DISCONNECT, a link that is lost; who may come in is told elsewhere."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.router.cores.voice import Voice
from communicator.router.peering.exchange import publish_links, topology_changed
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import CloseReason, Instant
from communicator.router.vocabulary.registry import Link


def attempt_failed(board: Switchboard, number: int, reason: str, now: Instant) -> None:
    """A dial came to nothing: told to those who want to know, the first time, and tried again later; each wait is longer."""
    attempt = board.mesh.book.attempt(number)
    if attempt is not None and board.mesh.book.failed(number, reason, now.monotonic_s):
        board.notice(Level.WARNING, "neighbor_unreachable", address=str(attempt.host_port), reason=reason)
        board.tell_listeners("UNREACHABLE", who=str(attempt.host_port))


def disconnect(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """DISCONNECT: the other router leaves in good order."""
    if link.peer is None:
        raise RemoteProtocolError("this link is no link of a router")
    part(board, link, CloseReason.DRAIN, now, word="DISCONNECTED")


def part(board: Switchboard, link: Link, reason: CloseReason, now: Instant, word: str = "HANGUP") -> None:
    """A router is no longer linked; everyone who asked for it is told so.

    Args:
        board: The router's state.
        link: The link, which is closed if it is not yet.
        reason: Why it ends.
        now: The time.
        word: What local services hear: HANGUP, or DISCONNECTED when it went in good order.
    """
    board.mesh.strangers.discard(link)
    peer, link.peer = link.peer, None
    if peer is None:
        if link.dial is not None:
            attempt_failed(board, link.dial, "it closed the link before anything was agreed", now)
        board.close(link, reason)
        return
    board.close(link, reason)
    mesh = board.mesh
    mesh.heartbeat.left(link.id)
    mesh.doubts.left(link.id)
    board.comparison.end(link.id, now.monotonic_s)
    if mesh.peers.get(peer.server) is link:
        del mesh.peers[peer.server]
    mesh.book.lost(peer.server, now.monotonic_s)
    mesh.book.introductions.left(peer.server)
    if board.draining:
        return  # it is we who go
    board.notice(Level.WARNING, "router_lost", server=peer.server, address=peer.address, reason=reason)
    board.tell_listeners(word, server_name=peer.server)
    topology_changed(board, now)
    publish_links(board)


def take_leave(voice: Voice, link: Link) -> None:
    """We are about to end: tell the router at the other end."""
    if link.peer is not None:
        voice.say(link, Message("DISCONNECT", service=ROUTER_SERVICE, server=link.peer.server))
