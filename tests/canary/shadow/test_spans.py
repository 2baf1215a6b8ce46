"""Percentiles of spans of time."""

import random

import pytest

from canary.shadow.spans import SHORTEST_S, SIZES, STEP, Spans


def spans(values):
    found = Spans()
    for value in values:
        found.add(value)
    return found


def test_of_nothing_there_is_no_percentile():
    assert Spans().percentile(0.5) is None


@pytest.mark.parametrize("part", [0.5, 0.99])
@pytest.mark.parametrize("scale_s", [1e-4, 0.03, 20.0])
def test_a_percentile_is_right_within_its_step(part, scale_s):
    chance = random.Random(7)
    values = sorted(scale_s * chance.expovariate(1) for _ in range(1_000))
    true_s = values[int(part * 1_000) - 1]
    assert spans(values).percentile(part) == pytest.approx(true_s, rel=0.05, abs=SHORTEST_S)


def test_what_is_beyond_the_sizes_counts_in_the_last_one():
    found = spans([0.0, -1.0, 1e9])
    assert found.count == 3
    assert found.percentile(0.5) <= SHORTEST_S
    assert found.percentile(1.0) == pytest.approx(SHORTEST_S * STEP ** (SIZES - 1.5))
