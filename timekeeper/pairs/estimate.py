"""PURE: what a pair of hosts is found to be, and what happened to it; it does not know how that was found."""

from dataclasses import dataclass
from enum import StrEnum

from timekeeper.pairs.steps import Step


@dataclass(frozen=True, slots=True)
class PairEstimate:
    """How the clocks of two hosts stand to each other."""

    offset_s: float
    """CLOCK_REALTIME of the peer minus ours, now."""
    bound_s: float
    """The true offset is no farther from `offset_s`, as long as no message arrives before it was sent and the clocks keep
    to the rates of `timekeeper.pairs.rates`."""
    rtt_s: float
    """The shortest round trip of the last burst."""
    age_s: float
    """Of the last exchange."""
    drift_ppm: float | None
    """How much faster the peer's raw clock runs than ours; None until it is known to 5 ppm."""
    drift_bound_ppm: float | None
    """The rate was no farther from `drift_ppm` at any time of the window."""
    steps: int
    """How often the peer's CLOCK_REALTIME was seen to step."""
    rate_bound_ppm: float
    """How fast `bound_s` has to grow from now on: 100 ppm, and less once it is proven that the clocks keep together."""


@dataclass(frozen=True, slots=True)
class Correction:
    """What the time daemons of a pair say that they correct."""

    remaining_s: float = 0.0
    """How much is left to be corrected on both hosts together, in whatever direction."""
    announced_s: float = 0.0
    """How much the peer's daemon has set out to correct, as it told lately."""
    since_s: float = 0.0
    """How long ago it told that: an exchange that is younger shows what came of it."""


class Refusal(StrEnum):
    """Why an exchange is not used."""

    NEGATIVE_DELAY = "negative delay"
    """An answer before the question: a stamp is false, or somebody else set it."""
    STAMPS_BACKWARDS = "stamps run backwards"
    """On one host the later stamp is the smaller one."""
    TOO_LONG = "took too long"
    OLD_EPOCH = "old epoch"
    """Measured before a raw clock broke, and late."""


class Side(StrEnum):
    """Whose clock it is."""

    OURS = "ours"
    THEIRS = "theirs"


class Restart(StrEnum):
    """Why the windows of a pair started anew."""

    PEER_BOOTED = "the peer booted"
    OUR_CLOCK_BROKE = "our raw clock broke"
    PEER_CLOCK_BROKE = "the peer's raw clock broke"
    CONTRADICTION = "no steady rate fits the exchanges"
    """A clock event that nobody told: a raw clock jumped or changed its rate."""


@dataclass(frozen=True, slots=True)
class Stepped:
    """A CLOCK_REALTIME of the pair was set."""

    side: Side
    step: Step


@dataclass(frozen=True, slots=True)
class Restarted:
    """The windows of the pair started anew."""

    reason: Restart


PairEvent = Stepped | Restarted
