"""On a healthy network every bound holds and is narrow, whatever its crystals and daemons go through."""

import pytest

from tests.timekeeper.simulation.lan import Lan, Weather

SEEDS = range(2)
MANY = 750


def play(weather):
    lans = [Lan(seed, weather).run() for seed in SEEDS]
    assert [broken for lan in lans for broken in lan.broken] == []
    assert not {one for lan in lans for one in lan.accused}
    return lans, sorted(bound_s for lan in lans for bound_s in lan.bounds_s)


@pytest.mark.parametrize(
    "weather",
    [
        Weather(),
        Weather(poll_s=64.0),
        Weather(queue_us=40.0),
        Weather(late_s=4.0),
        Weather(wander_ppm=5.0),
        Weather(wander_ppm=5.0, warming_ppm=3.0),
    ],
    ids=repr,
)
def test_a_healthy_network_knows_its_clocks_to_300_us(weather):
    """At the default settings: a round every 10 s, and rows that are as old. So nobody is in doubt at a threshold of 1 ms."""
    lans, bounds_s = play(weather)
    assert not {one for lan in lans for one in lan.doubted}
    assert len(bounds_s) > MANY
    assert bounds_s[round(0.95 * len(bounds_s))] <= 300e-6


@pytest.mark.parametrize(
    "weather",
    [Weather(poll_s=64.0, wander_ppm=5.0, warming_ppm=5.0), Weather(poll_s=16.0, wander_ppm=10.0, warming_ppm=10.0)],
    ids=repr,
)
def test_where_crystals_do_worse_bounds_are_wider_and_hold(weather):
    """Daemons then have hundreds of microseconds to correct, which they do between two rows."""
    _, bounds_s = play(weather)
    assert bounds_s[len(bounds_s) // 2] <= 500e-6
