"""Choosing one of several instances: the nearest first, by the weights of the policy; it knows no link and no route.

Where nothing is weighed one sender keeps to one instance, so that what it says in order arrives in order. Where weights
split the traffic, instances take turns by the smooth weighted round robin of nginx (``ngx_http_upstream_get_peer``, commit
52327e0627f4): each is owed its share of what passes, and whoever is owed most gets the next batch.
"""

import hashlib
import math
from collections.abc import Iterable
from itertools import groupby
from typing import NamedTuple

COST_DECIMALS = 3
"""Costs that differ by less are the same: routers add far less to tell ways of equal length apart."""
NEGLIGIBLE = 1e-9
"""A remainder below this is an error of rounding, and no reason to send anything farther away."""


class Candidate(NamedTuple):
    """An instance that could take a message."""

    server: str
    service: str
    version: str
    build: str
    cost: float
    """Of the way there; 0 is this host."""
    weight: float
    """By the policy, 0 to 1."""

    @property
    def identity(self) -> tuple[str, str, str, str]:
        """What stays the same when ways and weights change."""
        return self.server, self.service, self.version, self.build


def shares(candidates: Iterable[Candidate], sender: str) -> dict[Candidate, float]:
    """Who gets which part of the traffic.

    Instances of equal cost are a tier. The cheapest tier takes as much as its weights add up to, at most all, split in
    proportion to them; what is left goes to the next. What no tier has taken is given to all in proportion to what they
    have. In a tier where nothing is weighed, and before which nothing was split, one instance takes all: the one that
    rendezvous hashing gives to this sender (Thaler and Ravishankar, 1998), so that many senders spread and each stays.

    Args:
        candidates: No two of one identity; their order does not matter. A weight of 0 is as if it were not there.
        sender: The name of the server that chooses.

    Returns:
        Those that get something, the nearest first; their shares add up to 1. Empty when nobody gets anything.
    """
    weighed = sorted((one for one in candidates if one.weight > 0), key=_order)
    taken: dict[Candidate, float] = {}
    left = 1.0
    for _cost, members in groupby(weighed, _tier):
        tier = list(members)
        total = math.fsum(one.weight for one in tier)
        if not taken and all(one.weight >= 1 for one in tier):
            return {max(tier, key=lambda one: _affinity(sender, one)): 1.0}
        part = left * min(1.0, total)
        taken.update((one, part * one.weight / total) for one in tier)
        left -= part
        if left <= NEGLIGIBLE:
            break
    scale = math.fsum(taken.values())
    return {one: share / scale for one, share in taken.items()}


def _tier(candidate: Candidate) -> float:
    return round(candidate.cost, COST_DECIMALS)


def _order(candidate: Candidate) -> tuple[float, tuple[str, ...]]:
    return _tier(candidate), candidate.identity


def _affinity(sender: str, candidate: Candidate) -> bytes:
    """How much a sender and an instance belong together; names hold no blank, so that no two triples look alike."""
    return hashlib.blake2b(f"{sender} {candidate.server} {candidate.service}".encode(), digest_size=8).digest()


class Balancer:
    """Deals out messages to the instances of one service.

    With shares that stay and batches of at most M messages, no instance of n is ever M or more ahead of its share, nor more
    than M · (1/2 + 1/3 + … + 1/n) behind it: half a batch for two, one for four, three for thirty.

    Args:
        sender: The name of the server that chooses.
    """

    def __init__(self, sender: str) -> None:
        self._sender = sender
        self._offered: tuple[Candidate, ...] = ()
        self._shares: dict[Candidate, float] = {}
        self._owed: dict[tuple[str, ...], float] = {}
        """By identity: how many messages an instance should have got beyond those that it has; they add up to 0."""

    @property
    def shares(self) -> dict[Candidate, float]:
        """Who gets which part; see `shares`."""
        return dict(self._shares)

    def offer(self, candidates: Iterable[Candidate]) -> None:
        """Say who can be chosen from now on; those that stay are still owed what they were, evened out.

        The same again costs little, so that it may be said before each choice.
        """
        offered = tuple(candidates)
        if offered == self._offered:
            return
        self._offered = offered
        self._shares = shares(offered, self._sender)
        stayed = self._owed.keys() & {one.identity for one in self._shares}
        excess = math.fsum(self._owed[identity] for identity in stayed) / max(1, len(stayed))
        self._owed = {
            one.identity: self._owed[one.identity] - excess if one.identity in stayed else 0.0 for one in self._shares
        }

    def choose(self, messages: int) -> Candidate | None:
        """Who gets the next batch; None when nobody can.

        Args:
            messages: How many messages it is; all of them go to one.
        """
        if not self._shares:
            return None
        for one, share in self._shares.items():
            self._owed[one.identity] += share * messages
        chosen = max(self._shares, key=lambda one: self._owed[one.identity])
        self._owed[chosen.identity] -= messages
        return chosen
