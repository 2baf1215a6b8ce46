"""PURE: deployments as the page shows them: where each stands and why, what a person may say to it; it decides nothing."""

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from communicator.answers.deployments import ENDED, Deployment, Deployments, ShownCheck, ShownServer
from communicator.wording.counts import count
from communicator.wording.deployments import (
    CHECKS,
    NOBODY_LEADS,
    SERVERS,
    STEPS,
    decisions,
    next_text,
    notices,
    origin_text,
    phase_mark,
    phase_text,
    server_words,
    step_text,
)
from communicator.wording.enforcement import not_enforced_text
from communicator.wording.marks import DOUBTFUL, GONE, Mark
from communicator.wording.releases import version_text
from communicator.wording.shadow_picture import Seen
from communicator.wording.spans import span
from exporters.page.views.addresses import stable_id
from exporters.page.views.bound import Bound
from exporters.page.views.evidence import Evidence, evidence_view
from exporters.page.views.shadows import notice_of
from exporters.page.words import opened

RECENT_S = 86_400.0
"""For so long what was rolled back is a matter for people, unless the next deployment comes before."""
SERVERS_SHOWN = Bound(troubled=40, well=12)
_NOT_WELL = frozenset(("failed", "away", "wanted"))


@dataclass(frozen=True, slots=True)
class StepItem:
    """One step."""

    mark: Mark
    text: str
    state: str
    """``done``, ``current`` or ``next``."""


@dataclass(frozen=True, slots=True)
class ServerItem:
    """The service on one server."""

    mark: Mark
    server: str
    version: str
    is_new: bool
    state: str


@dataclass(frozen=True, slots=True)
class CheckItem:
    """One rule or metric."""

    mark: Mark
    name: str
    verdict: str
    value: str
    limit: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentItem:
    """One deployment."""

    id: str
    mark: Mark
    service: str
    before: str
    after: str
    where: str
    since: str
    reason: str
    next: str
    notices: Sequence[tuple[Mark, str]]
    is_over: bool
    waits: bool
    """Whether nothing moves until somebody says something."""
    steps: Sequence[StepItem]
    decisions: Sequence[tuple[str, str]]
    """Each command that may be given now, and what it does."""
    evidence: Evidence | None
    checks: Sequence[CheckItem]
    servers: Sequence[ServerItem]
    others: Sequence[str]
    """Servers that are not listed one by one."""
    origin: str
    history: str
    """The command that tells how it went."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentsView:
    """All of them."""

    sentence: tuple[Mark, str] | None
    """What stands above them, where there is something to be said."""
    items: Sequence[DeploymentItem]
    hidden_text: str


def deployments_view(
    told: Deployments, shown: int | None, not_enforced: Collection[str] = (), shadows: Sequence[Seen] = ()
) -> DeploymentsView:
    """Deployments: what waits for a person first, then what is under way, then how the last ones ended.

    Args:
        told: What the canary tells.
        shown: How many at most; None: all, with all of their servers.
        not_enforced: Servers with a C++ router.
        shadows: Those that are known of.
    """
    found = sorted(told.deployments, key=_order)
    hidden = len(found[shown:]) if shown is not None else 0
    hidden += told.omitted
    under_way = any(is_under_way(one) for one in found)
    return DeploymentsView(
        sentence=(DOUBTFUL, opened(NOBODY_LEADS)) if under_way and not told.leader else None,
        items=[_item(one, not_enforced, shadows, is_full=shown is None) for one in found[:shown]],
        hidden_text=f"and {count(hidden, 'more deployment')}" if hidden else "",
    )


def is_under_way(one: Deployment) -> bool:
    """Whether it is not at its end."""
    return one.phase not in ENDED


def is_recent(one: Deployment) -> bool:
    """Whether it was rolled back within the last day."""
    return one.phase == "rolled_back" and one.in_phase_s < RECENT_S


def _order(one: Deployment) -> tuple[bool, ...]:
    """The canary tells them in the order of their age; that stays among those that are alike."""
    return (
        not (one.needs_human and is_under_way(one)),
        not one.is_overdue,
        not is_under_way(one),
        not is_recent(one),
    )


def _item(one: Deployment, not_enforced: Collection[str], shadows: Sequence[Seen], *, is_full: bool) -> DeploymentItem:
    is_over = not is_under_way(one)
    servers, others = _servers(one, is_full=is_full)
    aside = "" if is_over else not_enforced_text((server.server for server in one.servers), not_enforced)
    return DeploymentItem(
        id=stable_id("deployment", one.service),
        mark=phase_mark(one.phase),
        service=one.service,
        before=version_text(one.from_version, one.from_build) if one.from_version else "",
        after=version_text(one.version, one.build),
        where=phase_text(one),
        since=f"{span(one.in_phase_s)} ago" if is_over else f"for {span(one.in_phase_s)}",
        reason="" if one.reason == phase_text(one) else one.reason,
        next=opened(next_text(one)),
        notices=[
            *notices(one),
            *([(DOUBTFUL, aside)] if aside else []),
            *(notice_of(each) for each in shadows if each.entry and _is_of(each.entry.deployment, one.id)),
        ],
        is_over=is_over,
        waits=one.needs_human,
        steps=[] if is_over else [StepItem(STEPS[step.state], step_text(step), step.state) for step in one.steps],
        decisions=decisions(one),
        evidence=evidence_view(one),
        checks=[_check(check) for check in one.checks],
        servers=servers,
        others=others,
        origin=opened(origin_text(one)),
        history=f"bellwether deploy history {one.service}",
    )


def _is_of(comparison: str, deployment: str) -> bool:
    """Whether a shadow is of a deployment: those of later attempts are named ``3f2a9c.2`` and so on."""
    return comparison.partition(".")[0] == deployment


def _check(one: ShownCheck) -> CheckItem:
    mark, word = CHECKS[one.verdict]
    return CheckItem(mark, one.name, word, one.value, one.limit, one.text)


def _servers(one: Deployment, *, is_full: bool) -> tuple[list[ServerItem], list[str]]:
    """Those that are not well come first where not all are shown; of one that is over only those are."""
    in_trouble = [server for server in one.servers if _is_not_well(server)]
    well = [server for server in one.servers if not _is_not_well(server)]
    room = len(one.servers) if is_full else SERVERS_SHOWN.of(len(in_trouble))
    chosen = (in_trouble if one.phase in ENDED else [*in_trouble, *_new_first(well)])[:room]
    kept = {server.server for server in chosen}
    left = [server for server in one.servers if server.server not in kept]
    return [_server(server) for server in one.servers if server.server in kept], list(
        _others(left, some_are_listed=bool(kept))
    )


def _is_not_well(one: ShownServer) -> bool:
    return one.state in _NOT_WELL or not one.acknowledged or bool(one.text)


def _new_first(servers: Sequence[ShownServer]) -> list[ShownServer]:
    return sorted(servers, key=lambda one: not one.is_new)


def _server(one: ShownServer) -> ServerItem:
    mark, _word = SERVERS[one.state]
    name, version, state = server_words(one)
    is_quiet_old = one.state == "running" and not one.is_new
    return ServerItem(GONE if is_quiet_old else mark, name, version, one.is_new, state)


def _others(left: Sequence[ShownServer], *, some_are_listed: bool) -> Iterator[str]:
    noun = "more server" if some_are_listed else "server"
    in_trouble = sum(map(_is_not_well, left))
    if in_trouble:
        yield f"{count(in_trouble, noun)} {'is' if in_trouble == 1 else 'are'} not well"
    numbers = Counter(version_text(one.version, one.build) for one in left if not _is_not_well(one))
    for version, number in sorted(numbers.items()):
        yield f"{count(number, noun)} {'runs' if number == 1 else 'run'} {version}"
