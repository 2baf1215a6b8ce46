"""PURE: what is true of all clocks at one moment, as values; it has no memory and gives no verdict."""

from dataclasses import dataclass
from enum import StrEnum

from timekeeper.solution.camps import Camp
from timekeeper.solution.claims import TrueTime
from timekeeper.solution.contradiction import Contradiction
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame
from timekeeper.solution.measurement import HostClaim, Measurement
from timekeeper.solution.witnesses import Heard


class Basis(StrEnum):
    """What a clock is compared with."""

    MAJORITY = "majority"
    """The median one of more than half of all hosts."""
    REFERENCES = "references"
    """What the external servers of the only host say."""
    NO_MAJORITY = "no majority"
    """Nothing: clocks differ, and no half of the hosts that count agrees."""
    TOO_FEW = "too few"
    """Nothing: those that were measured agree, and are no more than half of the hosts that count."""
    APART = "apart"
    """Nothing: no chain of measurements leads to the majority."""
    UNMEASURED = "unmeasured"
    """Nothing: no fresh measurement has this host at either end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostSolution:
    """One clock. None is *not known*, never zero."""

    host: str
    basis: Basis
    offset_s: float | None = None
    """Its clock minus what it is compared with; positive: ahead."""
    bound_s: float | None = None
    """`offset_s` is off by no more than this, if delays are not negative and crystals drift by 50 ppm at most."""
    is_outside: bool = False
    """Whether it provably differs from what most others show."""
    is_backed: bool = False
    """Whether external servers agree with it, and not with the majority of hosts."""
    is_off: bool = False
    """Whether the majority is off by external servers, and they do not agree with this one either."""
    age_s: float | None = None
    """Of its youngest measurement."""
    is_routed: bool = False
    """Whether it was measured through the router only."""
    drift_ppm: float | None = None
    """How much faster its crystal runs than the median one, whatever steers its clock."""
    claim: HostClaim | None = None
    claim_holds: bool | None = None
    """Whether its clock can be as true as it claims; None where nobody can tell."""
    contradicted_by: str = ""
    """A host whose claim excludes its own, where nobody can tell which of the two is false."""
    true_offset_s: float | None = None
    """Its clock minus true time, by external servers, else by what most hosts claim."""
    true_bound_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """All clocks."""

    hosts: tuple[HostSolution, ...]
    """By name."""
    electors: Electors
    """Of whom more than half decide."""
    measured: int
    """Hosts with a fresh measurement."""
    reference: str | None
    """The median host of the majority; None without a majority."""
    agreeing: int
    """Members of the majority; without one, of the largest camp."""
    true_time: TrueTime | None
    """Where most claim true time is relative to the reference; without one, to some host of the largest group."""
    heard: Heard | None
    """The same, as external servers say."""
    is_cluster_off: bool
    """Whether the majority as a whole is provably beyond the threshold from what external servers say."""
    camps: tuple[Camp, ...]
    """Of the largest group that a chain of measurements joins."""
    contradictions: tuple[Contradiction, ...]
    residual_s: float
    """By how much the worst link differs from the fit of all."""
    spread_s: float | None
    """How far apart the two most different clocks of the largest group are; None while nothing was measured."""
    refused: int
    """Reported measurements that could not be used."""
    measurements: tuple[Measurement, ...]
    """Those that could."""
    frames: tuple[Frame, ...]
    """The groups that chains of measurements join, the largest first; for the offset of any two hosts."""

    @property
    def has_majority(self) -> bool | None:
        """Whether more than half of the hosts agree; None while nothing was measured."""
        return self.reference is not None if self.measured else None
