from random import Random

import pytest

from timekeeper.solution.trend import Trend, predict_crossing


def follow(offsets_s, every_s=10.0, bound_s=0.0001):
    trend = Trend()
    for number, offset_s in enumerate(offsets_s):
        trend.add(1000.0 + number * every_s, offset_s, bound_s)
    return trend


def test_a_steady_drift():
    assert follow([50e-6 * 10 * n for n in range(20)]).slope_ppm == pytest.approx(50.0)
    assert follow([-20e-6 * 10 * n for n in range(20)]).slope_ppm == pytest.approx(-20.0)


def test_a_drift_in_noise():
    random = Random(1)
    slope_ppm = follow([20e-6 * 10 * n + random.gauss(0, 20e-6) for n in range(40)]).slope_ppm
    assert slope_ppm == pytest.approx(20.0, abs=0.5)


def test_noise_is_no_drift():
    random = Random(2)
    assert follow([random.gauss(0, 20e-6) for _ in range(40)]).slope_ppm is None
    assert follow([0.0] * 40).slope_ppm is None


def test_a_drift_within_the_bound_is_not_known_yet():
    """A daemon that has just started swings: smooth, and no drift."""
    swing = [0.5e-6 * 10 * n for n in range(12)]
    assert follow(swing, bound_s=0.0005).slope_ppm is None
    assert follow(swing, bound_s=0.00002).slope_ppm == pytest.approx(0.5)


@pytest.mark.parametrize(("count", "every_s"), [(0, 10.0), (5, 10.0), (10, 2.0)])
def test_too_little_to_tell(count, every_s):
    assert follow([0.001 * n for n in range(count)], every_s).slope_ppm is None


def test_a_step_starts_anew():
    before = [50e-6 * 10 * n for n in range(20)]
    after = [1.0 - 30e-6 * 10 * n for n in range(6)]
    assert follow([*before, *after[:5]]).slope_ppm is None
    assert follow([*before, *after]).slope_ppm == pytest.approx(-30.0)


def test_only_the_last_points_count():
    bend = [0.0005 * n for n in range(60)] + [0.03 - 0.0001 * n for n in range(60)]
    assert follow(bend).slope_ppm == pytest.approx(-10.0)


@pytest.mark.parametrize(
    ("offset_s", "bound_s", "slope_ppm", "seconds"),
    [
        (0.0, 0.0, 50.0, 100.0),
        (0.002, 0.001, 50.0, 40.0),
        (-0.002, 0.001, -50.0, 40.0),
        # It moves towards zero first, and crosses on the other side.
        (0.002, 0.001, -50.0, 120.0),
        (-0.002, 0.001, 50.0, 120.0),
        (0.004, 0.001, 50.0, 0.0),
        (0.5, 0.001, None, 0.0),
        (0.0, 0.001, None, None),
        (0.0, 0.001, 0.0, None),
    ],
)
def test_when_it_crosses(offset_s, bound_s, slope_ppm, seconds):
    found = predict_crossing(offset_s, bound_s, slope_ppm, 0.005)
    assert found == (seconds if seconds is None else pytest.approx(seconds))
