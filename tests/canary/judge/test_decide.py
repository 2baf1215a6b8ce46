import math

import pytest

from canary.judge.decide import decide, next_deadline_s
from canary.records import CellMoved, Frozen, RunExcused, ServerLost, Started
from tests.canary.judge.trial import (
    ZERO_S,
    Trial,
    began,
    crashes,
    ended,
    good,
    ordered,
    passed,
    probe_fails,
    rules,
    works,
)

EXACT = rules()


def deadline_s(trial, me="alpha"):
    """In the time of the story."""
    found_s = next_deadline_s(trial.state, trial.rules, me, leads=False, after_s=trial.state.now_s)
    return None if found_s is None else round(found_s - ZERO_S, 3)


def test_an_agent_judges_its_own_server_only():
    trial = Trial(EXACT, ("beta",)).play([*good("beta"), *good("gamma"), *crashes(0)])
    assert trial.cell().state == "unknown"
    assert [record.server for _, record in trial.decided if isinstance(record, CellMoved)] == ["beta"] * 3


@pytest.mark.parametrize(
    ("facts", "expected_s"),
    [
        ([*works(0)], 600.0),
        ([*good("beta"), *crashes(0, times=7)], 663.0),
        ([*good("beta"), *crashes(0, times=7), ordered(64, "allow", 200)], 200.0),
        ([*works(0, until_s=700)], EXACT.archive_s + 700),
        ([(0, Frozen(is_on=True, until_at_s=ZERO_S + 50.0))], 50.0),
        ([(0, Frozen(is_on=True))], None),
    ],
)
def test_when_time_decides(facts, expected_s):
    assert deadline_s(Trial(EXACT, ("alpha", "beta")).play(facts)) == expected_s


def test_the_time_between_two_blocks_is_waited_for():
    story = [*good("beta"), *good("gamma"), *good("delta"), *crashes(0, times=7), *crashes(30, build="b", times=7)]
    trial = Trial(EXACT, ("alpha",)).play(story)
    assert trial.verdicts() == ["63 alpha/fluid/2 blocked a", "93 alpha/fluid/2 blocked a (gap)"]
    assert deadline_s(trial) == 123.0
    trial.wait(ZERO_S + 124)
    assert trial.verdicts()[-1] == "123 alpha/fluid/2 blocked a"


def test_what_was_due_is_not_due_again():
    trial = Trial(EXACT).play(works(0))
    due_s = next_deadline_s(trial.state, EXACT, "alpha", leads=False)
    assert next_deadline_s(trial.state, EXACT, "alpha", leads=False, after_s=due_s) is None


def test_it_says_nothing_twice():
    trial = Trial(EXACT, ("alpha", "beta")).play([*good("beta"), *crashes(0, times=7)])
    for entry in trial.entries:
        found = decide(trial.state, EXACT, "alpha", leads=True, now_s=trial.state.now_s, trigger=entry)
        assert found == [], entry.record


def test_what_a_dead_canary_left_undecided_is_decided_after_its_start():
    trial = Trial(EXACT, ("alpha", "beta")).play([*good("beta"), *crashes(0, times=6)])
    dead = Trial(EXACT, ())
    dead.state = trial.state
    dead.play([*list(crashes(63, times=1)), *works(64, "beta", service="ink")])
    assert trial.cell().state == "suspect"
    trial.play([(100, Started(release="1", boot_id="b", was_clean=False))])
    assert trial.cell().state == "blocked"


def test_the_reason_of_each_excuse_is_told():
    trial = Trial(EXACT).play([*crashes(0, causes=("DEP_UNAVAILABLE",), times=1)])
    excuse = next(record for _, record in trial.decided if isinstance(record, RunExcused))
    assert (excuse.excuse, excuse.reason) == ("dependency", "it said that what it depends on was not there")
    assert trial.cell().excused == 1
    assert trial.cell().failed == 0


def test_a_success_lasts_as_long_as_it_bakes():
    trial = Trial(EXACT).play([began(0, "r"), passed(60, "r")], 599.9)
    assert trial.cell().state == "proving"
    trial.wait(ZERO_S + 600.1)
    assert trial.cell().state == "good"
    assert math.isclose(trial.cell().since_at_s, ZERO_S + 600)


def elsewhere(server, seq):
    """A version has never worked on another server, and was blocked there."""
    who = {"server": server, "service": "fluid", "version": "2"}
    move = CellMoved(**who, build="", old="suspect", new="blocked", rule="a", until_at_s=1e6, origin_seq=seq)
    return [began(0, server, server, origin_seq=seq)[1], ended(0, server, server=server, origin_seq=seq)[1], move]


@pytest.mark.parametrize("is_another_fact_behind", [True, False])
def test_the_leader_overlooks_nothing_of_what_is_told_at_once(is_another_fact_behind):
    trial = Trial(rules(caps={"min_routable": 0, "routable_share": 0}), ("alpha",), leads=True)
    trial.play([*good("beta"), *good("gamma")], 0)
    records = [*elsewhere("beta", 1), *elsewhere("gamma", 2)]
    if is_another_fact_behind:
        records += [fact for _, fact in works(1, "beta", "ink", until_s=90)]
    entries = [trial._write(ZERO_S + 100, record) for record in records]
    for entry in entries:
        trial._decide(ZERO_S + 100, entry)
    assert trial.verdicts() == ["100 fluid/2 held d"]


def test_old_verdicts_of_another_server_freeze_nothing_and_make_it_not_sick():
    trial = Trial(EXACT, ("alpha",), leads=True).play([*good("beta"), *good("gamma")], 0)
    told = [
        record
        for number, service in enumerate(("ink", "page", "tray", "cup"))
        for record in (
            began(0, service, "beta", service, origin_seq=1, happened_at_s=float(number))[1],
            CellMoved(
                server="beta",
                service=service,
                version="2",
                build="",
                old="suspect",
                new="blocked",
                rule="a",
                until_at_s=600.0,
                origin_seq=2,
                happened_at_s=float(number),
            ),
        )
    ]
    trial.play([*((0, record) for record in told), *crashes(1, times=7)])
    assert trial.verdicts() == ["64 alpha/fluid/2 blocked a"]


HOLDS = rules(holds=True)


def held(trial):
    """The same cluster, where the canary has been told to hold."""
    trial.rules = HOLDS
    return trial


def test_a_canary_that_holds_says_what_it_would_do():
    trial = held(Trial(EXACT)).play([*good("beta"), *crashes(0, times=7)])
    assert trial.verdicts() == ["63 alpha/fluid/2 blocked a (dry_run)"]


def test_what_stands_stands_while_a_canary_holds():
    """Blocks, ejections and probes go on; only an operator's dry run lifts them."""
    story = [*good("beta"), *good("gamma"), *good("gamma", "ink"), *crashes(0, times=7)]
    story += works(-900, "alpha", "ink", until_s=-1)
    ejected = crashes(70, service="ink", version="1", times=5)
    trial = Trial(EXACT).play([*story, *ejected])
    assert (trial.cell().state, trial.cell(service="ink", version="1").state) == ("blocked", "suspect")
    before = trial.verdicts()
    held(trial).play([(90, Started(release="1", boot_id="b", was_clean=False)), *works(91, "beta", "cup")], 640)
    assert trial.verdicts() == before
    assert trial.cell().state == "blocked"
    trial.wait(ZERO_S + 670)
    assert trial.cell().state == "probation"
    trial.play(probe_fails(680))
    assert (trial.cell().state, trial.cell().strikes) == ("blocked", 1)
    trial.rules = rules(mode="dry-run")
    trial.play([(700, Started(release="1", boot_id="b", was_clean=False))])
    assert trial.cell().reason == "rule a no longer acts on this service"


def lost(at_s, *servers):
    return [(at_s, ServerLost(server=server)) for server in servers]


CHANGED = [*works(-990, "beta", version="2", until_s=-900), *works(-890, "beta")]
"""Version 2 has worked on beta, and version 1 runs there again."""


@pytest.mark.parametrize(
    ("gone", "state"),
    [
        (lost(100, "beta", "gamma"), "probation"),
        (lost(100, "beta"), "probation"),
        ([ended(100, "beta/fluid/1@-890", "clean", "EXIT", server="beta", version="1")], "probation"),
        ([ordered(100, "block", 300, server="beta", version="1"), *works(101, "beta", "ink")], "blocked"),
        (lost(100, "delta"), "blocked"),
    ],
)
def test_a_block_is_reviewed_when_the_other_instances_have_gone(gone, state):
    trial = Trial(EXACT).play([*CHANGED, *good("gamma"), *good("delta", "ink"), *crashes(0, times=7), *gone])
    assert trial.cell().state == state
    missed = "may be tried once, as probe 1: too few other instances of its service are left"
    assert (trial.cell().reason == missed) is (state == "probation")


def test_what_failed_its_early_probe_takes_its_time():
    facts = [*CHANGED, *crashes(0, times=7), *lost(100, "beta"), *probe_fails(110), *lost(120, "beta")]
    trial = Trial(EXACT).play(facts)
    assert (trial.cell().state, trial.cell().strikes) == ("blocked", 1)


def test_a_canary_that_holds_lets_nothing_in_early():
    trial = held(Trial(EXACT).play([*good("beta"), *crashes(0, times=7)]))
    assert trial.play(lost(100, "beta")).cell().state == "blocked"


def test_where_something_else_runs_now_nothing_is_missed():
    trial = Trial(EXACT).play([*good("beta"), *crashes(0, times=7), *works(70, version="1"), *lost(200, "beta")])
    assert trial.cell().state == "blocked"


def test_an_ejection_ends_when_the_other_instances_have_gone():
    story = [*good("beta"), *works(-900, until_s=-1), *crashes(0, version="1", times=5, delays=(1,))]
    trial = Trial(EXACT).play([*story, *lost(10, "beta")])
    cell = trial.cell(version="1")
    assert (cell.state, cell.until_at_s) == ("suspect", None)
    assert cell.reason == "its ejection ends early: too few other instances of its service are left"
