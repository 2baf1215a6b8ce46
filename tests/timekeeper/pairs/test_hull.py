import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.pairs.hull import lower_hull, upper_hull

points = st.lists(st.tuples(st.integers(-9, 9), st.integers(-9, 9)), min_size=1, max_size=12).map(sorted)
slopes = st.integers(-30, 30)


@given(points, slopes)
def test_a_line_from_below_touches_the_hull_where_it_touches_the_points(given_points, slope):
    assert min(y - slope * x for x, y in lower_hull(given_points)) == min(y - slope * x for x, y in given_points)


@given(points, slopes)
def test_a_line_from_above_does_too(given_points, slope):
    assert max(y - slope * x for x, y in upper_hull(given_points)) == max(y - slope * x for x, y in given_points)


@given(points)
def test_the_hull_turns_left_at_each_of_its_points(given_points):
    hull = lower_hull(given_points)
    assert set(hull) <= set(given_points)
    rises = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in itertools.pairwise(hull)]
    assert all(first < second for first, second in itertools.pairwise(rises))


@pytest.mark.parametrize(
    ("given_points", "lower", "upper"),
    [
        ([], [], []),
        ([(0, 1)], [(0, 1)], [(0, 1)]),
        ([(0, 1), (0, 2)], [(0, 1)], [(0, 2)]),
        ([(0, 2), (0, 1)], [(0, 1)], [(0, 2)]),
        ([(0, 0), (1, 1), (2, 2)], [(0, 0), (2, 2)], [(0, 0), (2, 2)]),
        ([(0, 0), (1, -1), (2, 0)], [(0, 0), (1, -1), (2, 0)], [(0, 0), (2, 0)]),
    ],
)
def test_hulls(given_points, lower, upper):
    assert lower_hull(given_points) == lower
    assert upper_hull(given_points) == upper
