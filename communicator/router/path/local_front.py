"""The front of a line from a process of this host: its header, which is all that stands before the first blank."""

from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import Head, parse_head
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, THIS_SERVER, WILDCARD_SERVERS
from communicator.router.cores.balancing import shares
from communicator.router.delivery.checking import is_local
from communicator.router.delivery.choosing import candidates
from communicator.router.mesh.mesh import Mesh
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.authority import RULES
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link, Registry, Route
from communicator.router.vocabulary.telltales import ACKNOWLEDGED, FOR_ALL, SPREAD, TRACED

_ONLY_FROM_ROUTERS = (b"hops_left=", b"broadcast_msgid=")
"""First in a line only routers write them: the next router would take them for ours."""


def front_of(line: bytes) -> bytes:
    """The header with the blank behind it, or the whole of a line that has no blank."""
    return line[: line.find(b" ") + 1] or line


def head_of(line: bytes) -> bytes:
    """The header of a line or of a front."""
    return line.partition(b" ")[0].removesuffix(b"\n")


def find_route(board: Switchboard, link: Link, front: bytes, now: Instant) -> Route | None:
    """Where lines with this front go; None when they must be read.

    Args:
        board: The router's state.
        link: Who sent them.
        front: See `front_of`.
        now: The time.
    """
    if link.is_stranger or (link.registration is not None and link.registration.service in board.config.may_send):
        return None
    route = board.routes.get(front)
    if route is None:
        board.count_search()
        route = _resolve(board, head_of(front), now)
        if route is None:  # not remembered: there is no end of malformed headers
            return None
        if len(board.routes) >= board.config.limits.routes:
            board.routes.clear()
        board.routes[front] = route
    if route.kind == "local" and route.targets[0] is link:
        return None
    return route


def _resolve(board: Switchboard, head: bytes, now: Instant) -> Route | None:
    try:
        parsed = parse_head(head.decode("ascii"))
    except (RemoteProtocolError, UnicodeDecodeError):
        return None
    if parsed.command in RULES or parsed.service in ("", ROUTER_SERVICE):
        return None
    if parsed.service in BROADCAST_SERVICES:
        return _broadcast_route(board.registry, board.mesh, parsed)
    if not board.config.is_here(parsed.server):
        has_to_wait = board.comparison.holds and board.policy.concerns(parsed.service)  # behind what names no server
        return None if has_to_wait else _next_hop(board.carrier, parsed.server)
    return _service_route(board, parsed, now)


def _broadcast_route(registry: Registry, mesh: Mesh, head: Head) -> Route | None:
    """Where a broadcast goes, if it stays on this host: one that leaves it is written anew for each router."""
    if head.server not in ("", *WILDCARD_SERVERS):
        return None
    if head.service != THIS_SERVER and not mesh.is_alone:
        directory = mesh.directory
        if directory.leaves() or directory.servers_accepting(head.command):
            return None
    listeners = registry.listeners(head.command)
    for link in listeners:
        link.hear(head.command)
    return Route(listeners, "broadcast", telltales=(TRACED,))


def _service_route(board: Switchboard, head: Head, now: Instant) -> Route | None:
    """Where a message for one instance of a service goes, as long as nothing is weighed, blocked or coloured."""
    service = head.service
    if board.policy.concerns(service):
        return None
    live = board.registry.live(service)
    elsewhere = () if board.mesh.is_alone else board.mesh.directory.instances(service)
    if live is not None:
        live.hear(head.command)
        telltales = (TRACED, FOR_ALL) if elsewhere else (TRACED,)
        return Route((live,), "local", telltales=telltales)
    if head.server or not elsewhere or is_local(board.config, head.command):
        return None
    chosen = next(iter(shares(candidates(board, service, "", now), board.config.server_name)), None)
    if chosen is None:
        return None
    return _next_hop(board.carrier, chosen.server, pin=f"{chosen.server}:".encode(), is_only=len(elsewhere) == 1)


def _next_hop(carrier: Carrier, server: str, pin: bytes = b"", *, is_only: bool = True) -> Route | None:
    """The route to another server.

    Args:
        carrier: The ways to other routers.
        server: Its name.
        pin: ``server:`` to be written before the address: the server was chosen here, and others must not choose again.
        is_only: No other instance is known: ``deliver=all`` would change nothing.
    """
    hop = carrier.hop(server)
    if hop is None:
        return None
    telltales = (TRACED, ACKNOWLEDGED) if is_only else (TRACED, FOR_ALL, ACKNOWLEDGED)
    return Route(
        (hop.link,),
        "next_hop",
        written=pin,
        telltales=(*telltales, SPREAD) if hop.link.is_leaf else telltales,
        not_first=_ONLY_FROM_ROUTERS,
    )
