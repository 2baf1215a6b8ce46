"""PURE: steps of one host's CLOCK_REALTIME, seen against its raw clock; it knows no peer and does not read either."""

from dataclasses import dataclass
from enum import StrEnum

from timekeeper.pairs.exchange import RealtimeReading
from timekeeper.pairs.rates import FASTEST_SLEW, SLEW

STEP_NS = 500_000
"""What the clock may be off its course before it counts as stepped."""

_WANDER = 10e-6  # a time daemon that settles changes its frequency by this much at once
_UNKNOWN = 50e-6  # what a crystal may need to be corrected by
_BASELINE_NS = 5_000_000_000  # a bracket of 10 us then spoils the frequency by 4 ppm
_GAP_NS = 500_000_000  # readings of one burst are closer: they are too close to tell a rate, or that a slew is over


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

    That difference grows evenly, by the frequency a time daemon has set, or faster while one slews the clock instead of
    setting it. So it counts as a step when it is more than 500 us (and the error of the readings) from where it should be,
    and farther than a slew could have taken it: for certain beyond what chronyd's fastest would; beyond the 500 ppm of the
    kernel, when the next reading finds that the clock is not still being turned. A fast slew that begins and ends between
    two readings is told as the step that it is as good as.
    """

    def __init__(self) -> None:
        self._last: RealtimeReading | None = None
        self._anchor: RealtimeReading | None = None
        self._frequency: float | None = None
        self._held: Step | None = None
        """Off its course; the next reading tells whether by a step."""
        self._slewed: Direction | None = None

    def forget(self) -> None:
        """Start anew: the raw clock itself broke, or the host booted."""
        self.__init__()  # type: ignore[misc]

    def is_off_course(self, reading: RealtimeReading) -> bool:
        """Whether the clock was set or slewed since the last reading, by more than its frequency wanders; nothing is noted."""
        slack = _UNKNOWN if self._frequency is None else _WANDER
        return self._is_newer(reading) and self._off(reading, slack) is not None

    def observe(self, reading: RealtimeReading) -> Step | None:
        """Take a reading into account.

        Args:
            reading: Older ones than the last are passed over.

        Returns:
            The step it shows, or which it confirms.
        """
        if not self._is_newer(reading):
            return None
        off = self._off(reading, SLEW, STEP_NS)
        certain = self._off(reading, FASTEST_SLEW, STEP_NS)
        held, self._held = self._held, None
        if held is not None and self._is_turning(reading, held.direction):
            self._slewed, held = held.direction, None
        if certain is None and off is not None and off.direction is not self._slewed:
            self._held = off
        elif off is None and self._is_after_gap(reading):
            self._slewed = None
        self._last = reading
        self._follow(reading, is_on_course=off is None)
        return certain or held

    def _is_newer(self, reading: RealtimeReading) -> bool:
        return self._last is None or reading.raw_ns > self._last.raw_ns

    def _is_after_gap(self, reading: RealtimeReading) -> bool:
        return self._last is not None and reading.raw_ns - self._last.raw_ns >= _GAP_NS

    def _off(self, reading: RealtimeReading, slack: float, floor_ns: int = 0) -> Step | None:
        """How far a reading is off the course, when that is more than its rate may be off by `slack`, and the floor."""
        last = self._last
        if last is None:
            return None
        elapsed_ns = reading.raw_ns - last.raw_ns
        off_ns = reading.difference_ns - last.difference_ns - round((self._frequency or 0.0) * elapsed_ns)
        tolerance_ns = floor_ns + slack * elapsed_ns + last.error_ns + reading.error_ns
        return Step(off_ns, reading.raw_ns) if abs(off_ns) > tolerance_ns else None

    def _is_turning(self, reading: RealtimeReading, direction: Direction) -> bool:
        """Whether the clock still moves that way, faster than the kernel alone would turn it."""
        moved = self._off(reading, SLEW)
        return moved is not None and moved.direction is direction

    def _follow(self, reading: RealtimeReading, *, is_on_course: bool) -> None:
        """Measure the frequency over a baseline that the error of two readings does not spoil."""
        if self._anchor is None or not is_on_course:
            self._anchor, self._frequency = reading, None
            return
        elapsed_ns = reading.raw_ns - self._anchor.raw_ns
        if elapsed_ns >= _BASELINE_NS:
            frequency = (reading.difference_ns - self._anchor.difference_ns) / elapsed_ns
            self._frequency = min(max(frequency, -SLEW), SLEW)  # a faster one is a slew, which ends
            self._anchor = reading
