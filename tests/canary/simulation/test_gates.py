"""The promises of docs/canary-statistics.md, with few lives each; ``python -m tests.canary.simulation`` plays many more."""

from statistics import median

import pytest

from tests.canary.simulation.bounds import most_allowed
from tests.canary.simulation.experiments import BAD, NULLS, WORN, Null, blocked_after_s, found_after
from tests.canary.simulation.fleet import Fleet, Truth
from tests.canary.simulation.starts import restart_delay_s
from tests.canary.simulation.worlds import BARE, SPANNED, boot_storm, by_chance, outage

LIVES = 400


@pytest.mark.parametrize("null", NULLS, ids=[null.name for null in NULLS])
def test_a_good_version_is_left_alone(null):
    for tally in null.play(LIVES):
        assert tally.found <= tally.allowed, tally


@pytest.mark.parametrize("name", WORN)
def test_a_version_that_never_works_is_blocked_in_time(name):
    lasts_s, limit_s = WORN[name]
    blocked_s = blocked_after_s(lasts_s, 50)
    assert median(blocked_s) <= limit_s
    assert blocked_s[-1] <= limit_s + 5


@pytest.mark.parametrize(
    ("name", "power"),
    [
        ("5 times, 5 of 10 servers", 0.9),
        ("10 times, 5 of 10", 0.98),
        ("10 times, 2 of 4", 0.95),
        ("5 times, 2 of 10", 0.95),
        ("5 times, 2 of 4", 0.95),
    ],
)
def test_a_version_that_fails_much_more_is_found(name, power):
    truth, failures = BAD[name]
    lives = 30
    missed = lives - len(found_after(truth, failures, lives))
    assert missed <= most_allowed(lives, 1 - power)


def test_what_befalls_the_new_version_too_would_block_it_if_five_in_a_row_were_all():
    """So the storms and outages are ones: it is the rules that leave the version alone."""
    assert all(boot_storm(seed, BARE) is not None for seed in range(20))
    assert all(outage(seed, SPANNED, 120.0, part=1.0) is not None for seed in range(20))
    assert sum(by_chance(seed, BARE, 0.5) is not None for seed in range(500)) > 5


def test_a_gate_sees_a_version_that_is_worse():
    null = Null(
        "ten times", lambda seed: (Fleet(Truth(ratio=10), seed).play(100).suspect is not None,), (("suspect", 0.01),)
    )
    (tally,) = null.play(10)
    assert tally.found > tally.allowed


def test_a_life_is_played_alike_each_time():
    assert by_chance(7, BARE, 0.9) == by_chance(7, BARE, 0.9)
    assert Fleet(Truth(ratio=5), 7).play(60) == Fleet(Truth(ratio=5), 7).play(60)


def test_the_restarts_are_those_of_the_drop_in():
    assert [round(restart_delay_s(restart), 1) for restart in range(1, 9)] == [
        1.0,
        2.0,
        3.9,
        7.7,
        15.3,
        30.3,
        60.0,
        60.0,
    ]
