from itertools import combinations
from random import Random

import numpy as np
import pytest

from tests.timekeeper.solution.clusters import measured, mesh
from timekeeper.solution import closure
from timekeeper.solution.closure import Closure
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports


def close(clocks, measurements):
    links = join_reports(clocks, measurements).links
    return Closure(links, Frame(links).fit_s)


@pytest.fixture(params=["full", "from one host"])
def both_ways(request, monkeypatch):
    """As for few hosts, and as for many."""
    if request.param != "full":
        monkeypatch.setattr(closure, "FULL_CLOSURE_HOSTS", 1)


@pytest.mark.usefixtures("both_ways")
def test_a_chain_adds_its_bounds():
    clocks = {"a": 0.0, "b": 0.5, "c": -0.25}
    closed = close(clocks, [measured("a", "b", 0.5, 0.1), measured("c", "b", 0.75, 0.02)])
    offset_s, bound_s = closed.seen_from(0)
    assert offset_s == pytest.approx([0.0, 0.5, -0.25])
    assert bound_s == pytest.approx([0.0, 0.1, 0.12])
    assert closed.contradictions == ()


@pytest.mark.usefixtures("both_ways")
def test_a_detour_may_be_narrower_than_the_direct_way():
    clocks = {"a": 0.0, "b": 0.0, "c": 0.0}
    rows = [measured("a", "b", 0.0, 0.1), measured("b", "c", 0.0, 0.1), measured("a", "c", 0.9, 1.0)]
    offset_s, bound_s = close(clocks, rows).seen_from(0)
    assert abs(offset_s[2]) <= 0.2
    assert bound_s[2] <= 0.3


@pytest.mark.usefixtures("both_ways")
def test_an_estimate_is_moved_into_what_is_possible():
    # The fit wants to please the direct way too, but c cannot be more than 0.1 + 0.1 ahead of a.
    rows = [measured("a", "b", 0.0, 0.1), measured("b", "c", 0.0, 0.1), measured("a", "c", 10.2, 10.05)]
    clocks = dict.fromkeys("abc", 0.0)
    links = join_reports(clocks, rows).links
    offset_s, bound_s = Closure(links, np.array([0.0, 1.0, 3.0])).seen_from(0)
    assert offset_s == pytest.approx([0.0, 0.1, 0.2], abs=0.06)
    assert (np.abs(offset_s) + bound_s <= [0.0, 0.35, 0.35]).all()


@pytest.mark.usefixtures("both_ways")
def test_a_host_alone():
    offset_s, bound_s = close({"a": 0.0}, []).seen_from(0)
    assert (offset_s.tolist(), bound_s.tolist()) == ([0.0], [0.0])


@pytest.mark.usefixtures("both_ways")
@pytest.mark.parametrize("seed", range(20))
def test_bounds_hold_the_truth(seed):
    random = Random(seed)
    clocks = {f"h{number}": random.uniform(-1, 1) for number in range(9)}
    rows = []
    for first, second in combinations(clocks, 2):
        if first == "h0" or random.random() < 0.5:
            bound_s = 10 ** random.uniform(-5, -2)
            error_s = random.uniform(-bound_s, bound_s)
            rows.append(measured(first, second, clocks[second] - clocks[first] + error_s, bound_s))
    truth_s = np.array([clocks[name] for name in sorted(clocks)])
    closed = close(clocks, rows)
    assert closed.contradictions == ()
    for base in range(9):
        offset_s, bound_s = closed.seen_from(base)
        error_s = np.abs(offset_s - (truth_s - truth_s[base]))
        assert (error_s <= bound_s + 1e-12).all()


def test_a_ring_that_does_not_close_is_a_contradiction():
    clocks = dict.fromkeys("abcde", 0.0)
    rows = [row for row in mesh(clocks, 0.001) if {row.source, row.target} != {"b", "d"}]
    closed = close(clocks, [*rows, measured("b", "d", 0.040, 0.001)])
    (found,) = closed.contradictions
    assert found.hosts[0] == "b"
    assert {"b", "d"} <= set(found.hosts)
    assert found.excess_s == pytest.approx(0.037, abs=0.0001)
    # The link that lies is not believed; all others are.
    offset_s, bound_s = closed.seen_from(1)
    assert offset_s == pytest.approx([0.0] * 5, abs=0.001)
    assert bound_s.max() < 0.003


def test_a_link_that_is_not_believed_constrains_nothing():
    # Widened to the fit, which puts b 0.3 ms from where it is, it would leave nothing but the fit.
    rows = [measured("a", "b", 0.0, 0.0002), measured("b", "c", 0.0, 0.0002), measured("a", "c", 0.009, 0.0004)]
    links = join_reports("abc", rows).links
    closed = Closure(links, np.array([0.0, 0.0003, 0.0005]))
    assert closed.contradictions
    offset_s, bound_s = closed.seen_from(0)
    assert (np.abs(offset_s) <= bound_s + 1e-12).all()
    assert bound_s[1:] == pytest.approx([0.0004, 0.0008])


def test_a_narrow_link_is_not_narrowed_by_detours():
    rows = [measured("a", "b", 0.0, 0.0001), measured("b", "c", 0.0, 0.0001), measured("a", "c", 0.0007, 0.0006)]
    _, bound_s = close("abc", rows).seen_from(0)
    assert bound_s[2] >= 0.0006
    _, bound_s = close("abc", [*rows[:2], measured("a", "c", 0.0012, 0.0011)]).seen_from(0)
    assert bound_s[2] <= 0.0004


def test_a_difference_that_rounding_explains_is_none():
    clocks = dict.fromkeys("abc", 0.0)
    rows = mesh(clocks, 1e-6, pairs=["ab", "bc"])
    assert close(clocks, [*rows, measured("a", "c", 3.5e-6, 1e-6)]).contradictions == ()


def test_of_very_many_contradictions_eight_are_named_and_all_are_resolved():
    random = Random(3)
    clocks = {f"h{number:02}": 0.0 for number in range(14)}
    rows = [
        measured(first, second, random.choice((0.0, 0.0, random.uniform(-1, 1))), 0.0001)
        for first, second in combinations(clocks, 2)
    ]
    closed = close(clocks, rows)
    assert len(closed.contradictions) == 8
    offset_s, bound_s = closed.seen_from(0)
    assert np.isfinite(offset_s).all()
    assert (bound_s >= 0).all()
    assert np.isfinite(bound_s).all()
