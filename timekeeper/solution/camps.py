"""PURE: who stands with whom where clocks differ; it accuses nobody."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from timekeeper.solution.frame import Frame, View
from timekeeper.solution.reference import find_camps
from timekeeper.solution.thresholds import Thresholds

_MOST_CAMPS = 8
"""More of them are no camps, but chaos."""


@dataclass(frozen=True, slots=True)
class Camp:
    """Hosts that agree with each other."""

    hosts: tuple[str, ...]
    offset_s: float
    """Their clocks minus those of the first camp."""
    bound_s: float
    """By how much that may be off."""


def divide(frame: Frame, view: View, first: Iterable[int], thresholds: Thresholds) -> tuple[Camp, ...]:
    """Divide the hosts of a frame into camps.

    Args:
        frame: The hosts.
        view: Their clocks, compared with any one.
        first: The camp that the others are compared with; empty for the largest.
        thresholds: How far good clocks may differ.

    Returns:
        The camps, at most nine: the first, then by size.
    """
    main = frozenset(first)
    others = [host for host in range(len(frame.names)) if host not in main and view.knows(host)]
    found = find_camps([view.interval(host, thresholds.tolerance_s) for host in others], _MOST_CAMPS)
    groups = [sorted(main)] * bool(main) + [[others[index] for index in camp] for camp in found]
    at_s = float(np.median(view.offset_s[groups[0]])) if groups else 0.0
    return tuple(
        Camp(
            hosts=tuple(frame.names[host] for host in group),
            offset_s=float(np.median(view.offset_s[group])) - at_s,
            bound_s=float(view.bound_s[group].max()),
        )
        for group in groups
    )
