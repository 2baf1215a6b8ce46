from dataclasses import replace

import pytest

from tests.timekeeper.solution.clusters import claimed, mesh
from timekeeper.intervals import Interval
from timekeeper.solution.claims import find_true_time
from timekeeper.solution.frame import Frame
from timekeeper.solution.links import join_reports
from timekeeper.solution.measurement import ReferenceInterval
from timekeeper.solution.thresholds import Thresholds

EXACT = 0.000_001


def true_time(clocks, claims, references=(), most=None):
    """As seen from the first host."""
    frame = Frame(join_reports(clocks, mesh(clocks, EXACT)).links)
    claims = {claim.host: claim for claim in claims}
    return find_true_time(frame, frame.seen_from(0), claims, references, Thresholds(), clocks=most)


def reference(centre_s, width_s=0.010, host="a", name="ntp", **others):
    return ReferenceInterval(name=name, host=host, low_s=centre_s - width_s, high_s=centre_s + width_s, **others)


def test_nobody_claims_anything():
    assert true_time({"a": 0.0}, []) is None
    assert true_time({"a": 0.0}, [claimed("a", None), claimed("x")]) is None


def test_claims_on_one_scale():
    # b is 10 ms ahead of a and right; a claims no better than 12 ms.
    found = true_time({"a": 0.0, "b": 0.010}, [claimed("a", 0.012), claimed("b", 0.001)])
    assert (found.region.low, found.region.high) == pytest.approx((0.008, 0.012), abs=0.00001)
    assert (found.votes, found.agreeing) == (2, 2)
    assert found.backers == {"a", "b"}


def test_a_daemon_that_knows_of_an_error_votes_for_what_it_knows():
    found = true_time({"a": 0.0}, [claimed("a", 0.041, offset_s=0.040)])
    assert found.region.middle == pytest.approx(-0.040)
    assert found.region.half_width == pytest.approx(0.002, abs=0.0001)


def test_hosts_with_the_same_upstreams_have_one_vote():
    clocks = {"a": 0.0, "b": 0.0, "c": 0.0, "d": 0.1, "e": 0.1}
    same = [claimed(name, upstreams={"ntp1"}) for name in "abc"]
    found = true_time(clocks, [*same, claimed("d"), claimed("e")])
    assert found.region.middle == pytest.approx(0.1)
    assert (found.votes, found.agreeing) == (3, 2)
    assert found.backers == {"d", "e"}


def test_within_a_vote_most_hosts_decide():
    clocks = {"a": 0.0, "b": 0.0, "c": 0.1}
    found = true_time(clocks, [claimed(name, upstreams={"ntp1"}) for name in "abc"])
    assert found.region.middle == pytest.approx(0.0, abs=0.001)
    assert (found.votes, found.agreeing) == (1, 1)
    assert not found.is_evidence
    assert found.refutes("c", Interval(0.1, 0.1), 0.002) is True
    assert found.refutes("a", Interval(0.0, 0.0), 0.002) is False


def test_a_vote_without_a_majority_of_its_own_is_decided_by_others():
    clocks = {"a": 0.0, "b": 0.1}
    pair = [claimed(name, upstreams={"ntp1"}) for name in "ab"]
    assert true_time(clocks, pair) is None
    found = true_time(clocks, pair, [reference(0.1)])
    assert found.backers == {"b", "ntp"}
    assert found.is_evidence


def test_where_sets_tie_the_one_that_most_clocks_follow_decides():
    clocks = dict.fromkeys("abcdefghi", 0.0) | {"x": 0.040}
    said = [*(claimed(name, upstreams={"ntp1"}) for name in "abcdefghi"), claimed("x", upstreams={"ntp2"})]
    assert true_time(clocks, said) is None
    found = true_time(clocks, said, most=10)
    assert found.is_tied
    assert found.backers == set("abcdefghi")
    assert found.refutes("x", Interval(0.04, 0.04), 0.002) is True
    assert found.refutes("a", Interval(0.0, 0.0), 0.002) is False
    # It is good against a claim, and no evidence against a clock.
    assert not found.is_evidence
    assert not found.convicts(Interval(0.04, 0.04), 0.005)


@pytest.mark.parametrize(
    ("upstreams", "most", "servers"),
    [
        # No more than half of all clocks follow it.
        ({"a": "1", "b": "1", "c": "1", "x": "2"}, 6, ()),
        # Two sets agree elsewhere.
        ({"a": "1", "b": "1", "c": "1", "x": "2", "y": "3"}, 5, ()),
        # A server objects.
        ({"a": "1", "b": "1", "c": "1"}, 3, (0.040,)),
        # Most clocks agree on nothing.
        ({"a": "1", "x": "2"}, 2, ()),
    ],
)
def test_what_most_clocks_follow_does_not_always_decide(upstreams, most, servers):
    clocks = {name: 0.0 if name in "abc" else 0.040 for name in upstreams}
    said = [claimed(name, upstreams={server}) for name, server in upstreams.items()]
    found = true_time(clocks, said, [reference(-at_s) for at_s in servers], most=most)
    assert found is None or not found.is_tied


def test_three_sets_that_all_differ_are_a_tie_too():
    clocks = {"a": 0.0, "b": 0.0, "c": 0.0, "x": 0.04, "y": -0.04}
    said = [*(claimed(name, upstreams={"1"}) for name in "abc"), claimed("x"), claimed("y")]
    assert true_time(clocks, said, most=5).backers == set("abc")


def test_votes_that_differ_leave_it_open():
    assert true_time({"a": 0.0, "b": 0.1}, [claimed("a"), claimed("b")]) is None


def test_a_reference_is_a_vote():
    clocks = {"a": 0.0, "b": 0.1}
    # It was asked by b, which is 100 ms ahead of a, and says that b is right.
    found = true_time(clocks, [claimed("a"), claimed("b")], [reference(0.0, host="b")])
    assert found.region.middle == pytest.approx(0.1)
    assert (found.votes, found.agreeing, found.backers) == (3, 2, {"b", "ntp"})


def test_a_reference_that_a_host_follows_as_well_is_no_second_vote():
    clocks = {"a": 0.0, "b": 0.1}
    assert true_time(clocks, [claimed("a"), claimed("b", upstreams={"ntp"})], [reference(0.1)]) is None


@pytest.mark.parametrize("upstreams", [{"192.0.2.1"}, {"ntp1.example.net"}, {"192.0.2.1", "ntp1.example.net"}])
def test_a_server_is_the_same_under_all_its_names(upstreams):
    clocks = {"a": 0.040, "b": 0.0}
    said = [claimed("a", upstreams=upstreams), claimed("b", upstreams={"x"})]
    names = frozenset({"ntp1.example.net", "192.0.2.1", "2001:db8::1"})
    # a follows the server, and it was a who asked it: that is one vote against that of b.
    assert true_time(clocks, said, [reference(0.0, name="ntp1.example.net", identities=names)]) is None
    assert true_time(clocks, said, [reference(0.0, name="other", identities=frozenset({"other"}))]) is not None


def test_who_follows_others_too_does_not_only_share_the_errors_of_one():
    clocks = {"a": 0.0, "b": 0.040}
    found = true_time(clocks, [claimed("a", upstreams={"ntp", "gps"}), claimed("b")], [reference(0.0)])
    assert (found.votes, found.backers) == (3, {"a", "ntp"})


def test_nobody_knows_what_a_host_without_upstreams_follows():
    clocks = {"a": 0.0, "b": 0.040}
    nothing = claimed("a", upstreams=None)
    found = true_time(clocks, [replace(nothing, upstreams=frozenset()), claimed("b")], [reference(0.0)])
    assert found.votes == 3


def test_a_server_that_two_hosts_have_asked_is_one_vote():
    clocks = dict.fromkeys("abc", 0.0)
    asked = [
        reference(0.040, 0.001, host="a", name="ntp1", identities=frozenset({"ntp1", "192.0.2.1"})),
        reference(0.040, 0.001, host="b", name="192.0.2.1"),
    ]
    assert true_time(clocks, [claimed("c", upstreams={"gps"})], asked) is None
    sure = [replace(one, is_trusted=True) for one in asked]
    other = reference(-0.040, 0.001, host="c", name="liar", is_trusted=True)
    assert true_time(clocks, [], sure).region.middle == pytest.approx(0.040)
    assert true_time(clocks, [], [*sure, other]) is None


def test_references_that_say_nothing_here():
    nothing = [reference(0.0, host="x"), reference(0.0, width_s=-1.0)]
    assert true_time({"a": 0.0}, [], nothing) is None


def test_a_trusted_reference_outweighs_all_others():
    clocks = {"a": 0.0, "b": 0.0, "c": 0.0}
    claims = [claimed(name) for name in "abc"]
    found = true_time(clocks, claims, [reference(0.5, is_trusted=True)])
    assert found.region.middle == pytest.approx(0.5)
    assert (found.votes, found.agreeing, found.backers) == (4, 1, {"ntp"})
    assert found.is_evidence
    assert found.convicts(Interval(0.0, 0.0), 0.005)
    two = [reference(0.5, is_trusted=True), reference(-0.5, name="other", is_trusted=True)]
    assert true_time(clocks, claims, two) is None


def test_two_vague_claims_that_meet_by_chance_convict_nobody():
    # a is true within 20 ms; b says 2 ms and is 12 ms off. Both agree where b is, and only b excludes a.
    clocks = {"a": 0.0, "b": -0.012}
    found = true_time(clocks, [claimed("a", 0.020), claimed("b", 0.002)])
    assert found.region.middle == pytest.approx(-0.012)
    assert not found.convicts(Interval(0.0, 0.0), 0.005)
    assert found.refutes("a", Interval(0.0, 0.0), 0.020) is False


def test_two_votes_that_each_exclude_a_clock_convict_it():
    clocks = {"a": 0.0, "b": -0.012, "c": -0.012}
    found = true_time(clocks, [claimed("a", 0.020), claimed("b"), claimed("c")])
    assert found.convicts(Interval(0.0, 0.0), 0.005)
    assert not found.convicts(Interval(-0.012, -0.012), 0.005)


def test_a_claim_that_speaks_for_itself_alone_is_neither_true_nor_false():
    found = true_time({"a": 0.0, "b": 0.1}, [claimed("a")])
    assert found.backers == {"a"}
    assert found.refutes("a", Interval(0.0, 0.0), 0.002) is None
