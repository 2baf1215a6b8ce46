"""PURE: services, their versions, and the servers where these ran, as a tree; it asks nobody."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text
from rich.tree import Tree

from bellwether.canary_picture import Picture
from bellwether.colours import coloured
from communicator.answers.releases import Cell, Release
from communicator.wording.marks import DOUBTFUL, GONE, Mark
from communicator.wording.orders import canary_hosts_texts, freeze_text, notices, override_text, unwritten_text
from communicator.wording.releases import (
    outlook_text,
    place_mark,
    release_lines,
    release_mark,
    release_words,
    runs_text,
    stranger_text,
    version_text,
)
from communicator.wording.spans import span

_INDENT = (0, 0, 0, 2)
_STALE_S = 7_200.0
"""A policy is set each hour, even if it does not change: one that is older than two could not be."""


def render(picture: Picture) -> RenderableType:
    """One screen: who tells it, what holds for everything, then a tree for each service."""
    parts: list[RenderableType] = [Text(_headline(picture)), *_notices(picture)]
    for service, cells in groupby(picture.cells, key=lambda cell: cell.service):
        releases = [one for one in picture.releases if one.service == service]
        parts += [Text(), _service_tree(service, list(cells), releases, picture.not_enforced)]
    if picture.strangers:
        parts += [Text(), *(_marked(GONE, stranger_text(one)) for one in picture.strangers)]
    if not picture.cells:
        parts += [Text(), Text("No version has run yet.")]
    return Group(*parts)


def gist(picture: Picture) -> tuple[object, ...]:
    """What a person wants to hear of when it changes: no ages, no spans."""
    cells = tuple(
        (cell.server, cell.service, cell.version, cell.build, cell.place, cell.reason) for cell in picture.cells
    )
    releases = tuple((one.service, one.version, one.build, one.state) for one in picture.releases)
    orders = tuple((one.action, one.service, one.version, one.server, one.not_on) for one in picture.overrides)
    freezes = tuple(one.scope for one in picture.freezes)
    return (
        cells,
        releases,
        orders,
        freezes,
        picture.canary.leader,
        picture.unheard,
        picture.not_enforced,
        picture.unwritten,
        picture.unlike,
    )


def _headline(picture: Picture) -> str:
    canary = picture.canary
    leader = f"led by {canary.leader} in term {canary.term}" if canary.leader else "led by nobody"
    term, number = canary.generation or (0, 0)
    age_s = canary.policy_age_seconds or 0.0
    age = f", set {span(age_s)} ago" if age_s >= _STALE_S else ""
    policy = f"policy {term}.{number} denies {canary.denied or 0}{age}" if number else "no policy yet"
    return f"canary of {picture.server or 'this host'}, {leader}, mode {canary.mode or 'not told'}, {policy}"


def _notices(picture: Picture) -> Iterator[RenderableType]:
    freezes = [freeze_text(one, one.servers) for one in picture.freezes]
    orders = [override_text(one, picture.not_enforced, one.not_on, one.away) for one in picture.overrides]
    for mark, text in notices(freezes, picture.servers, orders, picture.canary, picture.not_enforced):
        yield _marked(mark, text)
    for mark, text in canary_hosts_texts(picture.canary, picture.unlike):
        yield _marked(mark, text)
    for server, fault in picture.unwritten.items():
        yield _marked(DOUBTFUL, unwritten_text(server, fault))
    if picture.unheard:
        names = ", ".join(picture.unheard)
        yield _marked(DOUBTFUL, f"no canary answers on {names}: shown is what others heard of it last")


def _marked(mark: Mark, text: str) -> Text:
    return Text.assemble(coloured(mark), f" {text}")


def _service_tree(
    service: str, cells: Sequence[Cell], releases: Sequence[Release], not_enforced: Collection[str]
) -> Tree:
    tree = Tree(Text(service, style="bold"), guide_style="dim")
    widths = _widths(cells)
    for (version, build), own in groupby(cells, key=lambda cell: (cell.version, cell.build)):
        there = list(own)
        release = next((one for one in releases if (one.version, one.build) == (version, build)), None)
        branch = tree.add(_version_label(there, release or Release(service, version, build)))
        for cell in there:
            branch.add(_cell_label(cell, widths, is_enforced=cell.server not in not_enforced))
    return tree


def _widths(cells: Iterable[Cell]) -> tuple[int, ...]:
    rows = [(cell.server, cell.place, runs_text(cell)) for cell in cells]
    return tuple(max(map(len, column)) for column in zip(*rows, strict=True))


def _version_label(cells: Sequence[Cell], release: Release) -> RenderableType:
    """The version, with the mark of the cluster's word on it, or of where it does worst."""
    mark = release_mark(release.state, [cell.place for cell in cells])
    words = release_words(release)
    label = Text.assemble(coloured(mark), " ", (version_text(release.version, release.build), "bold"))
    label.append(f"  {', '.join(words)}" if words else "")
    lines = [Padding(Text(line, style="dim"), _INDENT) for line in release_lines(release)]
    return Group(label, *lines) if lines else label


def _cell_label(cell: Cell, widths: tuple[int, ...], *, is_enforced: bool) -> RenderableType:
    columns = [
        text.ljust(width) for text, width in zip((cell.server, cell.place, runs_text(cell)), widths, strict=True)
    ]
    outlook = outlook_text(cell, cell.running_seconds, is_enforced=is_enforced)
    label = _marked(place_mark(cell.place), "  ".join([*columns, outlook]).rstrip())
    return Group(label, Padding(Text(cell.reason, style="dim"), _INDENT)) if cell.reason else label
