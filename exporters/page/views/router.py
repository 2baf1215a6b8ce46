"""PURE: what this host's router carries, and what waits in its links; it judges nothing itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.router import LinkCounts, Statistics
from communicator.wording.counts import count
from communicator.wording.marks import DOUBTFUL, GOOD, Mark
from communicator.wording.spans import duration, span
from exporters.page.words import bytes_text


@dataclass(frozen=True, slots=True)
class LinkRow:
    """One link."""

    name: str
    kind: str
    mark: Mark
    queue: str
    received: str
    sent: str
    rtt: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RouterView:
    """The router."""

    mark: Mark
    sentence: str
    facts: Sequence[tuple[str, str]]
    rows: Sequence[LinkRow]
    hidden: int


def router_view(router: Statistics, now_wall_s: float, shown: int | None) -> RouterView:
    """What is shown of the router.

    Args:
        router: What it tells.
        now_wall_s: Seconds since the epoch.
        shown: How many links at most, those with the most waiting first; None: all.
    """
    links = sorted(router.links, key=lambda link: (-link.send_queue_bytes, link.link))
    age = "" if router.start_time_seconds is None else f", up {span(now_wall_s - router.start_time_seconds)}"
    draining = ", draining" if router.draining else ""
    trips_s = {peer.peer: peer.rtt_seconds for peer in router.cluster.peers}
    return RouterView(
        mark=DOUBTFUL if router.draining else GOOD,
        sentence=f"{router.server or 'this host'}, version {router.version or 'not told'}{age}{draining}",
        facts=list(_facts(router)),
        rows=[_row(link, trips_s.get(link.link)) for link in links[:shown]],
        hidden=0 if shown is None else max(0, len(links) - shown),
    )


def _facts(router: Statistics) -> Iterator[tuple[str, str]]:
    yield "messages routed", f"{sum(router.messages_routed_total.values()):,}"
    dropped = {reason: number for reason, number in router.messages_dropped_total.items() if number}
    told = ", ".join(f"{number:,} {reason.replace('_', ' ')}" for reason, number in dropped.items())
    yield "not delivered", told or "none"
    connections = {kind: number for kind, number in router.connections.items() if number}
    yield "links", ", ".join(f"{number} {kind}" for kind, number in connections.items()) or "none"
    waiting = sum(link.send_queue_bytes for link in router.links)
    yield "waiting to be sent", bytes_text(waiting) if waiting else "nothing"
    cached = router.cache
    yield (
        "kept for later",
        f"{count(cached.messages, 'message')}, {bytes_text(cached.bytes or 0)}" if cached.messages else "nothing",
    )
    if router.slow_consumers_total:
        slow = ", ".join(
            f"{name} {'once' if number == 1 else f'{number} times'}"
            for name, number in router.slow_consumers_total.items()
        )
        yield "slow to read", slow


def _row(link: LinkCounts, rtt_s: float | None) -> LinkRow:
    return LinkRow(
        name=link.service or link.link,
        kind=link.kind,
        mark=DOUBTFUL if link.send_queue_bytes else GOOD,
        queue=bytes_text(link.send_queue_bytes) if link.send_queue_bytes else "empty",
        received=bytes_text(link.received_bytes),
        sent=bytes_text(link.sent_bytes),
        rtt="" if rtt_s is None else duration(rtt_s),
    )
