import pytest

from canary.judge.rule_a import find, span_s
from canary.judge.state import Cell
from canary.records import CellKey
from canary.rules import RuleASettings
from tests.canary.judge.trial import Trial, began, crashes, good, passed, rules

RULE = RuleASettings()


def cell(**values):
    """One that has failed exactly often and long enough."""
    return Cell(
        CellKey("alpha", "fluid", "2", ""),
        **{"consecutive": 5, "first_failure_at_s": 100.0, "last_failure_at_s": 160.0, **values},
    )


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ({}, True),
        ({"consecutive": 4}, False),
        ({"last_failure_at_s": 159.9}, False),
        ({"last_failure_at_s": 100.0, "has_given_up": True}, True),
        ({"consecutive": 4, "has_given_up": True}, False),
        ({"ever_passed": True}, False),
        ({"ever_passed": True, "has_given_up": True}, False),
        ({"config_changed": True, "config_starts": 1}, False),
        ({"config_changed": True, "config_starts": 2}, True),
        ({"config_starts": 0}, True),
        ({"consecutive": 0, "first_failure_at_s": None, "last_failure_at_s": None}, False),
    ],
)
def test_all_conditions_must_hold(values, is_found):
    assert (find(cell(**values), RULE) is not None) is is_found


def test_the_sentence_has_each_value_and_its_limit():
    found = find(cell(consecutive=7, last_failure_at_s=173.0), RULE)
    assert found.reason == "never worked in 7 tries over 73 s (limit 5 over 60 s)"
    assert found.numbers == {"failures": 7, "span_s": 73.0, "limit_failures": 5, "limit_span_s": 60.0}


def test_it_says_when_a_supervisor_gave_up():
    found = find(cell(last_failure_at_s=101.0, has_given_up=True), RULE)
    assert found.reason == "never worked in 5 tries over 1 s, and its supervisor has given up (limit 5 over 60 s)"


def test_a_span_without_failures_is_none():
    assert span_s(cell(first_failure_at_s=None)) == 0.0


@pytest.mark.parametrize(("lasts_s", "at_s"), [(0, 63), (20, 115), (55, 290)])
def test_how_soon_it_is_found(lasts_s, at_s):
    trial = Trial(rules(), ("alpha", "beta")).play([*good("beta"), *crashes(0, lasts_s=lasts_s)])
    assert trial.verdicts()[0] == f"{at_s} alpha/fluid/2 blocked a"


def test_one_success_is_enough_for_ever():
    story = [*good("beta"), began(0, "once"), passed(60, "once"), *crashes(100, times=20)]
    trial = Trial(rules(), ("alpha", "beta")).play(story)
    assert "blocked" not in trial.moves("alpha")
