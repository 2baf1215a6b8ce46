from random import Random

import pytest

from tests.timekeeper.simulation.clocks import Clock, Path, draw_rates, measure


def test_a_clock_is_off_drifts_and_is_set():
    clock = Clock(0.5, ((0.0, 100.0), (15.0, -50.0)), ((20.0, -0.25),))
    assert [clock.at(now_s) for now_s in (0.0, 10.0, 20.0, 30.0)] == pytest.approx([0.5, 0.501, 0.25125, 0.25075])
    assert [clock.stepped_between(*span) for span in ((0, 19), (10, 20), (20, 30))] == [False, True, False]
    assert [clock.set_by(*span) for span in ((0, 19), (10, 20))] == [0.0, -0.25]


def test_how_far_a_clock_ever_was_off():
    clock = Clock(0.1, ((0.0, 100.0),), ((20.0, -0.2), (30.0, 0.1)))
    spans = ((0.0, 10.0), (15.0, 25.0), (22.0, 25.0), (25.0, 40.0))
    assert [clock.farthest(*span) for span in spans] == pytest.approx([0.101, 0.102, 0.0978, 0.0975])


def test_crystals_wander_and_stay_near():
    for seed in range(50):
        clock = Clock(0.0, draw_rates(Random(seed), 100.0))
        assert 0 < clock.farthest(0.0, 100.0) < 0.001


def test_a_burst_holds_the_truth_whatever_the_delays():
    random = Random(1)
    for _ in range(200):
        path = Path(random.random(), random.random(), random.random() + 0.001, loss=0.3)
        ahead_s = random.uniform(-9, 9)
        one = measure(random, path, ("a", "b"), ahead_s)
        assert one is None or abs(one.offset_s - ahead_s) <= one.bound_s


def test_a_path_that_loses_all_measures_nothing():
    assert measure(Random(1), Path(0.1, 0.1, 0.1, loss=1.0), ("a", "b"), 0.0) is None
