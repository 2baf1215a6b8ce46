"""PURE: what several servers say true time is, as far as most of them agree; it asks nobody and trusts no single one."""

from collections.abc import Sequence
from dataclasses import dataclass

from timekeeper.intervals import Interval, deepest_overlap
from timekeeper.pairs import RealtimeReading
from timekeeper.references.answer import Sample

RATE = 50e-6
"""How fast our raw clock may run away from true time since a sample: the margin ClockBound names for a bound."""
VOID_S = 1000.0
"""A sample that is older says nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Consensus:
    """The outcome."""

    interval: Interval | None
    """True time minus our CLOCK_REALTIME now, in seconds: positive where we are behind. None without a majority."""
    agreeing: tuple[str, ...] = ()
    """The servers that make the majority."""
    falsetickers: tuple[str, ...] = ()
    """Those it contradicts. Without a majority nobody is one."""
    undecided: tuple[str, ...] = ()
    """All that were heard, where no majority agrees."""


def agree(samples: Sequence[Sample], now: RealtimeReading) -> Consensus:
    """Intersect what the servers say (RFC 5905, section 11.2.1).

    Each sample is an interval that holds true time if its server is right; it widens with age. Where more than half
    of the servers are right, so are those that overlap most, provided that these are more than half themselves.

    Args:
        samples: Any number of each server; the one that is narrowest by now counts.
        now: Our REALTIME against the raw clock the samples are on.

    Returns:
        Where most agree, and who does not.
    """
    best = _best_of_each(samples, now)
    overlap = deepest_overlap(list(best.values()))
    if overlap is None or overlap.depth * 2 <= len(best):
        return Consensus(interval=None, undecided=tuple(best))
    return Consensus(
        interval=Interval(overlap.low, overlap.high),
        agreeing=tuple(server for number, server in enumerate(best) if number in overlap.members),
        falsetickers=tuple(server for number, server in enumerate(best) if number not in overlap.members),
    )


def _best_of_each(samples: Sequence[Sample], now: RealtimeReading) -> dict[str, Interval]:
    """The narrowest interval of each server."""
    best: dict[str, Interval] = {}
    for sample in samples:
        age_s = max(0.0, (now.raw_ns - sample.raw_ns) / 1e9)
        if age_s > VOID_S:
            continue
        offset_s = (sample.true_minus_raw_ns - now.difference_ns) / 1e9
        bound_s = (sample.error_ns + now.error_ns) / 1e9 + RATE * age_s
        if sample.server not in best or bound_s < best[sample.server].half_width:
            best[sample.server] = Interval(offset_s - bound_s, offset_s + bound_s)
    return dict(sorted(best.items()))
