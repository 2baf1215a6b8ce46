"""PURE: the router's ROUTER_STATS as metrics; it does not know how the answer came."""

from communicator.answers.router import Statistics
from communicator.protocol.names import is_tool_name
from exporters.collectors.metric import (
    NOTHING,
    Answer,
    Definition,
    Kind,
    Row,
    Samples,
    asked_target,
    read_field,
    read_histogram,
)
from exporters.collectors.mirrors import MIRRORS
from exporters.questions import STATISTICS

_UNREGISTERED = "unregistered"


def _build(stats: Statistics) -> Samples:
    return {(stats.version, stats.python, stats.compatible_with): 1.0} if stats.version else NOTHING


def _closed(stats: Statistics) -> Samples:
    closed: dict[tuple[str, ...], float] = {}
    for row in stats.connections_closed_total:
        closed[row.kind, row.reason] = closed.get((row.kind, row.reason), 0.0) + row.count
    return closed


def _services(stats: Statistics) -> Samples:
    return {(name,): float(up) for name, up in stats.services.items() if not is_tool_name(name)}


def _send_queues(stats: Statistics) -> Samples:
    """Bytes per service; whoever only passes is in one series with the unregistered, or each would be a new one."""
    queues: dict[tuple[str, ...], float] = {}
    for link in stats.links:
        name = link.service or _UNREGISTERED
        key = (_UNREGISTERED if is_tool_name(name) else name,)
        queues[key] = queues.get(key, 0.0) + link.send_queue_bytes
    return queues


def _peers(stats: Statistics) -> Samples:
    return {(peer.peer,): float(peer.up) for peer in stats.cluster.peers}


def _hops(stats: Statistics) -> Samples:
    return {(peer.peer,): float(peer.hops) for peer in stats.cluster.peers if peer.hops is not None}


def _round_trips(stats: Statistics) -> Samples:
    return {(peer.peer,): peer.rtt_seconds for peer in stats.cluster.peers if peer.rtt_seconds is not None}


def _row(kind: Kind, name: str, text: str, *labels: str, path: str = "") -> Row[Statistics]:
    """A metric that is one field of the report; it has the field's name, or `path` says where it is."""
    return Row(Definition(f"communicator_{name}", kind, text, labels), read_field(path or name))


_GAUGES: tuple[Row[Statistics], ...] = (
    Row(
        Definition(
            "communicator_build_info",
            Kind.GAUGE,
            "The running router; always 1.",
            ("version", "python", "compatible_with"),
        ),
        _build,
    ),
    _row(Kind.GAUGE, "start_time_seconds", "When the router started, in seconds since the epoch."),
    _row(Kind.GAUGE, "draining", "1 while the router is ending in good order, else 0."),
    _row(Kind.GAUGE, "resident_memory_bytes", "Memory the router's process occupies.", path="resident_bytes"),
    _row(
        Kind.GAUGE,
        "config_last_reload_successful",
        "1 when the settings were read without an error the last time, else 0.",
    ),
    _row(
        Kind.GAUGE,
        "config_last_reload_success_timestamp_seconds",
        "When the settings in force were read, in seconds since the epoch.",
    ),
    _row(Kind.GAUGE, "connections", "Links open now.", "kind"),
    Row(
        Definition(
            "communicator_send_queue_bytes",
            Kind.GAUGE,
            "Bytes that wait to be sent, by the service at the other end; 'unregistered' sums up all others.",
            ("link",),
        ),
        _send_queues,
    ),
    _row(
        Kind.GAUGE,
        "cache_messages",
        "Messages kept for services that are not there yet.",
        path="cache.messages",
    ),
    _row(Kind.GAUGE, "cache_messages_max", "As many are kept.", path="cache.messages_max"),
    _row(Kind.GAUGE, "cache_bytes", "Bytes of the messages kept.", path="cache.bytes"),
    _row(Kind.GAUGE, "cache_bytes_max", "As many bytes may be kept.", path="cache.bytes_max"),
    Row(
        Definition(
            "communicator_event_loop_lag_seconds",
            Kind.HISTOGRAM,
            "How late the router's loop ran what was due, looked at twice a second: all messages wait as long.",
        ),
        read_histogram("event_loop_lag_seconds"),
    ),
    Row(
        Definition(
            "communicator_service_up",
            Kind.GAUGE,
            "1 when a service of this host is registered, 0 when a known one is not.",
            ("client",),
        ),
        _services,
    ),
)

_CLUSTER: tuple[Row[Statistics], ...] = (
    _row(Kind.GAUGE, "cluster_up", "1 when a quorum of the routers that count is reached, else 0.", path="cluster.up"),
    _row(Kind.GAUGE, "cluster_complete", "1 when all routers that count are reached, else 0.", path="cluster.complete"),
    _row(Kind.GAUGE, "cluster_members", "Routers that count, this one included.", path="cluster.members"),
    _row(Kind.GAUGE, "cluster_members_live", "Those that are reached.", path="cluster.members_live"),
    _row(
        Kind.GAUGE,
        "cluster_members_uncounted",
        "Other routers that are reached and do not count: only one that counts is linked to them, or none.",
        path="cluster.members_uncounted",
    ),
    _row(
        Kind.GAUGE,
        "cluster_members_not_enforcing",
        "C++ routers that are reached: neither policies nor clock verdicts are enforced on their hosts.",
        path="cluster.members_not_enforcing",
    ),
    _row(Kind.GAUGE, "cluster_quorum_size", "How many of them are a quorum.", path="cluster.quorum_size"),
    Row(
        Definition(
            "communicator_peer_up", Kind.GAUGE, "1 when another router is reached, whichever way, else 0.", ("peer",)
        ),
        _peers,
    ),
    Row(
        Definition(
            "communicator_peer_hops", Kind.GAUGE, "Links on the way to another router that is reached.", ("peer",)
        ),
        _hops,
    ),
    Row(
        Definition(
            "communicator_peer_rtt_seconds",
            Kind.GAUGE,
            "Round trip of the last questions to a linked router, smoothed.",
            ("peer",),
        ),
        _round_trips,
    ),
    _row(
        Kind.GAUGE,
        "acks_pending",
        "Messages with ack=required that wait for their acknowledgement.",
        path="cluster.acks_pending",
    ),
    _row(
        Kind.GAUGE,
        "dedupe_entries",
        "Identifiers of messages remembered, to know copies by.",
        path="cluster.dedupe_entries",
    ),
    _row(
        Kind.COUNTER,
        "redeliveries_total",
        "Messages with ack=required that were sent once more.",
        path="cluster.redeliveries_total",
    ),
    _row(
        Kind.COUNTER,
        "topology_changes_total",
        "Changes of the links between routers.",
        path="cluster.topology_changes_total",
    ),
    _row(
        Kind.COUNTER,
        "peer_connect_failures_total",
        "Attempts to be linked with another router that came to nothing, by its name, or its address while it has none.",
        "peer",
        path="cluster.peer_connect_failures_total",
    ),
    _row(
        Kind.COUNTER,
        "peer_refused_total",
        "Routers that were not taken: they did not prove who they are, their name was taken, or this one was ending.",
        "reason",
        path="cluster.peers_refused_total",
    ),
    _row(
        Kind.COUNTER,
        "auth_failures_total",
        "Links of other hosts that did not prove who they are.",
        "kind",
        path="cluster.auth_failures_total",
    ),
)

_COUNTERS: tuple[Row[Statistics], ...] = (
    _row(Kind.COUNTER, "connections_opened_total", "Links opened.", "kind"),
    Row(
        Definition("communicator_connections_closed_total", Kind.COUNTER, "Links closed, by why.", ("kind", "reason")),
        _closed,
    ),
    _row(Kind.COUNTER, "messages_received_total", "Messages that came in.", "kind"),
    _row(Kind.COUNTER, "messages_sent_total", "Messages that went out.", "kind"),
    _row(Kind.COUNTER, "received_bytes_total", "Bytes that came in.", "kind"),
    _row(Kind.COUNTER, "sent_bytes_total", "Bytes that went out.", "kind"),
    _row(Kind.COUNTER, "messages_routed_total", "Messages passed on, by the route they took.", "route"),
    _row(Kind.COUNTER, "messages_dropped_total", "Messages not passed on, by why.", "reason"),
    _row(
        Kind.COUNTER,
        "commands_total",
        "Commands to the router itself; those it does not know are 'other'.",
        "command",
    ),
    _row(
        Kind.COUNTER,
        "slow_consumers_total",
        "Links cut because their owner did not read what was sent to it.",
        "client",
    ),
    _row(
        Kind.COUNTER,
        "producer_stall_seconds_total",
        "How long local senders were made to wait for slow receivers, in seconds.",
    ),
    _row(Kind.COUNTER, "cache_stored_total", "Messages put into the cache.", path="cache.stored_total"),
    _row(
        Kind.COUNTER,
        "cache_delivered_total",
        "Messages delivered from the cache.",
        path="cache.delivered_total",
    ),
    _row(
        Kind.COUNTER,
        "cache_expired_total",
        "Messages whose time in the cache ran out.",
        path="cache.expired_total",
    ),
    _row(
        Kind.COUNTER,
        "cache_refused_total",
        "Messages a full cache did not take.",
        path="cache.refused_total",
    ),
    _row(Kind.COUNTER, "acl_denied_total", "Messages refused because their sender may not say them."),
    _row(Kind.COUNTER, "faulty_messages_total", "Messages that are not as they were defined, refused or not."),
    _row(
        Kind.COUNTER,
        "runs_not_told_total",
        "Lives of services that the canary was told of in sums, since they came in quick succession.",
    ),
    _row(
        Kind.GAUGE, "definitions_refused", "Message definitions that were not taken, since they are wrong themselves."
    ),
    _row(Kind.COUNTER, "udp_rejected_total", "Datagrams refused at the signal port, by why.", "reason"),
    _row(Kind.COUNTER, "tls_handshakes_failed_total", "Links of other hosts whose TLS handshake failed."),
    _row(
        Kind.COUNTER,
        "connections_kept_out_total",
        "Connections of other hosts closed at the door, since wrong passwords came from their address.",
    ),
    _row(Kind.COUNTER, "flags_failed_total", "Flags that could not be raised or taken down; each is tried again."),
    _row(
        Kind.COUNTER,
        "handler_exceptions_total",
        "Errors of its own that the router survived, by where.",
        "stage",
    ),
)

ROUTER_ANSWER = Answer(STATISTICS, Statistics)
ROUTER = asked_target("router", "communicator", STATISTICS.service, _GAUGES + _CLUSTER + _COUNTERS + MIRRORS)
"""The router of this host."""
