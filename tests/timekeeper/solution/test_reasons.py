import pytest

from tests.timekeeper.solution.clusters import claimed, claims_of, measured, mesh
from timekeeper.solution import ReferenceInterval, Thresholds, solve
from timekeeper.solution.reasons import explain, explain_cluster
from timekeeper.solution.verdicts import classify

SEVEN = {"a": -0.00002, "b": -0.00001, "c": 0.0, "d": 0.00001, "e": 0.00002, "f": 0.00003, "g": -0.0401}
THRESHOLDS = Thresholds()


def reasons(solution, name, waiting=""):
    (host,) = (host for host in solution.hosts if host.host == name)
    return explain(host, solution, classify(host, THRESHOLDS.warn_s), THRESHOLDS, waiting)


def references(centre_s, count=3):
    return [
        ReferenceInterval(name=f"ntp{number}", host="a", low_s=centre_s - 0.002, high_s=centre_s + 0.002)
        for number in range(count)
    ]


def test_the_headline():
    solution = solve(SEVEN, mesh(SEVEN), claims_of(SEVEN))
    assert reasons(solution, "g") == (
        "40.1 ms behind 6 of 7 hosts (±100 µs); claims ±2 ms",
        "chronyd claims ±2 ms but the clock is 40.1 ms behind true time (±3.19 ms), by 6 of 7 independent votes",
    )
    assert explain_cluster(solution) == ()


def test_a_good_host():
    solution = solve(SEVEN, mesh(SEVEN), claims_of(SEVEN))
    assert reasons(solution, solution.reference) == ("level with 6 of 7 hosts (±0 µs)",)
    assert reasons(solution, "a") == ("20 µs behind 6 of 7 hosts (±100 µs)",)


def test_what_is_waited_for_comes_second():
    solution = solve(SEVEN, mesh(SEVEN), [])
    assert reasons(solution, "g", "waiting")[:2] == ("40.1 ms behind 6 of 7 hosts (±100 µs)", "waiting")


def test_a_daemon_without_a_name():
    solution = solve(SEVEN, mesh(SEVEN), claims_of(SEVEN, daemon=""))
    assert reasons(solution, "g")[1].startswith("its time daemon claims ±2 ms but")


def test_a_host_that_is_known_too_vaguely():
    rows = [*mesh(SEVEN), measured("a", "x", 0.001, 0.020, via="router")]
    assert reasons(solve({*SEVEN, "x"}, rows, []), "x") == (
        "980 µs ahead of 7 of 8 hosts (±20.1 ms)",
        "may be beyond 5 ms, which is not proven",
        "measured through the router only, hence the wide bound",
    )


def test_a_majority_that_is_known_too_vaguely():
    # Three clocks here, three 5.6 ms away, and one that may be with either.
    clocks = dict.fromkeys("abc", 0.0) | dict.fromkeys("def", 0.0056)
    solution = solve({*clocks, "g"}, [*mesh(clocks), measured("a", "g", 0.0028, 0.010)], [])
    assert reasons(solution, "f") == (
        "5.6 ms ahead of 7 of 7 hosts (±100 µs)",
        "most hosts are measured too vaguely to prove that it stands alone",
    )


def test_two_hosts_that_differ():
    clocks = {"a": 0.0, "b": 0.040}
    solution = solve(clocks, mesh(clocks), [])
    (sentence,) = reasons(solution, "a")
    assert sentence == "a and b differ by 40 ms (±100 µs): nobody can tell which is wrong"
    assert explain_cluster(solution) == (sentence,)


def test_camps_without_a_majority():
    clocks = dict.fromkeys("abc", 0.0) | dict.fromkeys("de", 0.1) | {"f": -0.2}
    assert reasons(solve(clocks, mesh(clocks), []), "f") == (
        "no majority among 6 hosts: 3 (a, b, c) agree; 2 (d, e) 100 ms ahead of them; 1 (f) 200 ms behind them",
    )


def test_hosts_that_may_be_in_either_camp():
    clocks = dict.fromkeys("abc", 0.0) | dict.fromkeys("de", 0.040)
    vague = [measured("a", name, 0.020, 0.030) for name in "fg"]
    solution = solve("abcdefg", [*mesh(clocks), *vague], [])
    (sentence,) = reasons(solution, "d")
    assert sentence == (
        "no majority among 7 hosts: 5 (a, b, c, f and 1 more) agree, but some so vaguely that they may agree with others"
        " as well; 2 (d, e) 40 ms ahead of them"
    )


def test_groups_that_cannot_be_compared():
    solution = solve("abcd", [measured("a", "b", 0.0), measured("c", "d", 0.0)], [])
    assert reasons(solution, "a") == ("only 2 of 4 hosts can be compared: no majority",)


def test_hosts_of_which_most_were_not_measured_yet():
    new = claims_of("cd", state="unknown")
    solution = solve("abcd", [measured("a", "b", 0.0)], new)
    assert reasons(solution, "a") == ("only 2 of 4 hosts can be compared: no majority",)
    solution = solve("abcd", [measured("a", "b", 0.040)], new)
    assert reasons(solution, "a") == (
        "no majority among 4 hosts, of which 2 can be compared: 1 (a) agree; 1 (b) 40 ms ahead of them",
    )


def test_hosts_that_cannot_be_compared():
    rows = [*mesh(SEVEN), measured("x", "y", 0.0)]
    solution = solve({*SEVEN, *"xyz"}, rows, [])
    assert reasons(solution, "x") == ("no chain of measurements leads from here to the hosts that agree",)
    assert reasons(solution, "z") == ("no fresh measurement of this host by any other, nor of any other by it",)
    assert reasons(solve("a", [], []), "a") == ("the only host: there is no other clock to compare with",)


def test_true_time_instead_of_a_majority():
    clocks = {"a": 0.0, "b": 0.040}
    solution = solve(clocks, mesh(clocks), [claimed("b")], references(0.0))
    assert reasons(solution, "b")[0] == (
        "40 ms ahead of true time, as independent claims and references agree on it (±3.1 ms); claims ±2 ms"
    )


def test_the_whole_cluster_is_off():
    clocks = dict.fromkeys("abc", 0.0)
    solution = solve(clocks, mesh(clocks), claims_of(clocks, upstreams={"gps"}), references(0.040))
    assert explain_cluster(solution) == (
        "the cluster as a whole is 40 ms behind true time (±3.1 ms), by 3 of 4 independent votes",
    )


def test_a_host_that_is_right_against_the_majority():
    clocks = dict.fromkeys("abcd", 0.040) | dict.fromkeys("xyz", 0.0)
    claims = [*claims_of("abcd", upstreams={"bad"}), *claims_of("xyz")]
    assert reasons(solve(clocks, mesh(clocks), claims), "x") == (
        "40 ms behind 4 of 7 hosts (±100 µs); claims ±2 ms",
        "not accused: 3 of 4 independent votes on true time agree with it, and not with the majority of hosts",
    )


@pytest.mark.parametrize(
    ("offset_s", "others", "words"),
    [
        (1.0, {"leap": "insert"}, "one second apart: a leap second that one side has applied and the other has not"),
        (
            0.4,
            {"smear": True},
            "less than a second apart around a leap second: one side smears it and the other does not",
        ),
    ],
)
def test_a_leap_second(offset_s, others, words):
    clocks = dict.fromkeys("abcd", 0.0) | dict.fromkeys("xyz", offset_s)
    solution = solve(clocks, mesh(clocks), [*claims_of("abcd"), *claims_of("xyz", **others)])
    assert words in reasons(solution, "x")


def test_a_host_of_which_nothing_is_proven():
    clocks = dict.fromkeys("abcd", 0.0)
    heard = [measured(name, "d", 0.04, 0.001, via="router") for name in "abc"]
    solution = solve(clocks, [*mesh(clocks), *heard], [])
    assert "its measurements exclude each other, so nothing is proven of its clock" in reasons(solution, "d")


def test_a_claim_that_only_most_clocks_refute():
    clocks = dict.fromkeys("abc", 0.0) | {"d": 0.040}
    said = [*claims_of("abc", upstreams={"ntp1"}), claimed("d", upstreams={"ntp2"})]
    (refuted,) = (one for one in reasons(solve(clocks, mesh(clocks), said), "d") if "true time" in one)
    assert refuted.endswith("by 1 of 2 independent votes, which most clocks follow")


def test_contradictions_and_refused_reports():
    clocks = dict.fromkeys("abcde", 0.0)
    rows = [row for row in mesh(clocks) if row.source != "a"]
    lies = [measured("a", name, 0.01 * number) for number, name in enumerate("bcde", start=1)]
    solution = solve(clocks, [*rows, *lies, measured("a", "a", 0.0)], [])
    assert (
        "its measurements exclude each other: it stands where more than half of them, each taken alone, put it"
    ) in reasons(solution, "a")
    told = explain_cluster(solution)
    assert told[0].startswith("measurements around a, ")
    assert told[0].endswith(" ms: a bad link, a two-faced host, or a clock set meanwhile")
    assert told[-1] == "1 reported measurements could not be used"
