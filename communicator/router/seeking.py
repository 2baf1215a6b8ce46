"""Looks for a service that nobody is known to have among the C++ routers, which tell nobody what runs there.

Our own routers tell each other everything, and such a service is not at any of them. So they act as one C++ router: whoever has the
message sends it to leaves, over our routers where it has to, and each of them does what a C++ router does with what it gets.
"""

from collections.abc import Iterator
from dataclasses import replace

import msgspec

from communicator.protocol.names import ANY_SERVER, PRIVATE_NETWORK
from communicator.router.broadcasting import identify, send_copies
from communicator.router.choosing import told_of
from communicator.router.envelope import Envelope, write_line
from communicator.router.events import Instant
from communicator.router.mesh.flooding import flood_parameters, flood_targets, look_around
from communicator.router.mesh.neighbors_file import is_larger
from communicator.router.reports import tell_hop
from communicator.router.switchboard import Switchboard


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
        return _send_to_leaves(board, envelope, now)
    if not envelope.is_flooded:
        return False
    told = told_of(board, envelope)
    if told is None:
        _send_on(board, envelope, now)
    elif min(told) == board.config.server_name and not _send_to_leaves(board, envelope, now):
        board.statistics.dropped["unroutable"] += 1
    return True


def spread_further(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Send on a message to every instance that C++ routers spread, where they may have given it to others than us.

    Args:
        board: The router's state.
        envelope: The message; our services, and our other routers, have it.
        now: The time.
    """
    if told_of(board, envelope) is None:
        _send_on(board, envelope, now)


def hand_on(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Another of our routers looks for a service, and says which leaves are to get a copy from us, or by way of us."""
    if envelope.spread is not None and envelope.serves is not None:
        send_copies(board, envelope, envelope.serves, envelope.spread, now)


def _send_on(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Others have a copy, too: to keep to one way we do what a C++ router would do in our place."""
    spread = envelope.spread
    if spread is None:
        return
    board.received.is_new(spread.key(envelope.message.sent_from_server), now.monotonic_s)
    links, informed = flood_targets(board, envelope.link, spread.informed)
    line = write_line(envelope.message, flood_parameters(board.config, spread, informed, now))
    for link in links:
        board.statistics.routed["next_hop"] += 1
        board.transmit(link, line, 1)
        tell_hop(board, envelope, now, "forwarded", link.name)


def _send_to_leaves(board: Switchboard, envelope: Envelope, now: Instant) -> bool:
    """Nobody but our routers has it: send it to leaves, in a list that keeps any of them from getting two copies."""
    around = look_around(board)
    informed = envelope.spread.informed if envelope.spread else frozenset()
    peer, sender = envelope.link.peer, envelope.message.sent_from_server
    told = {sender} if peer is None else {sender, peer.server}
    leaves = {server for server, ip in around.leaves.items() if server not in told and ip not in informed}
    listed = informed | around.routers | {ip for server, ip in around.leaves.items() if server in told}
    if around.is_complete:
        listed |= frozenset(around.leaves.values())
    else:
        dialled = set(_dialled(board, leaves))
        first = next(
            (server for server in board.mesh.peers if server in leaves - dialled), min(leaves - dialled, default="")
        )
        leaves = dialled | ({first} if first else set())
        listed |= {around.leaves[server] for server in dialled}
    if not leaves:
        return False
    spread = replace(identify(board, envelope, now), informed=listed)
    if envelope.message.server == PRIVATE_NETWORK:  # as a C++ router does
        message = msgspec.structs.replace(envelope.message, server=ANY_SERVER)
        envelope = replace(envelope, message=message)
    send_copies(board, envelope, frozenset(leaves), spread, now)
    return True


def _dialled(board: Switchboard, leaves: set[str]) -> Iterator[str]:
    """The leaves that one of our routers has dialled, since its address is the larger one; any other has dialled us."""
    addresses = board.mesh.addresses()
    for leaf in leaves:
        via = board.carrier.path(leaf)[-2:-1]
        router = addresses.get(via[0], board.config.my_address) if via else board.config.my_address
        if is_larger(router, addresses[leaf]):
            yield leaf
