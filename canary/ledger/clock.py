"""PURE: the ledger's own clock, which never goes back whatever wall clocks do; it reads no clock itself.

Spans of the rules (60 s of failures, a block of 10 minutes) are spans of this clock. It begins at 0 with the first start of
the ledger.

- *Within one boot* of the host it runs with the monotonic clock, also while the canary is down: the boot's identifier and the
  monotonic clock are kept with the newest entry. A step of the wall clock, by an hour or by a year, changes nothing.
- *Over a boot* there is only the wall clock to go by: the time between the newest entry and now, but not less than nothing
  and not more than a day. A battery that died must neither end each block nor archive each version; and no block lasts longer
  than a day, so that a day off ends them all, as a week off would.
- A monotonic clock that went back within one boot (a virtual machine that was put back to an earlier state), or a host that
  does not name its boots, counts as another boot.
"""

from typing import NamedTuple

LONGEST_GAP_S = 86_400.0
"""How far the clock goes at most while the host was off."""
_DIGITS = 6


class Reading(NamedTuple):
    """The clocks of the host at one moment."""

    boot_id: str
    """Empty: not known."""
    monotonic_s: float
    """Since some moment of this boot."""
    wall_s: float
    """Since 1970."""


class Anchor(NamedTuple):
    """What the ledger's clock showed when the host's clocks were read."""

    at_s: float
    reading: Reading


class LedgerClock:
    """The clock of one life of the canary.

    Args:
        last: That of the newest entry; None for a new ledger.
        now: The clocks of the host.
    """

    def __init__(self, last: Anchor | None, now: Reading) -> None:
        self._start = Anchor(0.0 if last is None else last.at_s + _gap_s(last.reading, now), now)
        self._shown_s = self._start.at_s

    def read(self, monotonic_s: float) -> float:
        """The time now, in seconds, to the microsecond; never less than it was the last time.

        Args:
            monotonic_s: The monotonic clock of the host.
        """
        at_s = round(self._start.at_s + (monotonic_s - self._start.reading.monotonic_s), _DIGITS)
        self._shown_s = max(self._shown_s, at_s)
        return self._shown_s


def _gap_s(last: Reading, now: Reading) -> float:
    if now.boot_id and now.boot_id == last.boot_id and now.monotonic_s >= last.monotonic_s:
        return now.monotonic_s - last.monotonic_s
    return min(max(now.wall_s - last.wall_s, 0.0), LONGEST_GAP_S)
