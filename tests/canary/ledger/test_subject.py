import pytest

from canary.ledger.subject import Subject, subject_of
from canary.records import (
    Actor,
    CellMoved,
    FlagChanged,
    Frozen,
    Led,
    Overridden,
    OverrideEnded,
    Pardoned,
    PolicyIssued,
    ProbeGranted,
    RulesSet,
    RunBegan,
    RunEnded,
    RunExcused,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerJudged,
    ServerLost,
    Started,
    Stopped,
    VersionJudged,
)

CELL = {"server": "alpha", "service": "printer", "version": "1.0", "build": "b"}
VERSION = {"service": "printer", "version": "1.0", "build": "b"}
ACTOR = Actor(user="root", server="alpha")
OF_CELL = Subject("alpha", "printer", "1.0", "b")
OF_SERVER = Subject("alpha", "*", "*", "*")
OF_NONE = Subject()


@pytest.mark.parametrize(
    ("record", "subject"),
    [
        (RunBegan(run_id="r", **CELL), OF_CELL),
        (RunPassed(run_id="r", lasted_s=60, **CELL), OF_CELL),
        (RunEnded(run_id="r", outcome="failure", cause="lost", **CELL), OF_CELL),
        (CellMoved(old="good", new="suspect", rule="a", **CELL), OF_CELL),
        (ProbeGranted(number=1, **CELL), OF_CELL),
        (Overridden(number=1, action="allow", reason="r", actor=ACTOR, until_at_s=1, **CELL), OF_CELL),
        (
            Overridden(
                number=1, action="allow", service="printer", version="1.0", reason="r", actor=ACTOR, until_at_s=1
            ),
            Subject("*", "printer", "1.0", "*"),
        ),
        (Pardoned(reason="r", actor=ACTOR, **CELL), OF_CELL),
        (VersionJudged(state="held", rule="c", **VERSION), Subject("*", "printer", "1.0", "b")),
        (ServerBooted(server="alpha"), OF_SERVER),
        (RunExcused(**CELL, run_id="r1", failure_at_s=1.0, excuse="boot"), OF_CELL),
        (ServerLost(server="alpha"), OF_SERVER),
        (ServerBack(server="alpha"), OF_SERVER),
        (ServerJudged(server="alpha", state="sick"), OF_SERVER),
        (Frozen(is_on=True), Subject("*", "*", "*", "*")),
        (Frozen(is_on=True, scope="printer"), Subject("*", "printer", "*", "*")),
        (OverrideEnded(number=1, cause="expired"), Subject("*", "*", "*", "*")),
        (RulesSet(rules="{}", revision="r"), OF_NONE),
        (Led(leader="alpha", term=1), OF_NONE),
        (FlagChanged(feature="web", action="off", order="0", place="open"), OF_NONE),
        (PolicyIssued(term=1, number=1, sha256="s"), OF_NONE),
        (Started(release="1", boot_id="b", was_clean=True), OF_NONE),
        (Stopped(), OF_NONE),
    ],
    ids=lambda value: type(value).__name__ if not isinstance(value, Subject) else "",
)
def test_what_a_record_is_about(record, subject):
    assert subject_of(record) == subject
