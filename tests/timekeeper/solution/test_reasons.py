from tests.timekeeper.solution.clusters import claimed, claims_of, measured, mesh
from timekeeper.solution import Electors, ReferenceInterval, Thresholds, solve
from timekeeper.solution.reasons import explain, explain_cluster
from timekeeper.solution.verdicts import classify

SEVEN = {"a": -0.00002, "b": -0.00001, "c": 0.0, "d": 0.00001, "e": 0.00002, "f": 0.00003, "g": -0.0401}
THRESHOLDS = Thresholds()


def reasons(solution, name, waiting=""):
    (host,) = (host for host in solution.hosts if host.host == name)
    return explain(host, solution, classify(host, THRESHOLDS.warn_s), THRESHOLDS, waiting)


def references(centre_s, hosts):
    return [ReferenceInterval(host=host, low_s=centre_s - 0.002, high_s=centre_s + 0.002, servers=2) for host in hosts]


def test_the_headline():
    solution = solve(SEVEN, mesh(SEVEN), claims_of(SEVEN))
    assert reasons(solution, "g") == (
        "40.1 ms behind 6 of 7 hosts (±100 µs)",
        "chronyd claims ±2 ms but the clock is 40.1 ms behind true time (±3.19 ms), by 6 of 7 independent groups of sources",
    )
    assert explain_cluster(solution) == ()


def test_a_good_host():
    solution = solve(SEVEN, mesh(SEVEN), claims_of(SEVEN))
    assert reasons(solution, solution.reference) == ("level with 6 of 7 hosts (±0 µs)",)
    assert reasons(solution, "a") == ("20 µs behind 6 of 7 hosts (±100 µs)",)


def test_what_is_waited_for_comes_second():
    solution = solve(SEVEN, mesh(SEVEN), [])
    assert reasons(solution, "g", "waiting")[:2] == ("40.1 ms behind 6 of 7 hosts (±100 µs)", "waiting")


def test_a_claim_that_is_refuted_comes_first_where_the_clock_is_not_wrong():
    clocks = SEVEN | {"g": 0.0045}
    solution = solve(clocks, mesh(clocks), claims_of(clocks, 0.0002))
    assert reasons(solution, "g")[0].startswith(
        "chronyd claims ±200 µs but the clock is 4.5 ms ahead of true time (±1.39 ms), by 6 of 7"
    )


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
    assert reasons(solution, "a") == ("only 2 of 4 hosts can be compared: too few for a majority",)


def test_hosts_of_which_most_were_not_measured_yet():
    new = claims_of("cd", state="unknown")
    solution = solve("abcd", [measured("a", "b", 0.0)], new)
    assert reasons(solution, "a") == ("only 2 of 4 hosts can be compared: too few for a majority",)
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


def test_two_claims_that_exclude_each_other():
    clocks = {"a": 0.0, "b": 0.040}
    told = reasons(solve(clocks, mesh(clocks), claims_of(clocks)), "a")
    assert told == (
        "its claim and that of b exclude each other: nobody can tell which is false",
        "a and b differ by 40 ms (±100 µs): nobody can tell which is wrong",
    )


def test_one_second_apart():
    clocks = {"a": 0.0, "b": 1.0}
    assert reasons(solve(clocks, mesh(clocks), []), "a")[0].endswith(
        "they are one second apart: has a leap second been applied on one side only?"
    )


def test_the_whole_cluster_is_off():
    clocks = dict.fromkeys("abc", 0.0)
    solution = solve(clocks, mesh(clocks), claims_of(clocks), references(0.040, "ab"))
    off = "the cluster as a whole is 40 ms behind true time (±3 ms), by the external servers of a, b"
    assert explain_cluster(solution) == (off,)
    assert reasons(solution, "c")[0] == off


def test_external_servers_only_tell_who_is_right_of_two():
    clocks = {"a": 0.0, "b": 0.040}
    told = explain_cluster(solve(clocks, mesh(clocks), [], [*references(0.0, "a"), *references(-0.040, "b")]))
    assert told[1] == "by the external servers of a, b true time is that of a"
    told = explain_cluster(solve(clocks, mesh(clocks), [], [*references(0.5, "a"), *references(0.460, "b")]))
    assert told[1] == "by the external servers of a, b true time is that of none of them"


def test_all_hosts_follow_one_source():
    clocks = dict.fromkeys("abc", 0.0)
    said = "all hosts that agree follow the same time sources: an error of these would not be seen"
    assert explain_cluster(solve(clocks, mesh(clocks), claims_of(clocks, upstreams={"gps"}))) == (said,)
    assert explain_cluster(solve(clocks, mesh(clocks), claims_of(clocks))) == ()


def test_a_host_that_external_servers_agree_with_against_the_majority():
    clocks = dict.fromkeys("abcd", 0.040) | dict.fromkeys("xyz", 0.0)
    solution = solve(clocks, mesh(clocks), claims_of(clocks), references(0.0, "xy"))
    assert reasons(solution, "x") == (
        "40 ms behind 4 of 7 hosts (±100 µs)",
        "not accused: the external servers of x, y agree with it, and not with the majority",
    )


def test_a_claim_that_hosts_refute_which_follow_one_source():
    clocks = dict.fromkeys("abc", 0.0) | {"d": 0.040}
    said = [*claims_of("abc", upstreams={"ntp1"}), claimed("d", upstreams={"ntp2"})]
    told = reasons(solve(clocks, mesh(clocks), said), "d")[1]
    assert told == "chronyd claims ±2 ms but the clock is 40 ms ahead of what most hosts claim (±3.1 ms)"


def test_who_does_not_count_is_told_why():
    clocks = dict.fromkeys("abxy", 0.0)
    electors = Electors(frozenset("ab"), 2, vouched_by_one=frozenset("x"), not_watched=frozenset("y"))
    solution = solve(clocks, mesh(clocks), [], electors=electors)
    assert reasons(solution, "x")[1].startswith("vouched for by one: it does not count until")
    assert reasons(solution, "y")[1].startswith("not watched: it has no timekeeper")


def test_a_host_that_is_down():
    electors = Electors(frozenset("abc"), 3, away=frozenset("c"))
    solution = solve("abc", mesh({"a": 0.0, "b": 0.0}), [], electors=electors)
    assert reasons(solution, "c") == ("its router is not reached, so its clock is not known",)


def test_contradictions_and_refused_reports():
    clocks = dict.fromkeys("abcde", 0.0)
    rows = [row for row in mesh(clocks) if row.source != "a"]
    lies = [measured("a", name, 0.01 * number) for number, name in enumerate("bcde", start=1)]
    solution = solve(clocks, [*rows, *lies, measured("a", "a", 0.0)], [])
    told = explain_cluster(solution)
    assert told[0].startswith("measurements around a, ")
    assert told[0].endswith(" ms: a bad link, a two-faced host, or a clock set meanwhile")
    assert told[-1] == "1 reported measurements could not be used"
