import numpy as np
import pytest

from tests.timekeeper.solution.clusters import measured, mesh
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports

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


@pytest.mark.parametrize("boast", [1.0, 0.5, 0.1])
def test_where_measurements_exclude_each_other_more_than_half_of_its_links_place_a_host(boast):
    """One host tells each other one something else, and boasts of its precision."""
    clocks = dict.fromkeys("abcdefg", 0.0)
    rows = [row for row in mesh(clocks, 0.0002) if row.source != "a"]
    lies = [measured("a", name, 0.01 * number, 0.0002 * boast) for number, name in enumerate("bcdefg", start=1)]
    found = frame([*rows, *lies], clocks)
    assert found.contradictions
    view = found.seen_from(1)
    for host in range(1, 7):
        clock = view.interval(host)
        assert clock.low <= 0.0 <= clock.high
        assert clock.half_width < 0.001
    assert view.bound_s[0] > 0.005


@pytest.mark.parametrize("liar", range(3))
def test_of_three_hosts_that_do_not_fit_each_may_be_where_either_other_puts_it(liar):
    rows = mesh(dict.fromkeys("abc", 0.0), 0.0001)
    rows[liar] = measured(rows[liar].source, rows[liar].target, 0.040, 0.00001)
    found = frame(rows, "abc")
    for seen_from in range(3):
        view = found.seen_from(seen_from)
        assert all(view.interval(host).low <= 0.0001 and view.interval(host).high >= -0.0001 for host in range(3))
