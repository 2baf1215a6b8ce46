"""PURE: ROUTER_STATS, what a router carries and how it is, as it is written and read.

What a router does not tell is None, or empty: a router of an earlier release does not count everything.
"""

import msgspec

from communicator.answers.histogram import Histogram


class ClosedLinks(msgspec.Struct, frozen=True):
    """How many links of one kind were closed for one reason."""

    kind: str
    reason: str
    count: int


class Cache(msgspec.Struct, frozen=True):
    """Messages kept for services that are not there yet."""

    messages: int | None = None
    messages_max: int | None = None
    bytes: int | None = None
    bytes_max: int | None = None
    stored_total: int | None = None
    delivered_total: int | None = None
    expired_total: int | None = None
    refused_total: int | None = None


class LinkCounts(msgspec.Struct, frozen=True):
    """One link of the router, and what waits to be sent on it."""

    link: str
    kind: str = ""
    service: str | None = None
    send_queue_bytes: int = 0
    received_bytes: int = 0
    sent_bytes: int = 0


class Peer(msgspec.Struct, frozen=True):
    """Another router of the cluster."""

    peer: str
    up: bool
    hops: int | None = None
    rtt_seconds: float | None = None


class Peers(msgspec.Struct, frozen=True):
    """How things stand with the other routers."""

    up: bool | None = None
    complete: bool | None = None
    members: int | None = None
    members_live: int | None = None
    members_uncounted: int | None = None
    """Others that are reached and do not count."""
    members_not_enforcing: int | None = None
    """Those that are reached and are C++ routers."""
    quorum_size: int | None = None
    peers: tuple[Peer, ...] = ()
    acks_pending: int | None = None
    acks_pending_bytes: int | None = None
    redeliveries_total: int | None = None
    dedupe_entries: int | None = None
    auth_failures_total: dict[str, int] = {}
    peers_refused_total: dict[str, int] = {}
    peer_connect_failures_total: dict[str, int] = {}
    topology_changes_total: int | None = None
    link_states_refused_total: int | None = None
    strangers: int | None = None
    """Links of other hosts that have not shown yet who they are."""
    passwords_waiting: int | None = None
    passwords_wrong_total: int | None = None
    passwords_unverified_total: int | None = None
    policy_generation: tuple[int, int] | None = None
    """Term and number of the policy in force."""


class Mirror(msgspec.Struct, frozen=True, kw_only=True):
    """Copies of what the live instance of a service of this host gets, on their way to one shadow."""

    service: str
    version: str
    """Of the shadow."""
    server: str
    """Where it runs."""
    state: str = ""
    """``copying``, ``busy``, ``absent``, or ``unsupported``: the router there does not know shadows."""
    busy: str = ""
    """Why it is busy: ``queue``, ``unanswered`` or ``load``."""
    queue_messages: int = 0
    queue_bytes: int = 0
    unconfirmed_bytes: int = 0
    """Sent to the router of the shadow, which has not told yet that it has handed them on."""
    copied_total: int = 0
    """Messages."""
    conversations_total: dict[str, int] = {}
    """By what became of them: ``whole``, or why they were cut or not begun."""


class Fence(msgspec.Struct, frozen=True, kw_only=True):
    """What one shadow of this host may not say."""

    service: str
    version: str
    links: int = 0
    """Connections that are behind the fence now."""
    by_unit: bool = False
    """Whether the unit of the shadow tells which connections are its; else only its process does."""
    discarded_total: int = 0


class Statistics(msgspec.Struct, frozen=True):
    """What a router carries, and how it is (ROUTER_STATS)."""

    version: str = ""
    python: str = ""
    compatible_with: str = ""
    server: str = ""
    boot_id: str = ""
    start_time_seconds: float | None = None
    draining: bool | None = None
    resident_bytes: int | None = None
    event_loop_lag_seconds: Histogram | None = None
    connections: dict[str, int] = {}
    connections_opened_total: dict[str, int] = {}
    connections_closed_total: tuple[ClosedLinks, ...] = ()
    messages_received_total: dict[str, int] = {}
    messages_sent_total: dict[str, int] = {}
    received_bytes_total: dict[str, int] = {}
    sent_bytes_total: dict[str, int] = {}
    messages_routed_total: dict[str, int] = {}
    acl_denied_total: int | None = None
    faulty_messages_total: int | None = None
    runs_not_told_total: int | None = None
    messages_dropped_total: dict[str, int] = {}
    commands_total: dict[str, int] = {}
    cache: Cache = Cache()
    services: dict[str, int] = {}
    links: tuple[LinkCounts, ...] = ()
    slow_consumers_total: dict[str, int] = {}
    producer_stall_seconds_total: float | None = None
    handler_exceptions_total: dict[str, int] = {}
    definitions_refused: int | None = None
    cluster: Peers = Peers()
    mirrors: tuple[Mirror, ...] = ()
    fences: tuple[Fence, ...] = ()
    shadow_lines_discarded_total: int | None = None
    udp_rejected_total: dict[str, int] = {}
    tls_handshakes_failed_total: int | None = None
    connections_kept_out_total: int | None = None
    flags_failed_total: int | None = None
    config_last_reload_successful: bool | None = None
    config_last_reload_success_timestamp_seconds: float | None = None
