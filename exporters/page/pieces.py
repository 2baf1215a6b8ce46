"""PURE: the page as pieces that are refreshed one by one: which template each takes, and what it is given; it renders none."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from communicator.answers.clusters import Graph
from communicator.answers.deployments import Deployment, Deployments
from communicator.answers.releases import CanaryReport
from communicator.answers.router import Statistics
from communicator.wording.counts import count
from communicator.wording.deployments import phase_mark
from communicator.wording.marks import GOOD, OPEN, UNKNOWN, Mark, worst
from exporters.page.snapshot import Snapshot, Told
from exporters.page.views.board import Size, board_view, notices_view
from exporters.page.views.bound import Bound
from exporters.page.views.clocks import clocks_view, summary_of
from exporters.page.views.deployments import deployments_view, is_under_way
from exporters.page.views.features import features_view, to_look_at
from exporters.page.views.flags import flags_view
from exporters.page.views.history import history_view
from exporters.page.views.network import network_view
from exporters.page.views.rollouts import Rollout, rollouts
from exporters.page.views.router import router_view
from exporters.page.views.shadows import shadows_view
from exporters.page.views.troubles import StatusView, status_view

_HOSTS = Bound(troubled=60, well=20)
_FLAGS = 20
_DEPLOYMENTS = 12
_SHADOWS = 12
_ROLLOUTS = 20
_FEATURES = 20
_LINKS = 12
_BOARD = Size(rows=Bound(troubled=40, well=20), servers=12)
_CELLS = 8_000
"""Of a board that is to be shown in full: as much as a browser likes to hold."""
SECTIONS: Mapping[str, str] = {
    "clocks": "Clocks",
    "versions": "Versions",
    "deployments": "Deployments",
    "features": "Feature flags",
    "flags": "Flags",
    "hosts": "Hosts",
    "router": "Router",
}
"""What the page is divided into, and how each part is called."""
IN_FULL = ("clocks", "versions", "deployments", "features", "flags", "hosts", "router")
"""Sections of which only a part may be shown."""

Context = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Picture:
    """A snapshot, and what several pieces need of it."""

    snapshot: Snapshot
    status: StatusView
    rollouts: Sequence[Rollout] | None
    """Of services that nobody deploys; None: the canary does not answer."""

    @property
    def under_way(self) -> Sequence[Deployment]:
        """The deployments that have not ended."""
        told = self.snapshot.deployments.value
        return [] if told is None else [one for one in told.deployments if is_under_way(one)]


def make_picture(snapshot: Snapshot) -> Picture:
    """What the pieces are made of."""
    report, told = snapshot.versions.value, snapshot.deployments.value or Deployments()
    deployed = {one.service for one in told.deployments if is_under_way(one)}
    found = None if report is None else rollouts(report, snapshot.not_enforced)
    return Picture(
        snapshot,
        status_view(snapshot),
        None if found is None else [one for one in found if one.service not in deployed],
    )


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the page that is refreshed as a whole."""

    name: str
    """Its element has the id ``NAME-body``."""
    section: str
    """Empty where it belongs to none."""
    make: Callable[[Picture, bool], Context]
    """What its template is given: of all there is, and whether all of it is wanted."""

    @property
    def template(self) -> str:
        """The file."""
        return f"piece_{self.name}.html"


_Told = Told[Any]


def _fault(who: str, told: _Told) -> Context:
    return {"who": who, "fault": told.fault}


def _sentence(picture: Picture, _full: bool) -> Context:  # noqa: FBT001 - the shape of all of these
    return {"view": picture.status}


def _overview(picture: Picture, _full: bool) -> Context:  # noqa: FBT001 - the same
    return {"view": overview(picture)}


def overview(picture: Picture) -> list[tuple[str, Mark, str]]:
    """Of each section how it is, in a mark and a few words."""
    marks: dict[str, set[Mark]] = {section: {GOOD} for section in SECTIONS}
    counts = dict.fromkeys(SECTIONS, 0)
    for section, told in _sources(picture.snapshot):
        marks[section] = {UNKNOWN if told.fault else GOOD}
    if picture.snapshot.clocks.value:
        marks["clocks"].add(summary_of(picture.snapshot.clocks.value)[0])
    for trouble in picture.status.troubles:
        marks[trouble.section].add(trouble.mark)
        counts[trouble.section] += 1
    if picture.snapshot.features.value and (number := to_look_at(picture.snapshot.features.value)):
        marks["features"].add(OPEN)
        counts["features"] = number
    rolled_out, deployed = picture.rollouts or (), picture.under_way
    counts["deployments"] = len(rolled_out) + len(deployed)
    marks["deployments"].update(one.mark for one in rolled_out)
    marks["deployments"].update(phase_mark(one.phase) for one in deployed)
    return [(section, worst(marks[section]), str(counts[section] or "")) for section in SECTIONS]


def _sources(snapshot: Snapshot) -> Iterator[tuple[str, _Told]]:
    """Of each section the answer it is made of."""
    yield "clocks", snapshot.clocks
    yield "versions", snapshot.versions
    yield "deployments", snapshot.versions
    yield "features", snapshot.features
    yield "flags", snapshot.flags
    yield "hosts", snapshot.graph
    yield "router", snapshot.router


def _clocks(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    snapshot = picture.snapshot
    report = snapshot.clocks.value
    if report is None:
        return _fault("The timekeeper of this host does not answer", snapshot.clocks)
    mark = next(mark for section, mark, _ in overview(picture) if section == "clocks")
    return {
        "view": replace(clocks_view(report, None if full else _HOSTS, snapshot.not_enforced), mark=mark),
        "history": history_view(snapshot.history.value) if snapshot.history.value else None,
        "history_fault": snapshot.history.fault,
    }


def _board(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    snapshot = picture.snapshot
    report = snapshot.versions.value or CanaryReport()
    servers = len({cell.server for cell in report.cells})
    rows = max(_BOARD.rows.troubled, _CELLS // max(1, servers))
    size = Size(Bound(rows, rows), servers) if full else _BOARD
    view = board_view(report, size, snapshot.not_enforced)
    hidden = ((view.hidden_rows, "version"), (view.hidden_servers, "server"))
    told = " and ".join(count(number, f"more {noun}") for number, noun in hidden if number)
    return {"view": view, "hidden_text": f"not shown, since they do no worse: {told}" if told else ""}


def _notices(picture: Picture, _full: bool) -> Context:  # noqa: FBT001 - the same
    snapshot = picture.snapshot
    if snapshot.versions.value is None:
        return _fault("The canary of this host does not answer", snapshot.versions)
    return {"view": notices_view(snapshot.versions.value, snapshot.not_enforced)}


def _deployments(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    snapshot = picture.snapshot
    told = snapshot.deployments
    if told.value is None:
        if snapshot.versions.value is None:
            return {"view": None}  # what is below it says why
        return _fault("The canary of this host does not tell of deployments", told)
    return {
        "view": deployments_view(
            told.value, None if full else _DEPLOYMENTS, snapshot.not_enforced, snapshot.shadows.value or ()
        )
    }


def _shadows(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    told = picture.snapshot.shadows
    if told.value is None:
        if picture.snapshot.versions.value is None:
            return {"view": None}  # what is below it says why
        return _fault("The canary of this host does not tell of shadows", told)
    return {"view": shadows_view(told.value, None if full else _SHADOWS)}


def _rollouts(picture: Picture, _full: bool) -> Context:  # noqa: FBT001 - the same
    found = picture.rollouts
    told = picture.snapshot.deployments.value
    return {
        "view": found and found[:_ROLLOUTS],
        "hidden": len(found[_ROLLOUTS:]) if found else 0,
        "is_alone": not (told and told.deployments),
    }


def _features(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    told = picture.snapshot.features
    if told.value is None:
        return _fault("The canary of this host does not tell of feature flags", told)
    view = features_view(told.value, None if full else _FEATURES)
    troubled = f", {view.hidden_troubled:,} of them off or stale" if view.hidden_troubled else ""
    return {"view": view, "hidden_text": f"and {view.hidden:,} more{troubled}" if view.hidden else ""}


def _flags(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    snapshot = picture.snapshot
    if snapshot.flags.value is None:
        return _fault("The directory of flags cannot be read", snapshot.flags)
    return {"view": flags_view(snapshot.flags.value, snapshot.at_wall_s, None if full else _FLAGS)}


def _hosts(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    if picture.snapshot.graph.value is None:
        return _fault("The router of this host does not tell who is there", picture.snapshot.graph)
    return _network(picture, full)


def _network(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    snapshot = picture.snapshot
    graph, instances = snapshot.graph.value or Graph(), snapshot.instances.value or ()
    return {"view": network_view(graph, snapshot.cluster, instances, None if full else _HOSTS)}


def _router(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    if picture.snapshot.router.value is None:
        return _fault("The router of this host does not tell how it is", picture.snapshot.router)
    return _links(picture, full)


def _links(picture: Picture, full: bool) -> Context:  # noqa: FBT001 - the same
    snapshot = picture.snapshot
    router = snapshot.router.value or Statistics()
    return {"view": router_view(router, snapshot.at_wall_s, None if full else _LINKS)}


PIECES = (
    Piece("sentence", "", _sentence),
    Piece("troubles", "", _sentence),
    Piece("overview", "", _overview),
    Piece("clocks", "clocks", _clocks),
    Piece("notices", "versions", _notices),
    Piece("board", "versions", _board),
    Piece("deployments", "deployments", _deployments),
    Piece("shadows", "deployments", _shadows),
    Piece("rollouts", "deployments", _rollouts),
    Piece("features", "features", _features),
    Piece("flags", "flags", _flags),
    Piece("hosts", "hosts", _hosts),
    Piece("picture", "hosts", _network),
    Piece("members", "hosts", _network),
    Piece("router", "router", _router),
    Piece("links", "router", _links),
)
"""All of them, in the order of the page."""
