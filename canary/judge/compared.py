"""PURE: what rule C sees of a service just now, acted on or not: the evidence, its limits, and each server's part in it."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, get_args

from canary.judge.comparing import Comparison
from canary.judge.two_arms import TwoArms
from canary.records import Version
from canary.rules import RuleCSettings, Rules

Level = Literal["ok", "suspect", "held"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From mild to severe."""


@dataclass(frozen=True, slots=True)
class ComparedServer:
    """One server with one of the two versions."""

    server: str
    is_new: bool
    """It has the new version."""
    failures: int
    """Incidents since the comparison began, those that may still be excused too."""
    seconds: float
    """How long it could have failed meanwhile."""
    weight: float
    """How many times as often as in the mean the old version failed here before, shrunk to 1 where little is known."""
    past_failures: int
    """Incidents of this version here before the comparison began,"""
    past_seconds: float
    """and how long it could have failed."""


@dataclass(frozen=True, slots=True)
class Compared:
    """One comparison, to be shown and to be judged by."""

    trial: Version
    control: Version | None
    """What it is compared with; None: nothing was good before."""
    level: Level
    """What the evidence comes to, whatever a cap or a dry run makes of it."""
    log10_e: float
    """The evidence that counts, as a decimal logarithm: with any one server left out, and divided by `overdispersion`."""
    pooled_log10_e: float
    """That of all servers together; it decides nothing."""
    suspect_log10: float
    """The limits of `log10_e`."""
    block_log10: float
    margin: float
    """How many times as often the new version may fail."""
    failures_new: int
    """Failures that count, of the new version,"""
    failures_old: int
    """and of the old one."""
    expected_new: float
    """How many of both the new version would have, if it failed `margin` times as often."""
    overdispersion: float
    """How many times as much as chance makes them the servers of one version differ among themselves; at least 1."""
    differs_on: tuple[str, ...]
    """Where `pooled_log10_e` reaches its limit and `log10_e` does not: the servers without which it would not, or which differ."""
    reason: str
    """A sentence."""
    servers: tuple[ComparedServer, ...]


def compare(comparison: Comparison, rules: Rules, now_s: float, due: TwoArms | None = None) -> Compared:
    """What the failures of a service say.

    Args:
        comparison: What is known of it, from `State.comparisons`.
        rules: Their limits.
        now_s: By the ledger's clock.
        due: What counts by now, if that is more than the comparison has.
    """
    arms = due or comparison.arms
    log10_e, pooled = arms.log10_e, arms.together.log10_e
    level = _level(log10_e, rules.c)
    differs_on, why = ((), "") if level != "ok" or pooled < rules.c.suspect_log10 else _differing(comparison, arms)
    return Compared(
        trial=comparison.trial,
        control=comparison.control,
        level=level,
        log10_e=log10_e,
        pooled_log10_e=pooled,
        suspect_log10=rules.c.suspect_log10,
        block_log10=rules.c.block_log10,
        margin=rules.c.margin,
        failures_new=arms.together.new,
        failures_old=arms.together.old,
        expected_new=arms.together.expected,
        overdispersion=arms.overdispersion,
        differs_on=tuple(differs_on),
        reason=why or _sentence(comparison, arms, rules.c, log10_e),
        servers=tuple(_servers(comparison, now_s)),
    )


def _level(log10_e: float, limits: RuleCSettings) -> Level:
    if log10_e >= limits.block_log10:
        return "held"
    return "suspect" if log10_e >= limits.suspect_log10 else "ok"


def _sentence(comparison: Comparison, arms: TwoArms, limits: RuleCSettings, log10_e: float) -> str:
    control = comparison.control.version if comparison.control else "none"
    together = arms.together
    return (
        f"fails more than {control}: {together.new} of {together.new + together.old} failures are its own, where "
        f"{together.expected:.1f} would be at {limits.margin:g} times the rate; evidence 10^{log10_e:.1f}"
    )


def _differing(comparison: Comparison, arms: TwoArms) -> tuple[tuple[str, ...], str]:
    """On which servers, and why that says nothing of the version."""
    own = f"{arms.together.new} of {arms.together.new + arms.together.old} failures are its own"
    for arm, whose in ((arms.new, "the new"), (arms.old, "the old")):
        if len(arm.places) == 1:
            (only,) = arm.places
            why = f"only there is {whose} version, so that the version and the server look alike"
            return (only,), f"differs on {only}: {own}, and {why}"
    spread = arms.spread_of_old
    if spread.is_above_chance:
        odd = tuple(arms.oddest_old)
        control = comparison.control.version if comparison.control else "none"
        index = f"index of dispersion {spread.index:.1f}, limit {spread.limit:.1f}"
        return odd, f"differs on {', '.join(odd)}: the servers of {control} differ by more than chance ({index})"
    least, servers = arms.least
    left = f"without what happened there the evidence is 10^{least:.1f} of 10^{arms.together.log10_e:.1f}"
    return tuple(servers), f"differs on {', '.join(servers)}: {own}, and {left}"


def _servers(comparison: Comparison, now_s: float) -> Iterator[ComparedServer]:
    for version, is_new in ((comparison.trial, True), (comparison.control, False)):
        for server, cell in comparison.cells.get(version, {}).items() if version is not None else ():
            yield ComparedServer(
                server=server,
                is_new=is_new,
                failures=cell.failures,
                seconds=cell.at_risk_s(now_s),
                weight=comparison.weights.get(server, 1.0),
                past_failures=cell.past_failures,
                past_seconds=cell.past_seconds,
            )
