"""PURE: from what all hosts report, what is true of their clocks now; it remembers nothing and gives no verdict."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from timekeeper.intervals import Interval
from timekeeper.solution.camps import Camp, CampKind, divide
from timekeeper.solution.claims import TrueTime, find_true_time
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.links import find_components, join_reports
from timekeeper.solution.measurement import HostClaim, Measurement, ReferenceInterval
from timekeeper.solution.reference import Majority, find_majority
from timekeeper.solution.regions import distance
from timekeeper.solution.solution import Basis, HostSolution, Solution
from timekeeper.solution.thresholds import Thresholds

_HERE = Interval(0.0, 0.0)
"""The clock that all are compared with."""


@dataclass(frozen=True, slots=True, eq=False)
class _Finding:
    """One group of hosts, compared with one clock."""

    frame: Frame
    view: View
    majority: Majority | None
    true_time: TrueTime | None
    camps: tuple[Camp, ...]
    contested: frozenset[str]

    @property
    def basis(self) -> Basis:
        """What its clocks can be compared with, as far as this group alone tells."""
        if self.majority:
            return Basis.MAJORITY
        if self.true_time and self.true_time.is_evidence:
            return Basis.TRUE_TIME
        return Basis.NO_MAJORITY if len(self.frame.names) > 1 else Basis.UNMEASURED


def solve(
    hosts: Collection[str],
    measurements: Iterable[Measurement],
    claims: Iterable[HostClaim],
    references: Sequence[ReferenceInterval] = (),
    thresholds: Thresholds = Thresholds(),  # noqa: B008 - a frozen value
) -> Solution:
    """Find out what is true of all clocks.

    Args:
        hosts: Who belongs to the cluster.
        measurements: The pairs, as all hosts reported them, aged until now.
        claims: What hosts say of their own clocks, aged until now; of two by one host the later one counts.
        references: What external servers say of the clocks of hosts that asked them.
        thresholds: How far off a clock may be.

    Returns:
        The offset of each clock with its bound, who agrees, and what contradicts what.
    """
    harvest = join_reports(hosts, measurements)
    frames = tuple(Frame(harvest.links.within(group)) for group in find_components(harvest.links))
    measured = sum(len(frame.names) for frame in frames if len(frame.names) > 1)
    said = {claim.host: claim for claim in claims}
    findings = [_examine(frame, measured, said, references, thresholds) for frame in frames]
    elsewhere = any(finding.majority for finding in findings)
    solved = (host for finding in findings for host in _describe(finding, said, thresholds, elsewhere=elsewhere))
    main = findings[0] if findings else None
    majority = main.majority if main else None
    true_time = main.true_time if main else None
    return Solution(
        hosts=tuple(sorted(solved, key=lambda host: host.host)),
        measured=measured,
        reference=frames[0].names[majority.reference] if majority else None,
        agreeing=len(main.camps[0].hosts) if main and measured else 0,
        true_time=true_time,
        is_cluster_off=bool(majority) and _is_off(true_time, thresholds),
        camps=main.camps if main and measured else (),
        contradictions=(*harvest.clashes, *(one for frame in frames for one in frame.contradictions)),
        residual_s=max((frame.residual_s for frame in frames), default=0.0),
        spread_s=float(np.ptp(main.frame.fit_s)) if main else 0.0,
        refused=harvest.refused,
        measurements=harvest.used,
        frames=frames,
    )


def _examine(
    frame: Frame,
    measured: int,
    claims: Mapping[str, HostClaim],
    references: Sequence[ReferenceInterval],
    thresholds: Thresholds,
) -> _Finding:
    view, contested = frame.seen_from(frame.find_hub()), frame.find_contested()
    majority = find_majority(frame, view, measured, thresholds) if len(frame.names) > 1 else None
    if majority:
        view = frame.seen_from(majority.reference)
    heard = {name: claim for name, claim in claims.items() if name not in contested}
    asked = [reference for reference in references if reference.host not in contested]
    return _Finding(
        frame=frame,
        view=view,
        majority=majority,
        true_time=find_true_time(frame, view, heard, asked, thresholds),
        camps=divide(frame, view, majority.members if majority else (), claims, thresholds),
        contested=contested,
    )


def _is_off(true_time: TrueTime | None, thresholds: Thresholds) -> bool:
    """Whether the clock that all are compared with is provably not true."""
    return true_time is not None and true_time.convicts(_HERE, thresholds.warn_s)


def _describe(
    finding: _Finding, claims: Mapping[str, HostClaim], thresholds: Thresholds, *, elsewhere: bool
) -> Iterable[HostSolution]:
    """All hosts of a group.

    Args:
        finding: The group.
        claims: What each host says, by name.
        thresholds: How far off a clock may be.
        elsewhere: Whether some group has the majority.
    """
    frame, view, majority, true_time = finding.frame, finding.view, finding.majority, finding.true_time
    ages_s, drifts_ppm, routed = frame.ages_s(), frame.drifts_ppm(), frame.routed()
    kinds = {name: camp.kind for camp in finding.camps for name in camp.hosts}
    is_off = bool(majority) and _is_off(true_time, thresholds)
    basis = Basis.APART if finding.basis is Basis.NO_MAJORITY and elsewhere else finding.basis
    for host, name in enumerate(frame.names):
        clock, claim = view.interval(host), claims.get(name)
        offset_s, bound_s, is_outside = _compare(finding, host, clock, thresholds)
        is_contested = name in finding.contested
        promised_s = claim.promised_s if claim and not is_contested else None
        yield HostSolution(
            host=name,
            basis=basis,
            offset_s=offset_s,
            bound_s=bound_s,
            is_outside=is_outside,
            is_backed=bool(is_off and true_time and distance(clock, true_time.region) <= thresholds.warn_s),
            is_contested=is_contested,
            camp=kinds.get(name, CampKind.PLAIN),
            age_s=float(ages_s[host]) if np.isfinite(ages_s[host]) else None,
            is_routed=name in routed,
            drift_ppm=drifts_ppm.get(name),
            claim=claim,
            claim_holds=_check(true_time, name, clock, promised_s),
            true_offset_s=float(view.offset_s[host]) - true_time.region.middle if true_time else None,
            true_bound_s=float(view.bound_s[host]) + true_time.region.half_width if true_time else None,
        )


def _compare(
    finding: _Finding, host: int, clock: Interval, thresholds: Thresholds
) -> tuple[float | None, float | None, bool]:
    """Offset, bound, and whether they are proof of a difference."""
    view, true_time = finding.view, finding.true_time
    if finding.majority:
        return float(view.offset_s[host]), float(view.bound_s[host]), host in finding.majority.outside
    if true_time and finding.basis is Basis.TRUE_TIME:
        offset_s = float(view.offset_s[host]) - true_time.region.middle
        bound_s = float(view.bound_s[host]) + true_time.region.half_width
        return offset_s, bound_s, true_time.convicts(clock, thresholds.tolerance_s)
    return None, None, False


def _check(true_time: TrueTime | None, name: str, clock: Interval, promised_s: float | None) -> bool | None:
    """Whether a claim holds."""
    if true_time is None or promised_s is None:
        return None
    refuted = true_time.refutes(name, clock, promised_s)
    return None if refuted is None else not refuted
