"""Which hosts get no traffic, and which versions may begin where, while some hosts try new versions first."""

import pytest

from canary.judge import caps
from canary.judge.canary_hosts import NO_VERSION, apart, trials
from canary.records import CellKey, ServerLost
from canary.rules import HostSettings
from communicator.answers.policy import Apart
from tests.canary.judge.trial import ZERO_S, Trial, began, ended, good, ordered, rules, works

SERVERS = ("alpha", "beta", "gamma")
HOSTS = {"canary": {"hosts": ("alpha",)}}
GOOD_ON_ALPHA = list(good("alpha", version="1"))
NEW_ON_ALPHA = [*GOOD_ON_ALPHA, *works(10, "alpha", version="2")]


def tried(facts, me="beta", until_s=100.0, **changes):
    """The services that are tried first as a server has it, with what may begin there."""
    trial = Trial(rules(**{**HOSTS, **changes}), SERVERS).play(facts, until_s)
    return {
        one.service: tuple(of for of in one.admitted if of != NO_VERSION)
        for one in trials(trial.state, trial.rules, me, ZERO_S + until_s)
    }


def test_all_but_what_serves_there_is_set_apart():
    hosts = HostSettings(hosts=("beta", "alpha"), serves=("shop",))
    serves = ("canary", "communicatord", "shop")
    assert apart(hosts) == (Apart("alpha", serves), Apart("beta", serves))
    assert apart(HostSettings()) == ()


@pytest.mark.parametrize(
    ("facts", "admitted"),
    [
        (NEW_ON_ALPHA, (("1", ""),)),
        ([*GOOD_ON_ALPHA, *works(-700, "alpha", version="2")], (("1", ""), ("2", ""))),
        ([*GOOD_ON_ALPHA, *works(-700, "gamma", version="2")], (("1", ""), ("2", ""))),
        ([*NEW_ON_ALPHA, began(-5, "old", "beta", version="0.9")], (("0.9", ""), ("1", ""))),
        ([*NEW_ON_ALPHA, began(-5, "old", "gamma", version="0.9")], (("1", ""),)),
        ([*GOOD_ON_ALPHA, began(0, "nameless", "alpha", version="")], (("1", ""),)),
        ([*NEW_ON_ALPHA, ordered(20, "allow", 500, version="2")], (("1", ""), ("2", "*"))),
        ([*NEW_ON_ALPHA, ordered(20, "pin", 500, version="3", server="beta")], (("1", ""), ("3", "*"))),
        ([*NEW_ON_ALPHA, ordered(20, "allow", 500, version="2", server="gamma")], (("1", ""),)),
        ([*NEW_ON_ALPHA, ordered(20, "allow", 50, version="2")], (("1", ""),)),
    ],
    ids=[
        "only the old one",
        "good there",
        "good elsewhere",
        "ran here before",
        "ran elsewhere",
        "without a version",
        "allowed",
        "allowed here",
        "allowed elsewhere",
        "no longer allowed",
    ],
)
def test_what_may_begin_on_another_host(facts, admitted):
    assert tried(facts) == {"fluid": admitted}


def test_what_tells_no_version_begins_anywhere():
    trial = Trial(rules(**HOSTS), SERVERS).play(NEW_ON_ALPHA, 100.0)
    (found,) = trials(trial.state, trial.rules, "beta", ZERO_S + 100.0)
    assert NO_VERSION in found.admitted


def test_a_service_that_has_lasted_nowhere_begins_anywhere():
    short = [
        began(0, "first", "alpha", version="1"),
        ended(50, "first", "clean", "UNREGISTER", server="alpha", version="1"),
    ]
    assert tried(short) == {}
    assert tried([*short, *works(-100, "gamma", version="0.9")]) == {"fluid": ()}


def test_a_canary_host_takes_everything():
    assert tried(NEW_ON_ALPHA, me="alpha") == {}


def test_what_does_not_exist_on_a_canary_host_is_tried_nowhere():
    assert tried([*good("gamma", version="1")]) == {}
    assert tried(NEW_ON_ALPHA, canary={"hosts": ("delta",)}) == {}
    assert tried(NEW_ON_ALPHA, canary={}) == {}


@pytest.mark.parametrize(
    "changes", [{"mode": "dry-run"}, {"services": {"fluid": "dry-run"}}, {"caps": {"protected": ("fluid",)}}]
)
def test_what_the_rules_do_not_act_on_begins_anywhere(changes):
    assert tried(NEW_ON_ALPHA, **changes) == {}


@pytest.mark.parametrize(
    ("hosts", "facts", "said"),
    [
        (("alpha",), NEW_ON_ALPHA, "is not yet good on the canary host alpha: run it there first"),
        (
            ("alpha",),
            [*NEW_ON_ALPHA, (90, ServerLost(server="alpha"))],
            "is not yet good on the canary host alpha, out of reach now: run it there first",
        ),
        (
            ("gamma", "alpha"),
            [*NEW_ON_ALPHA, *works(0, "gamma"), (90, ServerLost(server="alpha"))],
            "is not yet good on the canary hosts alpha, gamma: run it there first",
        ),
    ],
    ids=["there", "away", "one of two away"],
)
def test_the_reason_says_where_and_what_to_do(hosts, facts, said):
    trial = Trial(rules(canary={"hosts": hosts}), SERVERS).play(facts, 100.0)
    (found,) = trials(trial.state, trial.rules, "beta", ZERO_S + 100.0)
    assert found.reason == f"{said}, or order 'bellwether canary allow fluid VERSION'"


def test_an_instance_there_stands_in_for_none_elsewhere_and_is_missed_by_nobody():
    trial = Trial(rules(**HOSTS), SERVERS).play([*good("alpha", version="1"), *good("beta", version="1")], 0)
    both = {server: CellKey(server, "fluid", "1", "") for server in ("alpha", "beta")}
    last = {server: caps.is_last(trial.state, trial.rules, key, ZERO_S) for server, key in both.items()}
    assert last == {"alpha": False, "beta": True}
    assert caps.least_routable(trial.state, trial.rules, "fluid") == 1
    assert not caps.is_last(
        trial.state, rules(canary={"hosts": ("alpha",), "serves": ("fluid",)}), both["beta"], ZERO_S
    )
