"""PURE: the state of a cluster and of this host's clock on one screen; it asks nobody."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bellwether.cluster import MARKS, headline
from bellwether.services import Instance, span

_CLOCK_MOODS = {"synchronized": "good", "holdover": "doubtful", "unsynchronized": "bad"}
_MILLISECOND_S = 1e-3
_MICROSECOND_S = 1e-6
_ROUNDS_UP = 0.9995  # three digits of what is nearer to one are 1000 of the smaller unit


class Claim(msgspec.Struct, frozen=True):
    """What this host's timekeeper says of its clock."""

    state: str = "unknown"
    offset_seconds: float | None = None
    bound_seconds: float | None = None
    daemon: str | None = None
    reasons: tuple[str, ...] = ()


class RouterFacts(msgspec.Struct, frozen=True):
    """What is shown of ROUTER_STATS."""

    server: str = ""
    version: str = ""
    start_time_seconds: float | None = None
    draining: bool = False
    connections: dict[str, int] = {}
    messages_routed_total: dict[str, int] = {}
    messages_dropped_total: dict[str, int] = {}


class View(msgspec.Struct, frozen=True, kw_only=True):
    """All that was found out; None is not known."""

    address: str
    router: RouterFacts | None
    cluster: dict[str, Any] | None
    clock: str
    """The router's word: ``stable`` or ``unstable``, and why."""
    claim: Claim | None
    services: Sequence[Instance]


def to_json(view: View) -> str:
    """All of it, for programs."""
    return msgspec.json.format(msgspec.json.encode(view)).decode()


def render(view: View, now_wall_s: float) -> RenderableType:
    """One screen.

    Args:
        view: What was found out.
        now_wall_s: Seconds since the epoch.
    """
    grid = Table.grid(padding=(0, 2))
    for name, mood, lines in (
        ("router", *_router(view, now_wall_s)),
        ("cluster", *_cluster(view)),
        ("clock", *_clock(view)),
        ("services", *_services(view)),
    ):
        mark, colour = MARKS[mood]
        first, *rest = lines
        grid.add_row(Text(name, style="bold"), Text(mark, style=colour), Text(first, overflow="fold"))
        for line in rest:
            grid.add_row("", "", Text(line, style="dim", overflow="fold"))
    return Group(grid)


def _router(view: View, now_wall_s: float) -> tuple[str, list[str]]:
    router = view.router
    if router is None:
        return "doubtful", [view.address, "it keeps no statistics"]
    age = "" if router.start_time_seconds is None else f", up {span(now_wall_s - router.start_time_seconds)}"
    routed, dropped = sum(router.messages_routed_total.values()), sum(router.messages_dropped_total.values())
    links = sum(router.connections.values())
    return (
        "doubtful" if router.draining else "good",
        [
            f"{router.server} {router.version}{age}{', draining' if router.draining else ''}",
            f"{view.address}: {_count(links, 'link')}, {_count(routed, 'message')} routed, {dropped} dropped",
        ],
    )


def _cluster(view: View) -> tuple[str, list[str]]:
    mood, line = headline(view.cluster)
    cluster = view.cluster or {}
    listed = [*_listed("", cluster.get("servers") or ()), *_listed("missing: ", cluster.get("missing") or ())]
    return mood, [line, *listed]


def _clock(view: View) -> tuple[str, list[str]]:
    claim = view.claim
    if claim is None:
        return "doubtful", [view.clock, "no timekeeper answers on this host"]
    figures = [
        f"{name} {duration(value)}"
        for name, value in (("offset", claim.offset_seconds), ("off by at most", claim.bound_seconds))
        if value is not None
    ]
    head = ", ".join([claim.state, *([f"by {claim.daemon}"] if claim.daemon else []), *figures])
    return _CLOCK_MOODS.get(claim.state, "doubtful"), [head, *claim.reasons, f"services are told: {view.clock}"]


def _services(view: View) -> tuple[str, list[str]]:
    up = [instance.service for instance in view.services if instance.state == "up"]
    away = [instance.service for instance in view.services if instance.state != "up"]
    lines = [f"{len(up)} up on this host", *_named("", up), *_named("not there: ", away)]
    return "doubtful" if away else "good", lines


def _listed(title: str, names: Sequence[str]) -> list[str]:
    return [f"{title}{', '.join(names)}"] if names else []


def _named(title: str, names: Iterable[str]) -> list[str]:
    return _listed(title, sorted(set(names)))


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"


def duration(seconds: float) -> str:
    """A small span of time with its sign, in the unit that suits what is shown of it."""
    if abs(seconds) >= _ROUNDS_UP:
        return f"{seconds:.2f} s"
    if abs(seconds) >= _ROUNDS_UP * _MILLISECOND_S:
        return f"{seconds / _MILLISECOND_S:.3g} ms"
    return f"{seconds / _MICROSECOND_S:.3g} µs"
