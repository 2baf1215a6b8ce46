"""What the router counts, and how it becomes ROUTER_STATS; counters only grow."""

from collections import Counter
from typing import TypeVar

import msgspec

from communicator.answers import router as answer
from communicator.router.cores.cache import MessageCache
from communicator.router.vocabulary.config import RouterConfig
from communicator.router.vocabulary.events import LinkKind, LinkMeasure, Measured
from communicator.router.vocabulary.named_counts import OTHER, NamedCounts
from communicator.router.vocabulary.registry import Link, Registry

S = TypeVar("S", bound=msgspec.Struct)

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
    """The counters of one life of the router; `render` tells each one under its name and ``_total``."""

    def __init__(self) -> None:
        kinds = list(LinkKind)
        self.connections_opened: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.closed: Counter[tuple[str, str]] = Counter()
        self.messages_received: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.messages_sent: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.received_bytes: Counter[str] = Counter(dict.fromkeys(kinds, 0))
        self.sent_bytes: Counter[str] = Counter(dict.fromkeys(kinds, 0))
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


def fill(shape: type[S], *sources: object, **known: object) -> S:
    """A part of the answer, each of its fields as it is known, or as a source has it under its name, with ``_total`` or without.

    So a statistic is a counter and a field of the answer, and nothing in between can be forgotten.

    Args:
        shape: What is to be filled.
        sources: What has counted, in the order in which they are asked.
        known: Fields that no source has under their name.

    Raises:
        LookupError: Nobody knows a field: a bug of ours, which every test that asks for statistics meets.
    """
    return shape(**{name: known[name] if name in known else _find(name, sources) for name in shape.__struct_fields__})


def _find(name: str, sources: tuple[object, ...]) -> object:
    for source in sources:
        for attribute in (name, name.removesuffix("_total")):
            if hasattr(source, attribute):
                return getattr(source, attribute)
    raise LookupError(f"nothing counts {name!r} of ROUTER_STATS: add it to Statistics, to Measured or to what fills it")


def render(  # noqa: PLR0913 - each argument is one source of figures
    statistics: Statistics,
    *,
    config: RouterConfig,
    registry: Registry,
    cache: MessageCache,
    measured: Measured,
    started_wall_s: float,
    draining: bool,
    cluster: answer.Peers,
) -> answer.Statistics:
    """What ROUTER_STATS tells.

    Args:
        statistics: The counters.
        config: The router's identity.
        registry: Its links and services.
        cache: Its message cache.
        measured: What only the shell knows.
        started_wall_s: When this life began, in seconds since the epoch.
        draining: Whether it is about to end.
        cluster: How things stand with the other routers.
    """
    return fill(
        answer.Statistics,
        statistics,
        measured,
        config,
        compatible_with=COMPATIBLE_WITH,
        server=config.server_name,
        start_time_seconds=started_wall_s,
        draining=draining,
        connections=_connections(registry),
        connections_closed_total=tuple(
            answer.ClosedLinks(*key, count) for key, count in sorted(statistics.closed.items())
        ),
        messages_routed_total=statistics.routed,
        messages_dropped_total={**statistics.dropped, "expired": cache.expired_total},
        cache=fill(answer.Cache, cache, messages=len(cache)),
        services=_services(config, registry),
        links=_links(registry, measured.links),
        cluster=cluster,
    )


def _connections(registry: Registry) -> dict[str, int]:
    counted: Counter[str] = Counter(dict.fromkeys(LinkKind, 0))
    counted.update(link.kind for link in registry.links.values())
    return counted


def _services(config: RouterConfig, registry: Registry) -> dict[str, int]:
    up = {link.registration.service for link in registry.registered() if link.registration}
    names = [*sorted(config.known_services), *sorted(up - config.known_services)]
    return {name: int(name in up) for name in names[:SERVICES_TOLD]}


def _links(registry: Registry, measures: tuple[LinkMeasure, ...]) -> tuple[answer.LinkCounts, ...]:
    longest_first = sorted(measures, key=lambda measure: -measure.send_queue_bytes)
    told = ((registry.links.get(measure.link), measure) for measure in longest_first[:LINKS_TOLD])
    return tuple(_link(link, measure) for link, measure in told if link is not None)


def _link(link: Link, measure: LinkMeasure) -> answer.LinkCounts:
    service = link.registration.service if link.registration else ""
    return fill(answer.LinkCounts, measure, link=link.name, kind=link.kind, service=service)
