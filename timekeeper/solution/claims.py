"""PURE: where most hosts claim true time is, whose claim that refutes, and which claims exclude each other.

A claim of E is an interval of true time around the clock that makes it; shifted by the measured offset, all claims lie on one
scale. If more than half of the hosts that count are right, true time lies where more than half of their claims overlap (Marzullo
1984), and it lies in each claim that is right. So a claim is refuted when it misses that region, or when it excludes more than
half of all claims; neither is possible for one that is right. Hosts that claim nothing may be right as well: by so many fewer
claims need to overlap for true time to be there.

How many sources stand behind the majority refutes nobody. It only says how its word is to be taken.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import networkx as nx

from timekeeper.intervals import Interval
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame, View
from timekeeper.solution.measurement import HostClaim
from timekeeper.solution.regions import distance, find_regions, span_regions
from timekeeper.solution.thresholds import Thresholds

_STRONG_GROUPS = 2
"""One source may be wrong, however many hosts follow it."""


@dataclass(frozen=True, slots=True)
class TrueTime:
    """Where more than half of the hosts claim true time is."""

    region: Interval
    """True time minus the clock of the host that all are compared with."""
    groups: int
    """Groups of hosts behind it that have no source in common."""
    others: int
    """Such groups among the hosts that claim otherwise."""

    @property
    def is_strong(self) -> bool:
        """Whether more than one source is behind it, and more than half of all."""
        return self.groups >= _STRONG_GROUPS and self.groups > self.others


@dataclass(frozen=True, slots=True)
class Claimed:
    """What follows from the claims of all hosts."""

    true_time: TrueTime | None = None
    """None where no half of the hosts claims the same."""
    refuted: frozenset[str] = frozenset()
    """Whose claim cannot be true, if more than half of the hosts are right."""
    contradicted: Mapping[str, str] = field(default_factory=dict)
    """Whose claim excludes that of another, where neither is refuted, and which other."""
    backers: frozenset[str] = frozenset()
    """Whose claim agrees with what most claim."""


@dataclass(frozen=True, slots=True)
class _Word:
    """The claim of one host, on the scale of all."""

    host: str
    promised: Interval
    """Where true time is, if the clock is off by no more than it promises."""
    believed: Interval
    """The same around what its daemon believes that the clock is off by."""
    sources: frozenset[str]
    counts: bool


def compare_claims(
    frame: Frame, view: View, claims: Mapping[str, HostClaim], electors: Electors, thresholds: Thresholds
) -> Claimed:
    """Compare all claims.

    Args:
        frame: The hosts that can be compared.
        view: Their clocks, compared with any one.
        claims: What each host says of its clock, by name.
        electors: Who counts. The claims of others are compared with theirs, and never refuted: who does not count here may see
            another majority.
        thresholds: How much to pad claims, and how far apart two camps are rivals.
    """
    words = list(_collect(frame, view, claims, electors, thresholds.tolerance_s))
    counting = [word for word in words if word.counts]
    regions = find_regions([word.believed for word in counting], electors.most)
    region = span_regions(regions, thresholds.warn_s)
    silent = electors.number - len(counting)  # any of them may be right, and so the claims of fewer hold true time
    possible = find_regions([word.believed for word in counting], max(1, electors.most - silent)) if silent else regions
    missing = (word for word in words if region and all(distance(word.promised, one) > 0 for one in possible))
    outvoted = _find_outvoted(words, counting, electors.most)
    refuted = frozenset(word.host for word in (*missing, *outvoted) if word.counts)
    standing = [word for word in words if word.host not in refuted]
    backing = [word for word in standing if region and not distance(word.promised, region)]
    return Claimed(
        true_time=_weigh(region, backing, counting) if region else None,
        refuted=refuted,
        contradicted=_find_contradictions(standing),
        backers=frozenset(word.host for word in backing),
    )


def _collect(
    frame: Frame, view: View, claims: Mapping[str, HostClaim], electors: Electors, padding_s: float
) -> Iterable[_Word]:
    for host, name in enumerate(frame.names):
        claim = claims.get(name)
        if claim is None or claim.promised_s is None or claim.error_range_s is None or not view.knows(host):
            continue
        clock = view.interval(host, padding_s)
        low_s, high_s = claim.error_range_s
        yield _Word(
            host=name,
            promised=Interval(clock.low - claim.promised_s, clock.high + claim.promised_s),
            believed=Interval(clock.low - high_s, clock.high - low_s),
            sources=claim.upstreams,
            counts=name in electors.names,
        )


def _find_outvoted(words: Iterable[_Word], counting: Sequence[_Word], most: int) -> Iterable[_Word]:
    """Whose claim excludes more than half of those that count."""
    lows, highs = sorted(one.promised.low for one in counting), sorted(one.promised.high for one in counting)
    for word in words:
        beyond = len(lows) - bisect_right(lows, word.promised.high)
        if beyond + bisect_left(highs, word.promised.low) >= most:
            yield word


def _find_contradictions(words: Sequence[_Word]) -> dict[str, str]:
    """Whose claim excludes another, and which one: of those that count the farthest to either side is enough to know."""
    rivals = [word for word in words if word.counts]
    if not rivals:
        return {}
    leftmost, rightmost = min(rivals, key=lambda one: one.promised.high), max(rivals, key=lambda one: one.promised.low)
    found = {}
    for word in words:
        for rival in (leftmost, rightmost):
            if distance(word.promised, rival.promised) > 0:
                found[word.host] = rival.host
    return found


def _weigh(region: Interval, backing: Sequence[_Word], counting: Sequence[_Word]) -> TrueTime:
    """Count the sources on either side; one that is used on both counts for neither."""
    behind = [word.sources for word in backing if word.counts]
    names = {word.host for word in backing}
    against = [word.sources for word in counting if word.host not in names]
    both = frozenset[str]().union(*behind) & frozenset[str]().union(*against)
    return TrueTime(region, _count_groups(behind, both), _count_groups(against, both))


def _count_groups(sources: Iterable[frozenset[str]], both: Collection[str]) -> int:
    """How many groups have no source in common, also not through others; who tells no source may follow any."""
    graph: nx.Graph[str] = nx.Graph()
    for used in sources:
        nx.add_path(graph, sorted(used.difference(both)))
    return nx.number_connected_components(graph)
