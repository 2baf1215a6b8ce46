import pytest
from hypothesis import given
from hypothesis import strategies as st

from timekeeper.intervals import Interval
from timekeeper.solution.placement import NOWHERE, place


@pytest.mark.parametrize(
    ("intervals", "found"),
    [
        ([], NOWHERE),
        ([(1, 2)], (1, 2)),
        # Of two that differ one may be wrong: all between the ends is possible.
        ([(1, 2), (5, 6)], (1, 6)),
        ([(1, 2), (5, 6), (5, 7)], (5, 6)),
        ([(1, 2), (5, 6), (8, 9)], (5, 6)),
        ([(1, 4), (2, 5), (90, 91)], (2, 5)),
        ([(1, 2), NOWHERE, (1, 3)], (1, 3)),
        ([(1, 2), NOWHERE], NOWHERE),
    ],
)
def test_where_most_of_them_put_it(intervals, found):
    given = [one if isinstance(one, Interval) else Interval(*one) for one in intervals]
    assert place(given) == (found if isinstance(found, Interval) else Interval(*found))


widths = st.floats(0, 10)
right = st.builds(lambda below, above: Interval(-below, above), widths, widths)
wrong = st.builds(lambda low, width: Interval(low, low + width), st.floats(-100, 100), widths)


@given(st.lists(right, min_size=1, max_size=6), st.data())
def test_it_holds_the_truth_while_half_of_them_do(honest, data):
    others = data.draw(st.lists(wrong, max_size=len(honest)))
    found = place(data.draw(st.permutations([*honest, *others])))
    assert found.low <= 0 <= found.high
