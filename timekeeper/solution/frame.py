"""PURE: the clocks of hosts that a chain of measurements joins, on one scale; it does not know which of them is right."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from timekeeper.intervals import Interval
from timekeeper.solution.closure import Closure
from timekeeper.solution.contradiction import Contradiction
from timekeeper.solution.least_squares import Differences, fit
from timekeeper.solution.links import Floats, Links, find_components
from timekeeper.solution.placement import NOWHERE, place

_DRIFT_SCALE_PPM = 1.0
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
    """

    def __init__(self, links: Links) -> None:
        self.links = links
        self.names = links.names
        differences = Differences(len(links.names), links.tails, links.heads, links.offset_s, links.bound_s)
        self.fit_s = fit(differences)
        self._misfit_s = differences.misfits(self.fit_s)

    @cached_property
    def _closure(self) -> Closure:
        return Closure(self.links, self.fit_s)

    @property
    def contradictions(self) -> tuple[Contradiction, ...]:
        """Rings of measurements that exclude each other."""
        return self._closure.contradictions

    @property
    def residual_s(self) -> float:
        """By how much the worst link differs from the fit: how well all loops close."""
        return float(np.abs(self._misfit_s).max()) if len(self._misfit_s) else 0.0

    def seen_from(self, host: int) -> View:
        """Compare all clocks with that of one host, given by its number.

        Where measurements exclude each other nobody knows which are wrong. Then each host stands where more than half of its
        links put it, each taken alone. The other ends stand where their own links to the one host put them, as far as they have
        any, so that no two of these ways share a host: if fewer than half of the hosts lie, fewer than half of the ways do.
        """
        view = View(*self._closure.seen_from(host))
        if not self.contradictions:
            return view
        direct = self._from(host)
        ends = [direct.get(end, view.interval(end)) for end in range(len(self.names))]
        placed = [place(self._ways(other, ends)) for other in range(len(self.names))]
        placed[host] = ends[host]
        bound_s = np.array([one.half_width for one in placed])
        offset_s = np.array([one.middle for one in placed])
        return View(np.where(np.isfinite(bound_s), offset_s, view.offset_s), bound_s)

    def _from(self, host: int) -> dict[int, Interval]:
        """Where the clocks of the hosts that have a link to one are, by that link alone; and its own."""
        links, found = self.links, {host: Interval(0.0, 0.0)}
        for link in np.flatnonzero((links.tails == host) | (links.heads == host)).tolist():
            is_tail = links.tails[link] == host
            offset_s, bound_s = float(links.offset_s[link]) * (1 if is_tail else -1), float(links.bound_s[link])
            found[int(links.heads[link] if is_tail else links.tails[link])] = Interval(
                offset_s - bound_s, offset_s + bound_s
            )
        return found

    def _ways(self, host: int, ends: Sequence[Interval]) -> list[Interval]:
        """Where each link of a host puts it, if the other end is where it is said to be."""
        return [
            Interval(ends[end].low - link.high, ends[end].high - link.low)
            if np.isfinite(ends[end].half_width)
            else NOWHERE
            for end, link in self._from(host).items()
            if end != host
        ]

    def find_hub(self) -> int:
        """The number of the host that is measured best: the fewest doubts arise when all are compared with it.

        Of hosts that are measured alike it is the one in the middle, then the one behind: the names do not matter.
        """
        links, count = self.links, len(self.names)
        weights = links.bound_s**-2.0
        known = np.bincount(links.tails, weights, count) + np.bincount(links.heads, weights, count)
        aside_s = np.abs(self.fit_s - np.median(self.fit_s))
        known = (known / known.max(initial=1.0)).round(_DIGITS)
        return int(np.lexsort((self.fit_s, aside_s.round(_DIGITS), -known))[0])

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
