import random

import pytest

from canary.judge import evidence
from canary.judge.apply import DECIDED, STEPS, apply
from canary.judge.deploying import SHADOWS
from canary.judge.freezing import services_judged
from canary.judge.releases import is_held
from canary.judge.state import State
from canary.records import (
    AnyRecord,
    CellKey,
    CellMoved,
    Entry,
    Led,
    PolicyIssued,
    RulesSet,
    RunExcused,
    ServerBack,
    ServerBooted,
    ServerLost,
    ShadowCompared,
    Stopped,
    VersionJudged,
)
from canary.rules import CapSettings
from tests.canary.judge.trial import Trial, began, crashes, ended, good, ordered, passed, rules

KEY = CellKey("alpha", "fluid", "2", "")


def fold(facts):
    state = State()
    for number, (at_s, fact) in enumerate(facts, 1):
        apply(state, Entry(number, float(at_s), 0.0, fact))
    return state


def counts(state, key=KEY):
    cell = state.cells[key]
    return cell.passed, cell.failed, cell.censored, cell.running


def test_every_record_has_a_step():
    assert set(AnyRecord.__args__) == set(STEPS)


def test_what_is_told_twice_counts_once():
    facts = [began(0, "r"), passed(60, "r"), ended(70, "r"), began(71, "s"), ended(72, "s", "censored", "REBOOT")]
    once = fold(facts)
    assert counts(once) == (1, 1, 1, 0)
    twice = fold([fact for fact in facts for _ in range(2)])
    twice.seq = once.seq
    assert counts(twice) == counts(once)
    assert counts(fold(facts + facts)) == counts(once)


def test_the_end_of_an_unknown_run_counts():
    assert counts(fold([ended(5, "r", lasted_s=3.0)])) == (0, 1, 0, 0)


def test_a_success_of_an_unknown_run_counts():
    state = fold([passed(60, "r")])
    assert counts(state) == (1, 0, 0, 1)
    assert state.runs["alpha", "r"].began_at_s == 0.0


def test_a_success_told_after_the_end_is_still_one():
    state = fold([began(0, "r"), ended(70, "r"), passed(71, "r"), passed(72, "r")])
    assert counts(state) == (1, 1, 0, 0)
    assert state.cells[KEY].ever_passed


def test_a_shadow_says_nothing():
    shadow = {"role": "shadow"}
    state = fold([began(0, "r", **shadow), passed(60, "r", **shadow), ended(70, "r", role="shadow")])
    assert state.cells == {}


def test_of_a_shadow_what_was_told_last_counts_for_each_primary():
    which = {"service": "fluid", "shadow": "gamma", "version": "2"}
    facts = [
        ShadowCompared(server=server, differing=differing, **which)
        for server, differing in (("a", 1), ("b", 1), ("a", 2))
    ]
    shadows = fold(enumerate(facts)).shadows
    assert {server: one.told.differing for (server, _, _), one in shadows.items()} == {"a": 2, "b": 1}
    assert [one.at_s for one in shadows.values()] == [1.0, 2.0]


def test_shadows_beyond_the_bound_are_forgotten_the_oldest_first():
    facts = [
        (0, ShadowCompared(server=f"s{number}", shadow="gamma", service="fluid", version="2"))
        for number in range(SHADOWS + 1)
    ]
    shadows = fold(facts).shadows
    assert len(shadows) == SHADOWS
    assert ("s0", "gamma", "fluid") not in shadows


def test_a_failure_does_not_stop_a_service_but_an_operator_does():
    assert not fold([began(0, "r"), ended(1, "r")]).cells[KEY].is_stopped
    assert fold([began(0, "r"), ended(1, "r", "censored", "OPERATOR_STOP")]).cells[KEY].is_stopped
    assert not fold([began(0, "r"), ended(1, "r", "clean", "EXIT"), began(2, "s")]).cells[KEY].is_stopped


def test_a_new_configuration_is_noticed():
    state = fold([began(0, "r", config_hash="x"), ended(1, "r"), began(2, "s", config_hash="y")])
    cell = state.cells[KEY]
    assert (cell.config_changed, cell.config_starts) == (True, 0)
    apply(state, Entry(9, 3.0, 0.0, ended(3, "s")[1]))
    assert cell.config_starts == 1


def test_a_configuration_nobody_told_is_no_other_one():
    state = fold([began(0, "r", config_hash="x"), ended(1, "r"), began(2, "s")])
    assert not state.cells[KEY].config_changed


def test_failures_long_apart_are_not_one_story():
    state = fold([ended(0, "r"), ended(600, "s")])
    assert state.cells[KEY].unbroken_since_at_s == 0
    state = fold([ended(0, "r"), ended(601, "s")])
    assert state.cells[KEY].unbroken_since_at_s == 601


def test_the_bake_begins_anew_after_a_failure():
    state = fold([began(0, "r"), began(10, "s"), ended(30, "s", "clean", "EXIT")])
    cell = state.cells[KEY]
    assert evidence.bake_s(cell, 40.0) == 60
    assert evidence.bake_ends_s(cell, 600.0) == 580
    apply(state, Entry(9, 50.0, 0.0, ended(50, "t")[1]))
    assert evidence.bake_s(cell, 60.0) == 10


def test_the_order_of_what_different_servers_tell_does_not_matter():
    facts = [fact for name in ("alpha", "beta", "gamma") for fact in crashes(0, name, times=6)]
    by_server = [[fact for fact in facts if fact[1].server == name] for name in ("alpha", "beta", "gamma")]
    expected = Trial(rules(), ("alpha", "beta", "gamma")).play(sorted(facts, key=lambda fact: fact[0]))
    for seed in range(10):
        queues = [list(queue) for queue in by_server]
        mixed = []
        chance = random.Random(seed)
        while any(queues):
            mixed.append(chance.choice([queue for queue in queues if queue]).pop(0))
        trial = Trial(rules(), ("alpha", "beta", "gamma")).play(mixed)
        assert sorted(trial.verdicts()) == sorted(expected.verdicts())


@pytest.mark.parametrize("name", ["runs", "ended", "excused", "failures"])
def test_what_is_remembered_is_bounded(name, monkeypatch):
    for limit in ("RUNS", "ENDED", "FAILURES", "BRIEFS", "STREAK"):
        monkeypatch.setattr(evidence, limit, 8)
    facts = [began(number, f"open{number}") for number in range(50)]
    facts += [(100 + number, ended(0, f"r{number}")[1]) for number in range(50)]
    state = fold(facts)
    assert len(getattr(state, name)) <= 9
    assert state.cells[KEY].running == 8
    assert len(state.cells[KEY].streak) == 8
    assert state.cells[KEY].consecutive == 50
    assert len(state.servers["alpha"].recent) == len(state.failures_of["fluid"]) == 8


def test_who_leads_and_what_was_issued():
    records = [Led(leader="beta", term=3), PolicyIssued(term=3, number=7, sha256="x"), Stopped()]
    state = fold([(1, record) for record in records] + [(2, RulesSet(rules="{}", revision="abc"))])
    assert (state.leader, state.term, state.policy_number, state.rules_revision) == ("beta", 3, 7, "abc")


def test_orders_are_numbered():
    state = fold([ordered(0, "block", 10, number=4)])
    assert state.override_number == 4


def test_every_cell_is_looked_at_after_a_start_of_the_canary():
    state = fold([*crashes(0, times=1), *good("beta")])
    assert len(state.fresh) == 1
    apply(state, Entry(9, 9.0, 0.0, RulesSet(rules="{}", revision="abc")))
    assert len(state.fresh) == 2


def test_two_servers_may_call_their_runs_the_same():
    facts = [began(0, "r"), began(0, "r", "beta"), ended(1, "r", "clean", "EXIT", server="beta"), passed(60, "r")]
    excused = RunExcused(**CellKey("beta", "fluid", "2", "")._asdict(), run_id="s", failure_at_s=61.0, excuse="boot")
    state = fold([*facts, ended(61, "r"), ended(61, "s"), (62, excused)])
    assert counts(state) == (1, 2, 0, 0)
    assert counts(state, KEY._replace(server="beta")) == (0, 0, 0, 0)
    assert state.ended == {("alpha", "r"): True, ("alpha", "s"): False, ("beta", "r"): False}
    assert [failure.excuse for failure in state.failures] == ["", ""]


def far(key, new, happened_at_s, seq=1):
    """What another canary has decided."""
    until_at_s = happened_at_s + 600
    return CellMoved(
        **key._asdict(),
        old="suspect",
        new=new,
        rule="a",
        until_at_s=until_at_s,
        origin_seq=seq,
        happened_at_s=happened_at_s,
    )


def test_what_is_told_late_happened_when_it_did():
    beta = KEY._replace(server="beta")
    state = fold(
        [
            began(5000, "r", "beta", origin_seq=1, happened_at_s=10.0),
            ended(5000, "r", server="beta", origin_seq=2, happened_at_s=20.0),
            (5000, ServerBooted(server="beta", ago_s=5.0, origin_seq=3, happened_at_s=30.0)),
            (5000, far(beta, "blocked", 40.0)),
        ]
    )
    cell = state.cells[beta]
    assert (cell.first_failure_at_s, cell.since_at_s, cell.seen_at_s) == (20.0, 40.0, 5000.0)
    assert state.releases[KEY.of].first_seen_at_s == 10.0
    assert state.servers["beta"].booted_at_s == 25.0
    assert [brief.at_s for brief in state.failures_of["fluid"]] == [20.0]
    assert list(state.servers["beta"].verdicts) == list(state.verdicts) == [(40.0, "fluid")]
    assert state.last_block_at_s == {"fluid": 40.0}
    assert services_judged(state, CapSettings(), 5000.0) == set()


def test_what_is_told_late_stands_where_it_belongs():
    beta, gamma = (KEY._replace(server=name) for name in ("beta", "gamma"))
    late = [
        (502, ended(0, "b", server="beta", origin_seq=1, happened_at_s=100.0)[1]),
        (502, far(beta, "blocked", 100.0)),
    ]
    soon = [
        ended(500, "g", server="gamma", origin_seq=1, happened_at_s=499.0),
        (501, far(gamma, "blocked", 501.0)),
    ]
    for facts in (late + soon, soon + late):
        state = fold([(503, fact) for _, fact in facts])
        assert [brief.at_s for brief in state.failures_of["fluid"]] == [100.0, 499.0]
        assert [at_s for at_s, _ in state.verdicts] == [100.0, 501.0]
        assert state.last_block_at_s == {"fluid": 501.0}
        assert services_judged(state, CapSettings(), 503.0) == {"fluid"}


def test_a_time_to_come_is_now():
    assert fold([began(5, "r", origin_seq=1, happened_at_s=9.0)]).cells[KEY].since_at_s == 5.0


def test_a_server_is_back_when_the_routers_reach_it_again():
    state = fold([began(0, "r", "beta"), (1, ServerLost(server="beta"))])
    assert state.servers["beta"].lost_at_s == 1.0
    apply(state, Entry(3, 2.0, 0.0, ServerBack(server="beta")))
    assert (state.servers["beta"].lost_at_s, state.servers["beta"].dropped_at_s) == (None, 1.0)
    apply(state, Entry(4, 3.0, 0.0, ServerBack(server="unheard-of")))
    assert set(state.servers) == {"beta"}


@pytest.mark.parametrize("leader", ["beta", "", "alpha"], ids=["another", "nobody", "the same"])
def test_what_is_held_stays_so_whoever_leads(leader):
    hold = VersionJudged(service="fluid", version="2", build="", state="held", rule="d", until_at_s=9e3, reason="bad")
    state = State()
    for at_s, record in enumerate(
        (Led(leader="alpha", term=1), began(0, "r")[1], hold, Led(leader=leader, term=2)), start=1
    ):
        apply(state, Entry(state.seq + 1, float(at_s), 0.0, record))
    assert is_held(state, state.cells[CellKey("alpha", "fluid", "2", "")], 10.0)


def test_the_newest_decision_about_each_subject_is_remembered():
    state = State()
    for number in range(DECIDED + 2):
        judged = VersionJudged(
            service="fluid",
            version=f"{number}",
            build="",
            state="ok",
            rule="c",
            leader="alpha",
            term=2,
            number=number + 1,
        )
        apply(state, Entry(state.seq + 1, 0.0, 0.0, judged))
    assert len(state.decided) == DECIDED
    assert state.decided[judged.subject] == (2, "alpha", DECIDED + 2)
