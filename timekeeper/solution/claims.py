"""PURE: where true time lies by what hosts and servers claim, and whose claim it refutes; it knows no majority of clocks.

A claim of E is an interval of true time around the clock that makes it; shifted by the measured offset, all claims lie
on one scale, and Marzullo's rule tells which agree. Hosts that follow the same upstreams share their errors, so a set
of upstreams has one vote, however many hosts follow it (RFC 5905 counts servers alike).
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import networkx as nx

from timekeeper.intervals import Interval, deepest_overlap
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.measurement import HostClaim, ReferenceInterval
from timekeeper.solution.regions import distance, find_regions, span_regions
from timekeeper.solution.thresholds import Thresholds

EVIDENCE_VOTES = 2
"""So many independent votes are needed to call a clock wrong without a majority of hosts: one may itself be wrong."""
EVIDENCE_WITNESSES = 2
"""So many have to say it: one host has a vote by its claim, and another by servers that it may have invented."""


_MAJORITY = Interval(0.0, 0.0)
"""Where there is one, all clocks are compared with its median."""


@dataclass(frozen=True, slots=True)
class TrueTime:
    """Where true time lies, if more than half of the votes are right."""

    region: Interval
    """True time minus the clock of the host that all are compared with."""
    ballots: tuple[tuple[Interval, ...], ...]
    """The votes, one for each distinct set of upstreams: where each sees true time."""
    witnesses: tuple[frozenset[str], ...]
    """Whose word each of the votes is: of hosts, and of servers that this host has asked itself."""
    backers: frozenset[str]
    """Hosts and references whose word agrees with the region."""
    speakers: frozenset[str]
    """Whose word that is; what a host tells of servers is the word of that host."""
    is_trusted: bool
    """Whether the operator's trusted references decide it."""
    is_tied: bool = False
    """Whether no half of the votes agrees, and the one that most clocks follow decides."""

    @property
    def votes(self) -> int:
        """Distinct sets of upstreams, external references among them."""
        return len(self.ballots)

    @property
    def agreeing(self) -> int:
        """How many of the votes agree with the region."""
        return self.votes - len(self._find_against(self.region, 0.0))

    @property
    def is_evidence(self) -> bool:
        """Whether clocks can be compared with it."""
        return self.is_trusted or (self.agreeing >= EVIDENCE_VOTES and not self.is_tied)

    def convicts(self, clock: Interval, limit_s: float) -> bool:
        """Whether a clock is provably farther from true time than a limit, by more than one vote alone.

        Two vague claims may meet in a narrow region that neither of them means, so each has to exclude the clock.

        Args:
            clock: Where it lies, on the scale of `region`.
            limit_s: How far off it may be.
        """
        against = self._find_against(clock, limit_s)
        witnesses = frozenset[str]().union(*(self.witnesses[vote] for vote in against))
        is_evidence = len(against) >= EVIDENCE_VOTES and len(witnesses) >= EVIDENCE_WITNESSES
        return (self.is_trusted or is_evidence) and not self.is_tied and distance(clock, self.region) > limit_s

    def refutes(self, host: str, clock: Interval, promised_s: float) -> bool | None:
        """Whether a host cannot be as true as it claims.

        Args:
            host: Whose claim.
            clock: Where its clock lies, on the scale of `region`.
            promised_s: The bound it claims.

        Returns:
            None where nobody else's word speaks for or against it, or but one other host and servers that it tells of.
        """
        if self.backers <= {host}:
            return None
        is_refuted = host not in self.backers and distance(clock, self.region) > promised_s
        return None if is_refuted and self.depends_on_one(host) else is_refuted

    def depends_on_one(self, host: str) -> bool:
        """Whether no more than one other says where true time is; what the operator trusts is enough alone."""
        return not self.is_trusted and len(self.speakers - {host}) < EVIDENCE_WITNESSES

    def _find_against(self, clock: Interval, limit_s: float) -> list[int]:
        """Which votes see true time elsewhere."""
        return [
            vote for vote, ballot in enumerate(self.ballots) if all(distance(clock, one) > limit_s for one in ballot)
        ]


@dataclass(frozen=True, slots=True)
class _Ballot:
    name: str
    upstreams: frozenset[str]
    """Of a host those it follows, of a server what it is called."""
    interval: Interval
    speaker: str
    """Whose word it is."""
    is_server: bool
    is_trusted: bool = False
    is_told: bool = False


def find_true_time(
    frame: Frame,
    view: View,
    claims: Mapping[str, HostClaim],
    references: Iterable[ReferenceInterval],
    thresholds: Thresholds,
    *,
    clocks: int | None = None,
) -> TrueTime | None:
    """Weigh all claims.

    Args:
        frame: The hosts that can be compared.
        view: Their clocks, compared with any one.
        claims: What each host says of its clock, by name.
        references: What external servers say.
        thresholds: How much to pad claims, and how far apart two camps are rivals.
        clocks: How many there are, if most of them agree; None where they do not.

    Returns:
        Where true time lies; None where no half of all votes agrees, nor most clocks follow one of those that tie.
    """
    padding_s = thresholds.tolerance_s
    ballots = [
        *_collect_claims(frame, view, claims, padding_s),
        *_collect_references(frame, view, references, padding_s),
    ]
    found = _count(ballots, thresholds, clocks)
    if found and not found.is_trusted and _is_overruled(found, ballots, thresholds, clocks, len(frame.names)):
        return _count([ballot for ballot in ballots if not ballot.is_told], thresholds, clocks)
    return found


def _is_overruled(
    found: TrueTime, ballots: Sequence[_Ballot], thresholds: Thresholds, clocks: int | None, hosts: int
) -> bool:
    """Whether servers that hosts only tell of stand against most clocks, or what most hosts claim.

    Who tells of them may have invented them; unless it is most hosts themselves that do.
    """
    told = {ballot.speaker for ballot in ballots if ballot.is_told and not distance(ballot.interval, found.region)}
    if not told or 2 * len(told) > (clocks or hosts):
        return False
    claims = [distance(ballot.interval, found.region) > 0 for ballot in ballots if not ballot.is_server]
    is_against_clocks = clocks is not None and distance(_MAJORITY, found.region) > thresholds.warn_s
    return is_against_clocks or 2 * sum(claims) > len(claims)


def _count(ballots: Sequence[_Ballot], thresholds: Thresholds, clocks: int | None) -> TrueTime | None:
    """Where more than half of the votes see true time."""
    groups = _group(ballots)
    votes = [_vote([ballot.interval for ballot in group]) for group in groups]
    trusted = [_vote(sure) for group in groups if (sure := [one.interval for one in group if one.is_trusted])]
    decisive = trusted or votes
    depth = len(decisive) // 2 + 1
    region = span_regions(find_regions([one for vote in decisive for one in vote], depth), thresholds.warn_s)
    is_tied = region is None and not trusted and clocks is not None
    if is_tied and clocks is not None:
        region = _break_tie(ballots, votes, clocks, thresholds)
    if region is None:
        return None
    backing = [ballot for ballot in ballots if not distance(ballot.interval, region)]
    return TrueTime(
        region=region,
        ballots=tuple(tuple(vote) for vote in votes),
        witnesses=tuple(frozenset(ballot.speaker for ballot in group) for group in groups),
        backers=frozenset(ballot.name for ballot in backing),
        speakers=frozenset(ballot.speaker for ballot in backing),
        is_trusted=bool(trusted),
        is_tied=is_tied,
    )


def _break_tie(
    ballots: Sequence[_Ballot], votes: Sequence[Sequence[Interval]], clocks: int, thresholds: Thresholds
) -> Interval | None:
    """Where more than half of all clocks see true time, if no server objects and nowhere else more votes agree."""
    said = [ballot.interval for ballot in ballots if not ballot.is_server]
    region = span_regions(find_regions(said, clocks // 2 + 1), thresholds.warn_s)
    overlap = deepest_overlap([one for vote in votes for one in vote])
    if region is None or overlap is None:
        return None
    if any(distance(ballot.interval, region) for ballot in ballots if ballot.is_server):
        return None
    agreeing = sum(any(not distance(one, region) for one in vote) for vote in votes)
    return region if agreeing >= overlap.depth else None


def _collect_claims(frame: Frame, view: View, claims: Mapping[str, HostClaim], padding_s: float) -> Iterable[_Ballot]:
    for host, name in enumerate(frame.names):
        claim = claims.get(name)
        error_s = claim.error_range_s if claim else None
        if claim and error_s and view.knows(host):
            clock = view.interval(host, padding_s)
            true_time = Interval(clock.low - error_s[1], clock.high - error_s[0])
            yield _Ballot(name, claim.upstreams, true_time, name, is_server=False)


def _collect_references(
    frame: Frame, view: View, references: Iterable[ReferenceInterval], padding_s: float
) -> Iterable[_Ballot]:
    number = {name: host for host, name in enumerate(frame.names)}
    for reference in references:
        host = number.get(reference.host)
        if host is not None and reference.is_usable and view.knows(host):
            clock = view.interval(host, padding_s)
            true_time = Interval(clock.low + reference.low_s, clock.high + reference.high_s)
            names = reference.identities | {reference.name}
            yield _Ballot(
                reference.name,
                names,
                true_time,
                speaker=reference.host if reference.is_told else f"server {reference.name}",
                is_server=True,
                is_trusted=reference.is_trusted and not reference.is_told,
                is_told=reference.is_told,
            )


def _group(ballots: Sequence[_Ballot]) -> list[list[_Ballot]]:
    """Who shares the errors of whom: hosts that follow the same upstreams, and servers of which one name is the same.

    A host belongs to a server when that is all it follows, by whatever names.
    """
    graph: nx.Graph[frozenset[str]] = nx.Graph()
    graph.add_nodes_from(ballot.upstreams for ballot in ballots)
    for server in {ballot.upstreams for ballot in ballots if ballot.is_server}:
        graph.add_edges_from(
            (server, ballot.upstreams)
            for ballot in ballots
            if server & ballot.upstreams and (ballot.is_server or ballot.upstreams <= server)
        )
    groups = list(nx.connected_components(graph))
    number = {upstreams: index for index, group in enumerate(groups) for upstreams in group}
    members: list[list[_Ballot]] = [[] for _ in groups]
    for ballot in ballots:
        members[number[ballot.upstreams]].append(ballot)
    return members


def _vote(intervals: list[Interval]) -> list[Interval]:
    """Where a group sees true time: where more than half of it does, or else wherever most of it do."""
    regions = find_regions(intervals, len(intervals) // 2 + 1)
    overlap = deepest_overlap(intervals)
    return regions or find_regions(intervals, overlap.depth if overlap else 1)
