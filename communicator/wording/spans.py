"""PURE: spans of time and moments as a person reads them; it reads no clock."""

from datetime import datetime, tzinfo
from itertools import pairwise

_MILLISECOND_S = 1e-3
_MICROSECOND_S = 1e-6
_ROUNDS_UP = 0.9995  # three digits of what is nearer to one are 1000 of the smaller unit
_UNITS = ((86_400, "d", "d"), (3_600, "h", "h"), (60, "m", "min"), (1, "s", "s"))
"""Seconds, and how the unit is written beside a smaller one, and by itself."""
LAST_YEAR_S = 250_000_000_000
"""A time beyond it has no date that Python can write down."""


def duration(seconds: float) -> str:
    """A small span of time with its sign, in the unit that suits what is shown of it."""
    if abs(seconds) >= _ROUNDS_UP:
        return f"{seconds:.2f} s"
    if abs(seconds) >= _ROUNDS_UP * _MILLISECOND_S:
        return f"{seconds / _MILLISECOND_S:.3g} ms"
    return f"{seconds / _MICROSECOND_S:.3g} µs"


def signed(seconds: float) -> str:
    """A small span of time with its sign: ``+`` is ahead."""
    return f"{'+' if seconds > 0 else ''}{duration(seconds or 0.0)}"


def span(seconds: float) -> str:
    """A span of time in its largest two units, such as ``23h 59m``."""
    whole = max(0, int(seconds))
    for (size, unit, _), (smaller, rest, _) in pairwise(_UNITS):
        if whole >= size:
            return f"{whole // size}{unit} {whole % size // smaller}{rest}"
    return f"{whole}s"


def left(until_s: float | None) -> str:
    """How long something goes on, such as ``for 23h 59m``; None: no end is set."""
    return "until it is lifted" if until_s is None else f"for {span(until_s)}"


def age(since_s: int, now_s: float) -> str:
    """How long ago something was, in its largest unit.

    Args:
        since_s: When, in seconds since the epoch; 0 when nobody knows.
        now_s: The time.
    """
    if since_s <= 0:
        return "?"
    seconds = max(0, int(now_s) - since_s)
    size, _, unit = next((each for each in _UNITS if seconds >= each[0]), _UNITS[-1])
    return f"{seconds // size} {unit}"


def moment(wall_s: float, zone: tzinfo | None, form: str = "%m-%d %H:%M:%S") -> str:
    """A date and a time of day, to the second.

    Args:
        wall_s: Seconds since the epoch.
        zone: In which it is told; None: this machine's.
        form: As `datetime.strftime` takes it.
    """
    return "-" if not 0 <= wall_s < LAST_YEAR_S else f"{datetime.fromtimestamp(wall_s, zone):{form}}"
