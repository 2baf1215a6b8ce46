"""PURE: what is seen of the shadow of a deployment, taken from what the judge knows; it concludes nothing."""

import math
from collections.abc import Iterator
from typing import NamedTuple

from canary.judge.state import ShadowRuns, State
from canary.records import ShadowCompared
from canary.records.deployments import DeploymentMoved, matches
from canary.rules import Rules


class ShadowSeen(NamedTuple):
    """All of it."""

    down: tuple[str, ...] = ()
    """The versions that are to run as shadows, and do not: the new one, and the reference."""
    left: tuple[str, ...] = ()
    """The versions that may run as shadows on its server, whoever started them."""
    ran_s: float = 0.0
    """How long the new version has run as a shadow there, ever."""
    failures: int = 0
    """How much more often it has failed than the reference,"""
    failure: str = ""
    """and how it did last."""
    comparisons: tuple[ShadowCompared, ...] = ()
    """With the primary of each host."""
    suspect_log10: float = 2.0
    """The evidence at which a deployment pauses,"""
    block_log10: float = 3.0
    """and at which it is proven."""

    @property
    def log10_e(self) -> float:
        """The evidence that it differs: the mean over the primaries, to which one that says nothing adds none."""
        logs = [one.log10_evidence if one.is_conclusive else 0.0 for one in self.comparisons]
        if not logs:
            return 0.0
        highest = max(logs)
        return highest + math.log10(sum(10.0 ** (each - highest) for each in logs) / len(logs))

    @property
    def compared(self) -> int:
        """Pairs of replies."""
        return sum(one.compared for one in self.comparisons)


def wanted_shadows(at: DeploymentMoved) -> tuple[tuple[str, str], ...]:
    """The versions that are to run as shadows now, with their builds; the new one first, then the reference."""
    if at.shadowing is None:
        return ()
    reference = ((at.from_version, at.from_build or "*"),) if at.shadowing.noise == "second" else ()
    return (at.trial, *reference)


def look_at_shadow(state: State, rules: Rules, at: DeploymentMoved, now_s: float) -> ShadowSeen | None:
    """What is seen of the shadow.

    Args:
        state: What the judge knows.
        rules: The rules in force.
        at: Where its deployment is.
        now_s: By the ledger's clock.

    Returns:
        None where the deployment has none.
    """
    shadow = at.spec.shadow
    if shadow is None:
        return None
    doing = state.shadowing.get((shadow.server, at.service))
    new = list(_runs(state, at, at.trial))
    reference = list(_runs(state, at, (at.from_version, at.from_build or "*"))) if shadow.noise == "second" else []
    down = [wanted for wanted in wanted_shadows(at) if not any(one.running for one in _runs(state, at, wanted))]
    return ShadowSeen(
        down=tuple(version for version, _ in down),
        left=() if doing is None else doing.shadows,
        ran_s=sum(one.ran_s + sum(now_s - began_s for began_s in one.running.values()) for one in new),
        failures=max(0, sum(one.failed for one in new) - sum(one.failed for one in reference)),
        failure=next((one.failure for one in reversed(new) if one.failure), ""),
        comparisons=tuple(_comparisons(state, at)),
        suspect_log10=rules.c.suspect_log10,
        block_log10=rules.c.block_log10,
    )


def _runs(state: State, at: DeploymentMoved, wanted: tuple[str, str]) -> Iterator[ShadowRuns]:
    shadow = at.spec.shadow
    for key, runs in state.shadow_runs.items():
        is_there = shadow is not None and (key.server, key.service) == (shadow.server, at.service)
        if is_there and matches(wanted, key.version, key.build):
            yield runs


def _comparisons(state: State, at: DeploymentMoved) -> Iterator[ShadowCompared]:
    for one in state.shadows.values():
        if (one.told.service, one.told.version, one.told.deployment) == (at.service, at.spec.version, at.comparison):
            yield one.told
