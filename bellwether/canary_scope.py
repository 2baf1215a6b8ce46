"""PURE: which version on which server a person means, and what is likely meant where it is not known; it asks nobody."""

from collections.abc import Collection, Iterable, Iterator
from difflib import get_close_matches
from typing import NamedTuple

from bellwether.failure import CommandError
from communicator.answers.releases import Cell
from communicator.errors import RemoteProtocolError
from communicator.protocol.names import is_server_name, is_service_name
from communicator.protocol.values import parse_duration_s
from communicator.wording.counts import listed
from communicator.wording.releases import read_version, version_text

USAGE = 2
_PARTS = 3
_NAMED = 12
"""So many that are known are named where none is near."""


class Scope(NamedTuple):
    """A version on a server, as somebody wrote it."""

    server: str
    service: str
    rest: str
    """Version and build: each may hold slashes, so that only what is known tells where the version ends."""

    def readings(self) -> Iterator[tuple[str, str | None]]:
        """What may be meant by the rest, as version and build, the longest version first; None: no build was named."""
        yield read_version(self.rest), None
        end = len(self.rest)
        while (end := self.rest.rfind("/", 0, end)) >= 0:
            yield read_version(self.rest[:end]), self.rest[end + 1 :]


def parse_scope(text: str) -> Scope:
    """Read ``SERVER/SERVICE/VERSION`` or ``SERVER/SERVICE/VERSION/BUILD``; VERSION may be empty, or ``(none)``.

    Raises:
        CommandError: It is none.
    """
    parts = text.split("/", _PARTS - 1)
    right = "a scope is SERVER/SERVICE/VERSION or SERVER/SERVICE/VERSION/BUILD, such as alpha/billing/2.0"
    if len(parts) != _PARTS or not all(parts[: _PARTS - 1]):
        raise CommandError(f"{text!r} is no scope: {right}", USAGE)
    server, service, rest = parts
    if not is_server_name(server):
        raise CommandError(f"{server!r} in {text!r} is not the name of a server: {right}", USAGE)
    if not is_service_name(service):
        raise CommandError(f"{service!r} in {text!r} is not the name of a service: {right}", USAGE)
    return Scope(server, service, rest)


def find_cell(cells: Collection[Cell], scope: Scope) -> Cell:
    """The version there that is meant.

    Without a build it is the one that has none, or the only one there is.

    Raises:
        CommandError: None is known, or several may be meant.
    """
    require_service(cells, scope.service)
    version, build = _reading(cells, scope)
    of_version = [cell for cell in cells if (cell.service, cell.version) == (scope.service, version)]
    there = [cell for cell in of_version if cell.server == scope.server]
    what = f"{scope.service} {version_text(version, '')}"
    if not there:
        ran = (cell.server for cell in of_version)
        raise CommandError(f"{what} never ran on {scope.server!r}{nearest(scope.server, ran, 'it ran on')}")
    matching = [cell for cell in there if cell.build == (build or "")] or (there if build is None else [])
    if not matching:
        builds = (cell.build for cell in there if cell.build)
        raise CommandError(f"build {build!r} is not known there{nearest(build or '', builds)}")
    if len(matching) > 1:
        builds_shown = ", ".join(sorted(cell.build for cell in matching))
        raise CommandError(f"{what} has several builds there, name one of them: {builds_shown}")
    return matching[0]


def _reading(cells: Iterable[Cell], scope: Scope) -> tuple[str, str | None]:
    """The version and build that are meant: of the versions known on that server, or else anywhere, the longest.

    Raises:
        CommandError: None is known.
    """
    of_service = [cell for cell in cells if cell.service == scope.service]
    there = {cell.version for cell in of_service if cell.server == scope.server}
    everywhere = {cell.version for cell in of_service}
    for known in (there, everywhere):
        found = next((reading for reading in scope.readings() if reading[0] in known), None)
        if found is not None:
            return found
    raise _unknown_version(scope.service, read_version(scope.rest), everywhere)


def require_service(cells: Iterable[Cell], service: str) -> None:
    """See to it that a service is known.

    Raises:
        CommandError: It is not; the text names the nearest that is.
    """
    services = {cell.service for cell in cells}
    if service not in services:
        raise CommandError(f"nothing is known of a service {service!r}{nearest(service, services)}")


def require_version(cells: Collection[Cell], service: str, version: str) -> None:
    """See to it that a version of a service is known.

    Raises:
        CommandError: It is not; the text names the nearest that is.
    """
    require_service(cells, service)
    versions = {cell.version for cell in cells if cell.service == service}
    if version not in versions:
        raise _unknown_version(service, version, versions)


def _unknown_version(service: str, version: str, versions: Iterable[str]) -> CommandError:
    known = (version_text(one, "") for one in versions)
    shown = version_text(version, "")
    return CommandError(f"nothing is known of version {shown!r} of {service}{nearest(shown, known)}")


def read_span_s(option: str, text: str) -> float:
    """A span of time that a person gave, such as ``24h``, in seconds.

    Raises:
        CommandError: It is none.
    """
    try:
        return parse_duration_s(text)
    except RemoteProtocolError as error:
        raise CommandError(f"{option}: {error}", USAGE) from None


def nearest(name: str, names: Iterable[str], otherwise: str = "known") -> str:
    """What may be meant, or what there is, as the end of a sentence.

    Args:
        name: That nobody knows.
        names: Those that are known.
        otherwise: How the list of these is called, where none is near.
    """
    sorted_names = sorted(set(names) - {""})
    close = get_close_matches(name, sorted_names, n=1)
    if close:
        return f"; do you mean {close[0]!r}?"
    return f"; {otherwise}: {listed(sorted_names, _NAMED)}" if sorted_names else ""
