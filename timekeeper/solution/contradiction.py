"""PURE: a proof that measurements exclude each other, as a value; it does not know how one is found."""

from dataclasses import dataclass

SLACK_S = 1e-6
"""What is missing by less than this is rounding: a clock that is decades off has digits of 0.24 us in a float."""


@dataclass(frozen=True, slots=True)
class Contradiction:
    """Measurements around a ring of hosts that cannot all be true, whatever the clocks show.

    It tells of a bad link, a two-faced host or a clock that was set meanwhile; a clock that is simply wrong makes none.
    """

    hosts: tuple[str, ...]
    """The ring, each measured against the next and the last against the first."""
    excess_s: float
    """By how much their bounds are too small together."""
