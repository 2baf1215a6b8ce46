"""PURE: how long to wait before the next attempt: exponential with full jitter; it draws no random number and reads no clock."""

FIRST_S = 0.1
"""The bound of the first wait: a router that restarts is back in about that time."""
LIMIT_S = 10.0
"""No bound is longer: whoever repaired a router waits at most this for its services."""
STEADY_S = 10.0
"""A link that lasted this long was a success; a shorter one may be part of a crash loop."""

_DOUBLINGS = 32


class Backoff:
    """Counts failures in a row and turns them into waits.

    Full jitter, a wait drawn evenly between nothing and the bound, spreads a crowd of clients best when one router restarts
    under all of them (M. Brooker, "Exponential backoff and jitter", 2015).

    Args:
        first_s: The bound of the first wait, in seconds; it doubles with each failure.
        limit_s: Where the bound stops to grow, in seconds.
    """

    __slots__ = ("_failures", "_first_s", "_limit_s")

    def __init__(self, first_s: float = FIRST_S, limit_s: float = LIMIT_S) -> None:
        self._first_s = first_s
        self._limit_s = limit_s
        self._failures = 0

    @property
    def bound_s(self) -> float:
        """The longest the next wait can be, in seconds."""
        return min(self._limit_s, self._first_s * 2.0 ** min(self._failures, _DOUBLINGS))

    def next_wait_s(self, fraction: float) -> float:
        """Count one failure.

        Args:
            fraction: A random number, evenly drawn from 0 to 1.

        Returns:
            How long to wait now, in seconds.
        """
        wait_s = self.bound_s * fraction
        self._failures += 1
        return wait_s

    def link_lasted(self, span_s: float) -> None:
        """Begin anew if a link was up for at least `STEADY_S` seconds."""
        if span_s >= STEADY_S:
            self._failures = 0
