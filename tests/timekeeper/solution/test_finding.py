import pytest

from tests.timekeeper.solution.clusters import claimed, claims_of, measured, mesh
from timekeeper.solution.camps import CampKind
from timekeeper.solution.finding import Heard, describe, examine
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.solution import Basis
from timekeeper.solution.thresholds import Thresholds


def find(hosts, measurements, claims=(), voters=None):
    frame = Frame(join_reports(hosts, measurements).links)
    heard = Heard(voters or len(frame.names), {claim.host: claim for claim in claims}, (), Thresholds())
    return examine(frame, heard), heard


def triangle(*, off_s):
    """Of the three links the exact one is of another time; c's clock, if it is off at all, runs away."""
    return [
        measured("a", "b", 0.0, 0.0008),
        measured("a", "c", off_s, 0.0003),
        measured("b", "c", off_s + 0.004, 0.0003),
    ]


def test_of_a_ring_that_cannot_be_true_the_one_beyond_the_threshold_is_to_blame():
    found, heard = find("abc", triangle(off_s=0.060), claims_of("abc"))
    assert {found.frame.names[host] for host in found.frame.distrusted} == {"c"}
    assert (found.contested, found.reference in {"a", "b"}) == (frozenset(), True)
    a, b, c = describe(found, heard, elsewhere=False)
    assert (a.claim_holds, b.claim_holds, c.claim_holds) == (True, True, False)
    assert c.is_outside
    # Both of its links count: one of them may be the wrong one.
    assert c.offset_s == pytest.approx(0.062, abs=0.0008)
    assert c.bound_s == pytest.approx(0.0027)


def test_where_nobody_is_beyond_the_threshold_nobody_is_to_blame():
    found, heard = find("abc", triangle(off_s=0.0), claims_of("abc"))
    assert found.frame.distrusted == frozenset()
    assert len(found.contested) == 2
    assert [host.claim_holds for host in describe(found, heard, elsewhere=False) if host.is_contested] == [None, None]


def test_whose_links_are_disputed_and_all_beyond_the_threshold_is_accusable():
    clocks = dict.fromkeys("abcd", 0.0)
    rows = [row for row in mesh(clocks) if row.target != "d"]
    for name in "abc":
        rows += [measured(name, "d", 0.060, 0.0001), measured("d", name, -0.062, 0.0001)]
    found, heard = find(clocks, rows)
    *_, d = describe(found, heard, elsewhere=False)
    assert (d.is_outside, d.is_contested, d.is_distrusted) == (True, False, True)


def test_a_leap_second_speaks_for_the_first_camp_where_true_time_is_with_the_other():
    clocks = dict.fromkeys("abc", 0.0) | dict.fromkeys("xy", 1.0)
    said = [*claims_of("abc", leap="insert", upstreams={"same"}), *claims_of("xy", leap="insert")]
    found, _ = find(clocks, mesh(clocks), said)
    assert set(found.kinds.values()) == {CampKind.LEAP}
    assert not found.is_off
    plain = [*claims_of("abc", upstreams={"same"}), *claims_of("xy")]
    assert find(clocks, mesh(clocks), plain)[0].is_off


@pytest.mark.parametrize(("elsewhere", "basis"), [(False, Basis.NO_MAJORITY), (True, Basis.APART)])
def test_a_group_without_a_majority(elsewhere, basis):
    found, heard = find("ab", [measured("a", "b", 0.04)], [claimed("a")])
    assert (found.basis, found.reference) == (Basis.NO_MAJORITY, None)
    assert {host.basis for host in describe(found, heard, elsewhere=elsewhere)} == {basis}


def test_whoever_is_contested_is_cleared_by_what_others_measured_of_it_and_by_nothing_else():
    rows = [measured("a", "b", 0.0, 0.0008), measured("a", "c", 0.0, 0.0003), measured("b", "c", 0.0025, 0.0003)]
    both_ways = [*rows, *(measured(one.target, one.source, -one.offset_s, one.bound_s) for one in rows)]
    found, heard = find("abc", both_ways, claims_of("abc"))
    assert found.contested == found.cleared
    assert len(found.contested) == 2
    assert not any(host.is_contested for host in describe(found, heard, elsewhere=False))
    found, heard = find("abc", rows, claims_of("abc"))
    assert found.contested - found.cleared


def test_who_is_contested_is_no_reference():
    star = [measured("a", name, 0.0) for name in "bcd"] + [measured(name, "a", 0.002) for name in "bcd"]
    found, _ = find("abcd", star)
    assert found.contested == {"a", "b", "c", "d"}
    assert found.majority is None
