"""PURE: how long ago a daemon updated the clock, counted so that a step of the clock cannot hide its silence."""

from dataclasses import dataclass

_NS_PER_S = 1_000_000_000
_REDATED_NS = _NS_PER_S
"""chronyd moves the date of its last update along when it slews the clock, by far less than this."""


@dataclass(frozen=True, slots=True)
class UpdateAge:
    """When an update was seen, on the monotonic clock.

    The age is read from the wall clock once per update, when it is first seen, and from then on counted on the
    monotonic clock.
    """

    updated_wall_ns: int
    """The update, as the daemon dates it; what tells one from the next."""
    updated_monotonic_s: float
    """The same instant on the monotonic clock."""
    seen_monotonic_s: float
    """When the daemon was last asked."""

    def at(self, monotonic_s: float) -> float:
        """The age in seconds."""
        return max(0.0, monotonic_s - self.updated_monotonic_s)


def note_update(before: UpdateAge | None, updated_wall_ns: int, wall_ns: int, monotonic_s: float) -> UpdateAge:
    """Take note of what a daemon says of its last update.

    Args:
        before: What was noted at the question before; None at the first.
        updated_wall_ns: When it last updated the clock, nanoseconds since the epoch.
        wall_ns: The wall clock now.
        monotonic_s: The monotonic clock now, in seconds.

    Returns:
        What to ask for the age. An update that is new since the last question cannot be older than that question,
        whatever the wall clock says; one that seems to lie in the future counts from now.
    """
    age_s = max(0, wall_ns - updated_wall_ns) / _NS_PER_S
    if before is None:
        return UpdateAge(updated_wall_ns, monotonic_s - age_s, monotonic_s)
    if updated_wall_ns == before.updated_wall_ns:
        return UpdateAge(updated_wall_ns, before.updated_monotonic_s, monotonic_s)
    since_asked_s = monotonic_s - before.seen_monotonic_s
    if age_s > since_asked_s and abs(updated_wall_ns - before.updated_wall_ns) <= _REDATED_NS:
        return UpdateAge(updated_wall_ns, before.updated_monotonic_s, monotonic_s)
    return UpdateAge(updated_wall_ns, monotonic_s - min(age_s, since_asked_s), monotonic_s)
