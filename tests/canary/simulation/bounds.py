"""How many false verdicts a gate may see before the promise behind it is doubtful; it knows no verdict."""

import math


def most_allowed(lives: int, rate: float, confidence: float = 0.999) -> int:
    """The smallest number that a count of `lives`, each with the chance `rate`, exceeds with at most 1 - `confidence`."""
    below, number = _chance_of(0, lives, rate), 0
    while below < confidence:
        number += 1
        below += _chance_of(number, lives, rate)
    return number


def upper_limit(found: int, lives: int, confidence: float = 0.95) -> float:
    """The highest rate at which `found` or fewer of `lives` are still seen with 1 - `confidence` (Clopper, Pearson 1934)."""
    if found >= lives:
        return 1.0
    low, high = found / lives, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if sum(_chance_of(number, lives, middle) for number in range(found + 1)) > 1 - confidence:
            low = middle
        else:
            high = middle
    return high


def _chance_of(number: int, lives: int, rate: float) -> float:
    ways = math.lgamma(lives + 1) - math.lgamma(number + 1) - math.lgamma(lives - number + 1)
    return math.exp(ways + number * math.log(rate) + (lives - number) * math.log1p(-rate))
