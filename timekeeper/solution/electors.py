"""PURE: the hosts of whom more than half decide, as a value; who they are is found out elsewhere."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Electors:
    """Who counts."""

    names: frozenset[str]
    """Those whose names are known."""
    number: int
    """How many there are: more than `names` where some are known by their address alone."""
    vouched_by_one: frozenset[str] = frozenset()
    """Hosts that do not count, since only one member says that they are there."""
    not_watched: frozenset[str] = frozenset()
    """Hosts that do not count, since nobody was ever able to measure them."""
    away: frozenset[str] = frozenset()
    """Those of `names` that the router does not reach."""

    @classmethod
    def of(cls, names: Iterable[str]) -> "Electors":
        """All of these, and nobody else."""
        found = frozenset(names)
        return cls(found, len(found))

    @property
    def most(self) -> int:
        """How many are more than half."""
        return self.number // 2 + 1

    @property
    def everybody(self) -> frozenset[str]:
        """All whose names are known, whether they count or not."""
        return self.names | self.vouched_by_one | self.not_watched
