"""How far off estimates of a clock were, as values: percentiles, and how often a bound was too small; it measures nothing."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Guess:
    """One estimate of an offset whose truth is 0."""

    offset_s: float
    bound_s: float
    """The truth is no farther from `offset_s`, as whoever estimated it says."""

    @property
    def error_s(self) -> float:
        """How far off it is."""
        return abs(self.offset_s)

    @property
    def is_violated(self) -> bool:
        """Whether it is off by more than its bound."""
        return self.error_s > self.bound_s


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of sizes, in seconds."""

    p50_s: float
    p99_s: float
    max_s: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good one kind of estimate was."""

    what: str
    count: int
    error: Spread
    bound: Spread
    violations: int
    """Estimates that were off by more than their own bound."""


def describe(what: str, guesses: Iterable[Guess]) -> Accuracy:
    """Hold estimates against the truth, which is 0.

    Args:
        what: Whose estimates, for people.
        guesses: One or more.
    """
    taken = list(guesses)
    return Accuracy(
        what=what,
        count=len(taken),
        error=spread([guess.error_s for guess in taken]),
        bound=spread([guess.bound_s for guess in taken]),
        violations=sum(guess.is_violated for guess in taken),
    )


def spread(sizes_s: Sequence[float]) -> Spread:
    """The percentiles of one size or more."""
    ordered = sorted(sizes_s)

    def quantile(share: float) -> float:
        return ordered[max(0, math.ceil(share * len(ordered)) - 1)]

    return Spread(quantile(0.5), quantile(0.99), ordered[-1])
