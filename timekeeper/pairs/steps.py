"""PURE: steps of one host's CLOCK_REALTIME, seen against its raw clock; it knows no peer and does not read either."""

from dataclasses import dataclass
from enum import StrEnum

from timekeeper.pairs.exchange import RealtimeReading
from timekeeper.pairs.rates import SLEW

STEP_NS = 500_000
"""What the clock may be off its course before it counts as stepped."""

_WANDER = 10e-6  # a time daemon that settles changes its frequency by this much at once
_BASELINE_NS = 5_000_000_000  # a bracket of 10 us then spoils the frequency by 4 ppm


class Direction(StrEnum):
    """Which way a clock was set."""

    FORWARD = "forward"
    BACKWARD = "backward"


@dataclass(frozen=True, slots=True)
class Step:
    """CLOCK_REALTIME left its course."""

    size_ns: int
    """Positive: forward."""
    raw_ns: int
    """When it was seen, on the raw clock of that host."""

    @property
    def direction(self) -> Direction:
        """Which way."""
        return Direction.FORWARD if self.size_ns > 0 else Direction.BACKWARD


class StepDetector:
    """Follows REALTIME - RAW of one host.

    That difference grows evenly, by the frequency a time daemon has set. It counts as a step when it is more than
    500 us (and what the frequency may wander, and the error of the readings) from where it should be. Until the
    frequency is known, it may be anything the kernel turns the clock with, 500 ppm. Readings that are off one after the
    other in one direction are one step: a fast slew, which a daemon makes instead of it.
    """

    def __init__(self) -> None:
        self._last: RealtimeReading | None = None
        self._anchor: RealtimeReading | None = None
        self._frequency: float | None = None
        self._moving: Direction | None = None

    def forget(self) -> None:
        """Start anew: the raw clock itself broke, or the host booted."""
        self.__init__()  # type: ignore[misc]

    def compare(self, reading: RealtimeReading) -> Step | None:
        """How far a reading is off the course, without taking it into account.

        Args:
            reading: The newest; one that is not newer than the last says nothing.

        Returns:
            The step since the last reading that was taken into account, if there is one.
        """
        last = self._last
        if last is None or reading.raw_ns <= last.raw_ns:
            return None
        elapsed_ns = reading.raw_ns - last.raw_ns
        rate, slack = (0.0, SLEW) if self._frequency is None else (self._frequency, _WANDER)
        off_ns = reading.difference_ns - last.difference_ns - round(rate * elapsed_ns)
        tolerance_ns = STEP_NS + slack * elapsed_ns + last.error_ns + reading.error_ns
        return Step(off_ns, reading.raw_ns) if abs(off_ns) > tolerance_ns else None

    def observe(self, reading: RealtimeReading) -> Step | None:
        """Take a reading into account.

        Args:
            reading: Older ones than the last are passed over.

        Returns:
            The step it shows; None also where it continues the one told before.
        """
        if self._last is not None and reading.raw_ns <= self._last.raw_ns:
            return None
        step = self.compare(reading)
        self._last = reading
        if step is None:
            self._moving = None
            self._follow(reading)
            return None
        self._anchor, self._frequency = reading, None
        continued = self._moving is step.direction
        self._moving = step.direction
        return None if continued else step

    def _follow(self, reading: RealtimeReading) -> None:
        """Measure the frequency over a baseline that the error of two readings does not spoil."""
        if self._anchor is None:
            self._anchor = reading
            return
        elapsed_ns = reading.raw_ns - self._anchor.raw_ns
        if elapsed_ns >= _BASELINE_NS:
            self._frequency = (reading.difference_ns - self._anchor.difference_ns) / elapsed_ns
            self._anchor = reading
