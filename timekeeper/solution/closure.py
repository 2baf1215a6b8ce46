"""PURE: what the measured intervals imply for all pairs of hosts, and where they exclude each other; it accuses nobody.

An interval of a link is two difference constraints, x_j - x_i <= u_ij. All of them can hold at once exactly when no
ring of the u_ij is negative, and then the shortest paths are the tightest bounds that follow (Bellman, "On a routing
problem", 1958). All lengths are taken relative to a fit: small numbers, however far apart the clocks are.
"""

from functools import cached_property

import numpy as np

from timekeeper.solution.contradiction import SLACK_S, Contradiction
from timekeeper.solution.links import Floats, Links
from timekeeper.solution.paths import Arcs, find_negative_ring, make_arcs, measure_all, measure_from, turn_round

FULL_CLOSURE_HOSTS = 300
"""Up to so many hosts all pairs are closed at once, in time n^3; above, from one host, when it is asked for."""
NARROW_S = 0.001
"""A link that is no wider needs no help of detours: bounds are good enough when they are small beside a threshold."""
_MAX_NAMED = 8
"""Contradictions that are named one by one; a host that was set meanwhile makes hundreds, which say nothing new."""


class Closure:
    """The tightest bounds that follow from the links of one connected group of hosts.

    Where links exclude each other, those that differ most from the fit are disbelieved until the rest can be true at
    once. A disbelieved link constrains nothing.

    Args:
        links: The measured intervals.
        fit_s: An offset of each host that agrees with them as well as may be.
    """

    def __init__(self, links: Links, fit_s: Floats) -> None:
        self._links = links
        self._fit_s = fit_s
        self.misfit_s = links.offset_s - (fit_s[links.heads] - fit_s[links.tails])
        """By how much each link differs from the fit."""
        self._width_s = links.bound_s.copy()
        """Of a link that is disbelieved infinite: it constrains nothing."""
        self.contradictions = tuple(self._resolve())

    def seen_from(self, host: int) -> tuple[Floats, Floats]:
        """Compare all clocks with one.

        Args:
            host: The number of that host.

        Returns:
            Each clock minus that one, as it fits best within what is possible; and by how much this may be off, which
            is infinite where no chain of links that are believed leads.
        """
        low_s, high_s = self._range(host)
        self._prefer_direct(host, low_s, high_s)
        moved_s = np.clip(0.0, np.minimum(low_s, high_s), high_s)
        bound_s = np.maximum(high_s - moved_s, moved_s - low_s)
        return self._fit_s - self._fit_s[host] + moved_s, np.maximum(bound_s, 0.0)

    def _range(self, host: int) -> tuple[Floats, Floats]:
        """Between what each clock minus that of one host lies, relative to the fit."""
        if len(self._links.names) == 1:
            return np.zeros(1), np.zeros(1)
        if len(self._links.names) <= FULL_CLOSURE_HOSTS:
            return -self._all_pairs[:, host], self._all_pairs[host, :].copy()
        arcs = self._arcs()
        return -measure_from(turn_round(arcs), host), measure_from(arcs, host)

    def _prefer_direct(self, host: int, low_s: Floats, high_s: Floats) -> None:
        """Take the word of a narrow link to this host alone.

        What others measured narrows it little, and is wrong when the clock of a third one runs faster than is assumed of any.
        """
        links = self._links
        is_direct = ~links.is_disputed & (self._width_s <= NARROW_S)
        for near, far, sign in ((links.tails, links.heads, 1.0), (links.heads, links.tails, -1.0)):
            direct = np.flatnonzero((near == host) & is_direct)
            direct_s = sign * self.misfit_s[direct]
            low_s[far[direct]] = direct_s - self._width_s[direct]
            high_s[far[direct]] = direct_s + self._width_s[direct]

    @cached_property
    def _all_pairs(self) -> Floats:
        return measure_all(self._arcs())

    def _arcs(self) -> Arcs:
        links = self._links
        return make_arcs(
            len(links.names),
            np.concatenate([links.tails, links.heads]),
            np.concatenate([links.heads, links.tails]),
            np.concatenate([self._width_s + self.misfit_s, self._width_s - self.misfit_s]),
        )

    def _resolve(self) -> list[Contradiction]:
        """Name the contradictions, and disbelieve the link of each that differs most from the fit."""
        found: list[Contradiction] = []
        excess_s = np.abs(self.misfit_s) - self._width_s
        while (excess_s > 0).any():  # else the fit itself satisfies all links
            ring = find_negative_ring(self._arcs(), SLACK_S)
            if ring is None:
                break
            nodes, length_s = ring
            if len(found) < _MAX_NAMED:
                found.append(Contradiction(self._name(list(nodes)), -length_s))
                worst = np.array([self._worst_link(list(nodes), excess_s)])
            else:  # so many that one after the other would take too long
                worst = np.flatnonzero(excess_s >= excess_s.max() / 2)
            self._width_s[worst] = np.inf
            excess_s[worst] = -np.inf
        return found

    def _name(self, nodes: list[int]) -> tuple[str, ...]:
        """The ring as host names, from the first in the order of the alphabet."""
        names = [self._links.names[node] for node in nodes]
        first = names.index(min(names))
        return (*names[first:], *names[:first])

    def _worst_link(self, nodes: list[int], excess_s: Floats) -> int:
        """Of the links of a negative ring, the one that the fit satisfies least."""
        links = self._links
        pairs = {frozenset(pair) for pair in zip(nodes, (*nodes[1:], nodes[0]), strict=True)}
        on_ring = [
            number
            for number, ends in enumerate(zip(links.tails.tolist(), links.heads.tolist(), strict=True))
            if frozenset(ends) in pairs
        ]
        return max(on_ring, key=lambda number: float(excess_s[number]))
