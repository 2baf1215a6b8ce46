"""PURE: when there may be a leap second; it does not know whether there is one, and reads no clock."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

NEAR = timedelta(days=1)
"""Daemons announce a leap second within its last day, and smear it over a day at most, half before and half after it."""
_FIRST_S, _LAST_S = 0.0, 253_402_128_000.0
"""From 1970 to the last days of 9999: no calendar reaches farther."""


@dataclass(frozen=True, slots=True)
class WallClock:
    """What time it is by the wall clock of one host, which may be wrong itself."""

    host: str
    utc_s: float
    """Seconds since the epoch, to a minute or so."""


def may_be_near_leap(utc_s: float | None) -> bool:
    """Whether a leap second may be announced, applied or smeared: a day before or after the end of a month.

    ITU-R TF.460-6, section 2: it may be at the end of any month, in UTC; all so far were at the end of June or December.

    Args:
        utc_s: The time of day and year, in seconds since the epoch, to a minute or so; None when it is not known.

    Returns:
        Also true when the time is not known.
    """
    if utc_s is None:
        return True
    if not _FIRST_S <= utc_s <= _LAST_S:
        return False
    now = datetime.fromtimestamp(utc_s, UTC)
    return (now + NEAR).month != now.month or (now - NEAR).month != now.month
