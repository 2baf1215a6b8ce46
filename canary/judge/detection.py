"""PURE: how long it took to find what was blocked, counted in buckets that never fall; it decides nothing."""

from bisect import bisect_left
from dataclasses import dataclass, field
from itertools import accumulate

BUCKETS_S = (5.0, 15.0, 30.0, 60.0, 75.0, 90.0, 120.0, 180.0, 300.0, 600.0, 1_800.0, 3_600.0)
"""Up to how many seconds each bucket counts; with the rules as they are most blocks come between 60 s and 120 s."""


@dataclass(slots=True)
class Detections:
    """Spans from the first counted failure in a row to the block."""

    counts: dict[float, int] = field(default_factory=dict)
    """How many took as long as that bucket's bound and longer than the one before; what took longer than all is in none."""
    count: int = 0
    sum_s: float = 0.0

    def note(self, took_s: float) -> None:
        """Count one more.

        Args:
            took_s: How long it took; less than nothing, as other clocks may have it, is nothing.
        """
        took_s = max(0.0, took_s)
        self.count += 1
        self.sum_s += took_s
        at = bisect_left(BUCKETS_S, took_s)
        if at < len(BUCKETS_S):
            self.counts[BUCKETS_S[at]] = self.counts.get(BUCKETS_S[at], 0) + 1

    def cumulative(self) -> list[tuple[float, int]]:
        """For each bound how many took as long or less, as Prometheus wants it; the bucket without a bound is `count`."""
        return list(zip(BUCKETS_S, accumulate(self.counts.get(bound_s, 0) for bound_s in BUCKETS_S), strict=True))
