"""One message to many: broadcasts to all who understand the command, and messages to every instance of a service."""

from msgspec.structs import replace

from communicator.protocol.addresses import ip_of, is_private
from communicator.protocol.line_form import encode_line
from communicator.protocol.names import BROADCAST_SERVICES, PRIVATE_NETWORK, THIS_SERVER
from communicator.router.delivery.acknowledgement import acknowledge, is_repeated, send_until_acknowledged
from communicator.router.delivery.choosing import told_of
from communicator.router.delivery.flooding import HOPS_MAX, flood_parameters, look_around
from communicator.router.delivery.reports import send_on, tell_hop
from communicator.router.mesh.mesh import Mesh
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.carrier import Hop, group_by_hop
from communicator.router.vocabulary.envelope import BROADCAST_TO, Envelope, Spread, write_line
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link


def broadcast(board: Switchboard, envelope: Envelope, now: Instant) -> None:
    """Bring a broadcast to everyone in its scope who understands its command.

    Args:
        board: The router's state.
        envelope: The message; its service is the scope: ``.`` this host, ``?`` the private network, ``*`` the whole cluster.
        now: The time.
    """
    message = envelope.message
    interested = frozenset[str]()
    hops = envelope.spread.hops if envelope.spread else 0
    if envelope.serves is None and message.service != THIS_SERVER and hops < HOPS_MAX:
        directory = board.mesh.directory
        everyone = directory.servers_accepting(message.command) | directory.leaves()
        interested = _in_scope(board.mesh, everyone, message.service) - _informed(board.mesh, envelope)
    _spread(board, envelope, board.registry.listeners(message.command), interested, now)


def deliver_all(board: Switchboard, envelope: Envelope, now: Instant) -> bool:
    """Bring a message to every live instance of its service but its sender.

    Returns:
        Whether there is any, here or elsewhere.
    """
    message = envelope.message
    live = board.registry.live(message.service)
    local = () if live is None or live is envelope.link else (live,)
    interested = frozenset[str]()
    if envelope.serves is None and message.server != THIS_SERVER:
        instances = board.mesh.directory.instances(message.service)
        everyone = frozenset(one.server for one in instances if board.policy.serves(one, now.monotonic_s))
        interested = _in_scope(board.mesh, everyone, message.server) - _told_otherwise(board, envelope)
    if not (local or interested or envelope.serves is not None):
        return False
    _spread(board, envelope, local, interested, now)
    return True


def _told_otherwise(board: Switchboard, envelope: Envelope) -> frozenset[str]:
    """The servers that need no copy of a message to every instance that C++ routers spread.

    Its sender's has been told. What goes to another C++ router cannot be known as a copy there: one of our routers sees to those
    if only ours have the message; else it goes on as C++ routers spread it, to them, too.
    """
    if not envelope.is_flooded:
        return frozenset()
    told = told_of(board, envelope)
    sees_to_leaves = told is not None and min(told) == board.config.server_name
    leaves: frozenset[str] = frozenset() if sees_to_leaves else board.mesh.directory.leaves()
    return leaves | {envelope.message.sent_from_server}


def _spread(
    board: Switchboard, envelope: Envelope, local: tuple[Link, ...], interested: frozenset[str], now: Instant
) -> None:
    """Give a message to those here, unless they have it, and to the routers of the others."""
    own = board.config.server_name
    serves = envelope.serves
    if serves is not None:
        interested = serves - {own}
    is_for_us = serves is None or own in serves
    is_known = is_for_us and (is_repeated if envelope.ack_id else is_copy)(board, envelope, now)
    if is_known and serves is None:
        return
    if is_for_us and not is_known:
        _hand_over(board, envelope, local, now)
    if interested and (envelope.is_ours or envelope.hops_left > 1):
        _pass_on(board, envelope, interested, now)
    elif interested:
        board.statistics.dropped["hops"] += 1


def is_copy(board: Switchboard, envelope: Envelope, now: Instant) -> bool:
    """Whether a message that goes to many routers has been here before; it is remembered and, if so, counted.

    Args:
        board: The router's state.
        envelope: The message; one that goes to one router only is no copy.
        now: The time.
    """
    spread = envelope.spread
    if spread is None or board.received.is_new(spread.key(envelope.message.sent_from_server), now.monotonic_s):
        return False
    board.statistics.dropped["duplicate"] += 1
    return True


def _hand_over(board: Switchboard, envelope: Envelope, local: tuple[Link, ...], now: Instant) -> None:
    line = encode_line(envelope.message)
    for target in local:
        target.hear(envelope.message.command)
        board.transmit(target, line, 1)
        tell_hop(board, envelope, now, "delivered", target.name)
    board.statistics.routed["all" if envelope.message.get("deliver") == "all" else "broadcast"] += 1
    if local or envelope.message.get("deliver") != "all":
        acknowledge(board, envelope, "delivered", now)
    else:
        acknowledge(board, envelope, "failed", now, "service_unknown")


def _pass_on(board: Switchboard, envelope: Envelope, servers: frozenset[str], now: Instant) -> None:
    spread = identify(board, envelope, now)
    if board.mesh.directory.leaves() and (envelope.serves is None or not spread.informed):
        spread = replace(spread, informed=look_around(board).listed(spread.informed))
    if envelope.is_ours and envelope.wants_ack:
        _send_each(board, envelope, servers, spread, now)
    else:
        send_copies(board, envelope, servers, spread, now)


def identify(board: Switchboard, envelope: Envelope, now: Instant) -> Spread:
    """What the copies of a message are known by; one that comes back to us is known, too."""
    if envelope.spread is not None:
        return envelope.spread
    spread = Spread(identity=board.new_message_id())
    board.received.is_new(spread.key(envelope.message.sent_from_server), now.monotonic_s)
    return spread


def send_copies(board: Switchboard, envelope: Envelope, servers: frozenset[str], spread: Spread, now: Instant) -> None:
    """One copy for each next step, saying which servers it is for.

    Args:
        board: The router's state.
        envelope: The message.
        servers: Whom it is for.
        spread: What it is known by, and the list for C++ routers among them.
        now: The time.
    """
    for hop, served in group_by_hop(board.carrier, servers).items():
        if hop.link is envelope.link:
            continue  # whoever sent it knows them better
        board.statistics.routed["next_hop"] += envelope.message.service not in BROADCAST_SERVICES
        send_on(board, envelope, hop.link, _line(board, envelope, hop, served, spread, now), served, now)


def _line(board: Switchboard, envelope: Envelope, hop: Hop, served: list[str], spread: Spread, now: Instant) -> bytes:
    message = envelope.message
    if hop.is_leaf:
        if message.get("deliver") == "all":
            return write_line(message, {}, served[0])
        passed = replace(spread, hops=max(spread.hops, envelope.hop))
        return write_line(message, flood_parameters(board.config, passed, spread.informed, now))
    told = spread.named | envelope.on_the_way | {BROADCAST_TO: ",".join(served)}
    has_leaves = not board.mesh.directory.leaves().isdisjoint(served)
    return write_line(message, told | spread.for_leaves if has_leaves else told)


def _send_each(board: Switchboard, envelope: Envelope, servers: frozenset[str], spread: Spread, now: Instant) -> None:
    """A message that has to arrive goes to each server by itself, since each acknowledges for itself."""
    for server in sorted(servers):
        if board.mesh.acknowledges(server):
            send_until_acknowledged(board, envelope, server, now, spread.named | {BROADCAST_TO: server})
        else:
            for hop, served in group_by_hop(board.carrier, (server,)).items():
                board.transmit(hop.link, _line(board, envelope, hop, served, spread, now), 1)


def _in_scope(mesh: Mesh, servers: frozenset[str], scope: str) -> frozenset[str]:
    """The servers a broadcast of this scope goes to."""
    if scope != PRIVATE_NETWORK:
        return servers
    addresses = mesh.addresses()
    return frozenset(server for server in servers if is_private(addresses.get(server, "")))


def _informed(mesh: Mesh, envelope: Envelope) -> frozenset[str]:
    """The servers that have heard of a broadcast: its sender's, whoever brings it, and those that its list names."""
    if envelope.link.peer is None:
        return frozenset()
    told = envelope.spread.informed if envelope.spread else frozenset()
    heard = {server for server, address in mesh.addresses().items() if ip_of(address) in told}
    return frozenset(heard | {envelope.link.peer.server, envelope.message.sent_from_server})
