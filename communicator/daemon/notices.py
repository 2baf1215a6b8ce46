"""Writes the router's notices to the log, and no more of one kind than somebody can read; it knows none of their meanings.

A peer that sends nonsense as fast as it can would otherwise fill the log, and the time of everyone else with it.
"""

from collections import Counter
from collections.abc import Callable

from structlog.typing import FilteringBoundLogger

from communicator.router.vocabulary.effects import Level, Notice

BURST = 100
"""Notices of one event that are written in one span."""
SPAN_S = 10.0


class NoticeLog:
    """The log, as the router's notices reach it.

    Args:
        log: Where they go.
        clock: Seconds that never step.
    """

    def __init__(self, log: FilteringBoundLogger, clock: Callable[[], float]) -> None:
        self._log = log
        self._clock = clock
        self._span_ends_s = 0.0
        self._seen: Counter[str] = Counter()

    def write(self, notice: Notice) -> None:
        """Write a notice, unless there were too many of its kind just now; a trace is wanted whole."""
        if notice.level <= Level.DEBUG:
            self._log.log(notice.level, notice.event, **notice.fields)
            return
        if self._clock() >= self._span_ends_s:
            self.settle()
            self._span_ends_s = self._clock() + SPAN_S
        self._seen[notice.event] += 1
        if self._seen[notice.event] <= BURST:
            self._log.log(notice.level, notice.event, **notice.fields)

    def settle(self) -> None:
        """Tell how many were left out, and begin anew."""
        for event, times in self._seen.items():
            if times > BURST:
                self._log.warning("notices_left_out", of=event, times=times - BURST)
        self._seen.clear()
