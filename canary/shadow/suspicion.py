"""PURE: how strongly what differs speaks for "the shadow is another one", over all paths together; as an e-process.

There are two tests of one path, by what noise is known by.

*Two arms*, where the primary's version has answered a second time: of the same reply of the primary there is one of the shadow and
a second one of the primary's version. If only one of the two differs from the first, it is the shadow's or not: a coin. H0 says
that the shadow differs at most `MARGIN` times as often: this is the test of `canary.judge.eprocess`, with a share of 1/2. Where
both differ, or neither, it says nothing; so what always differs costs nothing. It does not matter how many replies are asked for a
second time, or when, as long as that is settled before it is known what differs.

*A limit*, where nobody has: H0 says that at most a share of `LIMIT` of the replies differ there
(`canary.deployment.analysis.share`). Such a test begins behind the first difference, which is not counted: until then there was
nothing to test.

A path that enters as the j-th gets 1 / (j (j + 1)) of the bet, and the rest is held back for those to come. Which one is the j-th
is settled before its first result counts. So the whole is a mean of e-processes, and one itself, whatever one path has to do with
another, and however often it is looked at.
"""

import math
from dataclasses import dataclass
from typing import Protocol

from canary.deployment.analysis.share import ShareEvidence
from canary.judge.eprocess import Evidence

MARGIN = 1.25
"""The shadow may differ that many times as often as the primary does from itself, as in rule C."""
LIMIT = 0.001
"""The share of replies that may differ at a path where no noise is measured."""
HALF = 0.5
_LN_10 = math.log(10)


class _Test(Protocol):
    @property
    def log10_e(self) -> float: ...


@dataclass(slots=True)
class _Limited:
    """A path whose replies are held to the limit."""

    evidence: ShareEvidence
    seen: int
    """How many replies of its command are counted in it."""


class Suspicion:
    """All tests of one shadow."""

    def __init__(self) -> None:
        self._entered: list[_Test] = []
        """In the order in which they got their part of the bet."""
        self._arms: dict[str, Evidence] = {}
        self._limits: dict[str, _Limited] = {}

    def tell_apart(self, path: str, *, is_new: bool) -> None:
        """Of one reply, shadow or second reply differ there, and the other one does not.

        Args:
            path: Where.
            is_new: Whether it is the shadow's.
        """
        evidence = self._arms.get(path)
        if evidence is None:
            evidence = self._arms[path] = Evidence()
            self._entered.append(evidence)
        evidence.add(is_new=is_new, share=HALF, margin=MARGIN)

    def hold_to_limit(self, path: str, replies: int, *, differs: bool) -> None:
        """So many replies have no second reply, and the newest one differs there, or not.

        Args:
            path: Where.
            replies: Of its command, in all.
            differs: Whether the newest one differs; else nothing has differed since the last time.
        """
        limited = self._limits.get(path)
        if limited is None:
            if differs:
                limited = self._limits[path] = _Limited(ShareEvidence(LIMIT), replies)
                self._entered.append(limited.evidence)
        elif replies > limited.seen:
            limited.evidence.add(replies - limited.seen, int(differs))
            limited.seen = replies

    def log10_of(self, path: str) -> float:
        """The evidence of one path alone, as a decimal logarithm; 0 where nothing was tested."""
        tests: list[_Test] = []
        tests += [self._arms[path]] if path in self._arms else []
        tests += [self._limits[path].evidence] if path in self._limits else []
        return max((test.log10_e for test in tests), default=0.0)

    @property
    def log10_e(self) -> float:
        """The evidence of all: 2 comes once in a hundred shadows that are no other version, 3 once in a thousand."""
        parts = [-math.log(len(self._entered) + 1)]
        parts += [
            test.log10_e * _LN_10 - math.log(place * (place + 1)) for place, test in enumerate(self._entered, start=1)
        ]
        highest = max(parts)
        return (highest + math.log(sum(math.exp(part - highest) for part in parts))) / _LN_10
