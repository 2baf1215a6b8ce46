"""SHELL: notices that the raw clock of this host broke: it slept, or its clock source was changed; it measures no peer."""

import time
from collections.abc import Callable
from pathlib import Path

_CLOCK_SOURCE = Path("/sys/devices/system/clocksource/clocksource0/current_clocksource")
_SLEPT_NS = 1_000_000
"""No sleep is shorter; an interrupted reading may seem to be."""
_CLOCK_SOURCE_NS = 1_000_000_000
"""How long a clock source is believed: reading it means opening a file."""
_NARROW_NS = 100_000
"""A bracket that is not narrower was interrupted, and its middle may be off by as much as a short sleep."""
_READINGS = 50
"""So many are not interrupted one after the other."""


def read_asleep_ns() -> int:
    """How long this host has slept since its boot: CLOCK_BOOTTIME - CLOCK_MONOTONIC, read until nothing interrupts it."""
    best = _read_asleep_once()
    for _ in range(_READINGS):
        if best[0] < _NARROW_NS:
            break
        best = min(best, _read_asleep_once())
    return best[1]


class EpochWatch:
    """Numbers the epochs of the raw clock: within one it runs without a break.

    The number of an epoch is the time since the boot when it began, in seconds, or one more than the last: so it grows
    throughout a boot, also where the process starts anew.

    Args:
        clock_source: The file in which the kernel names its clock source; none may be there.
        asleep_ns: Tells how long this host has slept.
    """

    def __init__(self, clock_source: Path = _CLOCK_SOURCE, asleep_ns: Callable[[], int] = read_asleep_ns) -> None:
        self.epoch = _seconds_since_boot()
        """The current one, as of the last look."""
        self._path = clock_source
        self._read_asleep_ns = asleep_ns
        self._asleep_ns = asleep_ns()
        self._clock_source = self._read_clock_source()
        self._looked_ns = time.monotonic_ns()

    def look(self) -> int:
        """Look whether the clock broke.

        Returns:
            The current epoch.
        """
        if self._has_slept() or self._has_other_source():
            self.epoch = max(self.epoch + 1, _seconds_since_boot())
        return self.epoch

    def _has_slept(self) -> bool:
        asleep_ns, self._asleep_ns = self._asleep_ns, self._read_asleep_ns()
        return abs(self._asleep_ns - asleep_ns) >= _SLEPT_NS

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


def _read_asleep_once() -> tuple[int, int]:
    """The width of the bracket, and the time slept as its middle tells."""
    before_ns = time.monotonic_ns()
    boot_ns = time.clock_gettime_ns(time.CLOCK_BOOTTIME)
    after_ns = time.monotonic_ns()
    return after_ns - before_ns, boot_ns - (before_ns + after_ns) // 2
