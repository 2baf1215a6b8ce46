"""What befalls a service that starts on a server, at random but by a seed: chance, a boot storm, an outage, a bad version."""

from random import Random

from canary.rules import AmbientSettings, CapSettings, RuleASettings, Rules
from tests.canary.simulation.starts import SERVICE, Life, blocked_after_s

RULES = Rules()
UNFILTERED = AmbientSettings(services=1_000, elsewhere_s=0.0, around_s=0.0, boot_s=0.0)
"""No failure is excused."""
UNFROZEN = CapSettings(frozen_services=1_000)
"""Nor do verdicts about many services at once say anything."""
BARE = Rules(a=RuleASettings(span_s=0.0), ambient=UNFILTERED, caps=UNFROZEN)
"""Five in a row, and nothing else."""
SPANNED = Rules(ambient=UNFILTERED, caps=UNFROZEN)
"""Five in a row that span a minute; no failure is excused."""


def by_chance(seed: int, rules: Rules, chance: float) -> float | None:
    """A version of which each start fails by itself with some chance, in 0 to 2 s."""
    dice = Random(seed)
    return blocked_after_s(rules, Life(SERVICE, 0.0, lambda _: 2 * dice.random() if dice.random() < chance else None))


def never_works(seed: int, rules: Rules, lasts_s: tuple[float, float]) -> float | None:
    """A version that dies in each start, after a time between these two."""
    dice = Random(seed)
    return blocked_after_s(rules, Life(SERVICE, 0.0, lambda _: dice.uniform(*lasts_s)))


def boot_storm(seed: int, rules: Rules, ready_s: float = 30.0, *, services: int = 10) -> float | None:
    """A server boots, and what all its services need is there only after a while."""
    dice = Random(seed)

    def start(at_s: float) -> float | None:
        return dice.random() if at_s < ready_s * (1 + dice.random() / 5) else None

    lives = [Life(SERVICE if not number else f"other{number}", 3 * dice.random(), start) for number in range(services)]
    return blocked_after_s(rules, lives[0], tuple(lives[1:]), boots=True)


def outage(seed: int, rules: Rules, lasts_s: float, *, part: float, services: int = 9) -> float | None:
    """A version is started while something is away that it needs, and with it each other service of its server by chance.

    Args:
        seed: For the dice.
        rules: For the judge.
        lasts_s: How long it is away.
        part: The chance that another service needs it too.
        services: Other services of the server.
    """
    dice = Random(seed)

    def start(at_s: float) -> float | None:
        return dice.random() if at_s < lasts_s else None

    hit = [number for number in range(services) if dice.random() < part]
    others = tuple(Life(f"other{number}", 10 * dice.random(), start) for number in hit)
    return blocked_after_s(rules, Life(SERVICE, 10 * dice.random(), start), others)
