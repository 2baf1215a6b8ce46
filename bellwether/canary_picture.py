"""PURE: what several canaries tell of versions, put together; it asks nobody, and judges nothing itself."""

from collections.abc import Iterator, Mapping

import msgspec

from communicator.answers.releases import CanaryReport, Cell, Freeze, Override, Release, SickServer, Standing, Stranger


class Frozen(Freeze, frozen=True):
    """A freeze, and where it holds."""

    servers: tuple[str, ...] = ()
    """Whose canaries say so."""


class Ordered(Override, frozen=True):
    """An operator's word, and where it does not hold yet."""

    not_on: tuple[str, ...] = ()
    """Servers whose canaries have not heard of it, or whose routers do not obey it yet."""
    away: tuple[str, ...] = ()
    """Servers that it is for, and whose canaries do not answer."""


class Picture(msgspec.Struct, frozen=True):
    """What all canaries that answered tell together."""

    server: str
    """Whose canary tells of itself, and of the cluster."""
    canary: Standing = Standing()
    cells: tuple[Cell, ...] = ()
    """Each as the canary of its own server tells it, where that answered."""
    releases: tuple[Release, ...] = ()
    servers: tuple[SickServer, ...] = ()
    freezes: tuple[Frozen, ...] = ()
    overrides: tuple[Ordered, ...] = ()
    strangers: tuple[Stranger, ...] = ()
    """Users whose runs count for nobody, each as the canary of its own server tells it, where that answered."""
    unheard: tuple[str, ...] = ()
    """Servers of which only others told."""
    not_enforced: tuple[str, ...] = ()
    """Servers with a C++ router, which knows no policy."""
    unlike: dict[str, tuple[str, ...]] = {}
    """By server, the canary hosts that the settings of its canary name, where these are not the same ones."""
    unwritten: dict[str, str] = {}
    """By server, why the canary of another one cannot write its ledger."""


def put_together(base: CanaryReport, own: Mapping[str, CanaryReport], not_enforced: tuple[str, ...] = ()) -> Picture:
    """What several canaries tell.

    Verdicts on single servers are those of the canary there, of which others hear later, and verdicts on the whole cluster those
    of the leader.

    Args:
        base: The report of one canary about everything.
        own: By server, the reports of other canaries about their own server.
        not_enforced: Servers with a C++ router.
    """
    told = {**own, base.server: base}
    cells = [cell for cell in base.cells if cell.server == base.server or cell.server not in own]
    cells += [cell for server, report in own.items() if server != base.server for cell in report.cells]
    return Picture(
        server=base.server,
        canary=base.canary,
        cells=tuple(sorted(cells, key=lambda cell: (cell.service, cell.version, cell.build, cell.server))),
        releases=base.releases,
        servers=base.servers,
        freezes=_freezes(told),
        overrides=_overrides(told, frozenset(base.canary.members) - told.keys() - {*not_enforced}),
        strangers=tuple(_strangers(base, own)),
        unheard=tuple(sorted({cell.server for cell in base.cells} - told.keys())),
        not_enforced=not_enforced,
        unlike={
            server: report.canary.canary_hosts
            for server, report in sorted(own.items())
            if {*report.canary.canary_hosts} != {*base.canary.canary_hosts}
        },
        unwritten={
            server: report.canary.ledger_fault for server, report in sorted(own.items()) if report.canary.ledger_fault
        },
    )


def _strangers(base: CanaryReport, own: Mapping[str, CanaryReport]) -> Iterator[Stranger]:
    yield from (one for one in base.strangers if one.server not in own)
    for server, report in own.items():
        yield from (one for one in report.strangers if one.server == server)


def _overrides(told: Mapping[str, CanaryReport], away: frozenset[str]) -> tuple[Ordered, ...]:
    """Each override once, with all servers where it does not hold."""
    named = {server: {_name_of(one): one for one in report.overrides} for server, report in told.items()}
    found = {name: one for ones in named.values() for name, one in ones.items()}

    def concerns(one: Override, server: str) -> bool:
        return one.server in ("*", server)

    def holds(name: tuple[str, ...], server: str) -> bool:
        one = named[server].get(name)
        return one is not None and one.in_force

    return tuple(
        Ordered(
            **msgspec.structs.asdict(one),
            not_on=tuple(sorted(each for each in named if concerns(one, each) and not holds(name, each))),
            away=tuple(sorted(each for each in away if concerns(one, each))),
        )
        for name, one in found.items()
    )


def _name_of(one: Override) -> tuple[str, ...]:
    return one.order, one.action, one.server, one.service, one.version, one.build


def _freezes(told: Mapping[str, CanaryReport]) -> tuple[Frozen, ...]:
    """Each freeze once, with all servers where it holds."""
    found: dict[tuple[str, str, str], Frozen] = {}
    for server, report in sorted(told.items()):
        for one in report.freezes:
            key = one.scope, one.by, one.reason
            before = found.get(key) or Frozen(**msgspec.structs.asdict(one))
            found[key] = msgspec.structs.replace(before, servers=(*before.servers, server))
    return tuple(found.values())


def narrowed(picture: Picture, service: str) -> Picture:
    """What is known of one service alone."""
    return msgspec.structs.replace(
        picture,
        cells=tuple(cell for cell in picture.cells if cell.service == service),
        releases=tuple(one for one in picture.releases if one.service == service),
        overrides=tuple(one for one in picture.overrides if one.service == service),
        strangers=tuple(one for one in picture.strangers if one.service == service),
        freezes=tuple(one for one in picture.freezes if one.scope in ("*", service)),
    )
