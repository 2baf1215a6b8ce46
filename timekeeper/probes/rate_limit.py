"""PURE: how often each source may ask, with a bounded memory of sources; time is an argument."""

from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass

_NS_PER_S = 1_000_000_000


@dataclass(slots=True)
class _Bucket:
    tokens: float
    filled_ns: int


class RateLimit:
    """A token bucket for each source.

    Args:
        rate_per_s: How many a second in the long run.
        burst: How many at once.
        sources: How many sources are remembered; the one that has been silent longest is forgotten first.
    """

    def __init__(self, *, rate_per_s: float, burst: int, sources: int) -> None:
        self._rate_per_s = rate_per_s
        self._burst = burst
        self._sources = sources
        self._buckets: OrderedDict[Hashable, _Bucket] = OrderedDict()

    def __len__(self) -> int:
        return len(self._buckets)

    def allow(self, source: Hashable, now_ns: int) -> bool:
        """Whether a source may ask now; when it may, it has.

        Args:
            source: Whatever tells sources apart.
            now_ns: The present, on any clock that never goes back, in nanoseconds.
        """
        bucket = self._buckets.get(source)
        if bucket is None:
            bucket = self._buckets[source] = _Bucket(self._burst, now_ns)
        self._buckets.move_to_end(source)
        if len(self._buckets) > self._sources:
            self._buckets.popitem(last=False)
        fresh = (now_ns - bucket.filled_ns) * self._rate_per_s / _NS_PER_S
        bucket.tokens = min(self._burst, bucket.tokens + fresh)
        bucket.filled_ns = now_ns
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True
