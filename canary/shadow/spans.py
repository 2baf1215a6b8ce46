"""PURE: how long replies took, counted by size in a bounded room; it compares nothing."""

import math
from itertools import accumulate

SHORTEST_S = 1e-5
"""Below that nobody can tell: a router takes longer to pass a message on."""
STEP = 1.1
"""Each size is that much larger than the one before: so a percentile is right within 5 %."""
SIZES = 194
"""Up to a thousand seconds."""


class Spans:
    """Spans of time."""

    def __init__(self) -> None:
        self._counts = [0] * SIZES
        self.count = 0

    def add(self, span_s: float) -> None:
        """Count one, in seconds."""
        size = math.ceil(math.log(max(span_s, SHORTEST_S) / SHORTEST_S, STEP))
        self._counts[min(size, SIZES - 1)] += 1
        self.count += 1

    def percentile(self, part: float) -> float | None:
        """What so large a part of them is not above, in seconds; None: there are none.

        Args:
            part: Such as 0.99.
        """
        if not self.count:
            return None
        wanted = math.ceil(part * self.count)
        size = next(size for size, seen in enumerate(accumulate(self._counts)) if seen >= wanted)
        return SHORTEST_S * math.pow(STEP, size - 0.5)
