"""What was decided once, judged again by the same rules and by others."""

import pytest

from canary.judge.replay import Decision, home_of, replay
from canary.records import CellMoved, Entry, Frozen, Led, RunBegan, Started, VersionJudged
from tests.canary.judge.trial import ACTOR, Trial, crashes, good, ordered, pardoned, probe_fails, rules, works

STORIES = {
    "always fails": [*crashes(10)],
    "one works": [*good(), *works(20, version="2")],
    "ejected": [*good(), *crashes(10, version="1", times=6)],
    "a probe fails": [*crashes(10), *probe_fails(900)],
    "pardoned": [*crashes(10), pardoned(500), *crashes(600, times=3)],
    "allowed": [ordered(0, "allow", 300), *crashes(10)],
    "frozen by itself": [
        fact
        for number, service in enumerate(["a", "b", "c", "d", "e"])
        for fact in crashes(10 + number, service=service)
    ],
}


def acting(**tables):
    """Rules that may also take the last instance."""
    return rules(caps={"min_routable": 0, "routable_share": 0}, **tables)


def judged(story, told=None):
    trial = Trial(told or acting(), ("alpha",))
    trial.play(STORIES[story], 2_000.0)
    return trial


@pytest.mark.parametrize("story", STORIES)
def test_the_same_rules_decide_the_same_at_the_same_time(story):
    trial = judged(story)
    found = replay(trial.entries, trial.rules)
    assert [pair for pair in found.pairs if not pair.is_same] == []
    assert [pair.was.at_s for pair in found.pairs] == pytest.approx([pair.would.at_s for pair in found.pairs])
    assert len(found.pairs) == sum(isinstance(one.record, (CellMoved, Frozen)) for one in trial.entries) + sum(
        type(one.record).__name__ == "ProbeGranted" for one in trial.entries
    )


def blocks(pairs, side):
    found = [getattr(pair, side) for pair in pairs]
    return [one for one in found if one and isinstance(one.record, CellMoved) and one.record.new == "blocked"]


def test_stricter_rules_block_earlier():
    trial = judged("always fails")
    found = replay(trial.entries, acting(a={"failures": 3, "span_s": 0}))
    (was,), (would,) = blocks(found.pairs, "was"), blocks(found.pairs, "would")
    assert would.at_s < was.at_s
    assert "limit 3" in would.record.reason
    assert [pair.shift_s for pair in found.pairs if pair.would is would] == [would.at_s - was.at_s]
    assert not any(pair.is_same for pair in found.pairs if pair.would is would)


def test_milder_rules_do_not_block():
    trial = judged("always fails")
    found = replay(trial.entries, acting(a={"failures": 100}))
    assert blocks(found.pairs, "was")
    assert not blocks(found.pairs, "would")
    assert any(pair.would is None for pair in found.pairs)


def test_a_dry_run_is_replayed_as_if_it_had_enforced():
    trial = judged("always fails", acting(mode="dry-run"))
    (was,) = blocks(trial_pairs := replay(trial.entries, acting()).pairs, "was")
    (would,) = blocks(trial_pairs, "would")
    assert (was.record.mode, would.record.mode) == ("detected", "enforced")
    assert not any(pair.is_same for pair in trial_pairs if pair.was is was)


def test_orders_are_facts():
    trial = judged("allowed")
    found = replay(trial.entries, acting())
    assert blocks(found.pairs, "would")[0].record.suppressed_by == "override"


def test_an_operators_freeze_is_no_decision():
    frozen = Frozen(scope="*", is_on=True, until_at_s=5_000.0, reason="we move", actor=ACTOR)
    trial = Trial(rules(), ("alpha",))
    trial.play([(0, frozen), *crashes(10)], 2_000.0)
    found = replay(trial.entries, acting())
    assert not [pair for pair in found.pairs if pair.was and isinstance(pair.was.record, Frozen)]
    assert [one.record.suppressed_by for one in blocks(found.pairs, "would")] == ["frozen"]


def test_what_another_canary_decided_is_a_fact():
    heard = CellMoved(
        server="beta", service="fluid", version="2", build="", old="suspect", new="blocked", rule="a", origin_seq=9
    )
    trial = Trial(acting(), ("alpha",))
    trial.play([*crashes(0, times=1), *crashes(1, server="beta", times=1), (2, heard)], 20.0)
    found = replay(trial.entries, acting())
    assert {pair.was.record.server for pair in found.pairs} == {"alpha"}
    assert all(pair.is_same for pair in found.pairs)


@pytest.mark.parametrize(("leader", "is_ours"), [("beta", False), ("alpha", True), ("", True)])
def test_so_is_what_another_leader_decided(leader, is_ours):
    held = VersionJudged(
        service="fluid", version="2", build="", state="held", rule="d", until_at_s=9e4, leader=leader, term=3, number=1
    )
    trial = Trial(acting(), ("alpha",)).play([*crashes(0, times=1), (2, held)], 20.0)
    found = replay(trial.entries, acting())
    assert any(pair.was and isinstance(pair.was.record, VersionJudged) for pair in found.pairs) is is_ours
    assert found.facts == 2 + (not is_ours)


def test_a_ledger_is_of_the_server_whose_facts_have_no_other_number():
    foreign = RunBegan(server="beta", run_id="r1", service="a", origin_seq=7)
    own = RunBegan(server="alpha", run_id="r2", service="a")
    entries = [Entry(1, 0.0, 0.0, Led(leader="beta", term=1)), Entry(2, 0.0, 0.0, foreign), Entry(3, 0.0, 0.0, own)]
    assert home_of(entries) == "alpha"


@pytest.mark.parametrize("records", [[], [Started(release="1", boot_id="b", was_clean=True)]], ids=["none", "no runs"])
def test_without_a_run_nothing_can_be_judged(records):
    with pytest.raises(ValueError, match="no run"):
        replay([Entry(1, 0.0, 0.0, record) for record in records], rules())


def test_a_decision_says_what_it_is_about():
    frozen = Decision(1.0, Frozen(scope="*", is_on=True))
    assert frozen.subject == ("*", "*")
    assert frozen.gist == (True,)
