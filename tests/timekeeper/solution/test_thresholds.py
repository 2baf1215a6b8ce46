import pytest

from tests.timekeeper.solution.clusters import mesh
from timekeeper.solution import Thresholds, solve
from timekeeper.solution.verdicts import Verdict, classify


@pytest.mark.parametrize(("warn_s", "tolerance_s"), [(0.5, 0.001), (0.005, 0.001), (0.001, 0.0002), (0.0001, 0.00002)])
def test_the_tolerance_is_small_beside_the_threshold(warn_s, tolerance_s):
    assert Thresholds(warn_s=warn_s).tolerance_s == pytest.approx(tolerance_s)


@pytest.mark.parametrize("warn_s", [0.5, 0.005, 0.0005, 0.00005])
def test_a_clock_that_is_off_twice_the_threshold_is_wrong_whatever_that_is(warn_s):
    clocks = dict.fromkeys("abc", 0.0) | {"d": 2 * warn_s}
    solution = solve(clocks, mesh(clocks, warn_s / 50), [], (), Thresholds(warn_s=warn_s))
    assert [classify(host, warn_s) for host in solution.hosts] == [*[Verdict.OK] * 3, Verdict.WRONG]
