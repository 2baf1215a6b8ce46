"""PURE: one group of hosts that measurements join: who agrees, what true time is, who is off; it remembers nothing."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from timekeeper.intervals import Interval
from timekeeper.solution.camps import Camp, divide
from timekeeper.solution.claims import Claimed, compare_claims
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.measurement import HostClaim, ReferenceInterval
from timekeeper.solution.reference import Majority, find_majority
from timekeeper.solution.regions import distance
from timekeeper.solution.solution import Basis, HostSolution
from timekeeper.solution.thresholds import Thresholds
from timekeeper.solution.witnesses import Heard, hear

_HERE = Interval(0.0, 0.0)
"""The clock that all are compared with."""


@dataclass(frozen=True, slots=True)
class Said:
    """What all hosts say besides their measurements, and how to weigh it."""

    electors: Electors
    claims: Mapping[str, HostClaim]
    references: Sequence[ReferenceInterval]
    thresholds: Thresholds


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """One group of hosts, compared with one clock."""

    frame: Frame
    view: View
    majority: Majority | None
    camps: tuple[Camp, ...]
    claimed: Claimed
    heard: Heard | None
    """Where external servers see true time."""
    is_off: bool
    """Whether the majority, or the only host there is, is provably beyond the threshold from what is heard."""

    @property
    def reference(self) -> str | None:
        """The host that all are compared with; None without a majority."""
        return self.frame.names[self.majority.reference] if self.majority else None

    @property
    def basis(self) -> Basis:
        """What its clocks can be compared with, as far as this group alone tells."""
        if self.majority:
            return Basis.MAJORITY
        if len(self.frame.names) == 1:
            return Basis.REFERENCES if self.heard else Basis.UNMEASURED
        return Basis.NO_MAJORITY if len(self.camps) > 1 else Basis.TOO_FEW


def examine(frame: Frame, said: Said) -> Finding:
    """Compare the clocks of one group with each other and with true time.

    Args:
        frame: Their measurements.
        said: What is said besides.
    """
    view = frame.seen_from(frame.find_hub())
    is_alone = len(frame.names) == 1
    majority = None if is_alone else find_majority(frame, view, said.electors, said.thresholds)
    if majority:
        view = frame.seen_from(majority.reference)
    heard = hear(frame, view, said.references, said.electors, said.thresholds)
    has_verdict = bool(majority) or is_alone
    return Finding(
        frame=frame,
        view=view,
        majority=majority,
        camps=divide(frame, view, majority.members if majority else (), said.thresholds),
        claimed=compare_claims(frame, view, said.claims, said.electors, said.thresholds),
        heard=heard,
        is_off=has_verdict and heard is not None and distance(_HERE, heard.region) > said.thresholds.warn_s,
    )


def describe(finding: Finding, said: Said, *, elsewhere: bool) -> Iterable[HostSolution]:
    """All hosts of a group.

    Args:
        finding: The group.
        said: What is said besides.
        elsewhere: Whether some group has the majority.
    """
    frame, view = finding.frame, finding.view
    ages_s, drifts_ppm, routed = frame.ages_s(), frame.drifts_ppm(), frame.routed()
    true_time = _true_time(finding)
    for host, name in enumerate(frame.names):
        is_known = view.knows(host)
        offset_s, bound_s, is_outside = _compare(finding, host)
        counts = name in said.electors.names
        is_backed = finding.is_off and _is_backed(finding, host, said.thresholds)
        yield HostSolution(
            host=name,
            basis=_choose_basis(finding, elsewhere=elsewhere, is_known=is_known),
            offset_s=offset_s,
            bound_s=bound_s,
            is_outside=is_outside and counts,
            is_backed=is_backed,
            is_off=finding.is_off and is_known and not is_backed,
            age_s=float(ages_s[host]) if np.isfinite(ages_s[host]) else None,
            is_routed=name in routed,
            drift_ppm=drifts_ppm.get(name),
            claim=said.claims.get(name),
            claim_holds=_check(finding, name, is_backed=is_backed),
            contradicted_by=finding.claimed.contradicted.get(name, ""),
            true_offset_s=float(view.offset_s[host]) - true_time.middle if true_time and is_known else None,
            true_bound_s=float(view.bound_s[host]) + true_time.half_width if true_time and is_known else None,
        )


def _true_time(finding: Finding) -> Interval | None:
    """As external servers say, else as most hosts claim."""
    if finding.heard:
        return finding.heard.region
    return finding.claimed.true_time.region if finding.claimed.true_time else None


def _choose_basis(finding: Finding, *, elsewhere: bool, is_known: bool) -> Basis:
    is_without = finding.basis in (Basis.NO_MAJORITY, Basis.TOO_FEW)
    return Basis.APART if not is_known or (is_without and elsewhere) else finding.basis


def _is_backed(finding: Finding, host: int, thresholds: Thresholds) -> bool:
    """Whether external servers see true time where a clock is."""
    heard = finding.heard
    return heard is not None and distance(finding.view.interval(host), heard.region) <= thresholds.warn_s


def _compare(finding: Finding, host: int) -> tuple[float | None, float | None, bool]:
    """Offset, bound, and whether they are proof of a difference."""
    view = finding.view
    if not view.knows(host):
        return None, None, False
    if finding.majority:
        return float(view.offset_s[host]), float(view.bound_s[host]), host in finding.majority.outside
    if finding.heard and finding.basis is Basis.REFERENCES:
        return -finding.heard.region.middle, finding.heard.region.half_width, finding.is_off
    return None, None, False


def _check(finding: Finding, name: str, *, is_backed: bool) -> bool | None:
    """Whether a claim holds; None where nobody can tell, as where external servers stand against most hosts."""
    claimed = finding.claimed
    if name in claimed.refuted:
        return None if is_backed else False
    is_told_by_others = len(claimed.backers) > 1 and name in claimed.backers
    return True if is_told_by_others and name not in claimed.contradicted and not finding.is_off else None
