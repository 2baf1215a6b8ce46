import pytest

from canary.judge.rule_b import ejection_s, find
from canary.judge.state import Cell
from canary.records import CellKey
from canary.rules import RuleBSettings, Rules
from tests.canary.judge.trial import Trial, began, crashes, ended, good, passed, rules

KEY = CellKey("alpha", "fluid", "1", "")


@pytest.mark.parametrize(
    ("values", "is_found"),
    [
        ({"ever_passed": True, "consecutive": 5}, True),
        ({"ever_passed": True, "consecutive": 4}, False),
        ({"ever_passed": False, "consecutive": 9}, False),
    ],
)
def test_it_is_for_what_has_worked(values, is_found):
    assert (find(Cell(KEY, **values), RuleBSettings()) is not None) is is_found


def test_the_sentence_has_each_value_and_its_limit():
    cell = Cell(KEY, ever_passed=True, consecutive=6, ejections=2)
    expected = "worked here, and has now failed 6 times in a row, for the 3. time (limit 5)"
    assert find(cell, RuleBSettings()).reason == expected


@pytest.mark.parametrize(("ejections", "expected_s"), [(0, 30), (1, 60), (8, 270), (9, 300), (50, 300)])
def test_each_ejection_is_longer_up_to_a_limit(ejections, expected_s):
    assert ejection_s(Cell(KEY, ejections=ejections), rules()) == expected_s


def test_an_ejection_is_not_as_long_everywhere():
    spans = {ejection_s(Cell(KEY._replace(server=name)), Rules()) for name in "abcdef"}
    assert len(spans) == 6
    assert all(27 <= span <= 33 for span in spans)


def test_two_successes_end_it_before_its_time():
    """They may be short ones where the rule for a success is short."""
    short = rules(b={"failures": 2})
    story = [
        *good("beta"),
        began(0, "first", version="1"),
        passed(60, "first", version="1"),
        ended(61, "first", version="1"),
        *crashes(100, version="1", times=1),
        began(102, "x", version="1"),
        passed(103, "x", version="1"),
        began(104, "y", version="1"),
    ]
    trial = Trial(short, ("alpha", "beta")).play(story)
    assert trial.verdicts() == ["100 alpha/fluid/1 suspect b"]
    assert trial.cell(version="1").returns == 1
    trial.play([passed(105, "y", version="1")])
    assert trial.cell(version="1").state == "proving"


def hangs(at_s, run_id, **who):
    return ended(at_s, run_id, cause="HUNG", lasted_s=at_s, **who)


HUNG = [*good("beta"), began(0, "r", version="1"), passed(60, "r", version="1"), hangs(900, "r", version="1")]


def test_what_hangs_is_no_longer_good_and_gets_no_messages_for_as_long_as_an_ejection_may_last():
    trial = Trial(rules(), ("alpha",)).play(HUNG)
    cell = trial.cell(version="1")
    assert trial.moves("alpha")[-2:] == ["good", "suspect"]
    assert cell.until_at_s == trial.state.now_s + rules().b.longest_s
    assert cell.reason == "worked here, and hangs: it goes on, and answers nothing"
    trial.wait(trial.state.now_s + 301)
    assert (cell.state, cell.until_at_s, cell.reason) == ("suspect", None, "its ejection is over")


def test_a_restart_of_what_hung_ends_its_ejection_by_its_successes():
    again = [
        fact
        for at_s in (910, 980)
        for fact in (began(at_s, f"{at_s}", version="1"), passed(at_s + 60, f"{at_s}", version="1"))
    ]
    assert Trial(rules(), ("alpha",)).play([*HUNG, *again]).cell(version="1").state == "proving"


@pytest.mark.parametrize(
    ("facts", "verdicts"),
    [
        (HUNG[2:], ["900 alpha/fluid/1 suspect b (last_instance)"]),
        ([*HUNG[:-1], began(890, "s", version="1"), HUNG[-1]], []),
        ([*good("beta"), began(0, "r"), hangs(50, "r")], []),
        ([*HUNG[:-1], ended(900, "r", cause="HUNG", version="1", causes=("DEP_UNAVAILABLE",))], []),
    ],
    ids=["the_only_one", "another_run_goes_on", "it_never_worked", "it_is_excused"],
)
def test_one_that_hangs_is_ejected_only_where(facts, verdicts):
    assert Trial(rules(), ("alpha",)).play(facts).verdicts() == verdicts
