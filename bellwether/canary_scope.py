"""PURE: which version on which server a person means, and what is likely meant where it is not known; it asks nobody."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches
from typing import NamedTuple

from bellwether.failure import CommandError
from communicator.answers.releases import Cell
from communicator.errors import RemoteProtocolError
from communicator.protocol.names import is_server_name, is_service_name
from communicator.protocol.values import parse_duration_s
from communicator.wording.releases import read_version

USAGE = 2
_NAMES, _SHORTEST, _LONGEST = 2, 3, 4


class Scope(NamedTuple):
    """A version on a server."""

    server: str
    service: str
    version: str
    build: str | None
    """None: none was named."""


def parse_scope(text: str) -> Scope:
    """Read ``SERVER/SERVICE/VERSION`` or ``SERVER/SERVICE/VERSION/BUILD``; VERSION may be empty, or ``(no version)``.

    Raises:
        CommandError: It is none.
    """
    parts = text.split("/", _SHORTEST)
    right = "a scope is SERVER/SERVICE/VERSION or SERVER/SERVICE/VERSION/BUILD, such as alpha/billing/2.0"
    if not _SHORTEST <= len(parts) <= _LONGEST or not all(parts[:_NAMES]):
        raise CommandError(f"{text!r} is no scope: {right}", USAGE)
    server, service, version = parts[:_SHORTEST]
    if not is_server_name(server):
        raise CommandError(f"{server!r} in {text!r} is not the name of a server: {right}", USAGE)
    if not is_service_name(service):
        raise CommandError(f"{service!r} in {text!r} is not the name of a service: {right}", USAGE)
    return Scope(server, service, read_version(version), parts[_SHORTEST] if len(parts) == _LONGEST else None)


def find_cell(cells: Collection[Cell], scope: Scope) -> Cell:
    """The version there that is meant.

    Without a build it is the one that has none, or the only one there is.

    Raises:
        CommandError: None is known, or several may be meant.
    """
    require_version(cells, scope.service, scope.version)
    there = [
        cell
        for cell in cells
        if cell.service == scope.service and cell.version == scope.version and cell.server == scope.server
    ]
    if not there:
        ran = (cell.server for cell in cells if (cell.service, cell.version) == (scope.service, scope.version))
        raise CommandError(
            f"{scope.service} {scope.version} never ran on {scope.server!r}{_nearest(scope.server, ran, 'it ran on')}"
        )
    matching = [cell for cell in there if cell.build == (scope.build or "")] or (there if scope.build is None else [])
    if not matching:
        builds = (cell.build for cell in there if cell.build)
        raise CommandError(f"build {scope.build!r} is not known there{_nearest(scope.build or '', builds)}")
    if len(matching) > 1:
        builds_shown = ", ".join(sorted(cell.build for cell in matching))
        raise CommandError(
            f"{scope.service} {scope.version} has several builds there, name one of them: {builds_shown}"
        )
    return matching[0]


def require_service(cells: Iterable[Cell], service: str) -> None:
    """See to it that a service is known.

    Raises:
        CommandError: It is not; the text names the nearest that is.
    """
    services = {cell.service for cell in cells}
    if service not in services:
        raise CommandError(f"nothing is known of a service {service!r}{_nearest(service, services)}")


def require_version(cells: Collection[Cell], service: str, version: str) -> None:
    """See to it that a version of a service is known.

    Raises:
        CommandError: It is not; the text names the nearest that is.
    """
    require_service(cells, service)
    versions = {cell.version for cell in cells if cell.service == service}
    if version not in versions:
        raise CommandError(f"nothing is known of version {version!r} of {service}{_nearest(version, versions)}")


def read_span_s(option: str, text: str) -> float:
    """A span of time that a person gave, such as ``24h``, in seconds.

    Raises:
        CommandError: It is none.
    """
    try:
        return parse_duration_s(text)
    except RemoteProtocolError as error:
        raise CommandError(f"{option}: {error}", USAGE) from None


def _nearest(name: str, names: Iterable[str], otherwise: str = "known") -> str:
    """What may be meant, or all there is, as the end of a sentence."""
    sorted_names = sorted(set(names) - {""})
    close = get_close_matches(name, sorted_names, n=1)
    if close:
        return f"; do you mean {close[0]!r}?"
    return f"; {otherwise}: {', '.join(sorted_names)}" if sorted_names else ""
