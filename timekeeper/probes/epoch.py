"""SHELL: notices that the raw clock of this host broke: it slept, jumped, or has another source; it measures no peer."""

import time
from collections.abc import Callable
from pathlib import Path

from timekeeper.pairs.rates import FASTEST_SLEW

_CLOCK_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_SLEPT_NS = 1_000_000
"""No sleep, and no jump that counts, is shorter; an interrupted reading may seem to be."""
_CLOCK_SOURCE_NS = 1_000_000_000
"""How long a clock source is believed: reading it means opening a file."""
_NARROW_NS = 100_000
"""A bracket that is not narrower was interrupted, and its middle may be off by as much as a short sleep."""
_READINGS = 50
"""So many are not interrupted one after the other."""


def read_asleep_ns() -> int:
    """How long this host has slept since its boot: CLOCK_BOOTTIME - CLOCK_MONOTONIC, read until nothing interrupts it."""
    return _read_beside_monotonic(time.CLOCK_BOOTTIME)[1]


def read_raw_lead() -> tuple[int, int]:
    """CLOCK_MONOTONIC, and CLOCK_MONOTONIC_RAW - CLOCK_MONOTONIC, read until nothing interrupts it, in nanoseconds."""
    return _read_beside_monotonic(time.CLOCK_MONOTONIC_RAW)


class EpochWatch:
    """Numbers the epochs of the raw clock: within one it runs without a break.

    The number of an epoch is the time since the boot when it began, in seconds, or one more than the last: so it grows
    throughout a boot, also where the process starts anew.

    Args:
        clock_source: The file in which the kernel names its clock source; none may be there.
        asleep_ns: Tells how long this host has slept.
        raw_lead: Tells CLOCK_MONOTONIC, and how far the raw clock is ahead of it.
    """

    def __init__(
        self,
        clock_source: Path = _CLOCK_SOURCE,
        asleep_ns: Callable[[], int] = read_asleep_ns,
        raw_lead: Callable[[], tuple[int, int]] = read_raw_lead,
    ) -> None:
        self.epoch = _seconds_since_boot()
        """The current one, as of the last look."""
        self._path = clock_source
        self._read_asleep_ns = asleep_ns
        self._asleep_ns = asleep_ns()
        self._read_raw_lead = raw_lead
        self._raw_lead = raw_lead()
        self._clock_source = self._read_clock_source()
        self._looked_ns = time.monotonic_ns()

    def look(self) -> int:
        """Look whether the clock broke.

        Returns:
            The current epoch.
        """
        if any((self._has_slept(), self._has_jumped(), self._has_other_source())):
            self.epoch = max(self.epoch + 1, _seconds_since_boot())
        return self.epoch

    def _has_slept(self) -> bool:
        asleep_ns, self._asleep_ns = self._asleep_ns, self._read_asleep_ns()
        return abs(self._asleep_ns - asleep_ns) >= _SLEPT_NS

    def _has_jumped(self) -> bool:
        """Whether the raw clock left CLOCK_MONOTONIC by more than a daemon slews that one."""
        before, self._raw_lead = self._raw_lead, self._read_raw_lead()
        elapsed_ns, moved_ns = self._raw_lead[0] - before[0], self._raw_lead[1] - before[1]
        return abs(moved_ns) >= _SLEPT_NS + FASTEST_SLEW * elapsed_ns

    def _has_other_source(self) -> bool:
        now_ns = time.monotonic_ns()
        if now_ns - self._looked_ns < _CLOCK_SOURCE_NS:
            return False
        self._looked_ns = now_ns
        source, self._clock_source = self._clock_source, self._read_clock_source()
        return source != self._clock_source

    def _read_clock_source(self) -> str:
        try:
            return self._path.read_text(encoding="ascii")
        except (OSError, ValueError):
            return ""


def _seconds_since_boot() -> int:
    return int(time.clock_gettime(time.CLOCK_BOOTTIME))


def _read_beside_monotonic(clock: int) -> tuple[int, int]:
    """CLOCK_MONOTONIC, and how far another clock is ahead of it."""
    best = _read_bracketed(clock)
    for _ in range(_READINGS):
        if best[0] < _NARROW_NS:
            break
        best = min(best, _read_bracketed(clock))
    return best[1:]


def _read_bracketed(clock: int) -> tuple[int, int, int]:
    """The width of the bracket, its middle, and how far the clock is ahead of that."""
    before_ns = time.monotonic_ns()
    other_ns = time.clock_gettime_ns(clock)
    after_ns = time.monotonic_ns()
    middle_ns = (before_ns + after_ns) // 2
    return after_ns - before_ns, middle_ns, other_ns - middle_ns
