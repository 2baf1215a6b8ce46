"""PURE: what the leader sees of a deployment's service just now, taken from what the judge knows; it concludes nothing."""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

from canary.deployment.pace import Pace, pace_of
from canary.deployment.shadow_sight import ShadowSeen, look_at_shadow
from canary.judge.compared import Compared, compare
from canary.judge.state import Cell, State
from canary.records import CellKey
from canary.records.deployments import DeploymentMoved, Doing, matches
from canary.rules import Rules
from communicator.answers.deployments import ShownCheck


class Instance(NamedTuple):
    """One version of the service on one server."""

    version: str
    build: str
    is_running: bool
    has_passed: bool
    """A run of it goes on that has lasted long enough to be a success."""
    fault: str = ""
    """Why a rule finds it bad there, in a sentence; empty: none does."""
    was_good: bool = False
    """It was found good there once, and nothing is known against it."""
    is_failing: bool = False
    """It has failed there, and no run has lasted long enough since to be a success."""


class Seen(NamedTuple):
    """All of it."""

    now_s: float
    """By the ledger's clock."""
    reach: AbstractSet[str] = frozenset()
    """The members in reach, this one among them."""
    members: AbstractSet[str] = frozenset()
    """The servers that have a canary, in reach or not."""
    instances: Mapping[str, tuple[Instance, ...]] = {}
    """By server."""
    doing: Mapping[str, Doing] = {}
    """By server, its last task for the service."""
    behind: AbstractSet[str] = frozenset()
    """The members whose routers are not known to have acknowledged what was decided last."""
    compared: Compared | None = None
    """What rule C makes of the two versions; None: there is nothing to compare yet."""
    pace: Pace = Pace()
    """Whether the new version fails more often than the old one did on the same servers."""
    exposed_s: float = 0.0
    """How long the new version has run since the deployment began, all servers together."""
    failures: int = 0
    """Of both versions, since then."""
    held: str = ""
    """Why the new version is held in the whole cluster; empty: it is not."""
    checks: tuple[ShownCheck, ...] = ()
    """What the metrics come to."""
    shadowing: Mapping[str, Doing] = {}
    """By server, its last task about a shadow of the service."""
    shadow: ShadowSeen | None = None
    """What is seen of the shadow; None where the deployment has none."""

    def of(self, server: str, wanted: tuple[str, str]) -> Instance | None:
        """A version on a server; None: it has not been there."""
        found = (one for one in self.instances.get(server, ()) if matches(wanted, one.version, one.build))
        return max(found, key=lambda one: (one.is_running, one.has_passed), default=None)

    def is_up(self, server: str, wanted: tuple[str, str]) -> bool:
        """Whether a version runs on a server."""
        found = self.of(server, wanted)
        return found is not None and found.is_running


class Around(NamedTuple):
    """What the judge's state does not know."""

    reach: AbstractSet[str]
    members: AbstractSet[str]
    behind: AbstractSet[str]
    checks: tuple[ShownCheck, ...] = ()


def look(state: State, rules: Rules, deployment: DeploymentMoved, around: Around, now_s: float) -> Seen:
    """What is seen of a deployment.

    Args:
        state: What the judge knows.
        rules: The rules in force.
        deployment: Where it is.
        around: What else is known.
        now_s: By the ledger's clock.
    """
    service, trial = deployment.service, deployment.trial
    comparison = state.comparisons.get(service)
    is_of_it = comparison is not None and matches(trial, comparison.trial.version, comparison.trial.build)
    compared = compare(comparison, rules, now_s) if comparison is not None and is_of_it else None
    servers = compared.servers if compared is not None else ()
    return Seen(
        now_s=now_s,
        reach=around.reach,
        members=around.members,
        instances=instances_of(state, service),
        doing={server: doing for (server, of), doing in state.doing.items() if of == service},
        behind=around.behind,
        compared=compared,
        pace=pace_of(servers, rules.c.margin),
        exposed_s=sum(one.seconds for one in servers if one.is_new),
        failures=sum(one.failures for one in servers),
        held=next(_held(state, service, trial), ""),
        checks=around.checks,
        shadowing={server: doing for (server, of), doing in state.shadowing.items() if of == service},
        shadow=look_at_shadow(state, rules, deployment, now_s),
    )


def instances_of(state: State, service: str) -> dict[str, tuple[Instance, ...]]:
    """The versions of a service, by server."""
    found: dict[str, list[Instance]] = {}
    for version in state.versions.get(service, ()):
        for server in state.releases[version].servers:
            cell = state.cells.get(CellKey(server, *version))
            if cell is not None:
                found.setdefault(server, []).append(_instance(cell))
    return {server: tuple(instances) for server, instances in found.items()}


def _instance(cell: Cell) -> Instance:
    """What a rule found counts also where it may not act: a deployment judges for itself."""
    is_ejected = cell.state == "suspect" and cell.until_at_s is not None
    is_bad = is_ejected or cell.state in ("blocked", "probation") or bool(cell.suppressed_by)
    fault = (cell.reason or f"rule {cell.suppressed_rule or cell.rule} finds it bad") if is_bad else ""
    was_good = cell.ever_good and not is_bad
    is_running, is_failing = cell.running > 0, bool(cell.streak)
    return Instance(cell.key.version, cell.key.build, is_running, cell.healthy > 0, fault, was_good, is_failing)


def _held(state: State, service: str, trial: tuple[str, str]) -> Iterator[str]:
    """By rule D, or by rule C in the time before the deployment."""
    for version in state.versions.get(service, ()):
        release = state.releases[version]
        if matches(trial, version.version, version.build) and release.state == "held":
            yield release.reason or "it is held"
