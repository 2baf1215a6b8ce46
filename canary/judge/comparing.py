"""PURE: what rule C remembers of a service, as values; it says neither how this changes nor what it comes to."""

from dataclasses import dataclass, field
from typing import Literal

from canary.judge.eprocess import Evidence
from canary.judge.two_arms import Failed, TwoArms
from canary.records import Cap, RuleMode, Version


@dataclass(slots=True)
class ComparedCell:
    """A version on a server as rule C sees it."""

    runs: dict[str, None] = field(default_factory=dict)
    """The identifiers of the runs that go on there, the oldest first."""
    is_failing: bool = False
    """It has failed and not passed since: what fails meanwhile is the same incident."""
    is_aside: bool = False
    """Its server is out of reach: nobody hears how its runs end."""
    at_risk_since_s: float | None = None
    """Since when it could have a first failure that is heard of; None while it cannot."""
    seconds: float = 0.0
    """How long it could, before that, since the comparison began;"""
    failures: int = 0
    """and how often it had one."""
    past_seconds: float = 0.0
    """The same before the comparison began:"""
    past_failures: int = 0
    """what says how this server differs from others."""
    incident: str = ""
    """The run whose failure was counted last."""

    @property
    def is_at_risk(self) -> bool:
        """Whether its runs may have a first failure that is heard of."""
        return bool(self.runs) and not self.is_failing and not self.is_aside

    def at_risk_s(self, now_s: float) -> float:
        """How long it has been at risk since the comparison began."""
        return self.seconds + (0.0 if self.at_risk_since_s is None else max(0.0, now_s - self.at_risk_since_s))


@dataclass(slots=True)
class ComparedFailure:
    """A failure that rule C counts once it is certain that it had no common cause."""

    seq: int
    at_s: float
    server: str
    run_id: str
    trial: Version
    """Of the comparison it belongs to."""
    failed: Failed
    """Which version failed where, and who was at risk just before."""


@dataclass(slots=True)
class Comparison:
    """What rule C knows of a service: its newest version against the one that was good before."""

    trial: Version
    since_seq: int
    """What happened before says nothing."""
    control: Version | None = None
    known: dict[Version, float | None] = field(default_factory=dict)
    """The versions that ran, and when each was last found good anywhere."""
    first_s: dict[Version, float] = field(default_factory=dict)
    """When each of them was first seen anywhere."""
    cells: dict[Version, dict[str, ComparedCell]] = field(default_factory=dict)
    """By version and server."""
    weights: dict[str, float] = field(default_factory=dict)
    """By server, how many times as often as in the mean the control failed there before; a server that is missing has 1."""
    arms: TwoArms = field(default_factory=TwoArms)
    """What the failures come to."""
    log10_e: float = 0.0
    """The evidence that counts; 0 where it cannot reach any limit. `canary.judge.compared` always tells it exactly."""
    told: Literal["ok", "suspect", "held"] = "ok"
    """What was last said of the trial,"""
    told_mode: RuleMode = "enforced"
    """in which mode,"""
    told_suppressed_by: Cap = ""
    """and what forbade it."""

    @property
    def evidence(self) -> Evidence:
        """That of all servers together, with the numbers of failures."""
        return self.arms.together
