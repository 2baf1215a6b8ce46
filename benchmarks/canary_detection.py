"""Plays lives of good and of bad versions before the real judge, in virtual time, and counts what it says; it judges no figure."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from tests.canary.simulation.bounds import most_allowed
from tests.canary.simulation.experiments import BAD, NULLS, WORN, blocked_after_s, found_after

POWER = 0.95
"""The part of the versions that fail `MUCH_MORE` times as often, or more, that is to be found."""
MUCH_MORE = 5


@dataclass(frozen=True, slots=True)
class Block:
    """When a version that never works is blocked."""

    what: str
    lives: int
    median_s: float
    last_s: float
    limit_s: float
    """For the median."""


@dataclass(frozen=True, slots=True)
class Accused:
    """How often a good version was called what it is not."""

    world: str
    what: str
    found: int
    lives: int
    rate: float
    """What is promised."""
    allowed: int
    """More than that many are seen once in 1,000 times if the promise holds."""


@dataclass(frozen=True, slots=True)
class Found:
    """How often a version that fails more than the one before was found."""

    what: str
    found: int
    lives: int
    within: int
    """Failures, of both versions together."""
    median: float | None
    """After how many, of those that were found."""
    least: int
    """Fewer are seen once in 1,000 times if `POWER` holds; 0: nothing is promised."""


def measure_blocks(lives: int) -> Iterator[Block]:
    """Versions that never work."""
    for what, (lasts_s, limit_s) in WORN.items():
        blocked_s = blocked_after_s(lasts_s, lives)
        yield Block(what, lives, median(blocked_s), blocked_s[-1], limit_s)


def measure_accused(lives: int) -> Iterator[Accused]:
    """Versions that are good, or as good as the one before.

    Args:
        lives: Of a simple world; of one that takes longer, fewer.
    """
    for null in NULLS:
        for tally in null.play(lives):
            yield Accused(tally.name, tally.what, tally.found, tally.lives, tally.rate, tally.allowed)


def measure_found(lives: int) -> Iterator[Found]:
    """Versions that fail more than the one before."""
    for what, (truth, failures) in BAD.items():
        after = found_after(truth, failures, lives)
        least = lives - most_allowed(lives, 1 - POWER) if truth.ratio >= MUCH_MORE else 0
        yield Found(what, len(after), lives, failures, median(after) if after else None, least)
