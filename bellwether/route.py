"""PURE: which way a message would go and why, as values and on a screen; it asks nobody."""

from collections.abc import Collection

import msgspec
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from bellwether.answers import read_told
from bellwether.colours import coloured
from bellwether.failure import CommandError
from communicator.answers.clusters import Candidate, Route
from communicator.protocol.message import Message
from communicator.protocol.names import is_command_name
from communicator.wording.enforcement import NOT_ENFORCED, not_enforced_text
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, UNKNOWN

_USAGE = 2
_MARKS = {"local": GOOD, "remote": GOOD, "cached": DOUBTFUL, "none": BAD}


def destination_of(text: str) -> str:
    """A destination as a person types it, in the words of the wire.

    ``server/service`` becomes ``server:service``; behind a service, ``/COMMAND`` stays.

    Raises:
        CommandError: There is nothing before, or behind, a separator.
    """
    before, slash, behind = text.strip().partition("/")
    if not before or (slash and not behind) or "/" in behind:
        raise CommandError(f"{text!r} is not SERVER/SERVICE, SERVER:SERVICE, SERVICE, SERVER or '*'", _USAGE)
    if slash and ":" not in before and not is_command_name(behind):
        return f"{before}:{behind}"
    return f"{before}{slash}{behind}"


def read_route(message: Message) -> Route:
    """The route that CLUSTER_ROUTE tells.

    Raises:
        CommandError: It tells none in a way we understand.
    """
    return read_told(message, "route", Route, "the router's route")


def with_not_enforced(route: Route, servers: Collection[str]) -> Route:
    """The route, which also says where no policy is enforced.

    Args:
        route: As it was told.
        servers: Those with a C++ router.
    """
    named = {route.server, *(one.server for one in route.candidates)}
    return msgspec.structs.replace(route, not_enforced=tuple(sorted(named.intersection(servers))))


def render(route: Route) -> RenderableType:
    """The way, why, and who else could have been chosen."""
    mark = coloured(_MARKS.get(route.outcome, UNKNOWN))
    parts: list[RenderableType] = [
        Text.assemble(mark, " ", (route.destination, "bold"), f": {_way(route)}", overflow="fold"),
    ]
    if route.reason:
        parts.append(Text(f"  {route.reason}", style="dim", overflow="fold"))
    if route.not_enforced:
        aside = not_enforced_text(route.not_enforced, route.not_enforced)
        parts.append(Text(f"  {aside}", style="dim", overflow="fold"))
    if route.candidates:
        parts += [Text(), _table(route)]
    return Group(*parts)


def _way(route: Route) -> str:
    cost = "" if route.cost is None else f", cost {route.cost:g}"
    match route.outcome:
        case "local":
            return f"on this host, {route.server}" if route.server else "on this host"
        case "remote":
            path = " → ".join(route.path or ()) or f"over {route.next_hop or '?'}"
            return f"on {route.server or '?'}{cost}: {path}"
        case "cached":
            return "kept until its service comes"
        case "none":
            return "no way"
        case other:
            return other


def _table(route: Route) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for column in ("", "SERVER", "SERVICE", "VERSION", "COST", "WEIGHT", "SHARE", "WHY"):
        table.add_column(
            column, justify="right" if column in ("COST", "WEIGHT", "SHARE") else "left", no_wrap=column != "WHY"
        )
    for one in route.candidates:
        table.add_row(
            *map(Text, _cells(one, is_enforced=one.server not in (route.not_enforced or ()))),
            style="green" if one.chosen else None,
        )
    return table


def _cells(one: Candidate, *, is_enforced: bool) -> list[str]:
    why = one.reason or ("chosen" if one.chosen else "-")
    return [
        "✔" if one.chosen else "",
        one.server,
        one.service,
        one.version or "-",
        _figure(one.cost),
        _figure(one.weight),
        "-" if one.share is None else f"{one.share:.0%}",
        why if is_enforced else f"{why}, {NOT_ENFORCED}",
    ]


def _figure(value: float | None) -> str:
    return "-" if value is None else f"{value:g}"
