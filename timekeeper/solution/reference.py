"""PURE: what the majority of clocks shows, if there is a majority; it accuses nobody and knows nothing of true time.

A host whose clock is good differs from the unknown true one by no more than the tolerance. If more than half of all
hosts are good, the true one lies where more than half of their intervals overlap: `Majority.region`. So a host whose
interval lies outside that region by more than the tolerance is not good, and that is a proof. No mean comes into it,
which one bad clock could move.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

import numpy as np

from timekeeper.intervals import Interval, deepest_overlap
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.regions import distance, find_regions, span_regions
from timekeeper.solution.thresholds import Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class Majority:
    """More than half of the hosts agree."""

    reference: int
    """The member whose clock is the median one; all are compared with it."""
    members: frozenset[int]
    """Who agrees, as far as can be told: their intervals, with the tolerance, reach into the region."""
    outside: frozenset[int]
    """Who provably is not good, if most are."""
    region: Interval
    """Where the true one of their clocks lies, compared with any one."""


def find_majority(frame: Frame, view: View, electors: Electors, thresholds: Thresholds) -> Majority | None:
    """Find what more than half of the hosts show (Marzullo 1984; RFC 5905, section 11.2.1).

    Args:
        frame: The hosts that can be compared.
        view: Their clocks, compared with any one.
        electors: Who counts, in this frame or not.
        thresholds: How far good clocks may differ, and how far apart two camps are rivals.

    Returns:
        The majority; None when no half of those that count agrees, or when more than half may agree on either of two things.
    """
    tolerance_s = thresholds.tolerance_s
    hosts = [host for host in range(len(frame.names)) if view.knows(host)]
    intervals = {host: view.interval(host, tolerance_s) for host in hosts if frame.names[host] in electors.names}
    region = span_regions(find_regions(list(intervals.values()), electors.most), thresholds.warn_s)
    if region is None or not isfinite(region.half_width):
        return None
    members = [host for host, interval in intervals.items() if not distance(interval, region)]
    outside = (host for host in hosts if distance(view.interval(host), region) > tolerance_s)
    return Majority(_find_median(frame, view, members, tolerance_s), frozenset(members), frozenset(outside), region)


def find_camps(intervals: Sequence[Interval], most: int) -> list[list[int]]:
    """Divide intervals into camps, the largest first: those that overlap most, then those of the rest, and so on.

    Args:
        intervals: Closed intervals.
        most: How many camps to find; what is left then is in none.
    """
    camps: list[list[int]] = []
    left = list(range(len(intervals)))
    while left and len(camps) < most:
        overlap = deepest_overlap([intervals[number] for number in left])
        at = overlap.low if overlap else 0.0  # of stretches that are equally deep, the first
        camp = {number for number in left if intervals[number].low <= at <= intervals[number].high}
        camps.append(sorted(camp))
        left = [number for number in left if number not in camp]
    return camps


def _find_median(frame: Frame, view: View, members: list[int], tolerance_s: float) -> int:
    """The weighted median of the members, among the better known half of them; better than the tolerance nobody is."""
    bounds_s = np.maximum(view.bound_s[members], tolerance_s)
    known = np.flatnonzero(bounds_s <= np.sort(bounds_s)[len(members) // 2])
    order = sorted(known, key=lambda index: (float(view.offset_s[members[index]]), frame.names[members[index]]))
    weights = bounds_s[order] ** -2.0
    middle = np.searchsorted(np.cumsum(weights), weights.sum() / 2)
    return members[order[min(int(middle), len(order) - 1)]]
