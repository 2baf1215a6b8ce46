"""PURE: the exchanges of one life of two raw clocks as bounds on their difference; it knows no CLOCK_REALTIME."""

from bisect import insort
from collections.abc import Sequence

from timekeeper.pairs.exchange import Exchange
from timekeeper.pairs.rates import RATE_BOUND, WANDER
from timekeeper.pairs.strip import Strip, fit_strip

SPAN_NS = 120_000_000_000
"""How long an exchange is used: long enough for the rate, short enough for the wander of a crystal."""
EXCHANGES = 512
"""At most: bursts of 8 every 2 s, as a suspect pair is probed, fill 120 s with 480."""
BURST_NS = 1_000_000_000
"""A burst of 8 at 20 ms, with room for slow answers."""
FLOOR_NS = 10_000
"""What a stamp may be off beside the bracket it was read in: 30 of 400 real bursts were without it, none with it."""


def error_ns(exchange: Exchange) -> int:
    """What either direction of an exchange may be off."""
    return exchange.stamp_error_ns + FLOOR_NS


class RawBounds:
    """What is known of theta = the peer's raw clock - ours.

    No message arrives before it was sent. So on the way there theta(t1) <= t2 - t1, and on the way back
    theta(t4) >= t3 - t4, both give or take the error of the stamps (docs/clock-maths.md).
    """

    def __init__(self) -> None:
        self._exchanges: list[Exchange] = []
        self._strip: Strip | None = None
        self._is_fitted = False

    @property
    def newest(self) -> Exchange | None:
        """The exchange that ended last."""
        return self._exchanges[-1] if self._exchanges else None

    @property
    def exchanges(self) -> Sequence[Exchange]:
        """All that count, by when they ended."""
        return self._exchanges

    @property
    def shortest_delay_ns(self) -> int:
        """The shortest round trip of the last burst, 0 where the stamps' errors make it less."""
        began_ns = self._exchanges[-1].t4_ns - BURST_NS
        return max(0, min(exchange.delay_ns for exchange in self._exchanges if exchange.t4_ns >= began_ns))

    def add(self, exchange: Exchange) -> None:
        """Keep an exchange; those that are too old or too many fall out."""
        self._is_fitted = False
        insort(self._exchanges, exchange, key=_end)
        oldest_ns = self._exchanges[-1].t4_ns - SPAN_NS
        while self._exchanges[0].t4_ns < oldest_ns or len(self._exchanges) > EXCHANGES:
            del self._exchanges[0]

    def keep_last(self, span_ns: int) -> None:
        """Forget all but the newest exchange and those that began less than this before its end."""
        self._is_fitted = False
        newest = self._exchanges.pop()
        self._exchanges = [one for one in self._exchanges if one.t1_ns > newest.t4_ns - span_ns] + [newest]

    def origin(self) -> tuple[int, int]:
        """When the newest exchange ended on our raw clock, and about theta there: what `strip` counts from."""
        newest = self._exchanges[-1]
        return newest.t4_ns, newest.t2_ns - newest.t1_ns

    def strip(self) -> Strip | None:
        """All that theta can be, in nanoseconds from the origin; None where no steady rate fits."""
        if not self._is_fitted:
            self._strip = _fit(self._exchanges, *self.origin())
            self._is_fitted = True
        return self._strip


def _fit(exchanges: Sequence[Exchange], at_ns: int, theta_ns: int) -> Strip | None:
    # The differences are taken of integers: as floating point the stamps themselves would lose nanoseconds.
    there = [(float(one.t1_ns - at_ns), float(one.t2_ns - one.t1_ns - theta_ns + error_ns(one))) for one in exchanges]
    back = [(float(one.t4_ns - at_ns), float(one.t3_ns - one.t4_ns - theta_ns - error_ns(one))) for one in exchanges]
    return fit_strip(there, back, RATE_BOUND, WANDER)


def _end(exchange: Exchange) -> tuple[int, int, int, int]:
    return exchange.t4_ns, exchange.t1_ns, exchange.t2_ns, exchange.t3_ns
