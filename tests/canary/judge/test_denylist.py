import pytest

from canary.judge.apply import apply
from canary.judge.denylist import HANDOVER_S, entries
from canary.policy import Wanted
from canary.records import Entry, VersionJudged
from tests.canary.judge.trial import ZERO_S, Trial, began, crashes, ended, good, ordered, passed, rules, works


def wanted(facts, until_s=None, me="alpha"):
    trial = Trial(rules(), ("alpha", "beta")).play(facts, until_s)
    return entries(trial.state, me, trial.state.now_s if until_s is None else ZERO_S + until_s)


def scopes(facts, until_s=None, me="alpha"):
    return [(one.server, one.version, one.build) for one in wanted(facts, until_s, me).denials]


BLOCK = [*good("beta"), *crashes(0, times=7)]
EJECTED = [*good("beta"), *works(0, version="2", until_s=900), *crashes(901, times=5, delays=(1,))]


def test_a_block_is_denied_with_the_sentence_of_its_verdict():
    (denial,) = wanted(BLOCK).denials
    assert denial.scope == ("fluid", "2", "", "alpha")
    assert denial.reason == "never worked in 7 tries over 63 s (limit 5 over 60 s)"
    assert denial.until_at_s == ZERO_S + 663 + HANDOVER_S
    assert not denial.probe_allowed


def test_a_probe_is_let_in_and_the_sentence_stays():
    (denial,) = wanted(BLOCK, 700).denials
    assert denial.probe_allowed
    assert denial.reason.startswith("never worked in 7 tries over 63 s (limit 5 over 60 s); ")


def test_what_comes_as_it_is_is_let_in_and_gets_no_messages_until_it_has_worked():
    """As services do that know no probes; when it dies it is refused again."""
    policy = wanted(BLOCK, 1300)
    assert policy.denials == ()
    assert [(one.server, one.version, one.weight) for one in policy.weights] == [("alpha", "2", 0.0)]
    assert wanted([*BLOCK, began(1300, "x"), passed(1360, "x")]) == Wanted()
    (denial,) = wanted([*BLOCK, began(1300, "x"), ended(1301, "x")]).denials
    assert not denial.probe_allowed


def test_what_works_again_is_not_denied():
    assert wanted([*BLOCK, began(700, "p", role="probe"), passed(760, "p", role="probe")]).denials == ()


def test_what_is_ejected_gets_no_traffic():
    policy = wanted(EJECTED)
    assert policy.denials == ()
    assert [(one.server, one.version, one.weight) for one in policy.weights] == [("alpha", "2", 0.0)]
    assert wanted([*EJECTED, ordered(906, "allow", 2000)]).weights == ()


@pytest.mark.parametrize(("facts", "over_s"), [(BLOCK, 663), (EJECTED, 935)])
def test_what_is_over_elsewhere_ends_though_its_canary_is_gone(facts, over_s):
    """Else the other routers would keep from it what its own lets in again."""
    state = Trial(rules(), ("alpha", "beta")).play(facts).state
    until_s = ZERO_S + over_s + HANDOVER_S
    assert entries(state, "beta", until_s - 1) != Wanted()
    assert entries(state, "beta", until_s) == Wanted()
    assert entries(state, "alpha", until_s) != Wanted()


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ordered(100, "allow", 200), []),
        (ordered(100, "allow", 200, server="beta"), [("alpha", "2", "")]),
        (ordered(100, "pin", 200, server="alpha"), []),
        (ordered(100, "block", 200, version="1"), [("*", "1", "*"), ("alpha", "2", "")]),
        (ordered(100, "block", 200, server="beta", version="1"), [("alpha", "2", ""), ("beta", "1", "*")]),
    ],
)
def test_orders(order, expected):
    assert sorted(scopes([*BLOCK, order])) == expected


def test_an_order_that_is_over_says_nothing():
    assert scopes([*BLOCK, ordered(100, "allow", 200)], 201) == [("alpha", "2", "")]


def test_a_block_holds_whole_though_somebody_who_did_not_know_of_it_allows_a_part():
    orders = [ordered(100, "block", 900, version="1"), ordered(101, "allow", 900, server="beta", version="1", number=2)]
    assert scopes([*good("beta"), *good("alpha"), *orders]) == [("*", "1", "*")]


def test_a_newer_order_allows_a_part():
    orders = [
        ordered(100, "block", 900, version="1"),
        ordered(101, "allow", 900, server="beta", version="1", number=2, over=[1]),
    ]
    assert scopes([*good("beta"), *good("alpha"), *orders]) == [("alpha", "1", "*")]


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        ({"server": "beta"}, [("alpha", "9", "*")]),
        ({"server": "alpha"}, [("beta", "9", "*")]),
        ({"server": "beta", "build": "x"}, [("alpha", "9", "*")]),
        ({}, []),
    ],
)
def test_what_never_ran_stays_blocked_where_only_a_part_is_allowed(allowed, expected):
    block = ordered(100, "block", 900, version="9")
    newer = ordered(101, "allow", 900, version="9", number=2, over=[1], **allowed)
    assert scopes([*good("beta"), block, newer]) == expected


def test_of_some_builds_that_are_allowed_the_others_stay_blocked():
    ran = [began(0, "x", version="9", build="x"), began(1, "y", version="9", build="y")]
    allowed = ordered(101, "allow", 900, version="9", number=2, build="x", over=[1])
    orders = [ordered(100, "block", 900, version="9"), allowed]
    assert scopes([*good("beta"), *ran, *orders]) == [("alpha", "9", "y"), ("beta", "9", "y")]


def held(*facts):
    trial = Trial(rules(), ("alpha", "beta")).play(facts)
    hold = VersionJudged(
        service="fluid", version="2", build="", state="held", rule="d", until_at_s=ZERO_S + 5000, reason="bad"
    )
    apply(trial.state, Entry(trial.state.seq + 1, trial.state.now_s, 0.0, hold))
    return [one.server for one in entries(trial.state, "delta", trial.state.now_s).denials if one.reason == "bad"]


def test_what_is_held_is_denied_everywhere():
    assert held(*good("beta"), *crashes(0, times=3)) == ["*"]


def test_except_where_it_works():
    assert held(*good("beta"), *works(0, "gamma", version="2"), *crashes(100, times=3)) == ["alpha", "beta", "delta"]


def test_or_where_it_is_allowed():
    story = [*good("beta"), *crashes(0, times=3), ordered(10, "allow", 900, server="alpha")]
    assert held(*story) == ["beta", "delta"]


def test_a_hold_ends():
    trial = Trial(rules(), ("alpha", "beta")).play([ended(0, "r")])
    hold = VersionJudged(service="fluid", version="2", build="", state="held", rule="d", until_at_s=ZERO_S + 9)
    apply(trial.state, Entry(trial.state.seq + 1, ZERO_S + 1, 0.0, hold))
    assert len(entries(trial.state, "alpha", ZERO_S + 8).denials) == 1
    assert entries(trial.state, "alpha", ZERO_S + 9).denials == ()
