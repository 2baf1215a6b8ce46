"""PURE: how often a service fails on each server, relative to the mean, from few failures: empirical Bayes; it knows no version.

Servers differ: one is busy, one is old. What the old version did on a server before says how much of a failure there is to be
expected, and little history says little. So each server's rate is shrunk to the mean, the more the less is known of it.

The model is that of Clayton and Kaldor (*Empirical Bayes estimates of age-standardized relative risks for use in disease
mapping*, Biometrics 43, 1987): the failures O of a server are Poisson with mean E x, where E is what the time at risk there
comes to at the mean rate of all servers, and x is a Gamma variable with mean 1 and variance v. Then the mean of x, given O, is

    (O + 1/v) / (E + 1/v)

and v is found by its moments: with H servers, sum (O - E)^2 / E is H - 1 + v (sum E - sum E^2 / sum E) in the mean. If servers
differ no more than chance makes them, v is 0 and all are alike.
"""

from collections.abc import Mapping
from typing import NamedTuple

LEAST_S = 1.0
"""What ran less says nothing of a rate."""


class Past(NamedTuple):
    """What a version did on a server."""

    failures: int
    seconds: float
    """In which it could have failed."""


def relative_rates(past: Mapping[str, Past]) -> dict[str, float]:
    """How many times as often as in the mean the service fails on each server.

    Args:
        past: By server, what the old version did there. A server that is missing counts as 1.

    Returns:
        By server; 1 for all when nothing failed, or when they are alike, and for one where it ran less than `LEAST_S`.
    """
    rates = dict.fromkeys(past, 1.0)
    known = {server: each for server, each in past.items() if each.seconds >= LEAST_S}
    failures = sum(each.failures for each in known.values())
    if not failures:
        return rates
    seconds = sum(each.seconds for each in known.values())
    expected = {server: each.seconds * failures / seconds for server, each in known.items()}
    variance = _variance(known, expected)
    if variance <= 0:
        return rates
    prior = 1 / variance
    return rates | {server: (each.failures + prior) / (expected[server] + prior) for server, each in known.items()}


def _variance(past: Mapping[str, Past], expected: Mapping[str, float]) -> float:
    total = sum(expected.values())
    spread = total - sum(of * of for of in expected.values()) / total
    if spread <= 0:  # one server alone differs from nobody
        return 0.0
    index = sum((past[server].failures - of) ** 2 / of for server, of in expected.items())
    return (index - (len(expected) - 1)) / spread
