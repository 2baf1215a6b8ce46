from dataclasses import replace

import pytest

from tests.timekeeper.solution.clusters import claimed, claims_of, mesh
from timekeeper.solution.claims import compare_claims
from timekeeper.solution.electors import Electors
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.thresholds import Thresholds

EXACT = 0.000_001


def compare(clocks, claims, electors=None):
    """As seen from the first host."""
    frame = Frame(join_reports(clocks, mesh(clocks, EXACT)).links)
    electors = electors or Electors.of(clocks)
    return compare_claims(frame, frame.seen_from(0), {claim.host: claim for claim in claims}, electors, Thresholds())


def test_nobody_claims_anything():
    for claims in ([], [claimed("a", None), claimed("x")], [claimed("a", state="unsynchronized")]):
        found = compare({"a": 0.0}, claims)
        assert (found.true_time, found.refuted, found.contradicted, found.backers) == (None, set(), {}, set())


def test_claims_on_one_scale():
    # b is 10 ms ahead of a and right; a claims no better than 12 ms.
    found = compare({"a": 0.0, "b": 0.010}, [claimed("a", 0.012), claimed("b", 0.001)])
    region = found.true_time.region
    assert (region.low, region.high) == pytest.approx((0.008, 0.012), abs=0.00001)
    assert found.backers == {"a", "b"}
    assert not found.contradicted


def test_a_daemon_that_knows_of_an_error_claims_what_it_knows():
    region = compare({"a": 0.0}, [claimed("a", 0.041, offset_s=0.040)]).true_time.region
    assert (region.low, region.high) == pytest.approx((-0.042, 0.002)), "or it has taken off some of it since"


@pytest.mark.parametrize(
    ("clocks", "sources"),
    [
        # The liars differ in servers that they do not use, or use one that others use too: it is hosts that decide.
        ({"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.04, "e": 0.04}, {"a": "s", "b": "s", "c": "s", "d": "xp", "e": "xq"}),
        ({"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.04, "e": 0.04}, {"a": "s", "b": "s", "c": "s", "d": "x", "e": "y"}),
        ({"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.04, "e": -0.04}, {"a": "s", "b": "s", "c": "s", "d": "s", "e": "t"}),
    ],
)
def test_more_than_half_of_the_hosts_refute_whatever_they_follow(clocks, sources):
    found = compare(clocks, [claimed(name, upstreams=set(used)) for name, used in sources.items()])
    assert found.refuted == {"d", "e"}
    assert found.backers == set("abc")
    assert not found.contradicted


@pytest.mark.parametrize(
    ("sources", "groups", "others", "is_strong"),
    [
        ({"a": "1", "b": "2", "c": "3", "d": "4"}, 3, 1, True),
        ({"a": "1", "b": "1", "c": "1", "d": "2"}, 1, 1, False),
        # Overlapping sets are one group, also through others.
        ({"a": "12", "b": "23", "c": "34", "d": "5"}, 1, 1, False),
        ({"a": "12", "b": "23", "c": "5", "d": "6"}, 2, 1, True),
        # A source that is used on both sides counts for neither.
        ({"a": "1", "b": "2", "c": "3", "d": "1"}, 2, 0, True),
        ({"a": "1", "b": "1", "c": "2", "d": "12"}, 0, 0, False),
        # Who tells no source may follow any.
        ({"a": "", "b": "", "c": "", "d": "4"}, 0, 1, False),
    ],
)
def test_how_many_independent_sources_stand_on_either_side(sources, groups, others, is_strong):
    clocks = {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.04}
    claims = [replace(claimed(name), upstreams=frozenset(used)) for name, used in sources.items()]
    found = compare(clocks, claims).true_time
    assert (found.groups, found.others, found.is_strong) == (groups, others, is_strong)


def test_two_hosts_that_exclude_each_other_are_both_contradicted():
    found = compare({"a": 0.0, "b": 0.04}, claims_of("ab"))
    assert found.contradicted == {"a": "b", "b": "a"}
    assert (found.true_time, found.refuted) == (None, set())


def test_two_against_two_refute_nobody_and_contradict_all():
    found = compare({"a": 0.0, "b": 0.0, "c": 0.04, "d": 0.04}, claims_of("abcd"))
    assert found.contradicted.keys() == set("abcd")
    assert {frozenset(pair) & {"a", "b"} != set() for pair in found.contradicted.items()} == {True}
    assert found.refuted == set()


def test_a_claim_that_is_refuted_contradicts_nobody():
    found = compare({"a": 0.0, "b": 0.0, "c": 0.04}, claims_of("abc"))
    assert (found.refuted, found.contradicted) == ({"c"}, {})


def test_a_vague_majority_may_leave_two_that_exclude_each_other():
    clocks = {"a": 0.0, "b": 0.008, "c": 0.0, "d": 0.0, "e": 0.0}
    claims = [claimed("a", 0.002), claimed("b", 0.002), *(claimed(name, 0.050) for name in "cde")]
    found = compare(clocks, claims)
    assert found.refuted == set()
    assert found.contradicted == {"a": "b", "b": "a"}


def test_a_claim_that_most_exclude_is_refuted_though_it_touches_what_they_span():
    clocks = {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.0, "e": 0.0088}
    claims = [*(claimed(name, 0.001) for name in "abc"), claimed("d", 0.006), claimed("e", 0.0015)]
    assert compare(clocks, claims).refuted == {"e"}


def test_who_does_not_count_refutes_and_contradicts_nobody():
    clocks = {"a": 0.0, "b": 0.04, "c": 0.04}
    found = compare(clocks, claims_of("abc"), Electors(frozenset("a"), 1, vouched_by_one=frozenset("bc")))
    assert found.refuted == set()
    assert found.contradicted == {"b": "a", "c": "a"}, "they may see another majority"
    found = compare(clocks, claims_of("abc"), Electors(frozenset("a"), 2, vouched_by_one=frozenset("bc")))
    assert found.refuted == set()
    assert found.contradicted == {"b": "a", "c": "a"}


def test_hosts_that_are_down_count():
    clocks = {"a": 0.0, "c": 0.04, "d": 0.04}
    found = compare(clocks, claims_of("acd"), Electors.of("abcd"))
    assert found.refuted == set()
    assert found.contradicted.keys() == set("acd")
