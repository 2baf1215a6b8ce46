"""HELP, ALIVE, PUBLIC_IP, ROUTER_GET_STATS and TAP: what the router tells of itself."""

from collections import Counter

import msgspec

from communicator.answers import router as answer
from communicator.protocol.line_form import encode_line
from communicator.protocol.message import Message
from communicator.protocol.values import NS_PER_S, format_timestamp
from communicator.router.cores.statistics import fill
from communicator.router.delivery.mirroring import tell_mirrors
from communicator.router.features.cluster_status import counted_servers, measure_cluster
from communicator.router.features.shadow_copies import tell_fences
from communicator.router.mesh.mesh import Mesh
from communicator.router.switchboard import Handler, Switchboard
from communicator.router.vocabulary.carrier import Carrier
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.effects import Level, Measure
from communicator.router.vocabulary.events import Instant, LinkKind, LinkMeasure, Measured
from communicator.router.vocabulary.registry import Link, Registry

COMPATIBLE_WITH = "2.0.13"
"""The release of the C++ communicatord whose wire protocol is spoken."""
LINKS_TOLD = 1000
"""Links told one by one, those with the longest queue first: a page must fit into a line."""
LINKS_FRESH = 100
"""Of more links the statistics cost more than all else that one line may ask for: two milliseconds of a thousand."""
STATISTICS_S = 1.0
"""So old they may be then; whoever draws a curve asks every few seconds."""
SERVICES_TOLD = 1000
"""Services told by name, those of the ``.service`` files first, for the same reason."""


def alive(board: Switchboard, link: Link, message: Message, now: Instant) -> None:
    """ALIVE: answered by ABSOLUTELY with the same serial and timestamp, and the time of the answer.

    Another router is told which life of ours it hears, since two may claim our name.
    """
    told = {name: message.get(name) for name in ("serial", "timestamp") if message.get(name)}
    if link.answers_to is not None:
        told["boot_id"] = board.config.boot_id
    told["reply_timestamp"] = format_timestamp(now.wall_ns)
    answer = board.signed(_to_sender(board.config, link, "ABSOLUTELY", told))
    board.transmit(link, encode_line(answer), 1)  # a serial without an encoding is the sender's fault, not ours


def public_ip(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """PUBLIC_IP: the address other hosts reach this one by; a router that others cannot reach names none."""
    cluster = board.config.cluster
    told = {"secure_ip" if cluster.secure else "public_ip": board.config.my_address} if cluster.listens else {}
    board.answer(link, "SERVER_PUBLIC_IP", **told)


def help_with(commands: tuple[str, ...]) -> Handler:
    """The handler of HELP for a router that knows these commands."""
    listed = ",".join(sorted(commands))

    def help_(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
        board.say(link, _to_sender(board.config, link, "COMMANDS", {"list": listed}))

    return help_


def _to_sender(config: RouterConfig, link: Link, command: str, parameters: dict[str, str]) -> Message:
    """An answer that is addressed as the ancestor addresses it: to the service, where there is one."""
    if link.answers_to is not None:
        return Message(command, parameters, link.answers_to.service, link.answers_to.server)
    if link.registration is None:
        return Message(command, parameters)
    return Message(command, parameters, link.registration.service, config.server_name)


def router_get_stats(board: Switchboard, link: Link, _message: Message, now: Instant) -> None:
    """ROUTER_GET_STATS: the shell is asked for its part first; see `router_stats`. With many links what was told lately will do."""
    if link.answers_to is None and (told := board.recent_statistics.at(now.monotonic_s)) is not None:
        board.say_line(link, told)
    else:
        board.park(link, b"", Measure(link.id))


def router_stats(board: Switchboard, link: Link, measured: Measured, now: Instant) -> None:
    """The shell has measured: answer the link that asked."""
    stats = msgspec.json.encode(_statistics(board, measured, now)).decode()
    if link.answers_to is not None:
        board.answer(link, "ROUTER_STATS", stats=stats)
        return
    line = encode_line(board.signed(Message("ROUTER_STATS", {"stats": stats})))
    if len(board.registry.links) > LINKS_FRESH:
        board.recent_statistics.keep(line, now.monotonic_s + STATISTICS_S)
    board.say_line(link, line)


def _statistics(board: Switchboard, measured: Measured, now: Instant) -> answer.Statistics:
    statistics, registry = board.statistics, board.registry
    counted = Counter(link.kind for link in registry.links.values())
    return fill(
        answer.Statistics,
        statistics,
        measured,
        board.config,
        board,
        compatible_with=COMPATIBLE_WITH,
        start_time_seconds=board.started.wall_ns / NS_PER_S,
        runs_not_told_total=board.run_budget.not_told,
        connections={kind: counted[kind] for kind in LinkKind},
        connections_closed_total=tuple(
            answer.ClosedLinks(*key, count) for key, count in sorted(statistics.closed.items())
        ),
        messages_routed_total=statistics.routed,
        messages_dropped_total={**statistics.dropped, "expired": board.cache.expired_total},
        cache=fill(
            answer.Cache,
            board.cache,
            messages=len(board.cache),
            messages_max=board.cache.waiting.messages.maximum,
            bytes=board.cache.waiting.bytes.taken,
            bytes_max=board.cache.waiting.bytes.maximum,
        ),
        services=_services(board.config, registry),
        links=_links(registry, measured.links),
        cluster=_cluster(board),
        mirrors=tell_mirrors(board, now),
        fences=tell_fences(board),
        shadow_lines_discarded_total=board.discarded.total,
    )


def _services(config: RouterConfig, registry: Registry) -> dict[str, int]:
    up = {link.registration.service for link in registry.registered() if link.registration}
    names = [*sorted(config.known_services), *sorted(up - config.known_services)]
    return {name: int(name in up) for name in names[:SERVICES_TOLD]}


def _links(registry: Registry, measures: tuple[LinkMeasure, ...]) -> tuple[answer.LinkCounts, ...]:
    longest_first = sorted(measures, key=lambda measure: -measure.send_queue_bytes)
    told = ((registry.links.get(measure.link), measure) for measure in longest_first[:LINKS_TOLD])
    return tuple(_link(link, measure) for link, measure in told if link is not None)


def _link(link: Link, measure: LinkMeasure) -> answer.LinkCounts:
    """By position and not by `fill`: of a thousand links that takes a millisecond less."""
    service = link.registration.service if link.registration else ""
    counts = (measure.send_queue_bytes, measure.received_bytes, measure.sent_bytes)
    return answer.LinkCounts(link.name, link.kind, service, *counts)


def _cluster(board: Switchboard) -> answer.Peers:
    """How things stand with the other routers, in figures."""
    status, mesh = measure_cluster(board), board.mesh
    return fill(
        answer.Peers,
        board.statistics,
        up=status["status"] == "up",
        complete=status["completeness"] == "complete",
        members=int(status["neighbors_count"]),
        members_live=int(status["live_count"]),
        members_uncounted=len(board.carrier.reachable() - counted_servers(board)),
        members_not_enforcing=len(mesh.directory.leaves()),
        quorum_size=int(status["quorum"]),
        peers=_peers(board.carrier, mesh),
        acks_pending=len(board.pending),
        acks_pending_bytes=board.pending.bytes.taken,
        redeliveries_total=board.pending.repeated_total,
        dedupe_entries=len(board.received),
        peer_connect_failures_total=mesh.book.connect_failures,
        link_states_refused_total=board.statistics.records_refused,
        strangers=len(mesh.strangers),
        passwords_waiting=mesh.gate.waiting,
        passwords_wrong_total=mesh.gate.failures_total,
        passwords_unverified_total=mesh.gate.refused_unverified_total,
        policy_generation=board.policy.policy.generation,
    )


def _peers(carrier: Carrier, mesh: Mesh) -> tuple[answer.Peer, ...]:
    """Every other router of the cluster whose name is known."""
    named = {member.server for member in mesh.book.members() if member.server and member.counts}
    return tuple(_peer(carrier, mesh, server) for server in sorted(named | carrier.reachable() | set(mesh.peers)))


def _peer(carrier: Carrier, mesh: Mesh, server: str) -> answer.Peer:
    """Another router, reached or not."""
    link = mesh.peers.get(server)
    path = carrier.path(server)
    rtt_s = None if link is None else mesh.heartbeat.rtt_s(link.id)
    return answer.Peer(server, bool(path), len(path) - 1 if path else None, rtt_s)


def tap(board: Switchboard, link: Link, _message: Message, _now: Instant) -> None:
    """TAP: from now on this link sees a copy of every line that passes, until it closes."""
    board.taps.add(link)
    board.notice(Level.WARNING, "tap_opened", link=link.name, user=link.user.name if link.user else "unknown")


def ignore(_board: Switchboard, _link: Link, _message: Message, _now: Instant) -> None:
    """READY and others that answer something we said: counted, and that is all."""
