"""Looks for a service that nobody is known to have among the C++ routers, which tell nobody what runs there.

Our own routers tell each other everything, and such a service is not at any of them. As long as every known router is linked with
one of ours, each leaf gets a copy from us that it does not send on. Else a leaf may be the only way to somebody: then each of our
routers does what a C++ router does. A copy that comes to one of them by way of a leaf, in the name of one of ours, is believed if
that one has announced it, word for word.
"""

from msgspec.structs import replace

from communicator.protocol.names import ANY_SERVER, PRIVATE_NETWORK
from communicator.router.delivery.broadcasting import identify, send_copies
from communicator.router.delivery.choosing import told_of
from communicator.router.delivery.flooding import flood_parameters, flood_targets, look_around
from communicator.router.delivery.reports import send_on
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.envelope import Envelope, Spread, write_line
from communicator.router.vocabulary.events import Instant


def seek(board: Switchboard, envelope: Envelope, now: Instant) -> bool:
    """Have the C++ routers of the cluster look for a service.

    Args:
        board: The router's state.
        envelope: The message, whose service nobody is known to have.
        now: The time.

    Returns:
        Whether they do, or another router sees to it; then nobody knows what becomes of the message.
    """
    if envelope.message.server not in ("", ANY_SERVER, PRIVATE_NETWORK):
        return False
    if envelope.is_ours:
        return _send(board, envelope, now)
    if envelope.spread is None or not envelope.is_flooded:
        return False
    told = told_of(board, envelope)
    if told is None or not look_around(board).is_complete:
        _send_on(board, envelope, envelope.spread, now)
    elif min(told) == board.config.server_name and not _send(board, envelope, now):
        board.statistics.dropped["unroutable"] += 1
    return True


def spread_further(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Send on what a C++ host says to every instance of a service, where C++ routers may have given it to others than us.

    Args:
        board: The router's state.
        envelope: The message; our services, and our other routers, have it.
        now: The time.
    """
    if envelope.spread is None or not envelope.is_flooded:
        return
    if told_of(board, envelope) is None:
        _send_on(board, envelope, envelope.spread, now)


def hand_on(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Another of our routers looks for a service: pass it on to the leaves it names; remember what may come by way of a leaf."""
    spread, serves = envelope.spread, envelope.serves
    if spread is None or serves is None:
        return
    own = board.config.server_name
    if own in serves:
        board.mesh.announced.is_new(spread.exact_key(envelope.message), now.monotonic_s)
    send_copies(board, envelope, serves - {own}, spread, now)


def _send(board: Switchboard, envelope: Envelope, now: Instant) -> bool:
    """Send a message that nobody but our routers has."""
    around = look_around(board)
    spread = envelope.spread or Spread(identity="")
    peer, sender = envelope.link.peer, envelope.message.sent_from_server
    told = {sender} if peer is None else {sender, peer.server}
    leaves = {server for server, ip in around.leaves.items() if server not in told and ip not in spread.informed}
    if not leaves:
        return False
    spread = identify(board, envelope, now)
    if envelope.message.server == PRIVATE_NETWORK:  # as a C++ router does
        message = replace(envelope.message, server=ANY_SERVER)
        envelope = replace(envelope, message=message)
    if around.is_complete:
        everybody = around.routers | frozenset(around.leaves.values())
        send_copies(board, envelope, frozenset(leaves), replace(spread, informed=everybody), now)
        return True
    if envelope.is_ours:
        send_copies(board, envelope, board.carrier.reachable() - around.leaves.keys(), spread, now)
    return _send_on(board, envelope, spread, now)


def _send_on(board: Switchboard, envelope: Envelope, spread: Spread, now: Instant) -> bool:
    """Do what a C++ router would do in our place, so that copies keep to one way; whether that is to send it to anybody."""
    links, informed = flood_targets(board, envelope.link, spread.informed)
    line = write_line(envelope.message, flood_parameters(board.config, spread, informed, now))
    for link in links:
        board.statistics.routed["next_hop"] += 1
        send_on(board, envelope, link, line, (), now)
    return bool(links)
