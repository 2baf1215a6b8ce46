import pytest

from tests.timekeeper.solution.clusters import claimed, claims_of, measured, mesh
from timekeeper.solution import Basis, CampKind, ReferenceInterval, Verdict, solve
from timekeeper.solution.verdicts import classify

GOOD = {"a": 0.0, "b": 0.0001, "c": -0.0001, "d": 0.0002, "e": -0.0002, "f": 0.0003}
SEVEN = GOOD | {"g": -0.0401}


def verdicts(solution, limit_s=0.005):
    return {host.host: classify(host, limit_s).value for host in solution.hosts}


def by_name(solution, name):
    (found,) = (host for host in solution.hosts if host.host == name)
    return found


def reference(centre_s, width_s=0.002, host="a", name="ntp", **others):
    return ReferenceInterval(name=name, host=host, low_s=centre_s - width_s, high_s=centre_s + width_s, **others)


def test_no_hosts():
    solution = solve((), [], [])
    assert solution.hosts == ()
    assert (solution.measured, solution.has_majority, solution.agreeing, solution.spread_s) == (0, False, 0, 0.0)


def test_one_host():
    solution = solve("a", [], [claimed("a")])
    host = by_name(solution, "a")
    assert (host.basis, host.offset_s, host.bound_s, host.age_s) == (Basis.UNMEASURED, None, None, None)
    assert host.claim_holds is None
    assert verdicts(solution) == {"a": "unknown"}
    assert solution.camps == ()


def test_one_host_and_external_references():
    three = [reference(0.040, name=name) for name in ("ntp1", "ntp2", "ntp3")]
    solution = solve("a", [], [claimed("a")], three)
    host = by_name(solution, "a")
    assert (host.basis, host.offset_s) == (Basis.TRUE_TIME, pytest.approx(-0.040))
    assert host.claim_holds is False
    assert verdicts(solution) == {"a": "wrong"}
    assert verdicts(solve("a", [], [claimed("a")], [reference(0.0, name=name) for name in ("x", "y")])) == {"a": "ok"}


def test_the_headline():
    solution = solve(SEVEN, mesh(SEVEN), claims_of(SEVEN))
    assert solution.has_majority
    assert (solution.reference, solution.agreeing, solution.measured) == ("a", 6, 7)
    host = by_name(solution, "g")
    assert host.offset_s == pytest.approx(-0.0401)
    assert host.bound_s < 0.0003
    assert host.is_outside
    assert host.claim_holds is False
    assert host.true_offset_s == pytest.approx(-0.0401, abs=0.0005)
    assert verdicts(solution) == dict.fromkeys(GOOD, "ok") | {"g": "wrong"}
    assert all(by_name(solution, name).claim_holds for name in GOOD)
    assert solution.spread_s == pytest.approx(0.0404)
    assert [camp.hosts for camp in solution.camps] == [tuple(GOOD), ("g",)]
    assert not solution.is_cluster_off


def test_nobody_is_accused_without_claims_and_without_a_majority():
    clocks = {"a": 0.0, "b": 0.040}
    solution = solve(clocks, mesh(clocks), [])
    assert verdicts(solution) == {"a": "no_majority", "b": "no_majority"}
    assert solution.agreeing == 1
    assert by_name(solution, "a").offset_s is None


def test_two_hosts_that_agree():
    clocks = {"a": 0.0, "b": 0.001}
    assert verdicts(solve(clocks, mesh(clocks), [])) == {"a": "ok", "b": "ok"}


@pytest.mark.parametrize(
    ("claims", "references", "expected"),
    [
        # Two claims differ: nobody can tell.
        (["a", "b"], [], ("no_majority", "no_majority")),
        # Only one of them claims anything: one vote is no evidence.
        (["a"], [], ("no_majority", "no_majority")),
        # A server sides with one of them.
        (["a", "b"], [reference(0.0)], ("ok", "wrong")),
        (["a", "b"], [reference(0.040)], ("wrong", "ok")),
        (["a"], [reference(0.0)], ("ok", "wrong")),
        # One server alone, unless it is trusted.
        ([], [reference(0.0)], ("no_majority", "no_majority")),
        ([], [reference(0.0, is_trusted=True)], ("ok", "wrong")),
        ([], [reference(0.0), reference(0.0, name="other")], ("ok", "wrong")),
    ],
)
def test_true_time_breaks_the_tie_of_two_hosts(claims, references, expected):
    clocks = {"a": 0.0, "b": 0.040}
    solution = solve(clocks, mesh(clocks), [claimed(name) for name in claims], references)
    assert verdicts(solution) == dict(zip("ab", expected, strict=True))
    if "wrong" in expected:
        wrong = solution.hosts[expected.index("wrong")]
        assert wrong.basis is Basis.TRUE_TIME
        assert abs(wrong.offset_s) == pytest.approx(0.040, abs=0.001)


def test_a_host_without_any_measurement():
    solution = solve({*GOOD, "x"}, mesh(GOOD), [claimed("x")])
    assert by_name(solution, "x").basis is Basis.UNMEASURED
    assert verdicts(solution) == dict.fromkeys(GOOD, "ok") | {"x": "unknown"}
    assert solution.measured == 6


def test_a_group_apart_from_the_majority():
    clocks = GOOD | {"x": 0.0, "y": 0.0}
    solution = solve(clocks, [*mesh(GOOD), measured("x", "y", 0.0)], [])
    assert solution.measured == 8
    assert by_name(solution, "x").basis is Basis.APART
    assert verdicts(solution) == dict.fromkeys(GOOD, "ok") | {"x": "unknown", "y": "unknown"}


def test_two_halves_that_cannot_be_compared_have_no_majority():
    clocks = dict.fromkeys("abcd", 0.0)
    solution = solve(clocks, [measured("a", "b", 0.0), measured("c", "d", 0.0)], [])
    assert set(verdicts(solution).values()) == {"no_majority"}


def test_the_whole_cluster_is_off():
    servers = [reference(0.040, name=name) for name in ("ntp1", "ntp2", "ntp3")]
    same = claims_of(GOOD, upstreams={"gps"})
    solution = solve(GOOD, mesh(GOOD), same, servers)
    assert solution.is_cluster_off
    assert verdicts(solution) == dict.fromkeys(GOOD, "ok")
    assert all(host.claim_holds is False for host in solution.hosts)
    assert by_name(solution, "a").true_offset_s == pytest.approx(-0.040, abs=0.001)
    assert not solve(GOOD, mesh(GOOD), same, servers[:1]).is_cluster_off


def test_a_majority_on_one_bad_server_accuses_nobody_who_is_true():
    clocks = {"a": 0.040, "b": 0.040, "c": 0.040, "d": 0.040, "x": 0.0, "y": 0.0, "z": 0.0}
    claims = [*claims_of("abcd", upstreams={"bad"}), *claims_of("xyz")]
    solution = solve(clocks, mesh(clocks), claims)
    assert solution.is_cluster_off
    assert by_name(solution, "x").is_backed
    assert verdicts(solution) == dict.fromkeys("abcd", "ok") | dict.fromkeys("xyz", "suspect")
    assert [host.claim_holds for host in solution.hosts] == [False] * 4 + [True] * 3


def test_a_leap_second_accuses_nobody():
    clocks = dict.fromkeys("abcd", 0.0) | dict.fromkeys("xyz", 1.0)
    solution = solve(clocks, mesh(clocks), claims_of(clocks))
    assert by_name(solution, "x").camp is CampKind.LEAP
    assert verdicts(solution) == dict.fromkeys("abcd", "ok") | dict.fromkeys("xyz", "suspect")
    assert [camp.kind for camp in solution.camps] == [CampKind.PLAIN, CampKind.LEAP]


def test_a_two_faced_host_accuses_nobody_and_is_named():
    clocks = dict.fromkeys("abcdefg", 0.0)
    rows = [row for row in mesh(clocks) if row.source != "a"]
    lies = [measured("a", name, 0.01 * number) for number, name in enumerate("bcdefg", start=1)]
    solution = solve(clocks, [*rows, *lies], [*claims_of("abcdefg")], [reference(0.0)])
    assert by_name(solution, "a").is_contested
    assert by_name(solution, "a").claim_holds is None
    assert "wrong" not in verdicts(solution).values()
    assert solution.contradictions
    assert all("a" in one.hosts for one in solution.contradictions)


def test_what_is_measured_through_the_router_is_vague_and_says_so():
    rows = [*mesh(GOOD), measured("a", "x", 0.001, 0.020, via="router")]
    solution = solve({*GOOD, "x"}, rows, [])
    assert by_name(solution, "x").is_routed
    assert verdicts(solution)["x"] == "suspect"
    assert verdicts(solve({*GOOD, "x"}, [*mesh(GOOD), measured("a", "x", 0.5, 0.02, via="router")], []))["x"] == "wrong"


def test_both_ends_that_differ_are_a_contradiction():
    solution = solve("ab", [measured("a", "b", 0.0), measured("b", "a", 0.001)], [])
    (found,) = solution.contradictions
    assert found.hosts == ("a", "b")
    assert found.excess_s == pytest.approx(0.0008)


def test_what_is_refused_and_what_is_used():
    rows = mesh(GOOD)
    solution = solve(GOOD, [*rows, measured("a", "stranger", 0.0), measured("a", "b", float("nan"))], [])
    assert solution.refused == 2
    assert solution.measurements == tuple(rows)


def test_drifts_and_ages_are_passed_on():
    ppm = dict(zip(GOOD, (1.0, 2.0, 3.0, 4.0, 5.0, 26.0), strict=True))
    rows = [
        measured(first, second, GOOD[second] - GOOD[first], drift_ppm=ppm[second] - ppm[first], age_s=4.0)
        for first, second in ("ab", "bc", "cd", "de", "ef")
    ]
    solution = solve(GOOD, rows, [])
    assert by_name(solution, "f").drift_ppm == pytest.approx(22.5)
    assert by_name(solution, "f").age_s == 4.0


def test_the_later_claim_of_a_host_counts():
    solution = solve(GOOD, mesh(GOOD), [claimed("a", 0.5), claimed("a", 0.002)])
    assert by_name(solution, "a").claim.bound_s == 0.002


def test_the_frames_compare_any_two_hosts():
    solution = solve(SEVEN, mesh(SEVEN), [])
    (frame,) = solution.frames
    view = frame.seen_from(frame.names.index("g"))
    assert view.offset_s[frame.names.index("b")] == pytest.approx(0.0402)


def test_every_verdict_has_its_word():
    assert [verdict.value for verdict in Verdict] == ["ok", "suspect", "wrong", "no_majority", "unknown"]
