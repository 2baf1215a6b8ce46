"""PURE: what a host says of its own clock, as a value; how it was concluded is told elsewhere (verdict)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from timekeeper.discipline import Leap, Upstream


class ClaimState(StrEnum):
    """Is this clock kept true?"""

    SYNCHRONIZED = "synchronized"
    HOLDOVER = "holdover"
    """It was, and runs on alone: the bound grows."""
    UNSYNCHRONIZED = "unsynchronized"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A host's word about its own clock. None is *not known*, never zero."""

    state: ClaimState
    reasons: Sequence[str]
    """Why, the decisive one first; then what an operator should know besides."""
    daemon: str = ""
    """Whose word this is: who steers the clock, or watches how it is steered; empty when nobody does or it is not known."""
    offset_s: float | None = None
    """How far this clock is ahead of true time, as the daemon estimates it."""
    bound_s: float | None = None
    """The clock is off by no more than this, the estimate included; it trusts the daemon's servers."""
    stratum: int | None = None
    leap: Leap | None = None
    age_s: float | None = None
    """Since the clock was last updated."""
    root_delay_s: float | None = None
    root_dispersion_s: float | None = None
    upstreams: Sequence[str] = ()
    """The servers and reference clocks that the daemon uses: their errors are this clock's."""
    sources: Sequence[Upstream] = ()
    """All those that it listens to; empty where it tells none, or nobody's word is behind this."""
    without_daemon: bool = False
    """No time daemon runs on this host, nor has one while it was watched: nobody promised a true clock."""
