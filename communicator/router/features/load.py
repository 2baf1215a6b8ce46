"""LOADAVG and its registrations: a message a second to those who asked, when the load has moved, here and on other hosts."""

import math

from communicator.errors import RemoteProtocolError
from communicator.protocol.addresses import plain_ip
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.protocol.names import ROUTER_SERVICE
from communicator.protocol.values import format_timestamp, required
from communicator.router.cores.load_listeners import Asked, names_of
from communicator.router.cores.voice import Voice
from communicator.router.mesh.book.neighbors_file import parse_cluster_address
from communicator.router.mesh.offer import listed
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.carrier import Carrier, Hop
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import SampleLoad
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Party

MOVED_BY = 0.1
"""A smaller change of the load average is not news."""
RENEW_S = 60.0
"""A router that no way led to us from for a moment has forgotten us: so long it stays silent at most."""


def register_for_load(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """REGISTER_FOR_LOADAVG: from now on this link, or the router behind others that says so, hears of the load of this host."""
    if link.peer is not None:
        board.load.of_this_host.pop(Party(link.peer.server, ROUTER_SERVICE), None)  # it came over others before
    board.load.of_this_host[link.answers_to or link] = None
    _switch(board)


def unregister_from_load(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """UNREGISTER_FROM_LOADAVG: no longer of any host; no harm when it never asked."""
    forget_load(board, link)


def listen_to_load(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """LISTEN_LOADAVG: the load of the hosts named in ``ips``, whose routers are asked; of one that is away, once it is back."""
    names = [_spelled(text) for text in listed(required(message, "ips"))]
    if not names:
        raise RemoteProtocolError("parameter ips names no host")
    known = {name for address in (board.config.my_address, *board.mesh.book.addresses()) for name in names_of(address)}
    for name in names:
        if name not in known:
            raise RemoteProtocolError(f"parameter ips: {name[:80]!r} is not a host of this cluster")
    for name in names:
        if name in names_of(board.config.my_address):
            board.load.of_this_host[link] = None
        if name != board.config.my_address:  # there may be other routers at our IP address
            board.load.of_others.setdefault(name, {})[link] = None
    for server, asked in list(board.load.asked.items()):
        if link in board.load.of_host(asked.address):
            del board.load.asked[server]  # asked again it tells at once what the newcomer has missed
    _ask_others(board, now)
    _switch(board)


def _spelled(name: str) -> str:
    """The one spelling of an ``IP:port`` or an IP address; what is neither stays as it is."""
    return str(parse_cluster_address(name) or plain_ip(name.strip("[]")))


def forget_load(board: Switchboard, link: Link) -> None:
    """This link hears of no load any more."""
    if board.load.is_empty:
        return
    board.load.remove(link.answers_to or link)
    for server, asked in list(board.load.asked.items()):
        if not board.load.of_host(asked.address):
            del board.load.asked[server]
            _stop_telling(board, board.carrier, server)
    _switch(board)


def _switch(board: Switchboard) -> None:
    """Have the load looked at while somebody listens; that is also when others are asked again."""
    load = board.load
    is_wanted = load.for_shadows or not load.is_empty
    if load.is_sampled is not is_wanted:
        load.is_sampled = is_wanted
        load.average = None
        board.ask(SampleLoad(enabled=is_wanted))


def sample_for_shadows(board: Switchboard) -> None:
    """Have the load looked at while a shadow is registered here: whoever copies for it is to know."""
    board.load.for_shadows = board.fence.has_shadows
    _switch(board)


def tell_load(board: Switchboard, average: float, now: Instant) -> None:
    """A second has passed: tell everyone to whom the load has moved by `MOVED_BY` since they last heard of it.

    Args:
        board: The router's state.
        average: Of one minute, for each processor.
        now: The time.
    """
    listeners = board.load.of_this_host
    board.load.average = average
    told = {
        "avg": f"{average:.3f}",
        "my_address": board.config.my_address,
        "timestamp": format_timestamp(now.wall_ns),
    }
    for listener, before in list(listeners.items()):
        if isinstance(listener, Party) and board.carrier.hop(listener.server) is None:
            del listeners[listener]
        elif (before is None or abs(average - before) >= MOVED_BY) and not _is_stranger(listener):
            listeners[listener] = average
            if isinstance(listener, Party):
                board.tell_party(listener, Message("LOADAVG", told))
            else:
                board.answer(listener, "LOADAVG", **told)
    _ask_others(board, now)
    _switch(board)


def _is_stranger(listener: Link | Party) -> bool:
    """Whether a router that we have dialled, and that asked before it said ACCEPT, has not said it yet."""
    return isinstance(listener, Link) and listener.is_stranger


def _ask_others(board: Switchboard, now: Instant) -> None:
    """Ask the hosts that somebody listens to, where they have not been asked, or not on this way."""
    before, board.load.asked = board.load.asked, {}
    if not board.load.of_others:
        return
    for server, address in board.mesh.addresses().items():
        hop = board.carrier.hop(server)
        if hop is not None and _can_tell(board.config, board.carrier, server, hop) and board.load.of_host(address):
            board.load.asked[server] = _ask(board, server, address, hop, before.get(server), now)


def _ask(board: Switchboard, server: str, address: str, hop: Hop, before: Asked | None, now: Instant) -> Asked:
    """Ask a host that somebody listens to, unless it was asked on this way already."""
    boot_id = board.mesh.database.boot_id(server) or ""
    asked = Asked(address, hop.link.id, boot_id, now.monotonic_s + RENEW_S)
    if before is not None and asked.is_same(before) and (hop.is_leaf or now.monotonic_s < before.until_s):
        return before
    _say(board, server, hop, "REGISTER_FOR_LOADAVG")
    return asked


def _can_tell(config: RouterConfig, carrier: Carrier, server: str, hop: Hop) -> bool:
    """Whether a router tells us what we ask for: a C++ router tells it to the router of the link only."""
    return server != config.server_name and (hop.is_last or carrier.leaf(server) is None)


def _say(voice: Voice, server: str, hop: Hop, command: str) -> None:
    """Say something to another router: over a link of our own as the ancestor does, without an address."""
    if hop.is_last and not hop.link.is_bus:
        voice.answer(hop.link, command)
    else:
        voice.tell_party(Party(server, ROUTER_SERVICE), Message(command))


def _stop_telling(voice: Voice, carrier: Carrier, server: str) -> None:
    """Nobody listens to a host any more: its router is told so, unless it is a C++ one, which would end."""
    hop = carrier.hop(server)
    if hop is not None and not hop.is_leaf and carrier.leaf(server) is None:
        _say(voice, server, hop, "UNREGISTER_FROM_LOADAVG")


def load_of_another(board: Switchboard, link: Link, message: Message, _now: Instant) -> None:
    """LOADAVG: a router tells the load of its host, which is passed on as it is to whoever listens to that host."""
    server = link.answers_to.server if link.answers_to else link.peer.server if link.peer else ""
    asked = board.load.asked.get(server)
    if asked is None:
        _stop_telling(board, board.carrier, server)
        return
    told = {name: message.get(name) for name in ("avg", "my_address", "timestamp")}
    if str(parse_cluster_address(told["my_address"])) != asked.address:
        raise RemoteProtocolError(f"parameter my_address: {told['my_address'][:80]!r} is not where {server} is")
    if not _is_average(told["avg"]):
        raise RemoteProtocolError(f"parameter avg: {told['avg'][:80]!r} is not a load average")
    line = encode_line(Message("LOADAVG", told, sent_from_server=server, sent_from_service=ROUTER_SERVICE))
    for listener in board.load.of_host(asked.address):
        board.transmit(listener, line, 1)


def _is_average(text: str) -> bool:
    try:
        average = float(text)
    except ValueError:
        return False
    return math.isfinite(average) and average >= 0
