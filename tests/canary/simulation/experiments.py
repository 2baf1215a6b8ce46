"""What is played, and how often the judge may be wrong in it: good versions to be left alone, and bad ones to be found."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from tests.canary.simulation.bounds import most_allowed
from tests.canary.simulation.fleet import HOUR_S, Fleet, Truth
from tests.canary.simulation.worlds import RULES, boot_storm, by_chance, never_works, outage

FAILURES = 100
"""How many failures a good version is watched for, both versions together."""


@dataclass(frozen=True)
class Null:
    """A world in which the version is good, or as good as the one before."""

    name: str
    found: Callable[[int], tuple[bool, ...]]
    """What a life with this seed came to: for each of `promises`, whether it was broken."""
    promises: tuple[tuple[str, float], ...]
    """What is not to happen, and in which part of all lives it may."""
    dear: int = 1
    """One life of it takes so many times as long as a simple one, so that fewer are played."""

    def play(self, lives: int) -> Iterator["Tally"]:
        """Play some lives, and count what should not have happened.

        Args:
            lives: How many there would be of a simple world.
        """
        lives = max(1, lives // self.dear)
        found = [self.found(seed) for seed in range(lives)]
        for place, (what, rate) in enumerate(self.promises):
            yield Tally(self.name, what, sum(each[place] for each in found), lives, rate)


@dataclass(frozen=True)
class Tally:
    """How often what should not happen has happened."""

    name: str
    what: str
    found: int
    lives: int
    rate: float

    @property
    def allowed(self) -> int:
        """More than that many would be seen once in 1,000 times, if the promise held."""
        return most_allowed(self.lives, self.rate)


def _blocks(world: Callable[..., float | None], *args: float, **kwargs: float) -> Callable[[int], tuple[bool, ...]]:
    return lambda seed: (world(seed, RULES, *args, **kwargs) is not None,)


def _pauses(truth: Truth, failures: int = FAILURES) -> Callable[[int], tuple[bool, ...]]:
    def found(seed: int) -> tuple[bool, ...]:
        verdicts = Fleet(truth, seed).play(failures)
        return verdicts.suspect is not None, verdicts.held is not None

    return found


PAUSES = (("suspect", 0.01), ("held", 0.001))
"""What rule C promises of a version that is no worse than the one before."""
WEEK_S = 168 * HOUR_S

NULLS = (
    Null("starts fail by chance, 1 in 100", _blocks(by_chance, 0.01), (("blocked", 1e-6),)),
    Null("starts fail by chance, 1 in 20", _blocks(by_chance, 0.05), (("blocked", 1e-6),)),
    Null("starts fail by chance, 1 in 5", _blocks(by_chance, 0.2), (("blocked", 1e-4),)),
    Null("starts fail by chance, 1 in 2", _blocks(by_chance, 0.5), (("blocked", 0.01),)),
    Null("boot storm of 30 s, 10 services", _blocks(boot_storm), (("blocked", 1e-4),), dear=4),
    Null("boot storm of 80 s, 10 services", _blocks(boot_storm, 70.0), (("blocked", 1e-4),), dear=4),
    Null("outage of 2 min that hits all", _blocks(outage, 120.0, part=1.0), (("blocked", 1e-4),), dear=10),
    Null("outage of 20 min that hits all", _blocks(outage, 1200.0, part=1.0), (("blocked", 1e-4),), dear=40),
    Null("outage of 10 min that hits half", _blocks(outage, 600.0, part=0.5), (("blocked", 0.04),), dear=10),
    Null("alike, 2 of 4 servers", _pauses(Truth()), PAUSES, dear=20),
    Null("alike, 2 of 10 servers", _pauses(Truth(new=2, old=8)), PAUSES, dear=40),
    Null("on the margin of 1.25, 2 of 4", _pauses(Truth(ratio=1.25)), PAUSES, dear=20),
    Null("failures in clusters of 4, 2 of 4", _pauses(Truth(again=0.75)), PAUSES, dear=80),
    Null("failures in clusters of 4, 2 of 10", _pauses(Truth(again=0.75, new=2, old=8)), PAUSES, dear=160),
    Null("outages that hit half of 4", _pauses(Truth(outage_mean_s=6 * HOUR_S, outage_hits=0.5), 60), PAUSES, dear=80),
    Null(
        "outages that hit a tenth of 20",
        _pauses(Truth(outage_mean_s=6 * HOUR_S, outage_hits=0.1, new=2, old=18, mean_s=20 * HOUR_S), 60),
        PAUSES,
        dear=400,
    ),
    Null(
        "roll-out, 1 in 20 starts fails",
        _pauses(Truth(start_fails=0.05, new=10, old=10, apart_s=600.0, mean_s=WEEK_S), 20),
        PAUSES,
        dear=40,
    ),
)

WORN = {
    "dies at once": ((0.0, 2.0), 75.0),
    "dies after 20 s": ((19.0, 21.0), 116.0),
    "dies after 55 s": ((54.0, 56.0), 291.0),
}
"""Versions that never work: between which times they die, and in which time half of them have to be blocked."""


def blocked_after_s(lasts_s: tuple[float, float], lives: int) -> list[float]:
    """When the judge blocks a version that never works, in rising order.

    Raises:
        AssertionError: It did not.
    """
    blocked = [never_works(seed, RULES, lasts_s) for seed in range(lives)]
    assert None not in blocked
    return sorted(blocked)


BAD = {
    "5 times, 5 of 10 servers": (Truth(ratio=5, new=5, old=5, mean_s=50 * HOUR_S), FAILURES),
    "10 times, 5 of 10": (Truth(ratio=10, new=5, old=5, mean_s=50 * HOUR_S), 60),
    "10 times, 2 of 4": (Truth(ratio=10, mean_s=50 * HOUR_S), FAILURES),
    "5 times, 2 of 10": (Truth(ratio=5, new=2, old=8, mean_s=100 * HOUR_S), 150),
    "5 times, 2 of 4": (Truth(ratio=5, mean_s=50 * HOUR_S), 200),
    "3 times, 5 of 10": (Truth(ratio=3, new=5, old=5, mean_s=50 * HOUR_S), FAILURES),
}
"""Versions that fail more often than the one before, and within how many failures they are looked for."""


def found_after(truth: Truth, failures: int, lives: int) -> list[int]:
    """After how many failures a bad version was suspect, in rising order; those that were not are left out."""
    found = (Fleet(truth, seed).play(failures).suspect for seed in range(lives))
    return sorted(number for number in found if number is not None)
