"""PURE: one group of hosts that measurements join: who agrees, what true time is, who is off; it remembers nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from timekeeper.intervals import Interval
from timekeeper.solution.camps import Camp, CampKind, divide
from timekeeper.solution.claims import TrueTime, find_true_time
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.leap_season import WallClock
from timekeeper.solution.measurement import HostClaim, ReferenceInterval
from timekeeper.solution.reference import Majority, find_majority
from timekeeper.solution.regions import distance
from timekeeper.solution.solution import Basis, HostSolution
from timekeeper.solution.thresholds import Thresholds

_HERE = Interval(0.0, 0.0)
"""The clock that all are compared with."""
_FEW = 30
"""Among more hosts one that contradicts itself prevents no majority."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What all hosts say besides their measurements, and how to weigh it."""

    voters: int
    """How many hosts there are."""
    claims: Mapping[str, HostClaim]
    references: Sequence[ReferenceInterval]
    thresholds: Thresholds
    wall: WallClock | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One group of hosts, compared with one clock."""

    frame: Frame
    view: View
    majority: Majority | None
    true_time: TrueTime | None
    camps: tuple[Camp, ...]
    contested: frozenset[str]
    """Hosts whose measurements exclude each other; they are not heard."""
    cleared: frozenset[str]
    """Those of them that the others put within the threshold; of the rest nothing is proven."""
    kinds: Mapping[str, CampKind]
    """Why each host stands apart, be it from the first camp or from true time."""
    is_off: bool
    """Whether the majority is provably not true, and no leap second explains it."""

    @property
    def reference(self) -> str | None:
        """The host that all are compared with; None without a majority."""
        return self.frame.names[self.majority.reference] if self.majority else None

    @property
    def basis(self) -> Basis:
        """What its clocks can be compared with, as far as this group alone tells."""
        if self.majority:
            return Basis.MAJORITY
        if self.true_time and self.true_time.is_evidence:
            return Basis.TRUE_TIME
        return Basis.NO_MAJORITY if len(self.frame.names) > 1 else Basis.UNMEASURED


def examine(frame: Frame, heard: Heard) -> Finding:
    """Compare the clocks of one group with each other and with true time.

    Args:
        frame: Their measurements.
        heard: What is said besides.
    """
    frame, view, majority = _weigh(frame, heard)
    contested = frozenset(frame.names[host] for host in frame.find_contested())
    silenced = contested.union(frame.names[host] for host in frame.distrusted)
    claims = {name: claim for name, claim in heard.claims.items() if name not in silenced}
    asked = [reference for reference in heard.references if reference.host not in silenced]
    clocks = heard.voters if majority else None
    true_time = find_true_time(frame, view, claims, asked, heard.thresholds, clocks=clocks)
    members = majority.members if majority else ()
    camps = divide(frame, view, members, heard.claims, heard.thresholds, _tell_utc(frame, view, majority, heard.wall))
    kinds = _explain(camps, true_time)
    is_explained = bool(camps) and kinds[camps[0].hosts[0]] is not CampKind.PLAIN
    is_off = bool(majority and true_time and true_time.convicts(_HERE, heard.thresholds.warn_s))
    return Finding(
        frame=frame,
        view=view,
        majority=majority,
        true_time=true_time,
        camps=camps,
        contested=contested,
        cleared=frozenset(name for name in contested if majority and _is_within(frame, view, name, heard.thresholds)),
        kinds=kinds,
        is_off=is_off and not is_explained,
    )


def _tell_utc(frame: Frame, view: View, majority: Majority | None, wall: WallClock | None) -> float | None:
    """What time it is by most clocks, or else by the one that was read: no clock decides alone whether it is excused."""
    if wall is None or majority is None or wall.host not in frame.names:
        return None if wall is None else wall.utc_s
    host = frame.names.index(wall.host)
    return wall.utc_s - float(view.offset_s[host]) if view.knows(host) else wall.utc_s


def _is_within(frame: Frame, view: View, name: str, thresholds: Thresholds) -> bool:
    """Whether others alone show that a clock is within the threshold, if half of what they measured of it is right."""
    clock = frame.place_alone(frame.names.index(name), view, by_others=True)
    return max(-clock.low, clock.high) < thresholds.warn_s


def _weigh(frame: Frame, heard: Heard) -> tuple[Frame, View, Majority | None]:
    """Compare all clocks, and believe nothing of those who make the contradictions.

    Of the hosts of a ring that cannot be true, one that more than half of its own measurements, each taken alone, put
    beyond the threshold from the majority is the one to blame: if most are good, it is not.
    """
    for _ in frame.contradictions:
        frame = frame.distrust_worst()
    view, majority = _find_majority(frame, heard)
    if majority is None:
        frame = _blame_one(frame, heard)
        view, majority = _find_majority(frame, heard)
    if majority:
        beyond = [
            host
            for host in frame.find_contested() | frame.find_entangled()
            if distance(frame.place_alone(host, view), majority.region) > heard.thresholds.warn_s
        ]
        if beyond:
            frame = frame.distrust(beyond)
            _, majority = _find_majority(frame, heard)
    return frame, frame.seen_from(majority.reference if majority else frame.find_hub()), majority


def _blame_one(frame: Frame, heard: Heard) -> Frame:
    """Believe nothing of the only host of a ring without whose word there is a majority, which it is beyond."""
    found = []
    for host in frame.find_entangled() if len(frame.names) <= _FEW else ():
        other = frame.distrust([host])
        view, majority = _find_majority(other, heard)
        if majority and distance(other.place_alone(host, view), majority.region) > heard.thresholds.warn_s:
            found.append(other)
    return found[0] if len(found) == 1 else frame


def _find_majority(frame: Frame, heard: Heard) -> tuple[View, Majority | None]:
    """The majority, and the clocks on the scale of its region."""
    view = frame.seen_from(frame.find_hub())
    return view, find_majority(frame, view, heard.voters, heard.thresholds) if len(frame.names) > 1 else None


def _explain(camps: Sequence[Camp], true_time: TrueTime | None) -> dict[str, CampKind]:
    """Which hosts a leap second speaks for: where true time is with a camp that it explains, for the first camp as well."""
    kinds = {name: camp.kind for camp in camps for name in camp.hosts}
    backers = true_time.backers if true_time else frozenset()
    for camp in camps:
        if camp.kind is not CampKind.PLAIN and backers.intersection(camp.hosts):
            kinds |= dict.fromkeys(camps[0].hosts, camp.kind)
    return kinds


def describe(finding: Finding, heard: Heard, *, elsewhere: bool) -> Iterable[HostSolution]:
    """All hosts of a group.

    Args:
        finding: The group.
        heard: What is said besides.
        elsewhere: Whether some group has the majority.
    """
    frame, view, true_time = finding.frame, finding.view, finding.true_time
    ages_s, drifts_ppm, routed = frame.ages_s(), frame.drifts_ppm(), frame.routed()
    for host, name in enumerate(frame.names):
        is_known = view.knows(host)
        offset_s, bound_s, is_outside = _compare(finding, host, heard.thresholds)
        yield HostSolution(
            host=name,
            basis=_choose_basis(finding, elsewhere=elsewhere, is_known=is_known),
            offset_s=offset_s,
            bound_s=bound_s,
            is_outside=is_outside,
            is_backed=finding.is_off and _is_backed(finding, host, heard.thresholds),
            is_contested=name in finding.contested - finding.cleared,
            is_distrusted=host in frame.distrusted,
            camp=finding.kinds.get(name, CampKind.PLAIN),
            age_s=float(ages_s[host]) if np.isfinite(ages_s[host]) else None,
            is_routed=name in routed,
            drift_ppm=drifts_ppm.get(name),
            claim=heard.claims.get(name),
            claim_holds=_check(finding, host, heard.claims.get(name)),
            true_offset_s=float(view.offset_s[host]) - true_time.region.middle if true_time and is_known else None,
            true_bound_s=float(view.bound_s[host]) + true_time.region.half_width if true_time and is_known else None,
        )


def _choose_basis(finding: Finding, *, elsewhere: bool, is_known: bool) -> Basis:
    if not is_known or (finding.basis is Basis.NO_MAJORITY and elsewhere):
        return Basis.APART
    return finding.basis


def _is_backed(finding: Finding, host: int, thresholds: Thresholds) -> bool:
    """Whether true time is where a clock is."""
    true_time = finding.true_time
    return true_time is not None and distance(finding.view.interval(host), true_time.region) <= thresholds.warn_s


def _compare(finding: Finding, host: int, thresholds: Thresholds) -> tuple[float | None, float | None, bool]:
    """Offset, bound, and whether they are proof of a difference."""
    view, true_time = finding.view, finding.true_time
    if not view.knows(host):
        return None, None, False
    if finding.majority:
        return float(view.offset_s[host]), float(view.bound_s[host]), host in finding.majority.outside
    if true_time and finding.basis is Basis.TRUE_TIME:
        offset_s = float(view.offset_s[host]) - true_time.region.middle
        bound_s = float(view.bound_s[host]) + true_time.region.half_width
        return offset_s, bound_s, true_time.convicts(view.interval(host), thresholds.tolerance_s)
    return None, None, False


def _check(finding: Finding, host: int, claim: HostClaim | None) -> bool | None:
    """Whether a claim holds; None where nobody can tell, or where a leap second explains that it does not."""
    name, true_time = finding.frame.names[host], finding.true_time
    if claim is None or claim.promised_s is None or true_time is None or name in finding.contested:
        return None
    if not finding.view.knows(host):
        return None
    refuted = true_time.refutes(name, finding.view.interval(host), claim.promised_s)
    if refuted and finding.kinds.get(name, CampKind.PLAIN) is not CampKind.PLAIN:
        return None
    return None if refuted is None else not refuted
