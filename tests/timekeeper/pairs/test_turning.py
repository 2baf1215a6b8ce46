"""How fast a clock is being turned now: a slew is seen, a step is none."""

import pytest

from timekeeper.pairs import RealtimeReading
from timekeeper.pairs.turning import turning_rate

S = 1_000_000_000
US = 1_000


def bursts(turned_ns, count=3, questions=8, error_ns=100):
    """What a clock shows that was turned as the function says, by true time in seconds."""
    times_s = [burst * 10 + question * 0.015 for burst in range(count) for question in range(questions)]
    return [RealtimeReading(round(turned_ns(at_s)), round(at_s * S), error_ns) for at_s in times_s]


@pytest.mark.parametrize("ppm", [0, 100, -500, 83_333])
def test_a_clock_that_is_turned_evenly(ppm):
    assert turning_rate(bursts(lambda at_s: ppm * US * at_s)) == pytest.approx(ppm / 1e6, abs=1e-9)


@pytest.mark.parametrize("size_ns", [S // 100, -S // 100, S // 2, 3600 * S])
def test_a_step_between_two_bursts_is_no_rate(size_ns):
    assert abs(turning_rate(bursts(lambda at_s: size_ns if at_s > 15 else 0))) < 3e-6, "what the errors leave open"


def test_a_slew_that_is_over():
    assert abs(turning_rate(bursts(lambda at_s: 500 * US * min(at_s, 18)))) < 3e-6


def test_a_slew_that_has_begun():
    assert turning_rate(bursts(lambda at_s: 500 * US * max(at_s - 19, 0))) == pytest.approx(500e-6, abs=3e-6)


def test_readings_that_are_too_coarse_within_a_burst():
    """They tell 200 ppm either way; the ten seconds before tell 30."""
    readings = bursts(lambda at_s: 30 * US * at_s, error_ns=10 * US)
    jumpy = [*readings[:-1], RealtimeReading(readings[-1].difference_ns - 5 * US, readings[-1].raw_ns, 10 * US)]
    assert turning_rate(jumpy) == pytest.approx(30e-6, abs=1e-6)


@pytest.mark.parametrize(
    ("readings", "rate"),
    [
        ([], 0.0),
        ([RealtimeReading(S, S, 0)], 0.0),
        ([RealtimeReading(0, 0, 0), RealtimeReading(US, S * 10, 0)], 1e-7),
        ([RealtimeReading(0, 0, 0), RealtimeReading(S, S * 10, 0)], 0.0),  # faster than any slew
        ([RealtimeReading(0, S, 0), RealtimeReading(S, S, 0)], 0.0),  # at the same moment
        ([RealtimeReading(0, S, 0), RealtimeReading(S, 0, 0)], 0.0),  # a peer may say anything
        ([RealtimeReading(0, S, 0), RealtimeReading(0, -(2**62), 0)], 0.0),
    ],
)
def test_little_is_known(readings, rate):
    assert turning_rate(readings) == pytest.approx(rate)
