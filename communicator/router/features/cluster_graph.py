"""CLUSTER_GET_GRAPH, CLUSTER_GET_ROUTE and FORGET: what the cluster looks like from here, and which way a message would go."""

import msgspec
from msgspec.structs import asdict, replace

from communicator.answers import clusters
from communicator.answers.services import Instance
from communicator.errors import RemoteProtocolError
from communicator.protocol.message import Message
from communicator.protocol.names import BROADCAST_SERVICES, ROUTER_SERVICE, THIS_SERVER
from communicator.protocol.values import NS_PER_S, required
from communicator.router.cores.balancing import Balancer, Candidate
from communicator.router.cores.load_listeners import names_of
from communicator.router.cores.policy import PolicyInForce
from communicator.router.cores.statistics import fill
from communicator.router.delivery.choosing import candidates
from communicator.router.features.cluster_status import find_who_counts
from communicator.router.mesh.standing import Standing
from communicator.router.peering.exchange import publish_links, topology_changed
from communicator.router.switchboard import Switchboard
from communicator.router.vocabulary.effects import Level
from communicator.router.vocabulary.events import Instant
from communicator.router.vocabulary.registry import Link


def cluster_get_graph(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """CLUSTER_GET_GRAPH: answered by CLUSTER_GRAPH with members, links, and how things stand with each neighbor."""
    edges, members = board.mesh.topology.edges(), board.mesh.book.members()
    standing = find_who_counts(board)
    graph = clusters.Graph(
        server=board.config.server_name,
        address=board.config.my_address,
        nodes=tuple(_node(board, server, standing) for server in _servers(board)),
        links=tuple(clusters.Link(edge.a, edge.b, edge.cost, edge.confirmed) for edge in edges),
        neighbors=tuple(msgspec.convert(member, clusters.Neighbor, from_attributes=True) for member in members),
    )
    board.answer(link, "CLUSTER_GRAPH", graph=_json(graph))


def _servers(board: Switchboard) -> list[str]:
    """Every server that is there, and those that are not and still known: what was invented by one that left is neither."""
    mesh = board.mesh
    told = filter(mesh.book.knows, mesh.database.links())
    return sorted({board.config.server_name, *told, *mesh.peers, *board.carrier.reachable()})


def _node(board: Switchboard, server: str, standing: Standing) -> clusters.Node:
    mesh = board.mesh
    path = board.carrier.path(server)
    state = mesh.database.links().get(server)
    leaf = board.carrier.leaf(server)
    own = server == board.config.server_name
    features = board.config.cluster.features if own else state.features if state else ()
    return clusters.Node(
        server=server,
        address=board.config.my_address if own else mesh.addresses().get(server, leaf.address if leaf else ""),
        state=_state(board, server, path),
        directory=leaf is None,  # not whether it has told us anything: one that has just linked has not yet
        boot_id=board.config.boot_id if own else mesh.database.boot_id(server) or "",
        features=tuple(sorted(features)),
        cost=0 if own else board.carrier.cost(server),
        hops=max(0, len(path) - 1),
        next_hop=path[1] if len(path) > 1 else "",
        counts=own or server in standing.counted or mesh.book.is_configured(server),
        vouched_by=standing.vouched_by.get(server, ()),
    )


def _state(board: Switchboard, server: str, path: tuple[str, ...]) -> str:
    if server == board.config.server_name:
        return "self"
    if server in board.mesh.peers:
        return "linked"
    return "reachable" if path else "unreachable"


def cluster_get_route(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """CLUSTER_GET_ROUTE: answered by CLUSTER_ROUTE: whom a message would go to from here, which way, and why."""
    text = required(message, "destination")
    server, service = _read_destination(text)
    if service in BROADCAST_SERVICES:
        raise RemoteProtocolError(f"{text[:80]!r} is a broadcast: it goes to every service that lists its command")
    route = clusters.Route(text, "none")
    if server and not board.config.is_here(server):
        route = _way(board, route, server)
    elif service in ("", ROUTER_SERVICE):
        own, reason = board.config.server_name, "the router of this host"
        route = replace(route, outcome="local", server=own, reason=reason)
    else:
        route = _choice(board, route, server, service, now)
    known = {name: value for name, value in asdict(route).items() if value is not None}
    board.answer(link, "CLUSTER_ROUTE", route=_json(known))


def _read_destination(text: str) -> tuple[str, str]:
    """``server:service``, ``server:service/COMMAND``, ``service/COMMAND``, or a bare word: a known server, else a service."""
    address = text.partition("/")[0]
    server, colon, service = address.partition(":")
    return (server, service) if colon else ("", address)


def _way(board: Switchboard, route: clusters.Route, server: str) -> clusters.Route:
    path = board.carrier.path(server)
    if not path:
        known = board.mesh.knows(server)
        return replace(route, outcome="none", server=server, reason="no_route" if known else "server_unknown")
    reason = "linked with us" if len(path) == 2 else "the cheapest way"  # noqa: PLR2004 - ours and theirs
    cost = board.carrier.cost(server)
    return replace(route, outcome="remote", server=server, path=path, next_hop=path[1], cost=cost, reason=reason)


def _choice(board: Switchboard, route: clusters.Route, server: str, service: str, now: Instant) -> clusters.Route:
    found = candidates(board, service, server, now)
    if not found and not server and board.mesh.knows(service):
        return _way(board, route, service)
    balancer = Balancer(board.config.server_name)
    balancer.offer(found)
    shares = balancer.shares
    chosen = balancer.choose(1)
    told = [_candidate(one, shares.get(one, 0.0), one == chosen, board.config.server_name) for one in found]
    told += _left_out(board, service, server, now)
    route = replace(route, candidates=tuple(told))
    if chosen is None:
        known = service in board.config.known_services
        reason = "kept until the service comes" if known else "service_unknown"
        return replace(route, outcome="cached" if known else "none", reason=reason)
    if chosen.cost == 0:
        return replace(route, outcome="local", server=chosen.server, reason="it runs on this host")
    reason = "the cheapest instance" if len(shares) == 1 else "traffic is split by the policy"
    return replace(_way(board, route, chosen.server), reason=reason)


def _candidate(one: Candidate, share: float, is_chosen: bool, own: str) -> clusters.Candidate:  # noqa: FBT001 - data
    if share:
        reason = "on this host" if one.server == own else "cheapest, and the one this server keeps to"
    else:
        reason = "its weight is 0" if not one.weight else "another one is nearer, or as near"
    return fill(clusters.Candidate, one, share=share, chosen=is_chosen, reason=reason)


def _left_out(board: Switchboard, service: str, server: str, now: Instant) -> list[clusters.Candidate]:
    """Instances that get nothing since the policy blocks their version there, or since another one is active."""
    if server in (THIS_SERVER, board.config.server_name):
        return []
    told = []
    for one in board.mesh.directory.instances(service):
        reason = _why_left_out(board.policy, one, now)
        if reason:
            cost = board.carrier.cost(one.server) or 0.0
            told.append(clusters.Candidate(one.server, service, one.version, cost, 0.0, 0.0, reason=reason))
    return told


def _why_left_out(policy: PolicyInForce, one: Instance, now: Instant) -> str:
    blocking = policy.blocked(one.service, one.version, one.build, one.server, now.monotonic_s)
    if blocking is not None:
        return f"blocked: {blocking.reason}"
    colour = policy.active.get(one.service)
    if colour is None or policy.takes(one.service, one.version, one.build, one.role):
        return ""
    return f"on standby: {colour.active or '(none)'} is active"


def forget(board: Switchboard, _link: Link, message: Message, now: Instant) -> None:
    """FORGET: a router does not come back: it is no longer counted, here and in the whole cluster."""
    book = board.mesh.book
    what = message.get("server") or message.get("ip")
    if not what:
        raise RemoteProtocolError("parameter server or ip is missing")
    found = [member for member in book.members() if what in (member.server, *names_of(member.address))]
    if not found:
        raise RemoteProtocolError(f"{what[:80]!r} is no member of this cluster")
    for member in found:
        if member.server in board.carrier.reachable():
            raise RemoteProtocolError(f"{what[:80]!r} is reached now: stop its router first")
        if member.configured:
            raise RemoteProtocolError(f"{what[:80]!r} stands in cluster.neighbors: take it out there first")
    for member in found:
        book.forget(member.address, now.wall_ns // NS_PER_S)
        if member.server:
            board.mesh.database.forget(member.server)
        board.notice(Level.WARNING, "router_forgotten", server=member.server, address=member.address)
    board.keep_neighbors()
    topology_changed(board, now)
    publish_links(board)


def _json(told: object) -> str:
    return msgspec.json.encode(told).decode()
