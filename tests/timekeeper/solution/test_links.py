import numpy as np
import pytest

from tests.timekeeper.solution.clusters import measured, mesh
from timekeeper.solution.contradiction import Contradiction
from timekeeper.solution.links import BOUND_FLOOR_S, find_components, join_reports


def row(*measurements):
    harvest = join_reports("ab", measurements)
    links = harvest.links
    assert (links.names, links.tails.tolist(), links.heads.tolist()) == (("a", "b"), [0], [1])
    return harvest, (float(links.offset_s[0]), float(links.bound_s[0]))


def test_one_report():
    _, (offset_s, bound_s) = row(measured("a", "b", 0.5, 0.1))
    assert (offset_s, bound_s) == pytest.approx((0.5, 0.1))


def test_a_report_of_the_other_end_is_turned_round():
    harvest, (offset_s, bound_s) = row(measured("b", "a", -0.5, 0.1, drift_ppm=3.0, age_s=7.0))
    assert (offset_s, bound_s) == pytest.approx((0.5, 0.1))
    assert (harvest.links.drift_ppm[0], harvest.links.age_s[0]) == (-3.0, 7.0)


def test_two_reports_leave_what_both_allow():
    harvest, (offset_s, bound_s) = row(
        measured("a", "b", 0.50, 0.10, drift_ppm=2.0, age_s=3.0), measured("b", "a", -0.65, 0.10, drift_ppm=-4.0)
    )
    assert (offset_s, bound_s) == pytest.approx((0.575, 0.025))
    assert (harvest.links.drift_ppm[0], harvest.links.age_s[0]) == (3.0, 1.0)
    assert harvest.clashes == ()


def test_reports_that_exclude_each_other_are_a_contradiction_and_span_both():
    harvest, (offset_s, bound_s) = row(measured("a", "b", 0.5, 0.1), measured("b", "a", -1.5, 0.1))
    assert harvest.clashes == (Contradiction(("a", "b"), pytest.approx(0.8)),)
    assert (offset_s, bound_s) == pytest.approx((1.0, 0.6))


@pytest.mark.parametrize(("routed_s", "age_s", "interval"), [(0.52, 31.0, (0.42, 0.6)), (0.52, 31.1, (0.4, 0.6))])
def test_the_router_is_heard_beside_a_probe_unless_it_was_overtaken(routed_s, age_s, interval):
    probe, routed = measured("a", "b", 0.5, 0.1), measured("b", "a", -routed_s, 0.1, via="router", age_s=age_s)
    harvest, (offset_s, bound_s) = row(probe, routed)
    assert (offset_s - bound_s, offset_s + bound_s) == pytest.approx(interval)
    assert harvest.clashes == ()
    assert harvest.links.by_router.tolist() == [False]


def test_a_probe_does_not_silence_the_router():
    """A host that alone tells of probes would else say of its clock what it likes."""
    harvest, (offset_s, bound_s) = row(measured("b", "a", 0.0), measured("a", "b", 0.04, 0.001, via="router"))
    assert harvest.clashes == (Contradiction(("a", "b"), pytest.approx(0.0389)),)
    assert harvest.links.is_disputed.tolist() == [True]
    assert (offset_s - bound_s, offset_s + bound_s) == pytest.approx((-0.0001, 0.041))


def test_the_router_alone():
    harvest, (offset_s, _) = row(measured("a", "b", 9.0, via="router"))
    assert offset_s == pytest.approx(9.0)
    assert harvest.links.by_router.tolist() == [True]
    assert np.isnan(harvest.links.drift_ppm[0])


def test_no_bound_is_finer_than_a_stamp():
    _, (_, bound_s) = row(measured("a", "b", 0.5, 0.0))
    assert bound_s == BOUND_FLOOR_S


def test_what_cannot_be_used_is_counted():
    reports = [measured("a", "x", 0.0), measured("x", "a", 0.0), measured("a", "a", 0.0), measured("a", "b", 0.0)]
    harvest = join_reports("ab", reports)
    assert harvest.refused == 3
    assert harvest.used == (reports[3],)


def test_no_reports():
    harvest = join_reports("ab", [])
    assert len(harvest.links.tails) == 0
    assert find_components(harvest.links) == [[0], [1]]
    assert find_components(join_reports("", []).links) == []


def test_groups_and_their_own_links():
    clocks = dict(zip("abcde", (0.0, 0.1, 0.2, 0.3, 0.4), strict=True))
    links = join_reports(clocks, mesh(clocks, pairs=["be", "ec", "ad"])).links
    assert find_components(links) == [[1, 2, 4], [0, 3]]
    inner = links.within([1, 2, 4])
    assert inner.names == ("b", "c", "e")
    assert sorted(zip(inner.tails.tolist(), inner.heads.tolist(), strict=True)) == [(0, 2), (1, 2)]
    # A link that leads out of the group is not one of its own.
    assert len(links.within([0, 1, 2]).tails) == 0


def test_each_end_has_its_own_word():
    rows = [measured("a", "b", 0.3, 0.1), measured("a", "b", 0.35, 0.1, via="router"), measured("b", "a", -0.9, 0.1)]
    links = join_reports("abc", [*rows, measured("c", "a", 0.0, 0.1)]).links
    assert links.is_disputed.tolist() == [True, False]
