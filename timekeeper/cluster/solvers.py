"""PURE: which hosts say what is true of all clocks, and who has to be told every measurement: the same on every host.

Where there are few hosts each of them does. In a large cluster that would cost every host as much as the answer costs once, so
a few are drawn from the names, wherever they stand, and the others repeat what more than half of those say.
"""

import hashlib
from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Word = TypeVar("Word", bound=Hashable)

AUTO, SOLVER, AGENT = "auto", "solver", "agent"
"""What a host is to be by its settings: what suits, one that solves, one that never does."""

MANY_HOSTS = 100
"""Up to so many all of them solve: there it costs less than 1 % of a core."""
SOLVERS = 5
"""Two of them may fail, or lie, and three still say the same."""
TOLD = 7
"""So many are told everything: where hosts do not yet agree on who is there, whom one takes for a solver is among them."""


@dataclass(frozen=True, slots=True)
class Solvers:
    """The division of that work."""

    solving: frozenset[str]
    """Who solves."""
    told: frozenset[str] | None
    """Who is told what each host measures, each time; None for everybody."""


def choose_solvers(roles: Mapping[str, str]) -> Solvers:
    """Divide the work.

    Args:
        roles: Of each host whose timekeeper has spoken lately what it is to be by its settings.
    """
    willing = [host for host, role in roles.items() if role != AGENT]
    if len(roles) <= MANY_HOSTS:
        return Solvers(frozenset(willing), None)
    named = frozenset(host for host in willing if roles[host] == SOLVER)
    drawn = sorted(set(willing) - named, key=_draw)
    return Solvers(named.union(drawn[: max(0, SOLVERS - len(named))]), named.union(drawn[: max(0, TOLD - len(named))]))


def agree(words: Collection[Iterable[Word]]) -> frozenset[Word]:
    """What more than half of the solvers say.

    Args:
        words: Of each solver all that it says.
    """
    said = Counter(one for word in words for one in set(word))
    return frozenset(one for one, count in said.items() if 2 * count > len(words))


def _draw(host: str) -> bytes:
    return hashlib.blake2b(host.encode(), digest_size=8).digest()
