from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.pairs.strip import Strip, fit_strip

xs = st.integers(-10, 0)
points = st.lists(st.tuples(xs, st.integers(-8, 8)), min_size=1, max_size=8)


def by_all_pairs(above, below, slope_bound, wander):
    """Each pair of a point above and one below bounds the slope: what is left when c is eliminated."""
    lowest, highest = [-slope_bound], [slope_bound]
    for x_above, y_above in above:
        for x_below, y_below in below:
            room = (y_above + wander * -x_above) - (y_below - wander * -x_below)
            if x_above == x_below:
                if room < 0:
                    return None
            else:
                (lowest if x_above < x_below else highest).append(Fraction(-room) / (x_below - x_above))
    return (max(lowest), min(highest)) if max(lowest) <= min(highest) else None


@given(points, points, st.sampled_from([0, 1]))
def test_the_slopes_are_what_all_pairs_allow(above, below, wander):
    expected = by_all_pairs(above, below, 3, wander)
    found = fit_strip(above, below, 3, wander)
    if expected is None or expected[1] - expected[0] < 1e-6:  # one slope alone may be lost to rounding
        assert found is None or found.slope_high - found.slope_low < 2 * wander + 1e-6
    elif found is None:
        assert wander  # it fits only where the line bends beyond the largest slope
    else:
        low, high = map(float, expected)
        half = max(wander, (high - low) / 2)  # never less than a straight line leaves
        assert (found.slope_low, found.slope_high) == pytest.approx(((low + high) / 2 - half, (low + high) / 2 + half))


@given(points, points)
def test_without_wander_the_ends_are_lines_that_fit(above, below):
    found = fit_strip(above, below, 3, 0)
    if found is not None:
        for at_zero, slope in ((found.low, found.slope_low), (found.high, found.slope_high)):
            assert all(at_zero + slope * x <= y + 1e-9 for x, y in above)
            assert all(at_zero + slope * x >= y - 1e-9 for x, y in below)


@given(
    st.floats(-80, 80),
    st.lists(st.tuples(st.floats(-5, 5), st.integers(1, 20)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 8), st.floats(0, 50)), min_size=1, max_size=8),
    st.lists(st.tuples(st.integers(0, 8), st.floats(0, 50)), min_size=1, max_size=8),
)
def test_a_line_that_bends_within_the_wander_is_always_inside(rate, bends, rooms_above, rooms_below):
    """It goes through (0, 0), looked at backwards: each piece has its own slope."""
    path = [(0.0, 0.0)]
    for bend, length in bends:
        x, y = path[-1]
        path.append((x - length, y - (rate + bend) * length))

    def beside(rooms, sign):
        return sorted(
            (path[number % len(path)][0], path[number % len(path)][1] + sign * room) for number, room in rooms
        )

    strip = fit_strip(beside(rooms_above, 1), beside(rooms_below, -1), 85, 5 + 1e-9)
    assert strip.low <= 1e-6
    assert strip.high >= -1e-6
    assert strip.slope_low - 1e-6 <= rate <= strip.slope_high + 1e-6


@pytest.mark.parametrize(
    ("above", "below", "wander", "expected"),
    [
        ([(0, 1)], [(0, -1)], 0, Strip(-1, 1, -3, 3)),
        ([(-1, 1)], [(0, 1)], 0, Strip(1, 4, 0, 3)),
        ([(0, 1)], [(-1, 1)], 0, Strip(-2, 1, -3, 0)),
        ([(-2, 1), (0, 1)], [(-2, -1), (0, -1)], 0, Strip(-1, 1, -1, 1)),
        ([(0, 0)], [(0, 1)], 0, None),  # below is above
        ([(-1, 0)], [(0, 4)], 0, None),  # steeper than any slope that may be
        ([(0, 0)], [(-1, 4)], 0, None),
        ([(-2, 1), (0, -1)], [(-1, 1)], 0, None),  # the way between is blocked
        ([(-10, 0)], [(0, 30)], 1, Strip(30, 30, 1.5, 3.5)),
        ([(-10, 0)], [(0, 31)], 1, None),  # a bend would help, but not beyond the largest slope
    ],
)
def test_strips(above, below, wander, expected):
    assert fit_strip(above, below, 3, wander) == expected
