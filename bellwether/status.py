"""PURE: the state of a cluster and of this host's clock on one screen; it asks nobody."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bellwether.cluster import headline
from bellwether.colours import coloured
from communicator.answers.clocks import Claim
from communicator.answers.router import Statistics
from communicator.answers.services import Instance
from communicator.wording.clocks import CLAIMS
from communicator.wording.counts import count
from communicator.wording.marks import DOUBTFUL, GOOD, Mark
from communicator.wording.spans import duration, span


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found out; None is not known."""

    address: str
    router: Statistics | None
    cluster: dict[str, Any] | None
    clock: str
    """The router's word: ``stable`` or ``unstable``, and why."""
    claim: Claim | None
    services: Sequence[Instance]


def render(view: View, now_wall_s: float) -> RenderableType:
    """One screen.

    Args:
        view: What was found out.
        now_wall_s: Seconds since the epoch.
    """
    grid = Table.grid(padding=(0, 2))
    for name, mark, lines in (
        ("router", *_router(view, now_wall_s)),
        ("cluster", *_cluster(view)),
        ("clock", *_clock(view)),
        ("services", *_services(view)),
    ):
        first, *rest = lines
        grid.add_row(Text(name, style="bold"), Text(*coloured(mark)), Text(first, overflow="fold"))
        for line in rest:
            grid.add_row("", "", Text(line, style="dim", overflow="fold"))
    return Group(grid)


def _router(view: View, now_wall_s: float) -> tuple[Mark, list[str]]:
    router = view.router
    if router is None:
        return DOUBTFUL, [view.address, "it keeps no statistics"]
    age = "" if router.start_time_seconds is None else f", up {span(now_wall_s - router.start_time_seconds)}"
    routed, dropped = sum(router.messages_routed_total.values()), sum(router.messages_dropped_total.values())
    links = sum(router.connections.values())
    return (
        DOUBTFUL if router.draining else GOOD,
        [
            f"{router.server} {router.version}{age}{', draining' if router.draining else ''}",
            f"{view.address}: {count(links, 'link')}, {count(routed, 'message')} routed, {dropped} dropped",
        ],
    )


def _cluster(view: View) -> tuple[Mark, list[str]]:
    mark, line = headline(view.cluster)
    cluster = view.cluster or {}
    parts = (
        ("", "servers"),
        ("missing: ", "missing"),
        ("do not count: ", "uncounted"),
        ("obey other orders: ", "other_orders"),
    )
    return mark, [line, *(text for head, part in parts for text in _listed(head, cluster.get(part) or ()))]


def _clock(view: View) -> tuple[Mark, list[str]]:
    claim = view.claim
    if claim is None:
        return DOUBTFUL, [view.clock, "no timekeeper answers on this host"]
    figures = [
        f"{name} {duration(value)}"
        for name, value in (("offset", claim.offset_seconds), ("off by at most", claim.bound_seconds))
        if value is not None
    ]
    head = ", ".join([claim.state, *([f"by {claim.daemon}"] if claim.daemon else []), *figures])
    return CLAIMS.get(claim.state, DOUBTFUL), [head, *claim.reasons, f"services are told: {view.clock}"]


def _services(view: View) -> tuple[Mark, list[str]]:
    up = [instance.service for instance in view.services if instance.state == "up"]
    away = [instance.service for instance in view.services if instance.state != "up"]
    lines = [f"{len(up)} up on this host", *_named("", up), *_named("not there: ", away)]
    return DOUBTFUL if away else GOOD, lines


def _listed(title: str, names: Sequence[str]) -> list[str]:
    return [f"{title}{', '.join(names)}"] if names else []


def _named(title: str, names: Iterable[str]) -> list[str]:
    return _listed(title, sorted(set(names)))
