import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.intervals import Interval
from timekeeper.solution.regions import distance, find_regions, span_regions


def intervals(*ends):
    return [Interval(low, high) for low, high in ends]


THREE = intervals((0, 4), (2, 6), (5, 9))


@pytest.mark.parametrize(("depth", "regions"), [(1, [(0, 9)]), (2, [(2, 4), (5, 6)]), (3, []), (4, [])])
def test_where_intervals_lie_above_each_other(depth, regions):
    assert find_regions(THREE, depth) == intervals(*regions)


def test_closed_intervals_that_touch_overlap():
    assert find_regions(intervals((0, 1), (1, 2)), 2) == intervals((1, 1))
    assert find_regions(intervals((0, 1), (1, 2)), 1) == intervals((0, 2))
    assert find_regions([], 1) == []


@pytest.mark.parametrize(
    ("regions", "gap", "span"),
    [([], 1, None), ([(0, 1)], 0, (0, 1)), ([(0, 1), (3, 4)], 2, (0, 4)), ([(0, 1), (3, 4)], 1.9, None)],
)
def test_regions_that_are_close_together_are_one(regions, gap, span):
    assert span_regions(intervals(*regions), gap) == (span and Interval(*span))


@pytest.mark.parametrize(
    ("one", "other", "apart"), [((0, 1), (3, 4), 2), ((3, 4), (0, 1), 2), ((0, 3), (2, 4), 0), ((0, 1), (1, 2), 0)]
)
def test_distance(one, other, apart):
    assert distance(Interval(*one), Interval(*other)) == apart


ENDS = st.tuples(st.integers(-9, 9), st.integers(0, 6)).map(lambda pair: Interval(pair[0], pair[0] + pair[1]))


@given(st.lists(ENDS, max_size=8), st.integers(1, 8))
def test_regions_hold_exactly_the_points_that_are_deep_enough(found, depth):
    regions = find_regions(found, depth)
    for point in (number / 2 for number in range(-20, 34)):
        is_deep = sum(one.low <= point <= one.high for one in found) >= depth
        assert any(one.low <= point <= one.high for one in regions) == is_deep
