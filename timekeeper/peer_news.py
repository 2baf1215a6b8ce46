"""PURE: how much of what happens to the clocks of peers is heeded; it does not know what, and time is an argument."""

from timekeeper.cluster.rows import HOSTS
from timekeeper.probes.rate_limit import RateLimit

AT_ONCE = 3
EVERY_S = 60.0
"""Of what happens to the clock of one peer so much is heeded at once, and then one thing in so long."""


class PeerNews:
    """Passes over a peer whose clock is set again and again: it is not to drive the pace of others, nor fill their logs."""

    def __init__(self) -> None:
        self._limit = RateLimit(rate_per_s=1 / EVERY_S, burst=AT_ONCE, sources=HOSTS)
        self._passed_over = 0
        """Since something was heeded."""

    def heed(self, peer: object, now_ns: int) -> dict[str, int] | None:
        """Something happened to the clock of a peer.

        Args:
            peer: Whose.
            now_ns: Now, on a monotonic clock, in nanoseconds.

        Returns:
            None when it is passed over; else what is to be said besides: how many things were, before.
        """
        if not self._limit.allow(peer, now_ns):
            self._passed_over += 1
            return None
        omitted, self._passed_over = self._passed_over, 0
        return {"omitted": omitted} if omitted else {}
