"""PURE: who stands with whom where clocks differ, and whether a leap second explains it; it accuses nobody.

A cluster whose hosts do not all apply a leap second alike is not half wrong: it is two camps, one second apart, or
up to a second apart while one of them smears.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from timekeeper.solution.frame import Frame, View
from timekeeper.solution.measurement import TRUSTED_STATES, HostClaim
from timekeeper.solution.reference import find_camps
from timekeeper.solution.thresholds import Thresholds

_MOST_CAMPS = 8
"""More of them are no camps, but chaos."""
_LEAP_S = 1.0
_SHARPEST_DOUBT_S = 0.1
"""A camp that is known less exactly than this may be a second away by chance."""
_ANNOUNCING = frozenset({"insert", "delete"})


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
    frame: Frame, view: View, first: Iterable[int], claims: Mapping[str, HostClaim], thresholds: Thresholds
) -> tuple[Camp, ...]:
    """Divide the hosts of a frame into camps.

    Args:
        frame: The hosts.
        view: Their clocks, compared with any one.
        first: The camp that the others are compared with; empty for the largest.
        claims: What each host says of its clock, by name.
        thresholds: How far good clocks may differ.

    Returns:
        The camps, at most nine: the first, then by size.
    """
    main = frozenset(first)
    others = [host for host in range(len(frame.names)) if host not in main]
    found = find_camps([view.interval(host, thresholds.tolerance_s) for host in others], _MOST_CAMPS)
    groups = [sorted(main)] * bool(main) + [[others[index] for index in camp] for camp in found]
    if not groups:
        return ()
    at_s = float(np.median(view.offset_s[groups[0]]))
    leader = [claims[frame.names[host]] for host in groups[0] if frame.names[host] in claims]
    camps = []
    for group in groups:
        names = tuple(frame.names[host] for host in group)
        camp = Camp(
            names, float(np.median(view.offset_s[group])) - at_s, float(view.bound_s[group].max()), CampKind.PLAIN
        )
        kind = _explain(camp, leader, [claims[name] for name in names if name in claims], thresholds)
        camps.append(Camp(names, camp.offset_s, camp.bound_s, kind))
    return tuple(camps)


def _explain(camp: Camp, leader: Sequence[HostClaim], own: Sequence[HostClaim], thresholds: Thresholds) -> CampKind:
    reach_s, away_s = camp.bound_s + thresholds.warn_s, abs(camp.offset_s)
    if reach_s > _SHARPEST_DOUBT_S or away_s <= reach_s:
        return CampKind.PLAIN
    announced = _announces(leader) or _announces(own)
    if abs(away_s - _LEAP_S) <= reach_s and (announced or len(camp.hosts) > 1):
        return CampKind.LEAP
    if away_s <= _LEAP_S + reach_s and _smears_alone(leader, own):
        return CampKind.SMEAR
    return CampKind.PLAIN


def _smears_alone(leader: Sequence[HostClaim], own: Sequence[HostClaim]) -> bool:
    """Whether one camp says that it smears and the other does not, or hides a leap second that the other announces."""
    smears = [any(claim.smear for claim in camp) for camp in (leader, own)]
    announces = [_announces(camp) for camp in (leader, own)]
    is_steered = bool(leader and own) and all(claim.state in TRUSTED_STATES for claim in own)
    return smears[0] != smears[1] or (is_steered and announces[0] != announces[1])


def _announces(claims: Sequence[HostClaim]) -> bool:
    return any(claim.leap in _ANNOUNCING for claim in claims)
