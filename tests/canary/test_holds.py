"""What a leader says all the time is written down when it changes, and read as what a router is to deny."""

import pytest

from canary.holds import SAME_END_S, changes, still_held
from canary.judge.apply import apply
from canary.judge.explain import explain
from canary.judge.releases import routable
from canary.judge.state import Cell, State
from canary.ledger.snapshot import decode_state, encode_state
from canary.policy import Denial
from canary.records import CellKey, Entry, HoldHeard, RunBegan, decode_record, encode_record
from canary.rules import Rules
from communicator.answers.policy import LONGEST_S

HELD = Denial("billing", "2.0", "b1", "*", 900.0, "never worked", probe_allowed=False)
KEY = CellKey("*", "billing", "2.0", "b1")


def hear(state, *told, leader="beta", generation=(1, 1), now_s=100.0):
    """What the ledger is told; it is applied."""
    found = changes(state.holds, told, leader, generation, now_s)
    for record in found:
        apply(state, Entry(state.seq + 1, now_s, 0.0, decode_record(encode_record(record))))
    return found


def test_what_is_held_is_kept_with_who_says_so():
    state = State()
    (record,) = hear(state, HELD, generation=(2, 7))
    assert (record.leader, record.term, record.number, record.key) == ("beta", 2, 7, KEY)
    assert still_held(state.holds, 899.0) == [HELD]
    assert still_held(state.holds, 900.0) == []
    assert decode_state(encode_state(state)) == state


@pytest.mark.parametrize(
    ("again", "is_new"),
    [
        pytest.param(HELD, False, id="same"),
        pytest.param(HELD._replace(until_at_s=900.0 + SAME_END_S - 0.1), False, id="later by a moment"),
        pytest.param(HELD._replace(until_at_s=900.0 + SAME_END_S), True, id="later"),
        pytest.param(HELD._replace(reason="fails more"), True, id="reason"),
        pytest.param(HELD._replace(probe_allowed=True), True, id="probe"),
        pytest.param(HELD._replace(server="gamma"), True, id="server"),
    ],
)
def test_only_a_change_is_written(again, is_new):
    state = State()
    hear(state, HELD)
    assert bool(hear(state, again, generation=(1, 2))) == is_new
    assert still_held(state.holds, 200.0) == [again if is_new else HELD]


def test_what_is_not_told_any_more_is_let_go():
    state = State()
    hear(state, HELD, HELD._replace(version="3.0"))
    (gone,) = hear(state, HELD, generation=(1, 2))
    assert (gone.version, gone.until_at_s) == ("3.0", None)
    assert still_held(state.holds, 200.0) == [HELD]


@pytest.mark.parametrize(
    "told",
    [
        HELD._replace(service="canary"),
        HELD._replace(service="no service"),
        HELD._replace(server="no/server"),
        HELD._replace(build="b" * 257),
        HELD._replace(until_at_s=float("inf")),
        HELD._replace(until_at_s=float("nan")),
        HELD._replace(until_at_s=100.0),
    ],
    ids=lambda told: "-".join(map(str, told))[:40],
)
def test_what_no_router_takes_is_not_kept(told):
    assert hear(State(), told) == []


def test_no_hold_is_without_end():
    (record,) = hear(State(), HELD._replace(until_at_s=1e300))
    assert record.until_at_s == 100.0 + LONGEST_S


def test_it_stands_in_the_explanation_of_a_version():
    hold = HoldHeard(leader="beta", term=1, number=1, **KEY._asdict(), until_at_s=900.0, reason="never worked")
    gone = HoldHeard(leader="beta", term=1, number=2, **KEY._asdict(), reason="never worked")
    entries = [Entry(1, 1.0, 1.0, hold), Entry(2, 2.0, 2.0, gone)]
    lines = explain(entries, Rules(), Cell(KEY._replace(server="alpha")), 3.0).lines
    assert [(line.what, line.effect, line.why) for line in lines] == [
        ("held by beta, which leads", "decided", "never worked"),
        ("no longer held by beta, which leads", "decided", "never worked"),
    ]


def test_caps_count_what_is_held_elsewhere():
    """A server that does not lead knows by it that another one is to stop."""

    state = State()
    for number, server in enumerate(("alpha", "gamma"), start=1):
        fact = RunBegan(server=server, run_id=server, service="billing", version="2.0", build="b1")
        apply(state, Entry(number, 1.0, 1.0, fact))
    assert len(list(routable(state, "billing", 150.0))) == 2
    hear(state, HELD._replace(server="gamma"))
    assert [key.server for key in routable(state, "billing", 150.0)] == ["alpha"]
    assert len(list(routable(state, "billing", 901.0))) == 2
