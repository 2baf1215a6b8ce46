"""PURE: what is true of all clocks at one moment, as values; it has no memory and gives no verdict."""

from dataclasses import dataclass
from enum import StrEnum

from timekeeper.solution.camps import Camp, CampKind
from timekeeper.solution.claims import TrueTime
from timekeeper.solution.contradiction import Contradiction
from timekeeper.solution.frame import Frame
from timekeeper.solution.measurement import HostClaim, Measurement


class Basis(StrEnum):
    """What a clock is compared with."""

    MAJORITY = "majority"
    """The median one of more than half of all hosts."""
    TRUE_TIME = "true time"
    """What independent claims and references agree on, where the hosts have no majority."""
    NO_MAJORITY = "no majority"
    """Nothing: hosts were measured, and no half of them agrees."""
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
    """Whether independent claims and references agree with it, and not with the majority of hosts."""
    is_contested: bool = False
    """Whether its measurements exclude each other, so that nothing is proven of its clock."""
    is_distrusted: bool = False
    """Whether its measurements exclude each other so often that it is placed by more than half of them, each alone."""
    camp: CampKind = CampKind.PLAIN
    """Whether a leap second explains why it stands apart."""
    age_s: float | None = None
    """Of its youngest measurement."""
    is_routed: bool = False
    """Whether it was measured through the router only."""
    drift_ppm: float | None = None
    """How much faster its crystal runs than the median one, whatever steers its clock."""
    claim: HostClaim | None = None
    claim_holds: bool | None = None
    """Whether its clock can be as true as it claims; None where nobody else's word tells."""
    true_offset_s: float | None = None
    """Its clock minus true time, by the independent claims and references."""
    true_bound_s: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Solution:
    """All clocks."""

    hosts: tuple[HostSolution, ...]
    """By name."""
    voters: int
    """Hosts that were measured, or say something of their own clock: a majority is more than half of them.

    A timekeeper that starts has measured nobody yet; its host counts all the same, or the rest would be a majority.
    """
    measured: int
    """Hosts with a fresh measurement."""
    reference: str | None
    """The median host of the majority; None without a majority."""
    agreeing: int
    """Members of the majority; without one, of the largest camp."""
    true_time: TrueTime | None
    """Where true time lies relative to the reference; without one, to some host of the largest group."""
    is_cluster_off: bool
    """Whether the majority as a whole is provably beyond the threshold from true time."""
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
