"""PURE: what is wrong, the most important first, and the one sentence on top of the page; it judges nothing itself."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.clocks import ClockReport, Host
from communicator.answers.clusters import Graph
from communicator.answers.deployments import Deployment, Deployments
from communicator.answers.releases import CanaryReport, Cell
from communicator.wording.clocks import is_bad, offset_text
from communicator.wording.counts import count, listed
from communicator.wording.deployments import NOBODY_LEADS, back_text, what_text
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, Mark
from communicator.wording.releases import version_text
from communicator.wording.shadow_picture import Seen
from exporters.page.snapshot import Flags, Snapshot
from exporters.page.views.deployments import is_recent, is_under_way
from exporters.page.views.flags import mark_of
from exporters.page.views.network import headline
from exporters.page.words import opened

_NAMED = 3
"""Of several things of one kind so many are named; the section has them all."""

_UNKEPT = {"unknown": "kept by nobody that we know of", "holdover": "in holdover"}


@dataclass(frozen=True, slots=True)
class Trouble:
    """Something a person should know of."""

    mark: Mark
    sentence: str
    section: str
    """Where the page says more."""
    lead: str = ""
    """What goes before it where it is the first sentence, and begins with a name, whose first letter is what it is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusView:
    """The top of the page."""

    mark: Mark
    sentence: str
    troubles: Sequence[Trouble]


def status_view(snapshot: Snapshot) -> StatusView:
    """The top of the page: that all is well, or what is wrong."""
    troubles = find_troubles(snapshot)
    if not troubles:
        return StatusView(mark=GOOD, sentence="All is well.", troubles=())
    bad = sum(one.mark is BAD for one in troubles)
    first, others = troubles[0], len(troubles) - 1
    more = f" And {count(others, 'other matter')}." if others else ""
    return StatusView(
        mark=BAD if bad else DOUBTFUL,
        sentence=f"{_opened(first)}.{more}",
        troubles=troubles,
    )


def _opened(trouble: Trouble) -> str:
    """As the beginning of a text."""
    if trouble.lead:
        return f"{trouble.lead} {trouble.sentence}"
    return opened(trouble.sentence)


def find_troubles(snapshot: Snapshot) -> list[Trouble]:
    """All of them: first what is bad, then what is doubtful, each in the order of how much depends on it."""
    found = [*_away(snapshot), *_cluster(snapshot)]
    found += _clocks(snapshot.clocks.value, snapshot.not_enforced) if snapshot.clocks.value else []
    found += _versions(snapshot.versions.value, snapshot.not_enforced) if snapshot.versions.value else []
    found += _deployments(snapshot.deployments.value) if snapshot.deployments.value else []
    found += _shadows(snapshot.shadows.value or ())
    found += _flags(snapshot.flags.value) if snapshot.flags.value else []
    return sorted(found, key=lambda one: one.mark is not BAD)


def _away(snapshot: Snapshot) -> Iterator[Trouble]:
    if snapshot.router.fault:
        yield Trouble(BAD, f"the router of this host does not tell how it is: {snapshot.router.fault}", "router")
        return
    if snapshot.router.value and snapshot.router.value.draining:
        yield Trouble(DOUBTFUL, "the router of this host is draining: it is about to stop", "router")
    for name, told, section in (
        ("timekeeper", snapshot.clocks, "clocks"),
        ("canary", snapshot.versions, "versions"),
        ("directory of flags", snapshot.flags, "flags"),
    ):
        if told.fault:
            verb = "cannot be read" if section == "flags" else "does not answer"
            yield Trouble(DOUBTFUL, f"the {name} of this host {verb}: {told.fault}", section)


def _cluster(snapshot: Snapshot) -> Iterator[Trouble]:
    if snapshot.router.fault or snapshot.cluster is None:
        return
    mark, said = headline(snapshot.cluster)
    if mark is BAD:
        yield Trouble(mark, f"the cluster is {said}", "hosts")
    elif mark is not GOOD:
        yield Trouble(mark, f"the cluster is {said}{_unreached(snapshot.graph.value, snapshot)}", "hosts")


def _unreached(graph: Graph | None, snapshot: Snapshot) -> str:
    gone = [node.server for node in graph.nodes if node.state == "unreachable"] if graph else []
    gone = gone or list(snapshot.cluster.missing if snapshot.cluster else ())
    return f"; not reached: {_names(gone)}" if gone else ""


def _clocks(report: ClockReport, not_enforced: Collection[str]) -> Iterator[Trouble]:
    wrong = [host for host in report.hosts if host.verdict == "wrong"]
    if wrong:
        aside = not_enforced_text((host.host for host in wrong), not_enforced, "clock verdict")
        yield Trouble(BAD, "; ".join(filter(None, (_wrong(wrong), aside))), "clocks")
    false = [host for host in report.hosts if host.claim_holds is False and host.verdict != "wrong"]
    if false:
        whose = "the clock" if len(false) == 1 else "the clocks"
        claims = "a false claim is made of" if len(false) == 1 else "false claims are made of"
        yield Trouble(BAD, f"{claims} {whose} of {_names([host.host for host in false])}", "clocks")
    contradicted = [host.host for host in report.hosts if host.contradicted_by]
    if contradicted:
        what = f"what is claimed of the clocks of {_names(contradicted)} cannot all be true"
        yield Trouble(BAD, what, "clocks")
    if report.cluster_off:
        yield Trouble(BAD, "the clocks agree with each other and not with true time", "clocks")
    if report.solved and report.has_majority is False and not report.is_of_one_host:
        yield Trouble(BAD, "no majority of the clocks agrees, so nobody can tell which are wrong", "clocks")
    suspect = [host.host for host in report.hosts if host.verdict == "suspect" and not is_bad(host)]
    if suspect:
        what = "the clock of {} is suspect" if len(suspect) == 1 else "the clocks of {} are suspect"
        yield Trouble(DOUBTFUL, what.format(_names(suspect)), "clocks")
    yield from _unkept(report)


def _wrong(wrong: Sequence[Host]) -> str:
    if len(wrong) > 1:
        return f"{len(wrong)} clocks are wrong: {_names([host.host for host in wrong])}"
    host = wrong[0]
    away = "" if host.offset_seconds is None else f": {offset_text(host.offset_seconds, host.bound_seconds)}"
    return f"the clock of {host.host} is wrong{away}{', and its claim is false' if host.claim_holds is False else ''}"


def _unkept(report: ClockReport) -> Iterator[Trouble]:
    claim = report.local.claim
    own = report.local.name
    if claim.state != "synchronized":
        why = f": {claim.reasons[0]}" if claim.reasons else ""
        yield Trouble(DOUBTFUL, f"the clock of {own} is {_UNKEPT.get(claim.state, claim.state)}{why}", "clocks")
    others = [
        host.host
        for host in report.hosts
        if host.host != report.local.server and host.claimed.state == "unsynchronized"
    ]
    if others:
        yield Trouble(DOUBTFUL, f"nothing keeps the clock of {_names(others)} true", "clocks")


def _versions(report: CanaryReport, not_enforced: Collection[str]) -> Iterator[Trouble]:
    cells = report.cells
    yield from _of_cells(cells, not_enforced, BAD, "blocked", ("blocked", "probation"))
    held = [one for one in report.releases if one.state == "held"]
    if held:
        names = _names([f"{one.service} {version_text(one.version, one.build)}" for one in held])
        aside = not_enforced_text(not_enforced, not_enforced)
        yield Trouble(BAD, "; ".join(filter(None, (f"held in the whole cluster: {names}", aside))), "versions")
    if report.servers:
        names = _names([one.server for one in report.servers])
        yield Trouble(BAD, f"several services fail at once on {names}, so it is not their versions", "versions")
    yield from _of_cells(cells, not_enforced, DOUBTFUL, "without messages for a while", ("ejected",))
    yield from _of_cells(cells, (), DOUBTFUL, "suspect", ("suspect",))
    if any(one.scope == "*" for one in report.freezes):
        yield Trouble(DOUBTFUL, "the rules are frozen: no version is blocked any more", "versions")


def _of_cells(
    cells: Sequence[Cell], not_enforced: Collection[str], mark: Mark, word: str, places: tuple[str, ...]
) -> Iterator[Trouble]:
    """One trouble for all versions that are in the same trouble."""
    found = [cell for cell in cells if cell.place in places]
    aside = not_enforced_text((cell.server for cell in found), not_enforced)
    more = f"; {aside}" if aside else ""
    if len(found) == 1:
        cell = found[0]
        what = f"{cell.service} {version_text(cell.version, cell.build)} is {word} on {cell.server}"
        yield Trouble(mark, f"{what}{f': {cell.reason}' if cell.reason else ''}{more}", "versions", "Version")
    elif found:
        names = [
            f"{service} {version_text(*of)}"
            for service, *of in sorted({(c.service, c.version, c.build) for c in found})
        ]
        servers = len({cell.server for cell in found})
        lead, is_are = ("Version", "is") if len(names) == 1 else ("Versions", "are")
        told = f"{_names(names)} {is_are} {word} on {count(servers, 'server')}{more}"
        yield Trouble(mark, told, "versions", lead)


def _deployments(told: Deployments) -> Iterator[Trouble]:
    for mark, find in ((BAD, _going_back), (DOUBTFUL, _deployment_trouble)):
        found = [text for text in map(find, told.deployments) if text]
        yield from (Trouble(mark, text, "deployments") for text in found[:_NAMED])
        left = len(found[_NAMED:])
        if left:
            yield Trouble(
                mark, f"{count(left, 'more deployment')} {'is' if left == 1 else 'are'} in trouble", "deployments"
            )
    if not told.leader and any(map(is_under_way, told.deployments)):
        yield Trouble(DOUBTFUL, NOBODY_LEADS, "deployments")


def _going_back(one: Deployment) -> str:
    return "" if one.phase != "aborting" else f"{_whose(one)} goes back to {back_text(one)}: {one.reason}"


def _deployment_trouble(one: Deployment) -> str:
    if one.needs_human and is_under_way(one):
        return f"{_whose(one)} waits for a person: {one.reason}"
    if one.is_overdue:
        return f"{_whose(one)} is overdue: {one.reason}"
    return f"{_whose(one)} was rolled back: {one.reason}" if is_recent(one) else ""


def _whose(one: Deployment) -> str:
    return f"the deployment of {what_text(one)}"


def _shadows(shadows: Sequence[Seen]) -> Iterator[Trouble]:
    found = [one for one in shadows if one.verdict == "differs" and not (one.is_reference or one.is_over)]
    for one in found[:_NAMED]:
        what = f"{one.service} {version_text(one.version, one.build)} on {one.server}"
        yield Trouble(DOUBTFUL, f"the shadow of {what} answers otherwise than the primary", "deployments")
    left = len(found[_NAMED:])
    if left:
        yield Trouble(
            DOUBTFUL, f"{count(left, 'more shadow')} {'differs' if left == 1 else 'differ'} too", "deployments"
        )


def _flags(told: Flags) -> Iterator[Trouble]:
    for mark in (BAD, DOUBTFUL):
        up = [flag for flag in told.flags if mark_of(flag) is mark]
        if up:
            also = f", and {count(len(up) - 1, 'other flag')}" if len(up) > 1 else ""
            yield Trouble(mark, f"a flag is up: {up[0].message.rstrip('.')}{also}", "flags")


def _names(names: Sequence[str]) -> str:
    return listed(names, _NAMED)
