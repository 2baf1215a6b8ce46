"""PURE: whether the hosts of a cluster can do what a deployment asks of them, and how that is told; it asks nobody."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Literal

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bellwether.canary_scope import USAGE
from bellwether.colours import coloured
from bellwether.failure import CommandError
from canary.deployment.spec import Shadowing, Spec, Step, steps_of
from communicator.answers.deployments import Readiness
from communicator.answers.policy import ALL
from communicator.answers.services import Instance, Role
from communicator.wording.counts import count, listed
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import BAD, DOUBTFUL, GONE, GOOD, UNKNOWN, Mark
from communicator.wording.releases import version_text
from communicator.wording.spans import span

Status = Literal["ready", "lacking", "no_canary", "silent", "away", "not_concerned", "not_enforced", "refused"]
_MARKS: Mapping[Status, tuple[Mark, str]] = {
    "ready": (GOOD, "ready"),
    "lacking": (BAD, "lacks what it needs"),
    "no_canary": (BAD, "no canary is up there: nothing is done there"),
    "silent": (BAD, "its canary does not say"),
    "away": (UNKNOWN, "away: nobody can say"),
    "not_concerned": (GONE, "not concerned"),
    "not_enforced": (DOUBTFUL, ""),
    "refused": (BAD, "leads, and would not begin it"),
}
_LACKING: frozenset[Status] = frozenset(("lacking", "no_canary", "silent"))
_NAMED = 12
_INDENT = (0, 0, 0, 4)


class Row(msgspec.Struct, frozen=True):
    """Whether one host can do it."""

    server: str
    status: Status
    has: str = ""
    """The version that runs there; empty: none."""
    missing: tuple[str, ...] = ()
    """What it lacks, each in a sentence."""


class Around(msgspec.Struct, frozen=True):
    """What is known of the cluster."""

    told: Mapping[str, Readiness | str]
    """By server, what its canary says, or why it says nothing."""
    members: tuple[str, ...] = ()
    """The servers that have announced a canary, in reach or not."""
    instances: tuple[Instance, ...] = ()
    not_enforced: tuple[str, ...] = ()
    """The servers with a C++ router."""


def rows_of(spec: Spec, around: Around) -> list[Row]:
    """A row for each host, and one for who leads where that would not begin it.

    Args:
        spec: What is to be done.
        around: What is known of the cluster.
    """
    up = (one for one in around.instances if one.service == spec.service and one.state == "up")
    runs = {one.server: one.version for one in up if one.role is not Role.SHADOW}
    shadow = {spec.shadow.server, spec.shadow.primary} - {ALL} if spec.shadow is not None else set()
    servers = {*around.told, *around.members, *runs, *spec.servers, *shadow} - {*around.not_enforced}
    rows = [_row(spec, server, around, runs.get(server, "")) for server in sorted(servers)]
    asides = [(server, not_enforced_text([server], around.not_enforced)) for server in sorted(around.not_enforced)]
    rows += [Row(server, "not_enforced", runs.get(server, ""), (text,)) for server, text in asides]
    said = ((server, told.refused) for server, told in sorted(around.told.items()) if isinstance(told, Readiness))
    return rows + [Row(server, "refused", missing=(text,)) for server, text in said if text]


def _row(spec: Spec, server: str, around: Around, runs: str) -> Row:
    told = around.told.get(server)
    has = told.has if isinstance(told, Readiness) and told.has else runs
    may_have = has or told is None  # of who is away nobody knows
    is_shadow = spec.shadow is not None and spec.shadow.server == server
    is_bare = spec.shadow is not None and spec.shadow.primary == server and not has
    if not (is_shadow or is_bare) and (server not in spec.servers if spec.servers else not may_have):
        return Row(server, "not_concerned", has)
    match told:
        case None:
            return Row(server, "away" if server in around.members and not runs else "no_canary", has)
        case str():
            return Row(server, "silent", has, (told,))
        case _:
            bare = (
                (f"shadow.primary: {spec.service} does not run there, so there is nothing to copy",) if is_bare else ()
            )
            missing = (*told.missing, *bare)
            return Row(server, "lacking" if missing else "ready", has, missing)


def require_known(spec: Spec, rows: Iterable[Row], instances: Iterable[Instance]) -> None:
    """See to it that there is a host to deploy to.

    Raises:
        CommandError: None has the service, and none is named; the text names the nearest service that there is.
    """
    if spec.servers or any(row.has for row in rows):
        return
    services = sorted({one.service for one in instances})
    close = get_close_matches(spec.service, services, n=1)
    nearest = f"; do you mean {close[0]!r}?" if close else ""
    first = "to install it for the first time, name its servers in a file: servers = […]"
    raise CommandError(f"no host has the service {spec.service!r}{nearest} ({first})", USAGE)


def refused(rows: Iterable[Row]) -> str:
    """Why who leads would not begin it; empty: it would."""
    return next((f"{row.server} refuses: {row.missing[0]}" for row in rows if row.status == "refused"), "")


def lacking(rows: Iterable[Row]) -> str:
    """On which hosts it cannot be done, such as ``it cannot be done on alpha, beta``; empty: on none."""
    servers = [row.server for row in rows if row.status in _LACKING]
    return f"it cannot be done on {listed(servers, _NAMED)}" if servers else ""


def warnings(rows: Iterable[Row]) -> list[str]:
    """What a person should know who starts it all the same."""
    away = [row.server for row in rows if row.status == "away"]
    return [
        *(text for row in rows if row.status == "not_enforced" for text in row.missing),
        *([f"nobody can say whether it can be done on {listed(away, _NAMED)}: away"] if away else []),
    ]


def render(rows: Iterable[Row]) -> RenderableType:
    """A line for each host, and below it what it lacks."""
    return Group(*(line for row in rows for line in _lines(row)))


def _lines(row: Row) -> Iterator[RenderableType]:
    mark, words = _MARKS[row.status]
    has = f"has {version_text(row.has, '')}" if row.has else ""
    aside = row.missing[0] if row.status == "not_enforced" else ""
    yield Text.assemble(coloured(mark), f" {row.server}: {', '.join(filter(None, (words, aside, has)))}")
    if row.status != "not_enforced":
        yield from (Padding(Text(text), _INDENT) for text in row.missing)


def plan(spec: Spec) -> str:
    """What would be done, one line for each step."""
    head = f"{spec.strategy} of {spec.service} {version_text(spec.version, spec.build)} by executor {spec.executor}"
    return "\n".join((head, *(f"  {line}" for line in (*_shadow(spec.shadow), *_way(spec)))))


def _shadow(shadow: Shadowing | None) -> Iterator[str]:
    if shadow is not None:
        primary = "each server" if shadow.primary == ALL else shadow.primary
        copied = f"{shadow.share * 100:g} % of the conversations of {primary}"
        yield f"a shadow on {shadow.server}, with {copied}, bakes {span(shadow.bake)}"


def _way(spec: Spec) -> Iterator[str]:
    if spec.strategy == "blue-green":
        yield f"the switch comes {spec.promote}, the old colour is kept for {span(spec.keep)}"
    elif spec.strategy == "canary":
        yield from (f"{number}  {_step(step)}" for number, step in enumerate(steps_of(spec), 1))


def _step(step: Step) -> str:
    servers = count(step.servers, "server") if isinstance(step.servers, int) else f"{step.servers} of the servers"
    weight = f", {step.weight:.0%} of their traffic" if step.weight < 1 else ""
    pause = f", then one may object for {span(step.pause)}" if step.pause and step.pause is not True else ""
    gate = (
        f", then a person says promote, or after {span(step.timeout)}: {step.on_timeout}" if step.pause is True else ""
    )
    return f"{servers}{weight}, bakes {span(step.bake)}{pause}{gate}"


def document(rows: Sequence[Row]) -> list[dict[str, object]]:
    """The rows, for programs."""
    return [msgspec.to_builtins(row) for row in rows]
