"""PURE: does one version fail more than another, on servers that differ? E-processes without any one server; it knows no ledger.

Two arms run side by side, the new version on some servers and the old one on others. `canary.judge.eprocess` weighs the failures
of both. By itself it convicts a version for one broken server, and one old server that flaps hides everything. So beside the
e-process of all servers there is one without each server, and one without each two of which the second has the old version:

    E(k)   leaves server k out: neither its failures nor its exposure count
    E(k,j) leaves out j too

    e = min over k of [ E(k) / 2 + sum over j of E(k,j) / 16 ]

The mean of e-processes is one, and so is the least of some, since it is no greater than any of them. What counts is therefore true
whichever single server is left out, of the new version or of the old one. The inner mean is for an old server that flaps: the
term that leaves it out is soon so large that a sixteenth of it is enough. It is a fixed mean over eight places; where there is no
server, nothing is left out. Of more than eight servers with one version, every eighth is in the same place and goes with it.

Whether the servers of one version differ among themselves by more than chance is told by Fisher's index of dispersion (*The
significance of deviations from expectation in a Poisson series*, Biometrics 6, 1950): sum (failures - expected)^2 / expected, of
which the mean is the number of places less one. Of the old version the one server that deviates most is left out, for one that
flaps is no reason to be silent. If the index exceeds what chance reaches in 1 of 20 cases, the old servers differ, and nothing
counts. Below that the evidence is divided, as in quasi-likelihood (McCullagh and Nelder, *Generalized Linear Models*, 1989, 9.2),
by the index of both versions over what chance mostly makes it, which is its mean and half a standard deviation: failures that come
in series, or servers that differ somewhat, are worth less than as many that are independent.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from operator import add

from canary.judge.eprocess import RATIOS, Evidence, gains_of, log10_of

PLACES = 8
"""Servers of a version that are left out one by one; of more, several together. It bounds what a failure costs."""
CHANCE_Z = 1.645
"""The quantile of the normal distribution that 1 of 20 exceeds."""

Places = tuple[int, int]
"""Which two places are left out, the lower one first; twice the same: that alone. The old version's follow on the new one's."""


@dataclass(slots=True)
class Arm:
    """The servers of one version."""

    places: dict[str, int] = field(default_factory=dict)
    """By server."""
    failures: list[int] = field(default_factory=list)
    """Of each place."""
    expected: list[float] = field(default_factory=list)
    """How many of its version's failures each place would have if servers differed as their weights say, and no more."""

    def copy(self) -> "Arm":
        """Another one that holds the same."""
        return Arm(dict(self.places), list(self.failures), list(self.expected))

    def servers_at(self, place: int) -> list[str]:
        """Who is there."""
        return [server for server, at in self.places.items() if at == place]

    def join(self, server: str) -> bool:
        """Give a server its place, and say whether that is a new one."""
        place = len(self.places) % PLACES
        self.places[server] = place
        if place < len(self.failures):
            return False
        self.failures.append(0)
        self.expected.append(0.0)
        return True

    def count(self, place: int, at_risk: Sequence[float]) -> None:
        """One of these failures at a place, while the places had these weights at risk."""
        self.failures[place] += 1
        total = sum(at_risk)
        for number, weight in enumerate(at_risk):
            self.expected[number] += weight / total

    def index(self, *, without: int | None = None) -> float:
        """Fisher's index of dispersion, of all places or without one; its own mean where there is no failure."""
        pairs = [each for place, each in enumerate(self._pairs()) if place != without and each[1] > 0]
        failures, expected = (sum(column) for column in zip(*pairs, strict=True)) if pairs else (0, 0.0)
        if not failures:
            return max(0, len(pairs) - 1)
        scale = failures / expected  # what is left has to be expected on what is left
        return sum((seen - scale * of) ** 2 / (scale * of) for seen, of in pairs)

    def degrees(self) -> int:
        """The mean of the index: how many places have been at risk, less one."""
        return max(0, sum(of > 0 for of in self.expected) - 1)

    def _pairs(self) -> Iterator[tuple[int, float]]:
        return zip(self.failures, self.expected, strict=True)


@dataclass(frozen=True, slots=True)
class Dispersion:
    """How much the servers of a version differ among themselves."""

    index: float
    degrees: int
    """Its mean, if only chance makes them differ."""

    @property
    def limit(self) -> float:
        """What chance exceeds in 1 of 20 cases: the chi-squared distribution by Wilson and Hilferty (1931)."""
        part = 2 / (9 * self.degrees) if self.degrees else 0.0
        return self.degrees * (1 - part + CHANCE_Z * math.sqrt(part)) ** 3

    @property
    def is_above_chance(self) -> bool:
        """Whether they differ."""
        return self.degrees > 0 and self.index > self.limit


@dataclass(frozen=True, slots=True)
class Failed:
    """One failure, and who could have failed just then."""

    is_new: bool
    """It is the new version's."""
    place: int
    """Where, as `TwoArms.place_of` told."""
    new: tuple[float, ...]
    """The weights of the servers at risk that had the new version, added up by place: one each, or what history says."""
    old: tuple[float, ...]
    """The same of the old one."""


@dataclass(slots=True)
class TwoArms:
    """What the failures of two versions come to so far. Versions, servers and weights are the caller's: it compares anything."""

    new: Arm = field(default_factory=Arm)
    old: Arm = field(default_factory=Arm)
    together: Evidence = field(default_factory=Evidence)
    """Of all servers."""
    without: dict[Places, list[float]] = field(default_factory=dict)
    """Of those that are left without one or two places, as `Evidence.log_weights`."""

    def copy(self) -> "TwoArms":
        """Another one that holds the same."""
        return TwoArms(self.new.copy(), self.old.copy(), self.together.copy(), dict(self.without))

    def place_of(self, server: str, *, is_new: bool) -> int:
        """Where a server with this version stands; it gets a place when it is first asked for."""
        arm = self.new if is_new else self.old
        if server not in arm.places and arm.join(server):
            self._join(arm.places[server] if is_new else PLACES + arm.places[server])
        return arm.places[server]

    def add(self, failed: Failed, margin: float) -> None:
        """Count one failure.

        Args:
            failed: Of one of the two versions. When none of the other could have failed, it says nothing.
            margin: How many times as often the new version may fail.
        """
        new, old = sum(failed.new), sum(failed.old)
        if not new or not old:
            return
        mine = failed.place if failed.is_new else PLACES + failed.place
        at_risk = _padded(failed.new) + _padded(failed.old)
        self.together.add(is_new=failed.is_new, share=new / (new + old), margin=margin)
        known: dict[
            float, list[float]
        ] = {}  # where servers weigh the same, what is left without one of them is the same
        for places, log_weights in self.without.items():
            one, other = places
            if mine in places:
                continue
            left_new = new - (at_risk[one] if one < PLACES else 0.0)
            left_old = old - (at_risk[other] if other >= PLACES else 0.0)
            if other != one >= PLACES:  # two of the old version
                left_old -= at_risk[one]
            if left_new > 0 < left_old:
                share = left_new / (left_new + left_old)
                gains = known.get(share)
                if gains is None:
                    gains = known[share] = gains_of(is_new=failed.is_new, share=share, margin=margin)
                self.without[places] = list(map(add, log_weights, gains))
        arm, risk = (self.new, failed.new) if failed.is_new else (self.old, failed.old)
        arm.count(failed.place, risk)

    def may_reach(self, limit_log10: float) -> bool:
        """Whether `log10_e` could be as high as that; it is quick, and `log10_e` is not."""
        highest = max((max(log_weights) for log_weights in self.without.values()), default=-math.inf)
        return (highest + math.log(len(RATIOS))) / math.log(10) >= limit_log10

    @property
    def log10_e(self) -> float:
        """The evidence that counts: with any one server left out, and divided by the dispersion; 0 where old servers differ."""
        least = self.least[0]
        if least <= 0:
            return least
        return 0.0 if self.spread_of_old.is_above_chance else least / self.overdispersion

    @property
    def least(self) -> tuple[float, Sequence[str]]:
        """The least evidence with any one server left out, and who that is."""
        singles = [one for one, other in self.without if one == other]
        if not singles:
            return 0.0, ()
        least, place = min((self._without(place), place) for place in singles)
        arm = self.new if place < PLACES else self.old
        return least, arm.servers_at(place % PLACES)

    @property
    def spread_of_old(self) -> Dispersion:
        """How much the servers of the old version differ, without the one that differs most; of two, none is left out."""
        degrees = self.old.degrees() - 1
        if degrees < 1:
            return Dispersion(self.old.index() if degrees == 0 else 0.0, degrees + 1)
        indices = (self.old.index(without=place) for place, of in enumerate(self.old.expected) if of > 0)
        return Dispersion(min(indices), degrees)

    @property
    def overdispersion(self) -> float:
        """How many times as much as chance mostly makes them the servers of each version differ among themselves; at least 1."""
        old, new_degrees = self.spread_of_old, self.new.degrees()
        degrees = old.degrees + new_degrees
        if not degrees:
            return 1.0
        index = old.index + (self.new.index() if new_degrees else 0.0)
        return max(1.0, index / (degrees + math.sqrt(degrees / 2)))

    @property
    def oddest_old(self) -> Sequence[str]:
        """The servers of the old version that fail most beside what was expected of them."""
        arm = self.old
        odd = [(seen - of) ** 2 / of if of > 0 else 0.0 for seen, of in zip(arm.failures, arm.expected, strict=True)]
        return arm.servers_at(odd.index(max(odd))) if odd else ()

    def _without(self, place: int) -> float:
        """The mean of what is left without a place, and without one of the old version besides."""
        own = log10_of(self.without[place, place])
        others = [PLACES + number for number in range(len(self.old.failures)) if PLACES + number != place]
        pairs = [log10_of(self.without[min(place, other), max(place, other)]) for other in others]
        highest = max(own, *pairs) if pairs else own
        part = 1 / (2 * PLACES)
        mean = (1 - part * len(pairs)) * 10 ** (own - highest) + part * sum(10 ** (pair - highest) for pair in pairs)
        return highest + math.log10(mean)

    def _join(self, place: int) -> None:
        """A place that was empty: what is left without it is what there is so far."""
        singles = {one: log_weights for (one, other), log_weights in self.without.items() if one == other}
        self.without[place, place] = self.together.log_weights
        for other, log_weights in singles.items():
            if place >= PLACES or other >= PLACES:
                self.without[min(place, other), max(place, other)] = log_weights


def _padded(weights: Sequence[float]) -> tuple[float, ...]:
    return (*weights, *(0.0,) * (PLACES - len(weights)))
