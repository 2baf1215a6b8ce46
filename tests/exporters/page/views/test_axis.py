"""Places on the axis: the middle is linear, the rest logarithmic, and nothing is ever outside."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from exporters.page.views.axis import Axis, fit_axis

AXIS = Axis(limit_s=0.005, reach_s=0.5)


@pytest.mark.parametrize(
    ("offset_s", "place"),
    [
        (0, 50),
        (0.005, 75),
        (-0.005, 25),
        (0.0025, 62.5),
        (0.05, 86.5),
        (-0.05, 13.5),
        (0.5, 98),
        (9, 98),
        (-math.inf, 2),
    ],
)
def test_places(offset_s, place):
    assert AXIS.place(offset_s) == place


@given(st.lists(st.floats(allow_nan=False), min_size=2), st.floats(1e-6, 10))
def test_order_is_kept_and_nothing_is_outside(offsets_s, limit_s):
    axis = fit_axis(limit_s, offsets_s)
    places = [axis.place(one) for one in sorted(offsets_s)]
    assert places == sorted(places)
    assert all(0 <= place <= 100 for place in places)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 10))
def test_what_is_fitted_is_not_cut(offset_s, limit_s):
    assert fit_axis(limit_s, [offset_s]).reach_s >= abs(offset_s)


@pytest.mark.parametrize(
    ("extents_s", "reach_s"), [([], 0.05), ([0.001], 0.05), ([0.049], 0.05), ([0.051], 0.5), ([-3], 5)]
)
def test_the_axis_grows_in_powers_of_ten(extents_s, reach_s):
    assert fit_axis(0.005, extents_s).reach_s == pytest.approx(reach_s)


@pytest.mark.parametrize("limit_s", [0, -1, math.nan, math.inf])
def test_a_threshold_that_is_none_does_no_harm(limit_s):
    assert fit_axis(limit_s, [math.nan, 0.001]).place(0.001) == 55


def test_ticks_name_the_ends_the_thresholds_and_the_middle():
    assert [(tick.x, tick.text, tick.kind) for tick in AXIS.ticks()] == [
        (2, "-500 ms", "plain"),
        (25, "-5 ms", "limit"),
        (50, "0", "zero"),
        (75, "+5 ms", "limit"),
        (98, "+500 ms", "plain"),
    ]
