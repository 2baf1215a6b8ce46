"""PURE: a histogram as daemons tell it; it does not know of what."""

from itertools import pairwise
from typing import Annotated

import msgspec

BUCKETS = 29
"""As many as a histogram may tell, the one without a bound left out."""
_COUNT_MAX = 2**53
"""What a float still counts one by one."""

Count = Annotated[int, msgspec.Meta(ge=0, le=_COUNT_MAX)]


class Bucket(msgspec.Struct, frozen=True):
    """A bucket of a histogram, and those before it."""

    le_seconds: float
    """Its bound."""
    count: Count


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Spans of time, counted by how long they were."""

    buckets: Annotated[tuple[Bucket, ...], msgspec.Meta(max_length=BUCKETS)] = ()
    """By their bounds."""
    count: Count
    """All, also those beyond the last bound."""
    sum_seconds: float

    def __post_init__(self) -> None:
        """Refuse what would be no histogram: Prometheus takes it, and works out nonsense.

        Raises:
            ValueError: Bounds do not rise, or counts fall.
        """
        if any(one.le_seconds >= other.le_seconds for one, other in pairwise(self.buckets)):
            raise ValueError("the bounds of a histogram do not rise")
        counts = [*(bucket.count for bucket in self.buckets), self.count]
        if any(one > other for one, other in pairwise(counts)):
            raise ValueError("the counts of a histogram fall")
