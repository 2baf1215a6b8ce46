from dataclasses import replace
from math import inf, nan

import pytest

from tests.timekeeper.solution.clusters import claimed, measured
from timekeeper.solution import ReferenceInterval, age_claim, age_measurement, find_rate


def test_a_measurement_can_be_used():
    assert measured("a", "b", -1_795_525_866.0).is_usable


@pytest.mark.parametrize(
    "change",
    [
        {"target": "a"},
        {"offset_s": nan},
        {"offset_s": inf},
        {"offset_s": 1e11},
        {"bound_s": -1e-9},
        {"bound_s": nan},
        {"bound_s": 101.0},
        {"rtt_s": nan},
        {"age_s": -1.0},
        {"age_s": 1000.1},
        {"drift_ppm": nan},
        {"drift_ppm": -2e6},
        {"rate_bound": nan},
        {"rate_bound": -1e-6},
        {"rate_bound": inf},
    ],
)
def test_what_cannot_be_used(change):
    one = {"source": "a", "target": "b", "offset_s": 0.0} | change
    assert not measured(**one).is_usable


def test_an_old_measurement_is_worth_less():
    old = age_measurement(measured("a", "b", 0.5, 0.001), 30.0)
    assert old.bound_s == pytest.approx(0.001 + 30 * 100e-6)
    assert (old.age_s, old.offset_s) == (31.0, 0.5)
    assert age_measurement(old, 970.0).is_usable is False


@pytest.mark.parametrize("ends_after_s", [0.0, 3.0, 10.0])
@pytest.mark.parametrize("rate", [-1000e-6, 400e-6])
def test_a_clock_that_runs_away_may_go_on_or_stop(rate, ends_after_s):
    old = age_measurement(measured("a", "b", 0.5, 0.001), 10.0, rate)
    assert abs(0.5 + rate * ends_after_s - old.offset_s) <= old.bound_s - 0.001 + 1e-12
    assert old.bound_s == pytest.approx(0.001 + 0.001 + abs(rate) * 5.0)


@pytest.mark.parametrize(
    ("moved_s", "elapsed_s", "rate"),
    [
        # Crystals, and what both bounds leave open: 0.2 ms + 100 ppm.
        (0.0011, 10.0, 0.0),
        (0.0013, 10.0, 150e-6),
        (-0.0098, 10.0, -1000e-6),
        # A clock that was set; two words of the same moment.
        (0.0501, 10.0, 0.0),
        (0.0045, 0.9, 0.0),
    ],
)
def test_how_fast_two_clocks_part(moved_s, elapsed_s, rate):
    before, after = measured("a", "b", 0.5), measured("a", "b", 0.5 + moved_s)
    assert find_rate(before, after, elapsed_s) == pytest.approx(rate)


def test_an_old_claim_is_worth_less():
    old = age_claim(claimed("a", 0.002), 100.0)
    assert old.bound_s == pytest.approx(0.002 + 100 * 50e-6)
    assert (old.age_s, old.state) == (101.0, "synchronized")
    assert age_claim(claimed("a", None), 100.0).bound_s is None


def test_a_claim_that_nobody_renews_is_void():
    void = age_claim(claimed("a", 0.002), 1000.1)
    assert (void.state, void.offset_s, void.bound_s) == ("unknown", None, None)
    assert void.promised_s is None


@pytest.mark.parametrize(
    ("change", "promised_s", "range_s"),
    [
        ({}, 0.002, (-0.002, 0.002)),
        ({"state": "holdover"}, 0.002, (-0.002, 0.002)),
        ({"offset_s": None}, 0.002, (-0.002, 0.002)),
        # A daemon that slews a known error away knows better where its clock is than its bound alone tells.
        ({"offset_s": 0.0015}, 0.002, (-0.0005, 0.002)),
        ({"offset_s": -0.0015}, 0.002, (-0.002, 0.0005)),
        # An estimate beyond its own bound, and no number at all: the bound alone counts.
        ({"offset_s": 0.5}, 0.002, (-0.002, 0.002)),
        ({"offset_s": nan}, 0.002, (-0.002, 0.002)),
        ({"state": "unsynchronized"}, None, None),
        ({"state": "unknown"}, None, None),
        ({"bound_s": None}, None, None),
        ({"bound_s": inf}, None, None),
        ({"bound_s": nan}, None, None),
        ({"bound_s": -1.0}, None, None),
    ],
)
def test_what_a_claim_promises(change, promised_s, range_s):
    claim = claimed("a", **change)
    assert claim.promised_s == promised_s
    assert claim.error_range_s == (range_s and pytest.approx(range_s))


@pytest.mark.parametrize(
    ("low_s", "high_s", "is_usable"),
    [(-1.0, 1.0, True), (0.0, 0.0, True), (1.0, -1.0, False), (nan, 1.0, False), (0.0, nan, False), (0.0, inf, False)],
)
def test_what_a_reference_must_be(low_s, high_s, is_usable):
    assert ReferenceInterval(host="a", low_s=low_s, high_s=high_s, servers=2).is_usable is is_usable


@pytest.mark.parametrize(("rate", "grown_s"), [(0.0, 30 * 12e-6), (400e-6, 30 * (100e-6 + 200e-6))])
def test_a_measurement_ages_as_its_host_knows(rate, grown_s):
    """Unless two words prove that the clocks part faster than that: then the first word knew too little."""
    told = replace(measured("a", "b", 0.5, 0.001), rate_bound=12e-6)
    assert age_measurement(told, 30.0, rate).bound_s == pytest.approx(0.001 + grown_s)


def test_two_words_that_allow_little_prove_a_rate_sooner():
    before, after = (replace(measured("a", "b", offset_s), rate_bound=12e-6) for offset_s in (0.5, 0.5005))
    assert find_rate(before, after, 10.0) == pytest.approx(70e-6)
    assert find_rate(replace(before, rate_bound=100e-6), after, 10.0) == 0.0
