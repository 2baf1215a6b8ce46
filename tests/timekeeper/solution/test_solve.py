from itertools import combinations
from random import Random

import pytest

from tests.timekeeper.solution.clusters import claimed, claims_of, measured, mesh
from timekeeper.solution import Basis, Electors, ReferenceInterval, Verdict, solve
from timekeeper.solution.verdicts import classify

GOOD = {"a": 0.0, "b": 0.0001, "c": -0.0001, "d": 0.0002, "e": -0.0002, "f": 0.0003}
SEVEN = GOOD | {"g": -0.0401}


def verdicts(solution, limit_s=0.005):
    return {host.host: classify(host, limit_s).value for host in solution.hosts}


def by_name(solution, name):
    (found,) = (host for host in solution.hosts if host.host == name)
    return found


def heard(centre_s, hosts, servers=2, width_s=0.002):
    """Each of some hosts hears that true time is so far ahead of its own clock."""
    low_s, high_s = centre_s - width_s, centre_s + width_s
    return [ReferenceInterval(host=host, low_s=low_s, high_s=high_s, servers=servers) for host in hosts]


def test_no_hosts():
    solution = solve((), [], [])
    assert solution.hosts == ()
    assert (solution.measured, solution.has_majority, solution.agreeing, solution.spread_s) == (0, None, 0, None)


def test_one_host():
    solution = solve("a", [], [claimed("a")])
    host = by_name(solution, "a")
    assert (host.basis, host.offset_s, host.bound_s, host.age_s) == (Basis.UNMEASURED, None, None, None)
    assert host.claim_holds is None
    assert verdicts(solution) == {"a": "unknown"}
    assert solution.camps == ()


def test_one_host_and_external_references():
    solution = solve("a", [], [claimed("a")], heard(0.040, "a"))
    host = by_name(solution, "a")
    assert (host.basis, host.offset_s, host.is_off) == (Basis.REFERENCES, pytest.approx(-0.040), True)
    assert solution.is_cluster_off
    assert verdicts(solution) == {"a": "wrong"}
    assert verdicts(solve("a", [], [claimed("a")], heard(0.0, "a"))) == {"a": "ok"}


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


@pytest.mark.parametrize("references", [[], heard(0.0, "a"), [*heard(0.0, "a"), *heard(-0.040, "b")]])
def test_of_two_hosts_that_differ_none_is_accused_whatever_servers_say(references):
    clocks = {"a": 0.0, "b": 0.040}
    solution = solve(clocks, mesh(clocks), claims_of(clocks), references)
    assert verdicts(solution) == {"a": "no_majority", "b": "no_majority"}
    assert [host.claim_holds for host in solution.hosts] == [None, None]
    assert [host.contradicted_by for host in solution.hosts] == ["b", "a"]


def test_a_host_without_any_measurement():
    solution = solve({*GOOD, "x"}, mesh(GOOD), [claimed("x")])
    assert by_name(solution, "x").basis is Basis.UNMEASURED
    assert verdicts(solution) == dict.fromkeys(GOOD, "ok") | {"x": "unknown"}
    assert solution.measured == 6


def test_a_host_that_is_down_counts():
    clocks = {"b": 0.0, "c": 0.040, "d": 0.040}
    solution = solve("abcd", mesh(clocks), claims_of("bcd"))
    assert (solution.electors.number, solution.measured) == (4, 3)
    assert verdicts(solution) == {"a": "unknown"} | dict.fromkeys("bcd", "no_majority")
    assert not any(host.claim_holds is False for host in solution.hosts)


def test_who_does_not_count_is_compared_and_gives_no_majority():
    clocks = {"a": 0.0, "b": 0.0, "x": 0.040, "y": 0.040, "z": 0.040}
    electors = Electors(frozenset("ab"), 2, vouched_by_one=frozenset("xy"), not_watched=frozenset("z"))
    solution = solve(clocks, mesh(clocks), claims_of("abxy"), electors=electors)
    assert verdicts(solution) == {"a": "ok", "b": "ok"} | dict.fromkeys("xyz", "suspect")
    assert not any(host.claim_holds is False for host in solution.hosts), "they may see another majority"
    assert solution.agreeing == 2


@pytest.mark.parametrize("count", [3, 8])
def test_who_does_not_count_is_no_way_to_a_clock(count):
    clocks, invented = dict.fromkeys("abcde", 0.0), [f"z{number}" for number in range(count)]
    lies = [measured(name, host, 0.04 * (host == "c")) for name in invented for host in clocks]
    electors = Electors(frozenset(clocks), 5, vouched_by_one=frozenset(invented))
    solution = solve([*clocks, *invented], [*mesh(clocks), *lies], claims_of(clocks), electors=electors)
    assert {name: verdict for name, verdict in verdicts(solution).items() if name in clocks} == dict.fromkeys(
        "abcde", "ok"
    )


def test_members_known_by_their_address_alone_count():
    solution = solve("ab", mesh({"a": 0.0, "b": 0.0}), [], electors=Electors(frozenset("ab"), 4))
    assert {host.basis for host in solution.hosts} == {Basis.TOO_FEW}
    assert solution.has_majority is False


def test_a_group_apart_from_the_majority():
    clocks = GOOD | {"x": 0.0, "y": 0.0}
    solution = solve(clocks, [*mesh(GOOD), measured("x", "y", 0.0)], [])
    assert solution.measured == 8
    assert by_name(solution, "x").basis is Basis.APART
    assert verdicts(solution) == dict.fromkeys(GOOD, "ok") | {"x": "unknown", "y": "unknown"}


def test_two_halves_that_cannot_be_compared_have_no_majority():
    clocks = dict.fromkeys("abcd", 0.0)
    solution = solve(clocks, [measured("a", "b", 0.0), measured("c", "d", 0.0)], [])
    assert {host.basis for host in solution.hosts} == {Basis.TOO_FEW}
    assert set(verdicts(solution).values()) == {"unknown"}


@pytest.mark.parametrize(
    ("references", "is_off"),
    [
        (heard(0.040, "ab"), True),
        (heard(0.040, "abc"), True),
        (heard(0.040, "a"), False),
        (heard(0.040, "ab", servers=1), False),
        ([*heard(0.040, "a"), *heard(0.0, "b")], False),
        (heard(0.0, "ab"), False),
    ],
)
def test_the_whole_cluster_is_off_where_two_hosts_hear_so(references, is_off):
    solution = solve(GOOD, mesh(GOOD), claims_of(GOOD), references)
    assert solution.is_cluster_off is is_off
    assert verdicts(solution) == dict.fromkeys(GOOD, "ok")
    assert {host.is_off for host in solution.hosts} == {is_off}
    assert {host.claim_holds for host in solution.hosts} == {None if is_off else True}


def test_what_two_hosts_hear_prevents_an_accusation_everywhere():
    clocks = dict.fromkeys("abc", 0.040) | dict.fromkeys("xy", 0.0) | {"z": -0.3}
    claims = claims_of(clocks, upstreams={"same"})
    assert verdicts(solve([*clocks, "v"], mesh(clocks), claims))["x"] == "no_majority"
    clocks["d"] = 0.040
    claims = claims_of(clocks, upstreams={"same"})
    before = solve(clocks, mesh(clocks), claims)
    assert verdicts(before) == dict.fromkeys("abcd", "ok") | dict.fromkeys("xyz", "wrong")
    after = solve(clocks, mesh(clocks), claims, [*heard(0.0, "x"), *heard(-0.040, "a")])
    assert verdicts(after) == dict.fromkeys("abcd", "ok") | dict.fromkeys("xy", "suspect") | {"z": "wrong"}
    assert [by_name(after, name).claim_holds for name in "axz"] == [None, None, False]
    assert [by_name(after, name).is_off for name in "axz"] == [True, False, True]


def test_a_majority_on_one_bad_server_accuses_the_others_without_references():
    clocks = dict.fromkeys("abcd", 0.040) | dict.fromkeys("xyz", 0.0)
    solution = solve(clocks, mesh(clocks), [*claims_of("abcd", upstreams={"bad"}), *claims_of("xyz")])
    assert verdicts(solution) == dict.fromkeys("abcd", "ok") | dict.fromkeys("xyz", "wrong")
    assert (solution.true_time.groups, solution.true_time.others, solution.true_time.is_strong) == (1, 3, False)


def rows_of_a_runaway(names, rate_ppm, now_s, bad):
    """Each row is told at another moment of the round; the clock of one host runs away."""
    others = [name for name in names if name != bad]
    rows = mesh(dict.fromkeys(others, 0.0), 0.0002)
    for number, name in enumerate(others):
        age_s = number * 3.7 % 10 + 1
        rows.append(measured(name, bad, rate_ppm * 1e-6 * (now_s - age_s), 0.0002 + 100e-6 * age_s, age_s=age_s))
    return rows


@pytest.mark.parametrize("rate_ppm", [-400, 400, 1000])
@pytest.mark.parametrize("hosts", [3, 4, 5, 9])
def test_a_runaway_clock_is_accused_and_its_claim_is_false(hosts, rate_ppm):
    names = [f"h{number}" for number in range(hosts)]
    for bad in (names[0], names[-1]):
        rows = rows_of_a_runaway(names, rate_ppm, 100.0, bad)
        solution = solve(names, rows, claims_of(names))
        assert solution.contradictions
        assert solution.has_majority
        assert verdicts(solution) == dict.fromkeys(names, "ok") | {bad: "wrong"}
        assert [host.host for host in solution.hosts if host.claim_holds is not True] == [bad]
        assert by_name(solution, bad).claim_holds is False
        assert by_name(solution, bad).offset_s == pytest.approx(rate_ppm * 100e-6, abs=0.012)


@pytest.mark.parametrize("seed", range(8))
def test_a_runaway_clock_does_not_spoil_the_bounds_of_the_others(seed):
    random = Random(seed)
    for _ in range(50):
        rows = []
        for first, second in combinations("abc", 2):
            bound_s = random.uniform(3e-5, 2e-4)
            rows.append(measured(first, second, random.uniform(-bound_s, bound_s), bound_s))
        for name in "abc":
            bound_s, age_s = random.uniform(3e-5, 2e-4), random.uniform(0.1, 10)
            off_s = 1e-3 * (50 - age_s) + random.uniform(-bound_s, bound_s)
            rows.append(measured(name, "d", off_s, bound_s + 100e-6 * age_s, age_s=age_s))
        solution = solve("abcd", rows, [])
        if solution.contradictions:
            for host in solution.hosts[:3]:
                assert abs(host.offset_s) <= host.bound_s + 1e-12


def test_a_liar_whose_word_is_against_all_others_is_suspect_and_harms_nobody():
    clocks = dict.fromkeys("abcde", 0.0)
    others = [row for row in mesh(clocks) if "e" not in (row.source, row.target)]
    heard_of = [measured(name, "e", 0.04, 0.001, via="router") for name in "abcd"]
    assert verdicts(solve(clocks, [*others, *heard_of], claims_of(clocks)))["e"] == "wrong"
    rows = [*others, *heard_of, *(measured("e", name, 0.0) for name in "abcd")]
    solution = solve(clocks, rows, claims_of(clocks))
    assert verdicts(solution) == dict.fromkeys("abcd", "ok") | {"e": "suspect"}
    assert [one.hosts for one in solution.contradictions] == [(name, "e") for name in "abcd"]


def test_a_two_faced_host_accuses_nobody_and_is_named():
    clocks = dict.fromkeys("abcdefg", 0.0)
    rows = [row for row in mesh(clocks) if row.source != "a"]
    lies = [measured("a", name, 0.01 * (-1) ** number * number) for number, name in enumerate("bcdefg", start=1)]
    solution = solve(clocks, [*rows, *lies], claims_of("abcdefg"))
    assert by_name(solution, "a").claim_holds is not False
    assert verdicts(solution) == dict.fromkeys("bcdefg", "ok") | {"a": "suspect"}
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
