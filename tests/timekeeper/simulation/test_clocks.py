from random import Random

import pytest

from tests.timekeeper.simulation.clocks import Clock, Path, measure


def test_a_clock_is_off_drifts_and_is_set():
    clock = Clock(0.5, 100.0, [(20.0, -0.25)])
    assert [clock.at(now_s) for now_s in (0.0, 10.0, 20.0)] == pytest.approx([0.5, 0.501, 0.252])
    assert [clock.stepped_between(*span) for span in ((0, 19), (10, 20), (20, 30))] == [False, True, False]


def test_a_clock_is_slewed_for_a_while():
    clock = Clock(0.5, 10.0, slews=[(10.0, 30.0, -500.0)])
    assert [clock.at(now_s) for now_s in (0.0, 10.0, 20.0, 50.0)] == pytest.approx([0.5, 0.5001, 0.4952, 0.4905])
    assert (clock.fastest_ppm, Clock(0.0, -7.0).fastest_ppm) == (510.0, 7.0)


def test_a_burst_holds_the_truth_whatever_the_delays():
    random = Random(1)
    for _ in range(200):
        path = Path(random.random(), random.random(), random.random() + 0.001, loss=0.3)
        ahead_s = random.uniform(-9, 9)
        one = measure(random, path, ("a", "b"), ahead_s, 3.0)
        assert one is None or abs(one.offset_s - ahead_s) <= one.bound_s


def test_a_path_that_loses_all_measures_nothing():
    assert measure(Random(1), Path(0.1, 0.1, 0.1, loss=1.0), ("a", "b"), 0.0, 0.0) is None
