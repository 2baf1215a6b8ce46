"""PURE: where true time lies by what hosts and servers claim, and whose claim it refutes; it knows no majority of clocks.

A claim of E is an interval of true time around the clock that makes it; shifted by the measured offset, all claims lie
on one scale, and Marzullo's rule tells which agree. Hosts that follow the same upstreams share their errors, so a set
of upstreams has one vote, however many hosts follow it (RFC 5905 counts servers alike).
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from timekeeper.intervals import Interval, deepest_overlap
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.measurement import HostClaim, ReferenceInterval
from timekeeper.solution.regions import distance, find_regions, span_regions
from timekeeper.solution.thresholds import Thresholds

EVIDENCE_VOTES = 2
"""So many independent votes are needed to call a clock wrong without a majority of hosts: one may itself be wrong."""


@dataclass(frozen=True, slots=True)
class TrueTime:
    """Where true time lies, if more than half of the votes are right."""

    region: Interval
    """True time minus the clock of the host that all are compared with."""
    ballots: tuple[tuple[Interval, ...], ...]
    """The votes, one for each distinct set of upstreams: where each sees true time."""
    backers: frozenset[str]
    """Hosts and references whose word agrees with the region."""
    is_trusted: bool
    """Whether the operator's trusted references decide it."""

    @property
    def votes(self) -> int:
        """Distinct sets of upstreams, external references among them."""
        return len(self.ballots)

    @property
    def agreeing(self) -> int:
        """How many of the votes agree with the region."""
        return self.votes - self._count_against(self.region, 0.0)

    @property
    def is_evidence(self) -> bool:
        """Whether clocks can be compared with it."""
        return self.is_trusted or self.agreeing >= EVIDENCE_VOTES

    def convicts(self, clock: Interval, limit_s: float) -> bool:
        """Whether a clock is provably farther from true time than a limit, by more than one vote alone.

        Two vague claims may meet in a narrow region that neither of them means, so each has to exclude the clock.

        Args:
            clock: Where it lies, on the scale of `region`.
            limit_s: How far off it may be.
        """
        is_evidence = self.is_trusted or self._count_against(clock, limit_s) >= EVIDENCE_VOTES
        return is_evidence and distance(clock, self.region) > limit_s

    def refutes(self, host: str, clock: Interval, promised_s: float) -> bool | None:
        """Whether a host cannot be as true as it claims.

        Args:
            host: Whose claim.
            clock: Where its clock lies, on the scale of `region`.
            promised_s: The bound it claims.

        Returns:
            None where nobody else's word speaks for or against it.
        """
        if self.backers <= {host}:
            return None
        return host not in self.backers and distance(clock, self.region) > promised_s

    def _count_against(self, clock: Interval, limit_s: float) -> int:
        return sum(all(distance(clock, one) > limit_s for one in ballot) for ballot in self.ballots)


@dataclass(frozen=True, slots=True)
class _Ballot:
    name: str
    group: frozenset[str]
    interval: Interval
    is_trusted: bool


def find_true_time(
    frame: Frame,
    view: View,
    claims: Mapping[str, HostClaim],
    references: Iterable[ReferenceInterval],
    thresholds: Thresholds,
) -> TrueTime | None:
    """Weigh all claims.

    Args:
        frame: The hosts that can be compared.
        view: Their clocks, compared with any one.
        claims: What each host says of its clock, by name.
        references: What external servers say.
        thresholds: How much to pad claims, and how far apart two camps are rivals.

    Returns:
        Where true time lies; None where no half of all votes agrees.
    """
    padding_s = thresholds.tolerance_s
    ballots = [
        *_collect_claims(frame, view, claims, padding_s),
        *_collect_references(frame, view, references, padding_s),
    ]
    groups: dict[frozenset[str], list[Interval]] = defaultdict(list)
    for ballot in ballots:
        groups[ballot.group].append(ballot.interval)
    votes = {group: _vote(intervals) for group, intervals in groups.items()}
    trusted = [ballot.interval for ballot in ballots if ballot.is_trusted]
    counted = trusted or [interval for vote in votes.values() for interval in vote]
    needed = (len(trusted) or len(votes)) // 2 + 1
    region = span_regions(find_regions(counted, needed), thresholds.warn_s)
    if region is None:
        return None
    return TrueTime(
        region=region,
        ballots=tuple(tuple(vote) for vote in votes.values()),
        backers=frozenset(ballot.name for ballot in ballots if not distance(ballot.interval, region)),
        is_trusted=bool(trusted),
    )


def _collect_claims(frame: Frame, view: View, claims: Mapping[str, HostClaim], padding_s: float) -> Iterable[_Ballot]:
    for host, name in enumerate(frame.names):
        claim = claims.get(name)
        error_s = claim.error_range_s if claim else None
        if claim and error_s:
            clock = view.interval(host, padding_s)
            true_time = Interval(clock.low - error_s[1], clock.high - error_s[0])
            yield _Ballot(name, claim.upstreams, true_time, is_trusted=False)


def _collect_references(
    frame: Frame, view: View, references: Iterable[ReferenceInterval], padding_s: float
) -> Iterable[_Ballot]:
    number = {name: host for host, name in enumerate(frame.names)}
    for reference in references:
        host = number.get(reference.host)
        if host is not None and reference.is_usable:
            clock = view.interval(host, padding_s)
            true_time = Interval(clock.low + reference.low_s, clock.high + reference.high_s)
            yield _Ballot(reference.name, frozenset({reference.name}), true_time, reference.is_trusted)


def _vote(intervals: list[Interval]) -> list[Interval]:
    """Where a group sees true time: where more than half of it does, or else wherever most of it do."""
    regions = find_regions(intervals, len(intervals) // 2 + 1)
    overlap = deepest_overlap(intervals)
    return regions or find_regions(intervals, overlap.depth if overlap else 1)
