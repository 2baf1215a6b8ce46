import pytest

from tests.timekeeper.solution.clusters import claimed, claims_of, mesh
from timekeeper.solution import Fault, Judge, Patience, ReferenceInterval, Verdict, solve

OK, SUSPECT, WRONG, NO_MAJORITY, UNKNOWN = Verdict
GOOD = dict.fromkeys("abcdef", 0.0)
NO_GRACE = Patience(grace_s=0.0)


class Watch:
    """A judge, and a cluster that is measured every ten seconds."""

    def __init__(self, patience=NO_GRACE):
        self.judge = Judge(patience=patience)
        self.now_s = 1000.0

    def see(self, offset_s, *, age_s=1.0, claims=(), hosts="abcdefg", every_s=10.0):
        """What is said of g, whose clock is off by so much; None when nobody measures it."""
        self.now_s += every_s
        clocks = GOOD if offset_s is None else GOOD | {"g": offset_s}
        solution = solve(hosts, mesh(clocks, age_s=age_s), claims)
        self.last = self.judge.judge(solution, self.now_s)
        found = [host for host in self.last.hosts if host.host == "g"]
        return found[0] if found else None

    def see_all(self, *offsets_s):
        return [self.see(offset_s).verdict for offset_s in offsets_s]


def test_three_bursts_accuse():
    watch = Watch()
    assert watch.see_all(0.0, 0.1, 0.1, 0.1, 0.1) == [OK, SUSPECT, SUSPECT, WRONG, WRONG]
    assert watch.last.wrong == ("g",)


def test_the_bursts_are_counted_aloud():
    watch = Watch()
    assert "seen beyond 5 ms 1 times in a row, of 3 that it takes" in watch.see(0.1).reasons
    assert "seen beyond 5 ms 2 times in a row, of 3 that it takes" in watch.see(0.1).reasons


def test_a_single_good_one_starts_anew():
    assert Watch().see_all(0.1, 0.1, 0.0, 0.1, 0.1, 0.1) == [SUSPECT, SUSPECT, OK, SUSPECT, SUSPECT, WRONG]


def test_one_burst_that_is_judged_often_counts_once():
    watch = Watch()
    verdicts = [watch.see(0.1, age_s=1.0 + 2 * number, every_s=2.0).verdict for number in range(6)]
    assert verdicts == [SUSPECT] * 6


def test_what_is_accused_clears_well_within_the_threshold():
    assert Watch().see_all(0.1, 0.1, 0.1, 0.0045, 0.0035, 0.0033, 0.0033) == [
        *(SUSPECT, SUSPECT, WRONG),
        *(WRONG, SUSPECT, OK, OK),
    ]


@pytest.mark.parametrize("grace_s", [60.0, 45.0])
def test_nobody_is_accused_right_after_the_start(grace_s):
    watch = Watch(Patience(grace_s=grace_s))
    verdicts = watch.see_all(*[0.1] * 8)
    assert verdicts.index(WRONG) == (6 if grace_s == 60.0 else 5)
    watch = Watch(Patience(grace_s=60.0))
    watch.see_all(0.1, 0.1, 0.1)
    assert "watched for less than 60 s: daemons may step a clock after a start" in watch.see(0.1).reasons


def test_a_late_host_has_its_own_grace():
    watch = Watch(Patience(grace_s=60.0))
    for _ in range(20):
        assert watch.see(None, hosts="abcdef") is None
    assert watch.see_all(*[0.1] * 7) == [*[SUSPECT] * 6, WRONG]


def test_a_host_that_has_booted_anew_has_grace_again():
    watch = Watch(Patience(grace_s=60.0))
    boots = ["1"] * 8 + ["2"] * 7
    verdicts = [watch.see(0.1, claims=[claimed("g", None, boot_id=boot)]).verdict for boot in boots]
    assert verdicts == [*[SUSPECT] * 6, WRONG, WRONG, *[SUSPECT] * 6, WRONG]


def test_a_host_that_tells_of_a_new_boot_each_time_is_accused():
    watch = Watch(Patience(grace_s=60.0))
    verdicts = [watch.see(0.1, claims=[claimed("g", None, boot_id=str(boot))]).verdict for boot in range(400)]
    assert verdicts.index(WRONG) == 7  # a minute after the second boot, which is believed
    # Once in an hour it gets away with it for a minute.
    assert verdicts.count(SUSPECT) == 7 + 6


def test_a_false_claim_takes_as_much_patience_as_a_wrong_clock():
    watch = Watch(Patience(grace_s=60.0))

    def see(offset_s):
        return Fault.FALSE_CLAIM in watch.see(offset_s, claims=claims_of("abcdefg")).faults

    assert [see(0.1) for _ in range(8)] == [*[False] * 6, True, True]
    assert [see(0.0) for _ in range(4)] == [True, True, False, False]
    assert [see(offset_s) for offset_s in (0.1, 0.1, 0.0, 0.1, 0.1, 0.1)] == [*[False] * 5, True]


def test_what_cannot_be_seen_any_more_stays_as_it_was():
    watch = Watch()
    for _ in range(3):
        host = watch.see(0.1, claims=claims_of("abcdefg"))
    assert host.faults == (Fault.WRONG, Fault.FALSE_CLAIM)
    for _ in range(5):
        host = watch.see(None)
    assert (host.verdict, host.faults) == (UNKNOWN, (Fault.WRONG, Fault.FALSE_CLAIM))
    assert watch.last.wrong == ("g",)
    faults = [watch.see(0.0, claims=claims_of("abcdefg")).faults for _ in range(3)]
    assert faults == [(Fault.WRONG, Fault.FALSE_CLAIM)] * 2 + [()]


def test_a_boot_that_is_not_told_is_no_new_one():
    watch = Watch()
    boots = ["", "1", "", "1"]
    verdicts = [watch.see(0.1, claims=[claimed("g", None, boot_id=boot)]).verdict for boot in boots]
    assert verdicts == [SUSPECT, SUSPECT, WRONG, WRONG]


def test_a_host_that_was_wrong_and_is_not_measured_for_a_while_is_wrong_still():
    assert Watch().see_all(0.1, 0.1, 0.1, None, 0.1) == [SUSPECT, SUSPECT, WRONG, UNKNOWN, WRONG]


def test_a_lost_majority_ends_no_accusation():
    judge = Judge(patience=NO_GRACE)
    clocks = {"a": 0.0, "b": 0.0, "c": 0.1}
    for number in range(3):
        judged = judge.judge(solve(clocks, mesh(clocks), []), 10.0 * number)
    assert judged.wrong == ("c",)
    judged = judge.judge(solve("abc", mesh({"a": 0.0, "c": 0.1}), []), 30.0)
    assert [host.verdict for host in judged.hosts] == [NO_MAJORITY, UNKNOWN, NO_MAJORITY]
    assert judged.wrong == ("c",)


def test_what_was_seen_long_ago_ends():
    watch = Watch()
    for _ in range(3):
        watch.see(0.1, claims=claims_of("abcdefg"))
    faults = [watch.see(None, every_s=500.0).faults for _ in range(6)]
    assert [bool(each) for each in faults] == [True, True, True, True, False, False]


def test_the_only_host_that_is_left_has_no_fault_of_others():
    judge = Judge(patience=NO_GRACE)
    clocks = {"a": 0.0, "b": 0.1}
    for number in range(10):
        judged = judge.judge(solve(clocks, mesh(clocks), claims_of(clocks)), 10.0 * number)
    assert judged.hosts[0].faults == (Fault.CONTRADICTED, Fault.NO_MAJORITY)
    for number in range(10, 20):
        judged = judge.judge(solve("a", [], claims_of("a")), 10.0 * number)
    assert judged.hosts[0].faults == ()


def test_who_is_set_again_and_again_excuses_others_once():
    judge, clocks = Judge(patience=NO_GRACE), dict.fromkeys("abcd", 0.0) | {"e": 0.04}
    wrong_s = []
    for number in range(60):
        claims = [claimed(host, steps=number * (host in "abc")) for host in clocks]
        if judge.judge(solve(clocks, mesh(clocks), claims), 10.0 * number).wrong:
            wrong_s.append(10.0 * number)
    assert 60.0 <= wrong_s[0] <= 100.0


def follow(judge, clocks_at, every_s=2.0, rounds=40):
    """The faults that any host has had, while clocks are as they are at a time, in seconds since the first look."""
    seen = set()
    for number in range(rounds):
        now_s = number * every_s
        clocks = clocks_at(now_s)
        claims = [claimed(host, steps=int(clocks[host] != clocks_at(0.0)[host])) for host in clocks]
        judged = judge.judge(solve(clocks, mesh(clocks), claims), 1000.0 + now_s)
        seen |= {(host.host, fault) for host in judged.hosts for fault in host.faults}
    return seen


@pytest.mark.parametrize("clocks", [{"a": 0.0, "b": 0.04}, {"a": 0.0, "b": 0.0, "c": 0.04, "d": 0.04}])
def test_claims_that_exclude_each_other_are_a_fault_of_all_whom_they_concern(clocks):
    seen = follow(Judge(patience=NO_GRACE), lambda _: clocks)
    assert seen == {(host, fault) for host in clocks for fault in (Fault.CONTRADICTED, Fault.NO_MAJORITY)}
    assert follow(Judge(patience=NO_GRACE), lambda _: clocks, rounds=20) == set()


def test_claims_exclude_each_other_for_long_though_each_time_it_is_another_that_differs_most():
    seen = follow(
        Judge(patience=NO_GRACE), lambda now_s: {"a": 0.0, "b": 0.04 + 1e-4 * (now_s % 4), "c": 0.04 + 1e-4, "d": 0.0}
    )
    assert {host for host, fault in seen if fault is Fault.CONTRADICTED} == set("abcd")


def test_a_common_step_or_a_correction_that_one_after_the_other_follows_is_no_fault():
    starts_s = dict(zip("abcd", (10.0, 11.0, 17.0, 24.0), strict=True))
    assert (
        follow(
            Judge(patience=NO_GRACE), lambda now_s: {host: 0.03 * (now_s >= at_s) for host, at_s in starts_s.items()}
        )
        == set()
    )
    assert follow(Judge(patience=NO_GRACE), lambda now_s: dict.fromkeys("abcd", 1.0 * (now_s >= 10.0))) == set()


def test_a_host_that_most_others_have_joined_in_a_common_error_is_told_of_it_at_once():
    judge, told = (
        Judge(patience=NO_GRACE),
        [ReferenceInterval(host=host, low_s=-0.302, high_s=-0.298, servers=2) for host in "ab"],
    )
    for now_s in (0.0, 10.0, 20.0, 30.0):
        clocks = {"a": 0.3} | dict.fromkeys("bc", 0.3 * (now_s > 0))
        claims = [claimed(host, steps=int(host != "a" and now_s > 0)) for host in clocks]
        heard = told if now_s else ()
        judged = judge.judge(solve(clocks, mesh(clocks), claims, heard), now_s)
    assert [host.faults for host in judged.hosts] == [(Fault.CLUSTER_OFF,)] * 3


def test_a_host_that_has_left_is_forgotten():
    watch = Watch()
    watch.see_all(0.1, 0.1, 0.1)
    watch.see(None, hosts="abcdef")
    assert watch.see_all(0.1) == [SUSPECT]


@pytest.mark.parametrize(("offset_s", "is_critical"), [(0.049, False), (0.0505, True), (-0.0505, True)])
def test_severity(offset_s, is_critical):
    watch = Watch()
    assert [watch.see(offset_s).is_critical for _ in range(3)] == [False, False, is_critical]


def test_a_drift_and_when_it_will_cross():
    watch = Watch()
    for number in range(11):
        host = watch.see(20e-6 * 10 * number)
    assert host.verdict is OK
    assert host.trend_ppm == pytest.approx(20.0)
    assert host.seconds_to_threshold == pytest.approx((0.005 - 0.002 - 0.0001) / 20e-6, rel=0.01)
    assert watch.last.hosts[0].trend_ppm is None
    assert watch.last.hosts[0].seconds_to_threshold is None


def test_of_a_host_that_cannot_be_compared_nothing_is_predicted():
    watch = Watch()
    for number in range(11):
        watch.see(20e-6 * 10 * number)
    host = watch.see(None)
    assert (host.verdict, host.trend_ppm, host.seconds_to_threshold) == (UNKNOWN, None, None)
