import pytest

from canary.judge.rule_e import find
from canary.judge.state import Cell
from canary.records import CellKey
from canary.rules import RuleESettings
from tests.canary.judge.trial import ZERO_S, Trial, crashes, good, pardoned, rules, works

KEY = CellKey("alpha", "fluid", "2", "")
OTHERS = [each for server in ("beta", "gamma", "delta") for each in good(server)]
SERVERS = ("alpha", "beta", "gamma", "delta")


def relapsed(*times_s):
    return Cell(KEY, relapses=tuple((at_s, f"run {at_s}") for at_s in times_s))


@pytest.mark.parametrize(
    ("times_s", "is_found"),
    [
        ((), False),
        ((0.0, 100.0, 200.0, 300.0), False),
        ((0.0, 100.0, 200.0, 300.0, 600.0), True),
        ((0.0, 100.0, 200.0, 300.0, 600.1), False),
        ((300.0, 0.0, 100.0, 600.0, 200.0), True),
    ],
)
def test_it_is_five_times_within_ten_minutes(times_s, is_found):
    assert (find(relapsed(*times_s), RuleESettings()) is not None) is is_found


def test_the_sentence_has_each_value_and_its_limit():
    found = find(relapsed(*(63.0 * number for number in range(5))), RuleESettings())
    assert found.reason == "works, and fails again and again: 5 times within 252 s (limit 5 within 600 s)"
    assert found.numbers == {"failures": 5, "span_s": 252.0, "limit_failures": 5, "limit_span_s": 600.0}


@pytest.mark.parametrize("delays", [(1,), (1, 2, 4, 8, 16, 32, 60), (60,)])
def test_a_version_that_dies_every_62_s_is_blocked_within_15_minutes(delays):
    trial = Trial(rules(), SERVERS).play([*OTHERS, *crashes(0, times=9, lasts_s=62.0, delays=delays)])
    (verdict,) = [told for told in trial.verdicts() if "fluid/2" in told and " e" in told]
    at_s, what = verdict.split(" ", 1)
    assert what == "alpha/fluid/2 blocked e"
    assert float(at_s) <= 15 * 60


def test_a_version_that_was_good_here_is_ejected_and_not_blamed():
    story = [*OTHERS, *works(-ZERO_S, version="2", until_s=-1), *crashes(0, times=5, lasts_s=62.0, delays=(1,))]
    trial = Trial(rules(), SERVERS).play(story)
    assert [told.split(" ", 1)[1] for told in trial.verdicts()] == ["alpha/fluid/2 suspect e"]
    assert trial.cell().until_at_s is not None


def test_failures_before_it_first_worked_are_those_of_rule_a():
    """Four quick ones while something it needs was away, and one after it has worked."""
    story = [*OTHERS, *crashes(0, times=4, delays=(1,)), *crashes(10, times=1, lasts_s=70.0)]
    trial = Trial(rules(), SERVERS).play(story)
    assert trial.verdicts() == []
    assert len(trial.cell().relapses) == 1


def test_dry_it_is_told_and_changes_nothing():
    story = [*OTHERS, *crashes(0, times=9, lasts_s=62.0, delays=(1,))]
    trial = Trial(rules(e={"mode": "dry-run"}), SERVERS).play(story)
    assert {told.split(" ", 1)[1] for told in trial.verdicts()} == {"alpha/fluid/2 blocked e (dry_run)"}
    assert trial.cell().state in ("proving", "suspect")


def test_what_it_blocked_is_let_go_when_it_no_longer_acts():
    story = [*OTHERS, *crashes(0, times=5, lasts_s=62.0, delays=(1,))]
    trial = Trial(rules(), SERVERS).play(story)
    assert trial.cell().state == "blocked"
    trial.rules = rules(e={"mode": "dry-run"})
    trial.play(good("beta", "other", at_s=400))
    trial.wait(trial.cell().until_at_s + 1)
    assert trial.cell().state == "suspect"
    assert trial.cell().reason == "rule e no longer acts on this service"


def test_a_pardon_begins_anew():
    story = [*OTHERS, *crashes(0, times=4, lasts_s=62.0, delays=(1,)), pardoned(260)]
    trial = Trial(rules(), SERVERS).play(story)
    assert trial.cell().relapses == ()


def test_an_excused_failure_does_not_count():
    """Two other services of the server fail whenever it does."""
    beside = [
        fact
        for number in range(9)
        for service in ("one", "two")
        for fact in crashes(62 + 63 * number, service=service, times=1)
    ]
    story = [*OTHERS, *crashes(0, times=9, lasts_s=62.0, delays=(1,)), *beside]
    trial = Trial(rules(), SERVERS).play(story)
    assert not [told for told in trial.verdicts() if "fluid/2" in told]


def test_a_version_that_does_so_on_half_of_the_servers_is_held():
    story = [
        *OTHERS,
        *(fact for server in "ef" for fact in crashes(0, server=server, times=6, lasts_s=62.0, delays=(80,))),
    ]
    trial = Trial(rules(caps={"block_gap_s": 0}), (*SERVERS, "e", "f"), leads=True).play(story)
    held = [record for _, record in trial.decided if getattr(record, "state", "") == "held"]
    assert [record.reason for record in held] == ["does not work for long on 2 of 2 servers (limit 2, and 50% of them)"]
