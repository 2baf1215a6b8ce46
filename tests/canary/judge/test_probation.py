from itertools import pairwise

import pytest

from canary.judge.probation import block_s, strikes_left
from canary.judge.state import Cell
from canary.records import CellKey, CellMoved, ProbeGranted
from canary.rules import Rules
from tests.canary.judge.trial import ZERO_S, Trial, began, crashes, ended, good, passed, probe_fails, rules

KEY = CellKey("alpha", "fluid", "2", "")
EXACT = rules()
DAY_S = 86_400.0


def blocked(*facts, until_s=None, ruled=EXACT):
    """Version 2 is blocked at 63 s, and more happens."""
    return Trial(ruled, ("alpha", "beta")).play([*good("beta"), *crashes(0, times=7), *facts], until_s)


@pytest.mark.parametrize(
    ("strikes", "expected_s"), [(0, 600), (1, 1200), (2, 2400), (7, 76_800), (8, DAY_S), (500, DAY_S)]
)
def test_a_block_is_twice_as_long_with_each_strike(strikes, expected_s):
    assert block_s(Cell(KEY), EXACT, strikes) == expected_s


def test_servers_do_not_probe_in_step():
    spans = {block_s(Cell(KEY._replace(server=name)), Rules(), 20) for name in "abcdef"}
    assert len(spans) == 6
    assert all(0.9 * DAY_S <= span_s <= 1.1 * DAY_S for span_s in spans)


@pytest.mark.parametrize(
    ("state", "after_s", "expected"),
    [("good", 0, 3), ("good", DAY_S - 1, 3), ("good", DAY_S, 2), ("good", 9 * DAY_S, 0), ("proving", 9 * DAY_S, 3)],
)
def test_strikes_are_forgiven_in_a_good_state(state, after_s, expected):
    assert strikes_left(Cell(KEY, state=state, strikes=3, since_at_s=5.0), EXACT, 5.0 + after_s) == expected


def test_a_grant_is_written_before_the_probe_may_come():
    trial = blocked(until_s=700)
    kinds = [type(record) for at_s, record in trial.decided if at_s == ZERO_S + 663]
    assert kinds == [ProbeGranted, CellMoved]


def test_a_probe_that_nobody_makes_use_of_stays_open():
    trial = blocked(until_s=3 * DAY_S)
    grants = [at_s - ZERO_S for at_s, record in trial.decided if isinstance(record, ProbeGranted)]
    assert grants == [663, 1263, 1263 + DAY_S, 1263 + 2 * DAY_S]


def lives(at_s, run_id="x"):
    """A start of a service that knows no probes."""
    return began(at_s, run_id)


def test_what_does_not_come_as_a_probe_is_let_in_as_it_is_after_as_long_again():
    trial = blocked(until_s=1300)
    live = [record.is_live for _, record in trial.decided if isinstance(record, ProbeGranted)]
    assert live == [False, True]
    kinds = [type(record) for at_s, record in trial.decided if at_s == ZERO_S + 1263]
    assert kinds == [ProbeGranted, CellMoved], "written before it may"
    assert trial.cell().reason == "may be tried once, as it is, since nobody came as a probe: this is probe 2"


def test_what_was_let_in_as_it_is_and_works_is_back():
    trial = blocked(lives(1300), passed(1360, "x"), until_s=1400)
    assert (trial.cell().state, trial.cell().strikes, trial.cell().ever_passed) == ("proving", 0, True)


@pytest.mark.parametrize(
    ("outcome", "cause", "strikes", "lasts_s"),
    [("failure", "CRASH", 1, 1200), ("censored", "HOST_DOWN", 0, 600), ("clean", "UNREGISTER", 0, 600)],
)
def test_what_was_let_in_as_it_is_and_ends_is_refused_again_at_once(outcome, cause, strikes, lasts_s):
    cell = blocked(lives(1300), ended(1301, "x", outcome, cause), until_s=1302).cell()
    assert (cell.state, cell.strikes, cell.until_at_s) == ("blocked", strikes, ZERO_S + 1301 + lasts_s)


def test_one_that_never_works_is_let_in_ever_more_seldom():
    facts = [fact for at_s in range(1000, 86_400, 100) for fact in crashes(at_s, times=1)]
    trial = blocked(*facts, until_s=86_400)
    live = [at_s - ZERO_S for at_s, record in trial.decided if isinstance(record, ProbeGranted) and record.is_live]
    assert len(live) == 6
    spans = [later - sooner for sooner, later in pairwise(live)]
    assert all(later > 1.9 * sooner for sooner, later in pairwise(spans))


def test_a_run_from_before_it_was_let_in_is_not_its_probe():
    trial = blocked(began(1200, "old"), began(1270, "new"), ended(1280, "old", "clean", "EXIT"), until_s=1290)
    assert (trial.cell().state, trial.cell().probe) == ("probation", "running")


def test_who_comes_as_a_probe_is_not_let_in_as_it_is_meanwhile():
    trial = blocked(began(1260, "p", role="probe"), until_s=1300)
    assert [record.is_live for _, record in trial.decided if isinstance(record, ProbeGranted)] == [False]
    assert trial.cell().probe == "running"


def test_seven_probes_in_the_first_day():
    facts = [fact for at_s in range(1000, 86_400, 100) for fact in probe_fails(at_s)]
    trial = blocked(*facts, until_s=86_400)
    grants = [record for _, record in trial.decided if isinstance(record, ProbeGranted)]
    assert len(grants) == 7


@pytest.mark.parametrize(
    ("outcome", "cause", "strikes", "until_s"),
    [
        ("failure", "CRASH", 1, 701 + 1200),
        ("censored", "HOST_DOWN", 0, 701 + 600),
        ("clean", "UNREGISTER", 0, 701 + 600),
    ],
)
def test_how_a_probe_ends(outcome, cause, strikes, until_s):
    probe = began(700, "p", role="probe"), ended(701, "p", outcome, cause, role="probe")
    cell = blocked(*probe).cell()
    assert (cell.state, cell.strikes, cell.until_at_s) == ("blocked", strikes, ZERO_S + until_s)


def test_a_probe_that_failed_as_others_did_is_no_strike():
    others = [ended(690, "i", service="ink"), ended(695, "j", service="page")]
    cell = blocked(*others, *probe_fails(700)).cell()
    assert (cell.state, cell.strikes) == ("blocked", 0)
    assert "no strike" in cell.reason


def test_a_probe_that_works():
    cell = blocked(*probe_fails(700), began(2000, "p", role="probe"), passed(2060, "p", role="probe")).cell()
    assert (cell.state, cell.strikes, cell.ever_passed) == ("proving", 1, True)


def test_a_block_that_let_something_through_that_works_is_over():
    cell = blocked(began(70, "x"), passed(130, "x")).cell()
    assert cell.state == "proving"


def test_a_rule_that_runs_dry_lets_go():
    trial = blocked()
    trial.rules = rules(a={"mode": "dry-run"})
    trial.play(ended(100, "x", "clean", "EXIT") for _ in range(1))
    assert trial.verdicts()[-2:] == ["100 alpha/fluid/2 suspect operator", "100 alpha/fluid/2 blocked a (dry_run)"]
