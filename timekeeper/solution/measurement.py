"""PURE: what the hosts of a cluster report, as values that grow old; it does not know how they were measured or sent."""

from dataclasses import dataclass, replace
from math import inf, isfinite

VOID_AFTER_S = 1000.0
"""A word this old says nothing any more: ClockBound's limit."""
DRIFT_BOUND = 50e-6
"""How fast a crystal may run away from true time; two of them from each other at twice this."""

FASTEST = 5000e-6
"""Two clocks that part faster were set: ten times what a kernel does for a daemon that slews (500 ppm)."""
_SHORTEST_S = 1.0
"""Two words that follow sooner tell no rate."""

PROBE, ROUTER = "probe", "router"
TRUSTED_STATES = frozenset({"synchronized", "holdover"})
"""States of a claim that promise a bound."""

SURE_SERVERS = 2
"""Of external servers that agree."""
_MAX_OFFSET_S = 1e10
"""300 years: a clock that starts at the epoch is off by less."""
_MAX_DRIFT_PPM = 1e6
_MAX_BOUND_S = 100.0
"""An interval wider than this compares nothing, and its tiny weight would only cost digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One directed pair, as one host reports it."""

    source: str
    target: str
    offset_s: float
    """The clock of the target minus the clock of the source, now."""
    bound_s: float
    """`offset_s` is off by no more than this."""
    rtt_s: float
    age_s: float
    """Since the last exchange."""
    via: str
    """``probe`` or ``router``."""
    drift_ppm: float | None = None
    """How much faster the crystal of the target runs; None until known."""
    rate_bound: float = 2 * DRIFT_BOUND
    """How fast `bound_s` grows with age: what two crystals may do, and less where it is known that these do not."""

    @property
    def is_usable(self) -> bool:
        """Whether it can be calculated with at all; a peer may have sent anything."""
        return (
            self.source != self.target
            and isfinite(self.rtt_s)
            and abs(self.offset_s) <= _MAX_OFFSET_S
            and abs(self.drift_ppm or 0.0) <= _MAX_DRIFT_PPM
            and 0 <= self.bound_s <= _MAX_BOUND_S
            and 0 <= self.age_s <= VOID_AFTER_S
            and 0 <= self.rate_bound < inf
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class HostClaim:
    """What a host says of its own clock."""

    host: str
    state: str
    """``synchronized``, ``holdover``, ``unsynchronized`` or ``unknown``."""
    offset_s: float | None
    """As its daemon estimates it; positive: ahead of true time."""
    bound_s: float | None
    """Off by no more than this, the offset included."""
    daemon: str
    upstreams: frozenset[str]
    """The sources that its daemon uses; empty where it does not tell them."""
    age_s: float
    """Since the clock was last updated."""
    boot_id: str
    steps: int | None = None
    """How often its clock was set, by whomever; None where it does not tell."""

    @property
    def promised_s(self) -> float | None:
        """The bound it promises; None when it promises none."""
        if self.state not in TRUSTED_STATES or self.bound_s is None:
            return None
        return self.bound_s if isfinite(self.bound_s) and self.bound_s >= 0 else None

    @property
    def error_range_s(self) -> tuple[float, float] | None:
        """From where to where its clock minus true time lies if the claim is true; None when it promises nothing.

        The bound holds the daemon's own estimate (chronyc(1), `tracking`), so what is left of it lies around that; or nearer,
        since the daemon takes off what it knows of.
        """
        bound_s = self.promised_s
        if bound_s is None:
            return None
        offset_s = self.offset_s if self.offset_s is not None and abs(self.offset_s) <= bound_s else 0.0
        rest_s = bound_s - abs(offset_s)
        return min(offset_s, 0.0) - rest_s, max(offset_s, 0.0) + rest_s


@dataclass(frozen=True, slots=True, kw_only=True)
class ReferenceInterval:
    """What the external time servers that one host asks say of its clock, where most of them agree."""

    host: str
    """Who asked."""
    low_s: float
    """True time minus the clock of `host` lies between `low_s` and `high_s`, if most of the servers are right."""
    high_s: float
    servers: int
    """How many agree."""

    @property
    def is_usable(self) -> bool:
        """Whether it is an interval at all, and more than one server agrees: a single one may be wrong."""
        return self.servers >= SURE_SERVERS and -_MAX_OFFSET_S <= self.low_s <= self.high_s <= _MAX_OFFSET_S


def age_measurement(measurement: Measurement, elapsed_s: float, rate: float = 0.0) -> Measurement:
    """What a measurement is still worth.

    Args:
        measurement: As it was reported.
        elapsed_s: Since then.
        rate: How fast the clocks parted before it, where that was faster than was to be expected; see `find_rate`.

    Returns:
        The same with a wider bound: the clocks may have parted at the rate that it allows them, and what parted them
        faster before may have gone on all the time, or have ended at once. Then nothing less than 100 ppm is believed.
    """
    moved_s = rate * elapsed_s / 2
    rate_bound = max(measurement.rate_bound, 2 * DRIFT_BOUND) if rate else measurement.rate_bound
    return replace(
        measurement,
        offset_s=measurement.offset_s + moved_s,
        age_s=measurement.age_s + elapsed_s,
        bound_s=measurement.bound_s + rate_bound * elapsed_s + abs(moved_s),
    )


def find_rate(before: Measurement, after: Measurement, elapsed_s: float) -> float:
    """How fast two clocks part, where that is proven to be faster than the first of two words allows.

    Args:
        before: One measurement of a pair.
        after: The next.
        elapsed_s: Between the two, as both were reported.

    Returns:
        The rate, with what both bounds leave open; 0 where the first word explains it, and where a clock was set.
    """
    if elapsed_s < _SHORTEST_S:
        return 0.0
    moved_s, doubt_s = after.offset_s - before.offset_s, before.bound_s + after.bound_s
    if abs(moved_s) <= doubt_s + before.rate_bound * elapsed_s or abs(moved_s) > FASTEST * elapsed_s:
        return 0.0
    return (moved_s + (doubt_s if moved_s > 0 else -doubt_s)) / elapsed_s


def age_claim(claim: HostClaim, elapsed_s: float) -> HostClaim:
    """What a claim is still worth.

    Args:
        claim: As it was reported.
        elapsed_s: Since then.

    Returns:
        The same with a wider bound; with none, and the state ``unknown``, once it is void.
    """
    age_s = claim.age_s + elapsed_s
    if elapsed_s > VOID_AFTER_S:
        return replace(claim, state="unknown", offset_s=None, bound_s=None, age_s=age_s)
    bound_s = None if claim.bound_s is None else claim.bound_s + DRIFT_BOUND * elapsed_s
    return replace(claim, bound_s=bound_s, age_s=age_s)
