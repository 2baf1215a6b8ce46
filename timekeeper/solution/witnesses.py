"""PURE: where true time is by the external servers that several hosts ask; one host alone may have invented its own."""

from collections.abc import Iterable
from dataclasses import dataclass

from timekeeper.intervals import Interval
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.measurement import ReferenceInterval
from timekeeper.solution.regions import distance, find_regions, span_regions
from timekeeper.solution.thresholds import Thresholds

WITNESSES = 2
"""So many hosts have to hear the same; where there is but one host, that one."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Where true time is, as several hosts hear it."""

    region: Interval
    """True time minus the clock of the host that all are compared with."""
    hosts: tuple[str, ...]
    """Who hears it, by name."""


def hear(
    frame: Frame, view: View, references: Iterable[ReferenceInterval], electors: Electors, thresholds: Thresholds
) -> Heard | None:
    """Find what most of the hosts that ask external servers hear.

    Args:
        frame: The hosts that can be compared.
        view: Their clocks, compared with any one.
        references: What the servers of each host say.
        electors: Who counts; nobody else is a witness.
        thresholds: How much to pad, and how far apart two answers are rivals.

    Returns:
        None where fewer than two hosts hear the same, or no more than half of those that hear anything.
    """
    number = {name: host for host, name in enumerate(frame.names)}
    told = {}
    for one in references:
        host = number.get(one.host)
        if host is not None and one.host in electors.names and one.is_usable and view.knows(host):
            clock = view.interval(host, thresholds.tolerance_s)
            told[one.host] = Interval(clock.low + one.low_s, clock.high + one.high_s)
    depth = max(min(WITNESSES, electors.number), len(told) // 2 + 1)
    region = span_regions(find_regions(list(told.values()), depth), thresholds.warn_s)
    if region is None:
        return None
    return Heard(region, tuple(sorted(host for host, interval in told.items() if not distance(interval, region))))
