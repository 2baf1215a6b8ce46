"""PURE: the clocks of hosts that a chain of measurements joins, on one scale; it does not know which of them is right."""

from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from math import isfinite

import numpy as np

from timekeeper.intervals import Interval
from timekeeper.solution.closure import Closure
from timekeeper.solution.contradiction import Contradiction
from timekeeper.solution.least_squares import Differences, fit
from timekeeper.solution.links import Floats, Indices, Links, Truths, count_unconfirmed, find_components
from timekeeper.solution.placement import NOWHERE, place

_DRIFT_SCALE_PPM = 1.0
_CANDIDATES = 8
"""So many are tried, of the hosts that may be the ones that make the contradictions, in a cluster of up to 30."""
_CANDIDATE_HOSTS = 240
"""In a larger one fewer, so that it takes no longer; from 240 on the one with the most doubts is it."""
_DIGITS = 9
"""What differs less than in these is alike, but rounded."""


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """All clocks of a frame, compared with one of them."""

    offset_s: Floats
    """Each clock minus that one."""
    bound_s: Floats
    """By how much `offset_s` may be off."""

    def knows(self, host: int) -> bool:
        """Whether anything follows from the measurements of where a clock stands."""
        return bool(np.isfinite(self.bound_s[host]))

    def interval(self, host: int, padding_s: float = 0.0) -> Interval:
        """Where the clock of a host lies.

        Args:
            host: Its number.
            padding_s: What to add on either side.
        """
        offset_s, reach_s = float(self.offset_s[host]), float(self.bound_s[host]) + padding_s
        return Interval(offset_s - reach_s, offset_s + reach_s)


class Frame:
    """One connected group of hosts.

    Args:
        links: What was measured among them.
        distrusted: Numbers of hosts of whose links none is believed; `place_alone` tells where they stand.
        start_s: The fit of the same links with other hosts believed.
    """

    def __init__(self, links: Links, distrusted: Collection[int] = (), start_s: Floats | None = None) -> None:
        self.links = links
        self.names = links.names
        self.distrusted = frozenset(distrusted)
        differences = Differences(len(links.names), links.tails, links.heads, links.offset_s, links.bound_s)
        self.fit_s = fit(differences, ~self._is_counted(), start_s)
        self._misfit_s = differences.misfits(self.fit_s)
        self._found: tuple[Contradiction, ...] | None = None

    @cached_property
    def _closure(self) -> Closure:
        """What follows from the bounds; of a frame that is only tried nobody asks."""
        return Closure(self.links, self.fit_s, self.distrusted)

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Rings of measurements that exclude each other, also those of hosts that are not believed any more."""
        return self._closure.contradictions if self._found is None else self._found

    @property
    def residual_s(self) -> float:
        """By how much the worst link differs from the fit: how well all loops close."""
        return float(np.abs(self._misfit_s).max()) if len(self._misfit_s) else 0.0

    def distrust_worst(self) -> "Frame":
        """Believe nothing any more of one host, where more than half of the measurements of some host are not believed.

        It is the one without which the rest agree best: which of the links of a ring differ most from the fit is chance,
        and the fit may have followed a liar who boasts. Where several explain it alike, none of them is believed.
        """
        doubted, _, counted = self._count_doubts()
        if not (2 * doubted > counted).any():
            return self
        tried = min(_CANDIDATES, max(1, _CANDIDATE_HOSTS // len(self.names)))
        order = np.argsort(-doubted, kind="stable")[:tried].tolist()
        if tried == 1:
            return self.distrust(order)
        excess_s = {host: round(self.distrust([host]).excess_s, _DIGITS) for host in order if doubted[host]}
        least_s = min(excess_s.values())
        return self.distrust([host for host, left_s in excess_s.items() if left_s == least_s])

    def distrust(self, hosts: Collection[int]) -> "Frame":
        """The same measurements, while none of some hosts is believed any more; what they exclude is still told.

        Args:
            hosts: Their numbers.
        """
        other = Frame(self.links, self.distrusted.union(hosts), self.fit_s)
        other._found = self.contradictions
        return other

    @property
    def excess_s(self) -> float:
        """By how much all links of hosts that are believed exceed their bounds together, measured against the fit."""
        beyond_s = np.maximum(np.abs(self._misfit_s) - self.links.bound_s, 0.0)
        return float(beyond_s[self._is_counted()].sum())

    def seen_from(self, host: int) -> View:
        """Compare all clocks with that of one host, given by its number.

        A host that is not believed stands where more than half of its measurements put it.
        """
        view = View(*self._closure.seen_from(host))
        for other in self.distrusted - {host}:
            placed = self.place_alone(other, view)
            if isfinite(placed.half_width):
                view.offset_s[other], view.bound_s[other] = placed.middle, placed.half_width
        return view

    def place_alone(self, host: int, view: View, *, by_others: bool = False) -> Interval:
        """Where the clock of a host lies by what others measured of it, if no more than half of that is wrong.

        Args:
            host: Its number.
            view: Where the others are, compared with any one. What leads to a host that is not believed says nothing.
            by_others: Whether its own word says nothing even where there is no other.
        """
        return place([self._follow(link, host, view, by_others=by_others) for link in self._links_of(host)])

    def _links_of(self, host: int) -> list[int]:
        return np.flatnonzero((self.links.tails == host) | (self.links.heads == host)).tolist()

    def _follow(self, link: int, host: int, view: View, *, by_others: bool) -> Interval:
        """Where one link puts a host, if the other end is where the view says: by the word of that end, where it has one."""
        links = self.links
        forward = int(links.heads[link]) == host
        end = int(links.tails[link] if forward else links.heads[link])
        if end in self.distrusted or not view.knows(end):
            return NOWHERE
        low_s, high_s = (links.by_tail_s if forward else links.by_head_s)[link].tolist()
        if not isfinite(low_s) and not by_others:
            middle_s, bound_s = float(links.offset_s[link]), float(links.bound_s[link])
            low_s, high_s = middle_s - bound_s, middle_s + bound_s
        clock = view.interval(end)
        return (
            Interval(clock.low + low_s, clock.high + high_s)
            if forward
            else Interval(clock.low - high_s, clock.high - low_s)
        )

    def find_hub(self) -> int:
        """The number of the host that is measured best: the fewest doubts arise when all are compared with it.

        Of hosts that are measured alike it is the one in the middle, then the one behind: the names do not matter. One
        that is contested is taken only where all are.
        """
        links, count = self.links, len(self.names)
        weights = links.bound_s**-2.0
        known = np.bincount(links.tails, weights, count) + np.bincount(links.heads, weights, count)
        aside_s = np.abs(self.fit_s - np.median(self.fit_s))
        in_doubt = np.isin(np.arange(count), sorted(self.distrusted)).astype(int)
        in_doubt[sorted(self.find_contested())] = 1
        known = (known / known.max(initial=1.0)).round(_DIGITS)
        return int(np.lexsort((self.fit_s, aside_s.round(_DIGITS), -known, in_doubt))[0])

    def find_contested(self) -> frozenset[int]:
        """Hosts of which nothing is proven: half of their measurements are not believed, or more contradict themselves.

        What leads to a host that is not believed at all speaks against nobody else.
        """
        doubted, disputed, counted = self._count_doubts()
        contested = ((doubted > 0) & (2 * doubted >= counted)) | (2 * disputed > counted)
        return frozenset(np.flatnonzero(contested).tolist()) - self.distrusted

    def find_entangled(self) -> frozenset[int]:
        """Hosts of rings that cannot be true, as far as they are believed."""
        names = {name for one in self.contradictions for name in one.hosts}
        return frozenset(host for host, name in enumerate(self.names) if name in names) - self.distrusted

    def _is_counted(self) -> Truths:
        """Which measurements lead to no host that is not believed."""
        away = np.array(sorted(self.distrusted), dtype=np.intp)
        counted: Truths = ~(np.isin(self.links.tails, away) | np.isin(self.links.heads, away))
        return counted

    def _count_doubts(self) -> tuple[Indices, Indices, Indices]:
        """Of each host, the measurements that are not believed, those whose two ends tell differently, and all.

        Who tells differently from another may tell the same of himself to all; so what he alone tells counts as well then.
        """
        links, count = self.links, len(self.names)
        counted = self._is_counted()
        disbelieved = self._closure.is_disbelieved & counted
        in_doubt = (disbelieved | links.is_disputed) & counted
        kinds = (disbelieved, in_doubt, counted)
        ends = [np.concatenate([links.tails[kind], links.heads[kind]]) for kind in kinds]
        doubted, disputed, all_of_them = (np.bincount(each, minlength=count) for each in ends)
        return doubted, disputed + count_unconfirmed(links, counted, in_doubt), all_of_them

    def ages_s(self) -> Floats:
        """How old the youngest measurement of each host is; infinite without any."""
        ages_s = np.full(len(self.names), np.inf)
        np.minimum.at(ages_s, self.links.tails, self.links.age_s)
        np.minimum.at(ages_s, self.links.heads, self.links.age_s)
        return ages_s

    def drifts_ppm(self) -> dict[str, float]:
        """How much faster each host's crystal runs than the median one, where the measured drifts tell."""
        known = np.flatnonzero(np.isfinite(self.links.drift_ppm))
        links = self.links.select(known)
        group = links.within(find_components(links)[0])
        if not len(group.tails):
            return {}
        scales = np.full(len(group.tails), _DRIFT_SCALE_PPM)
        found = fit(Differences(len(group.names), group.tails, group.heads, group.drift_ppm, scales))
        return dict(zip(group.names, (found - np.median(found)).tolist(), strict=True))

    def routed(self) -> frozenset[str]:
        """Hosts that no probe reaches: all their measurements come through the router."""
        probed = self.links.select(np.flatnonzero(~self.links.by_router))
        reached = {*probed.tails.tolist(), *probed.heads.tolist()}
        linked = {*self.links.tails.tolist(), *self.links.heads.tolist()}
        return frozenset(self.names[host] for host in linked - reached)
