from functools import partial

import msgspec
import pytest

from canary.judge.explain import explain
from canary.judge.speakers import is_stranger
from canary.judge.state import Cell
from canary.records import CellKey, Entry, VersionJudged
from tests.canary.judge.trial import (
    Trial,
    began,
    crashes,
    ended,
    good,
    ordered,
    pardoned,
    passed,
    rules,
    works,
)

KEY = CellKey("alpha", "fluid", "2", "")
EXACT = rules()


def explained(*facts, until_s=None):
    trial = Trial(EXACT, ("alpha", "beta")).play([*good("beta"), *facts], until_s)
    own = [
        entry
        for entry in trial.entries
        if (getattr(entry.record, "server", ""), getattr(entry.record, "version", "")) in {("alpha", "2"), ("*", "2")}
    ]
    return explain(
        own, EXACT, trial.state.cells.get(KEY, Cell(KEY)), trial.state.now_s, partial(is_stranger, trial.state)
    )


def lines(*facts, until_s=None):
    return [(line.what, line.effect, line.why) for line in explained(*facts, until_s=until_s).lines]


def test_runs_of_strangers_are_shown_as_such():
    def by(user, fact):
        return fact[0], msgspec.structs.replace(fact[1], user=user)

    found = lines(
        by("fluid", began(0, "r")),
        by("fluid", passed(60, "r")),
        by("nobody", began(61, "x")),
        by("nobody", ended(62, "x", lasted_s=1.0)),
    )
    why = "user 'nobody' is a stranger to the service"
    assert [line for line in found if line[1] == "discarded"] == [
        ("run x began as live", "discarded", why),
        ("run x ended after 1 s: CRASH", "discarded", why),
    ]


def test_each_fact_and_whether_it_counted():
    found = lines(
        began(0, "r"),
        ended(1, "r", exit_code=1, lasted_s=1.0),
        ended(1.5, "r", exit_code=1, lasted_s=1.0),
        ended(2, "s", causes=("DEP_UNAVAILABLE",)),
        ended(3, "t", "censored", "REBOOT"),
        ended(4, "u", "clean", "UNREGISTER"),
        began(5, "v", role="shadow"),
        passed(100, "w"),
    )
    assert [line for line in found if line[1] in {"counted", "discarded"}] == [
        ("run r began as live", "counted", ""),
        ("run r ended after 1 s: CRASH, exit code 1", "counted", ""),
        ("run r ended after 1 s: CRASH, exit code 1", "discarded", "told before"),
        (
            "run s ended after 0 s: CRASH, DEP_UNAVAILABLE",
            "discarded",
            "dependency: it said that what it depends on was not there",
        ),
        ("run t ended after 0 s: REBOOT", "discarded", "says nothing of the version"),
        ("run u ended after 0 s: UNREGISTER", "counted", "ended in good order"),
        ("run v began as shadow", "discarded", "a shadow does no work"),
        ("run w lasted 60 s: a success", "counted", ""),
    ]


def test_decisions_and_orders_stand_among_them():
    found = lines(*crashes(0, times=7), ordered(100, "allow", 200), pardoned(300))
    verdict = "never worked in 7 tries over 63 s (limit 5 over 60 s)"
    assert ("suspect -> blocked (rule a)", "decided", verdict) in found
    assert ("allow by root@alpha", "ordered", "told so") in found
    assert ("pardoned by root@alpha", "ordered", "fixed") in found


def test_what_a_cap_forbids():
    trial = Trial(rules(caps={"protected": ["fluid"]})).play(crashes(0, times=7))
    found = explain(trial.entries, EXACT, trial.state.cells[KEY], trial.state.now_s, partial(is_stranger, trial.state))
    assert found.held_back_by == "protected"
    assert found.lines[-1].effect == "held back"
    assert found.lines[-1].why.endswith("forbidden by protected")
    assert found.next == "rule a acts as soon as protected does not forbid it any more"


@pytest.mark.parametrize(
    ("facts", "state", "next_s", "what"),
    [
        ([], "unknown", None, "its first run"),
        ([began(0, "r")], "observing", None, "a success after 60 s, or a failure"),
        ([*crashes(0, times=1)], "suspect", None, "a success after 60 s, or a verdict of rule a"),
        ([*works(0, version="2")], "proving", 540, "good after 600 s without a failure"),
        ([*crashes(0, times=7)], "blocked", 600, "a probe is granted"),
        ([*crashes(0, times=7), began(700, "p", role="probe")], "probation", None, "its probe is running"),
    ],
)
def test_what_comes_next(facts, state, next_s, what):
    found = explained(*facts)
    assert (found.state, found.next) == (state, what)
    assert found.next_seconds == next_s


def test_each_value_and_its_limit():
    found = explained(*crashes(0, times=3))
    assert [(measure.rule, measure.value, measure.limit) for measure in found.measures] == [
        ("a", 3, 5),
        ("a", 3.0, 60.0),
        ("ambient", 3.0, 1800.0),
    ]
    found = explained(*works(0, version="2"))
    assert [(measure.rule, round(measure.value), measure.limit) for measure in found.measures] == [
        ("b", 0, 5),
        ("b", 60, 600.0),
        ("e", 0, 5),
    ]


def test_that_it_differs_on_a_server_is_said_and_nothing_was_held_back():
    record = VersionJudged(
        service="fluid",
        version="2",
        build="",
        state="ok",
        rule="c",
        mode="detected",
        differs_on=("beta",),
        reason="why",
    )
    entry = Entry(1, 1000.0, 1000.0, record)
    (line,) = explain([entry], EXACT, Cell(KEY), 1000.0, lambda _fact: False).lines
    assert (line.what, line.effect, line.why) == ("differs on beta (rule c, by this server)", "decided", "why")
