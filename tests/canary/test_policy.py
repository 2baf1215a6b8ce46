"""The policy this canary sets: made once per change, as the router reads it, and an operator's word above the leader's."""

import json

import pytest

from canary.policy import POLICY_BYTES, Denial, PolicyKeeper, Wanted, merge, read_policy
from communicator.answers.policy import Apart, Shadow, Trial, Weight
from communicator.router.cores.policy import EMPTY, PolicyInForce, parse_policy

BLOCK = Denial("billing", "2.0", "abc", "alpha", 700.0, "never worked in 7 tries", probe_allowed=False)


def denial(**changes):
    return BLOCK._replace(**changes)


def nobody(_denial):
    return False


def test_a_change_is_told_once_and_the_router_reads_it():
    keeper = PolicyKeeper()
    wanted = Wanted((BLOCK,), (Weight("printer", "1.0", "", "alpha", 0.0),))
    issue = keeper.propose(wanted, 3, 100.0)
    policy = parse_policy(issue.text)
    assert policy.generation == (3, 1) == (issue.record.term, issue.record.number)
    (told,) = policy.denylist
    assert (told.until_s, told.reason, told.probe_allowed) == (600.0, "never worked in 7 tries", False)
    assert policy.weights[0].weight == 0.0
    assert keeper.propose(wanted, 3, 200.0) is None
    assert keeper.entries == 2


@pytest.mark.parametrize(
    "changed",
    [{"until_at_s": 1300.0}, {"probe_allowed": True}, {"reason": "another"}, {"build": "*"}, {"server": "*"}],
)
def test_whatever_changes_makes_a_new_generation(changed):
    keeper = PolicyKeeper()
    keeper.propose(Wanted((BLOCK,)), 1, 0.0)
    assert keeper.propose(Wanted((denial(**changed),)), 1, 1.0).record.number == 2


@pytest.mark.parametrize(
    "changed", [{"apart": (Apart("alpha"),)}, {"trials": (Trial(service="billing", admitted=(("1.0", ""),)),)}]
)
def test_who_is_set_apart_and_what_is_tried_first_is_told_anew_when_it_changes(changed):
    keeper = PolicyKeeper()
    keeper.propose(Wanted(), 1, 0.0)
    policy = parse_policy(keeper.propose(Wanted(**changed), 1, 1.0).text)
    assert (policy.apart, policy.trials) == (changed.get("apart", ()), changed.get("trials", ()))
    assert keeper.propose(Wanted(**changed), 1, 2.0) is None


def test_an_end_that_is_computed_again_is_no_change():
    keeper = PolicyKeeper()
    keeper.propose(Wanted((BLOCK,)), 1, 0.0)
    assert keeper.propose(Wanted((denial(until_at_s=700.4),)), 1, 1.0) is None


def test_a_new_term_is_a_new_generation_and_an_old_one_is_not_gone_back_to():
    keeper = PolicyKeeper()
    keeper.propose(Wanted(), 1, 0.0)
    assert keeper.propose(Wanted(), 2, 1.0).record.term == 2
    assert keeper.propose(Wanted(), 1, 2.0) is None


def test_what_the_router_has_already_is_exceeded():
    keeper = PolicyKeeper(4)
    keeper.learn(7, 12)
    assert keeper.propose(Wanted(), 1, 0.0).record.number == 13
    assert keeper.term == 7


def test_a_router_that_has_started_is_told_what_is_left():
    keeper = PolicyKeeper()
    first = keeper.propose(Wanted((BLOCK,)), 1, 100.0)
    keeper.forget()
    again = keeper.propose(Wanted((BLOCK,)), 1, 400.0)
    assert json.loads(first.text)["denylist"][0]["until_s"] == 600.0
    assert json.loads(again.text)["denylist"][0]["until_s"] == 300.0
    in_force = PolicyInForce(EMPTY, 0.0).succeeded_by(parse_policy(first.text), 0.0)
    assert in_force.succeeded_by(parse_policy(again.text), 0.0)


def test_too_many_entries_and_words_are_cut_to_what_a_router_takes():
    many = tuple(denial(server=f"h{number}", until_at_s=number + 1.0, reason="x" * 999) for number in range(1_200))
    policy = parse_policy(PolicyKeeper().propose(Wanted(many), 1, 0.0).text)
    assert len(policy.denylist) == 1_000
    assert min(entry.until_s for entry in policy.denylist) == 201.0  # those that would end first anyway are left out


def test_the_stricter_word_stands():
    leaders = (denial(server="*", probe_allowed=True), denial(probe_allowed=True, until_at_s=9_000.0))
    assert merge((BLOCK,), leaders, "alpha", nobody) == (leaders[0], BLOCK)


def test_what_is_held_elsewhere_is_not_ours():
    assert merge((), (denial(server="beta"),), "alpha", nobody) == ()


def test_an_operator_is_above_the_leader():
    held = denial(server="*")
    assert merge((), (held,), "alpha", nobody) == (held,)
    assert merge((), (held,), "alpha", lambda one: one.service == "billing") == ()


def test_the_policy_of_the_cluster_counts_from_receipt():
    text = PolicyKeeper().propose(Wanted((denial(server="*"),)), 5, 100.0).text
    assert read_policy(text, 1_000.0) == (denial(server="*", until_at_s=1_600.0),)


@pytest.mark.parametrize(
    ("text", "named"), [("nonsense", "malformed"), ("{}", "generation"), ('{"generation":[1,"x"]}', "generation")]
)
def test_a_wrong_policy_of_the_cluster_is_named(text, named):
    with pytest.raises(ValueError, match=named):
        read_policy(text, 0.0)


@pytest.mark.parametrize(
    "changed",
    [
        {"service": "canary"},
        {"service": "no name!"},
        {"server": "no name!"},
        {"version": "9" * 257},
        {"until_at_s": float("inf")},
        {"until_at_s": float("nan")},
    ],
)
def test_what_no_router_takes_does_not_cost_the_rest(changed):
    assert merge((BLOCK, denial(**changed)), (), "alpha", nobody) == (BLOCK,)


def test_a_policy_is_no_longer_than_a_router_takes():
    long = tuple(denial(server=f"h{at}", version="v" * 250, build="b" * 250, reason="r" * 250) for at in range(1_000))
    assert len(parse_policy(PolicyKeeper().propose(Wanted(long), 1, 0.0).text).denylist) == 500


def test_fences_are_left_out_last_and_those_of_this_host_last_of_them():
    longest = "x" * 256
    texts = dict.fromkeys(("build", "unit", "key", "deployment"), longest)
    shadows = tuple(Shadow(service="billing", version=f"{at}", server="alpha", **texts) for at in range(1_000))
    denials = tuple(denial(server=f"h{at}") for at in range(1_000))
    text = PolicyKeeper().propose(Wanted(denials, shadows=shadows), 1, 0.0).text
    policy = parse_policy(text)
    assert (len(text) <= POLICY_BYTES, len(policy.denylist)) == (True, 1)
    assert [one.version for one in policy.shadows] == [f"{at}" for at in range(250)]
    few = parse_policy(PolicyKeeper().propose(Wanted(denials * 4, shadows=shadows[:200]), 1, 0.0).text)
    assert (len(few.denylist), len(few.shadows)) == (1_000, 200)


def test_a_span_is_no_longer_than_a_router_takes():
    text = PolicyKeeper().propose(Wanted((denial(until_at_s=1e12),)), 1, 0.0).text
    assert parse_policy(text).denylist[0].until_s == 1e9
