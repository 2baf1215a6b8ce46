import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.intervals import Interval, Overlap, deepest_overlap

# Small whole numbers, so that ends coincide often.
ends = st.integers(-6, 6)
intervals = st.builds(lambda a, b: Interval(min(a, b), max(a, b)), ends, ends)


def by_brute_force(given_intervals):
    """Try every end, and the middle between any two neighbours."""
    points = sorted({end for one in given_intervals for end in (one.low, one.high)})
    points = sorted(points + [(a + b) / 2 for a, b in itertools.pairwise(points)])
    holders = {at: frozenset(n for n, one in enumerate(given_intervals) if one.low <= at <= one.high) for at in points}
    depth = max(map(len, holders.values()))
    deepest = [at for at in points if len(holders[at]) == depth]
    return Overlap(deepest[0], deepest[-1], frozenset().union(*(holders[at] for at in deepest)), depth)


@given(st.lists(intervals, min_size=1, max_size=8))
def test_it_is_what_brute_force_finds(given_intervals):
    assert deepest_overlap(given_intervals) == by_brute_force(given_intervals)


@given(st.lists(intervals, min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_the_order_does_not_matter(given_intervals, random):
    order = list(range(len(given_intervals)))
    random.shuffle(order)
    mixed = deepest_overlap([given_intervals[number] for number in order])
    plain = deepest_overlap(given_intervals)
    assert (mixed.low, mixed.high, mixed.depth) == (plain.low, plain.high, plain.depth)
    assert {order[number] for number in mixed.members} == plain.members


@pytest.mark.parametrize(
    ("given_intervals", "expected"),
    [
        ([(1, 3)], Overlap(1, 3, frozenset({0}), 1)),
        ([(1, 1), (1, 1)], Overlap(1, 1, frozenset({0, 1}), 2)),
        ([(0, 2), (2, 4)], Overlap(2, 2, frozenset({0, 1}), 2)),
        ([(8, 12), (11, 13), (14, 15)], Overlap(11, 12, frozenset({0, 1}), 2)),
        ([(0, 10), (0, 2), (8, 10)], Overlap(0, 10, frozenset({0, 1, 2}), 2)),
        ([(0, 1), (5, 6)], Overlap(0, 6, frozenset({0, 1}), 1)),
        ([(-math.inf, math.inf), (5, 6)], Overlap(5, 6, frozenset({0, 1}), 2)),
    ],
)
def test_overlaps(given_intervals, expected):
    assert deepest_overlap([Interval(*one) for one in given_intervals]) == expected


def test_nothing_overlaps_nowhere():
    assert deepest_overlap([]) is None


@pytest.mark.parametrize("wrong", [Interval(2, 1), Interval(math.nan, 1), Interval(1, math.nan)])
def test_what_is_no_interval_is_refused(wrong):
    with pytest.raises(ValueError, match=r"interval 1 from .* is none"):
        deepest_overlap([Interval(0, 1), wrong])


def test_the_middle_of_an_interval():
    assert (Interval(-1, 4).middle, Interval(-1, 4).half_width) == (1.5, 2.5)
