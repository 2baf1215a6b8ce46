"""PURE: how often a service fails on each server, relative to the mean, from few failures: empirical Bayes; it knows no version.

Servers differ: one is busy, one is old. What the old version did on a server before says how much of a failure there is to be
expected, and little history says little. So each server's rate is shrunk to the mean, the more the less is known of it.

The model is that of Clayton and Kaldor (*Empirical Bayes estimates of age-standardized relative risks for use in disease
mapping*, Biometrics 43, 1987): the failures O of a server are Poisson with mean E x, where E is what the time at risk there
comes to at the mean rate of all servers, and x is a Gamma variable with mean 1 and variance v. Then the mean of x, given O, is

    (O + 1/v) / (E + 1/v)

and v is found by its moments. With T failures, and p the part of a server in the time at risk, sum (O - E)^2 is

    T (1 - sum p^2) + v T^2 (sum p^2 - 2 sum p^3 + (sum p^2)^2)

in the mean. It is not divided by E, as is usual: else one failure on a server that was at risk for a second would make all
servers unlike. If servers differ no more than chance makes them, v is 0 and all are alike.
"""

from collections.abc import Mapping
from typing import NamedTuple

WIDEST = 4.0
"""The largest variance: two servers, of which one has hardly a past, say nothing of how far servers may lie apart."""


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
        By server; 1 for all when nothing failed, or when they are alike.
    """
    seconds = sum(each.seconds for each in past.values())
    failures = sum(each.failures for each in past.values())
    if not failures or not seconds:
        return dict.fromkeys(past, 1.0)
    parts = {server: each.seconds / seconds for server, each in past.items()}
    variance = _variance(past, parts, failures)
    if variance <= 0:
        return dict.fromkeys(past, 1.0)
    prior = 1 / min(variance, WIDEST)
    return {server: (each.failures + prior) / (parts[server] * failures + prior) for server, each in past.items()}


def _variance(past: Mapping[str, Past], parts: Mapping[str, float], failures: int) -> float:
    squares, cubes = (sum(part**power for part in parts.values()) for power in (2, 3))
    spread = squares - 2 * cubes + squares * squares
    if spread <= 0:  # one server alone differs from nobody
        return 0.0
    found = sum((past[server].failures - part * failures) ** 2 for server, part in parts.items())
    return (found - failures * (1 - squares)) / (failures * failures * spread)
