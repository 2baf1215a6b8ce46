import numpy as np
import pytest

from tests.timekeeper.solution.clusters import measured, mesh
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.placement import NOWHERE

CLOCKS = {"a": 0.0, "b": 0.3, "c": -0.2, "d": 0.1}


def frame(measurements, clocks=CLOCKS):
    return Frame(join_reports(clocks, measurements).links)


def test_a_view():
    view = frame(mesh(CLOCKS, 0.01)).seen_from(1)
    assert view.offset_s == pytest.approx([-0.3, 0.0, -0.5, -0.2])
    clock = view.interval(2, padding_s=0.1)
    assert (clock.low, clock.high) == pytest.approx((-0.61, -0.39))


def test_the_hub_is_the_host_that_is_measured_best():
    rows = mesh(CLOCKS, 0.01, pairs=["ab", "bc", "ad"]) + mesh(CLOCKS, 0.001, pairs=["cd"])
    assert frame([*rows, measured("b", "d", -0.2, 0.005)]).find_hub() == 3


def test_of_hosts_that_are_measured_alike_the_middle_one_is_the_hub():
    assert frame(mesh(CLOCKS, 0.01)).find_hub() in (0, 3)
    assert frame(mesh({"x": 0.0, "y": -1.0, "z": 1.0}), {"x": 0.0, "y": -1.0, "z": 1.0}).find_hub() == 0


def test_ages():
    rows = [measured("a", "b", 0.3, age_s=7.0), measured("b", "c", -0.5, age_s=3.0)]
    assert frame(rows, "abc").ages_s().tolist() == [7.0, 3.0, 3.0]
    assert frame([], "a").ages_s().tolist() == [np.inf]


def test_who_is_measured_through_the_router_only():
    rows = [measured("a", "b", 0.3), measured("a", "c", -0.2, via="router"), measured("b", "c", -0.5, via="router")]
    assert frame(rows, "abc").routed() == {"c"}


def test_the_residual_is_that_of_the_worst_link():
    rows = mesh(CLOCKS, 0.01)
    assert frame(rows).residual_s == pytest.approx(0.0, abs=1e-9)
    assert frame([], "a").residual_s == 0.0
    assert frame([*rows[1:], measured("a", "b", 5.0, 0.01)]).residual_s == pytest.approx(4.7, abs=0.05)


def test_drifts_are_told_against_the_median_crystal():
    ppm = {"a": 10.0, "b": 12.0, "c": -30.0, "d": 11.0}
    rows = [
        measured(first, second, CLOCKS[second] - CLOCKS[first], drift_ppm=ppm[second] - ppm[first])
        for first, second in ("ab", "bc", "ca", "bd")
    ]
    assert frame(rows).drifts_ppm() == pytest.approx({"a": -0.5, "b": 1.5, "c": -40.5, "d": 0.5})


def test_a_drift_that_nobody_measured_is_not_known():
    rows = [measured("a", "b", 0.3, drift_ppm=4.0), measured("b", "c", -0.5)]
    assert frame(rows, "abc").drifts_ppm() == pytest.approx({"a": -2.0, "b": 2.0})
    assert frame(mesh(CLOCKS)).drifts_ppm() == {}


def test_a_host_is_contested_when_half_of_its_links_are_not_believed():
    clocks = dict.fromkeys("abcdefg", 0.0)
    rows = [row for row in mesh(clocks) if row.source != "a"]
    lies = [measured("a", name, 0.01 * number) for number, name in enumerate("bcdefg", start=1)]
    found = frame([*rows, *lies], clocks)
    assert (found.find_contested(), found.distrust_worst().distrusted) == ({0}, {0})
    good = frame(mesh(CLOCKS))
    assert (good.find_contested(), good.distrust_worst()) == (frozenset(), good)


def test_a_host_most_of_whose_measurements_are_disputed_is_contested():
    clocks = dict.fromkeys("abc", 0.0)
    others = [measured("b", "a", 0.5), measured("c", "a", 0.5)]
    both_ways = [*mesh(clocks), measured("c", "b", 0.0)]
    assert frame([*both_ways, *others], clocks).find_contested() == {0}
    assert frame([*both_ways, others[0], measured("c", "a", 0.0)], clocks).find_contested() == frozenset()


def test_who_differs_from_one_and_alone_tells_of_the_others_is_contested():
    clocks = dict.fromkeys("abcd", 0.0)
    both_ways = [*mesh(clocks), *(measured(far, near, 0.0) for near, far in ("ac", "ad", "bc", "bd", "cd"))]
    assert frame([*both_ways, measured("b", "a", 0.5)], clocks).find_contested() == frozenset()
    alone = [one for one in both_ways if one.target != "a"]  # only a tells of itself
    assert frame([*alone, measured("b", "a", 0.5)], clocks).find_contested() == {0}


def test_a_host_is_placed_by_the_word_of_the_others():
    clocks = dict.fromkeys("abcd", 0.0)
    rows = [*mesh(clocks), *(measured(name, "a", 0.04) for name in "bcd")]
    found = frame(rows, clocks)
    view = found.seen_from(1)
    placed = found.place_alone(0, view)
    assert (placed.low, placed.high) == pytest.approx((0.04, 0.04), abs=0.0003)
    silent = frame(mesh(clocks), clocks)
    assert silent.place_alone(0, view).half_width < 0.001
    assert silent.place_alone(0, view, by_others=True) == NOWHERE


def test_a_host_that_is_not_believed_stands_where_most_of_its_measurements_put_it():
    clocks = dict.fromkeys("abcd", 0.0)
    rows = [row for row in mesh(clocks, 0.001) if row.target != "d"]
    rows += [measured(name, "d", offset_s, 0.001) for name, offset_s in zip("abc", (0.040, 0.050, 0.900), strict=True)]
    before = frame(rows, clocks)
    after = before.distrust([3])
    assert after.contradictions == before.contradictions != ()
    assert (after.find_contested(), after.distrust_worst(), after.excess_s) == (frozenset(), after, 0.0)
    view = after.seen_from(0)
    assert view.bound_s[:3].tolist() == pytest.approx([0.0, 0.001, 0.001], rel=1e-4)
    clock = view.interval(3)
    # More than half say 48 ms or more, more than half 52 ms or less.
    assert (clock.low, clock.high) == pytest.approx((0.048, 0.052))
    assert not after.seen_from(3).knows(0)


def test_what_is_measured_of_nobody_who_is_believed_says_nothing():
    clocks = dict.fromkeys("abc", 0.0)
    view = frame(mesh(clocks), clocks).distrust([1, 2]).seen_from(0)
    assert [view.knows(host) for host in range(3)] == [True, False, False]


@pytest.mark.parametrize("boast", [1.0, 0.5, 0.1])
def test_a_liar_who_boasts_of_its_precision_is_found(boast):
    clocks = dict.fromkeys("abcdefg", 0.0)
    rows = [row for row in mesh(clocks, 0.0002) if row.source != "a"]
    lies = [measured("a", name, 0.01 * number, 0.0002 * boast) for number, name in enumerate("bcdefg", start=1)]
    found = frame([*rows, *lies], clocks).distrust_worst()
    assert found.distrusted == {0}
    assert found.find_contested() == frozenset()
    assert found.find_hub() != 0
    assert found.fit_s[1:] == pytest.approx([found.fit_s[1]] * 6, abs=1e-6)
