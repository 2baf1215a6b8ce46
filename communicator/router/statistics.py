"""What the router counts, and the JSON in which it tells; counters only grow."""

from collections import Counter
from typing import Any

from communicator.router.cache import MessageCache
from communicator.router.config import RouterConfig
from communicator.router.events import LagMeasure, LinkKind, LinkMeasure, Measured
from communicator.router.named_counts import OTHER, NamedCounts
from communicator.router.registry import Link, Registry

COMPATIBLE_WITH = "2.0.13"
"""The release of the C++ communicatord whose wire protocol is spoken."""
LINKS_TOLD = 1000
"""Links told one by one, those with the longest queue first: a page must fit into a line."""
SERVICES_TOLD = 1000
"""Services told by name, those of the ``.service`` files first, for the same reason."""

DROP_REASONS = (
    "unroutable",
    "expired",
    "duplicate",
    "hops",
    "slow_consumer",
    "cache_full",
    "acl",
    "invalid",
    "faulty",
    "too_long",
    "overload",
    "unacknowledged",
)
ROUTES = ("local", "next_hop", "any", "all", "broadcast", "self")
REFUSALS = ("credentials", "name", "ending")
"""Why another router is not taken: it does not show who it is, its name is taken, or we are about to end."""


class Statistics:
    """The counters of one life of the router."""

    def __init__(self) -> None:
        kinds = list(LinkKind)
        self.opened: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.closed: Counter[tuple[str, str]] = Counter()
        self.messages_received: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.messages_sent: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.bytes_received: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.bytes_sent: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.routed: Counter[str] = Counter(dict.fromkeys(ROUTES, 0))
        self.dropped: Counter[str] = Counter(dict.fromkeys(DROP_REASONS, 0))
        self.commands: Counter[str] = Counter({OTHER: 0})
        self.slow_consumers = NamedCounts()
        self.handler_exceptions: Counter[str] = Counter()
        self.acl_denied = 0
        self.faulty_messages = 0
        self.auth_failures: Counter[str] = Counter(dict.fromkeys((LinkKind.REMOTE, LinkKind.SECURE), 0))
        self.peers_refused: Counter[str] = Counter(dict.fromkeys(REFUSALS, 0))
        self.topology_changes = 0
        self.records_refused = 0
        self.runs_not_told = 0


def render(  # noqa: PLR0913 - each argument is one source of figures
    statistics: Statistics,
    *,
    config: RouterConfig,
    registry: Registry,
    cache: MessageCache,
    measured: Measured,
    started_wall_s: float,
    draining: bool,
    cluster: dict[str, Any],
) -> dict[str, Any]:
    """The document ROUTER_STATS carries.

    Args:
        statistics: The counters.
        config: The router's identity.
        registry: Its links and services.
        cache: Its message cache.
        measured: What only the shell knows.
        started_wall_s: When this life began, in seconds since the epoch.
        draining: Whether it is about to end.
        cluster: How things stand with the other routers.

    Returns:
        Plain dicts, lists, numbers and texts.
    """
    return {
        "version": config.version,
        "python": config.python,
        "compatible_with": COMPATIBLE_WITH,
        "server": config.server_name,
        "boot_id": config.boot_id,
        "start_time_seconds": started_wall_s,
        "draining": draining,
        "resident_bytes": measured.resident_bytes,
        "event_loop_lag_seconds": _lag(measured.loop_lag),
        "connections": _connections(registry),
        "connections_opened_total": dict(statistics.opened),
        "connections_closed_total": _closed(statistics),
        **_messages(statistics, cache),
        "commands_total": dict(statistics.commands),
        "cache": _cache(cache),
        "services": _services(config, registry),
        "links": _links(registry, measured.links),
        "slow_consumers_total": dict(statistics.slow_consumers),
        "producer_stall_seconds_total": measured.producer_stall_s,
        "handler_exceptions_total": dict(statistics.handler_exceptions),
        "definitions_refused": config.definitions_refused,
        "cluster": cluster,
        "udp_rejected_total": measured.udp_rejected,
        "tls_handshakes_failed_total": measured.tls_handshakes_failed,
        "connections_kept_out_total": measured.connections_kept_out,
        "flags_failed_total": measured.flags_failed,
        **_reloads(measured),
    }


def _messages(statistics: Statistics, cache: MessageCache) -> dict[str, Any]:
    return {
        "messages_received_total": dict(statistics.messages_received),
        "messages_sent_total": dict(statistics.messages_sent),
        "received_bytes_total": dict(statistics.bytes_received),
        "sent_bytes_total": dict(statistics.bytes_sent),
        "messages_routed_total": dict(statistics.routed),
        "acl_denied_total": statistics.acl_denied,
        "faulty_messages_total": statistics.faulty_messages,
        "runs_not_told_total": statistics.runs_not_told,
        "messages_dropped_total": {**statistics.dropped, "expired": cache.expired_total},
    }


def _reloads(measured: Measured) -> dict[str, Any]:
    return {
        "config_last_reload_successful": measured.config_reload_ok,
        "config_last_reload_success_timestamp_seconds": measured.config_reloaded_wall_s,
    }


def _lag(measured: LagMeasure) -> dict[str, Any]:
    buckets = [{"le_seconds": bound_s, "count": number} for bound_s, number in measured.buckets]
    return {"buckets": buckets, "count": measured.count, "sum_seconds": measured.sum_s}


def _connections(registry: Registry) -> dict[str, int]:
    counted: Counter[str] = Counter(dict.fromkeys(LinkKind, 0))
    counted.update(link.kind for link in registry.links.values())
    return dict(counted)


def _closed(statistics: Statistics) -> list[dict[str, Any]]:
    counted = sorted(statistics.closed.items())
    return [{"kind": kind, "reason": reason, "count": number} for (kind, reason), number in counted]


def _cache(cache: MessageCache) -> dict[str, int]:
    return {
        "messages": len(cache),
        "messages_max": cache.messages_max,
        "bytes": cache.bytes,
        "bytes_max": cache.bytes_max,
        "stored_total": cache.stored_total,
        "delivered_total": cache.delivered_total,
        "expired_total": cache.expired_total,
        "refused_total": cache.refused_total,
    }


def _services(config: RouterConfig, registry: Registry) -> dict[str, int]:
    up = {link.registration.service for link in registry.registered() if link.registration}
    names = [*sorted(config.known_services), *sorted(up - config.known_services)]
    return {name: int(name in up) for name in names[:SERVICES_TOLD]}


def _links(registry: Registry, measures: tuple[LinkMeasure, ...]) -> list[dict[str, Any]]:
    longest_first = sorted(measures, key=lambda measure: -measure.send_queue_bytes)
    told = ((registry.links.get(measure.link), measure) for measure in longest_first[:LINKS_TOLD])
    return [_link(link, measure) for link, measure in told if link is not None]


def _link(link: Link, measure: LinkMeasure) -> dict[str, Any]:
    return {
        "link": link.name,
        "kind": link.kind,
        "service": link.registration.service if link.registration else "",
        "send_queue_bytes": measure.send_queue_bytes,
        "received_bytes": measure.received_bytes,
        "sent_bytes": measure.sent_bytes,
    }
