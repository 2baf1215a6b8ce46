"""PURE: who stands with whom where clocks differ, and whether a leap second explains it; it accuses nobody.

A cluster whose hosts do not all apply a leap second alike is not half wrong: it is two camps, one second apart, or
up to a second apart while one of them smears. But a leap second excuses nobody by his own word alone, nor at a time
when there is none.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np

from timekeeper.solution.announcements import ANNOUNCING
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.leap_season import may_be_near_leap
from timekeeper.solution.measurement import TRUSTED_STATES, HostClaim
from timekeeper.solution.reference import find_camps
from timekeeper.solution.thresholds import Thresholds

_MOST_CAMPS = 8
"""More of them are no camps, but chaos."""
_LEAP_S = 1.0
_SHARPEST_DOUBT_S = 0.1
"""A camp that is known less exactly than this may be a second away by chance."""


class CampKind(StrEnum):
    """Why a camp stands apart."""

    PLAIN = "plain"
    """Nothing explains it."""
    LEAP = "leap"
    """One second: a leap second that one side has applied and the other has not."""
    SMEAR = "smear"
    """Less than a second: one side spreads the leap second over a day."""


@dataclass(frozen=True, slots=True)
class Camp:
    """Hosts that agree with each other."""

    hosts: tuple[str, ...]
    offset_s: float
    """Their clocks minus those of the first camp."""
    bound_s: float
    """By how much that may be off."""
    kind: CampKind


def divide(
    frame: Frame,
    view: View,
    first: Iterable[int],
    claims: Mapping[str, HostClaim],
    thresholds: Thresholds,
    utc_s: float | None = None,
) -> tuple[Camp, ...]:
    """Divide the hosts of a frame into camps.

    Args:
        frame: The hosts.
        view: Their clocks, compared with any one.
        first: The camp that the others are compared with; empty for the largest.
        claims: What each host says of its clock, by name.
        thresholds: How far good clocks may differ.
        utc_s: The time of day and year, in seconds since the epoch, to a minute or so; None when it is not known.

    Returns:
        The camps, at most nine: the first, then by size.
    """
    main = frozenset(first)
    others = [host for host in range(len(frame.names)) if host not in main and view.knows(host)]
    found = find_camps([view.interval(host, thresholds.tolerance_s) for host in others], _MOST_CAMPS)
    groups = [sorted(main)] * bool(main) + [[others[index] for index in camp] for camp in found]
    if not groups:
        return ()
    at_s = float(np.median(view.offset_s[groups[0]]))
    is_season = may_be_near_leap(utc_s)
    leader = _Side([claims.get(frame.names[host]) for host in groups[0]])
    camps = []
    for group in groups:
        names = tuple(frame.names[host] for host in group)
        camp = Camp(
            names, float(np.median(view.offset_s[group])) - at_s, float(view.bound_s[group].max()), CampKind.PLAIN
        )
        if is_season:
            camp = replace(camp, kind=_explain(camp, leader, _Side([claims.get(name) for name in names]), thresholds))
        camps.append(camp)
    return tuple(camps)


class _Side:
    """What more than half of a camp say; a host of which nothing is known says nothing.

    Args:
        claims: One for each host of the camp.
    """

    def __init__(self, claims: Sequence[HostClaim | None]) -> None:
        known = [claim for claim in claims if claim is not None]
        self.announces = 2 * sum(claim.leap in ANNOUNCING for claim in known) > len(claims)
        self.smears = 2 * sum(bool(claim.smear) for claim in known) > len(claims)
        self.is_steered = len(known) == len(claims) and all(claim.state in TRUSTED_STATES for claim in known)


def _explain(camp: Camp, leader: _Side, own: _Side, thresholds: Thresholds) -> CampKind:
    """Why a camp stands apart: most of one side say so, and of one host alone both it and the others."""
    reach_s, away_s = camp.bound_s + thresholds.warn_s, abs(camp.offset_s)
    if reach_s > _SHARPEST_DOUBT_S or away_s <= reach_s:
        return CampKind.PLAIN
    alone = len(camp.hosts) == 1
    said = (leader.announces or leader.smears, own.announces or own.smears)
    if not (all(said) if alone else any(said)):
        return CampKind.PLAIN
    if abs(away_s - _LEAP_S) <= reach_s and (leader.announces or own.announces):
        return CampKind.LEAP
    differs = leader.smears != own.smears or (own.is_steered and leader.announces != own.announces)
    return CampKind.SMEAR if differs and away_s <= _LEAP_S + reach_s else CampKind.PLAIN
