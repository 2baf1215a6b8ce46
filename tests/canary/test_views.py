"""What CANARY_GET_REPORT may ask for, and how each view is made and cut to a line."""

import json

import pytest

from canary.judge.apply import apply
from canary.judge.explain import explain
from canary.judge.state import Cell, State
from canary.ledger.integrity import Fault, Verification
from canary.records import CellKey, CellMoved, Entry, Led, RunBegan, RunEnded
from canary.report import ANSWER_BYTES, Known, answer_report
from canary.rules import Rules
from canary.tallies import Tallies
from canary.views import (
    ENTRIES,
    answer_events,
    answer_explain,
    answer_shadows,
    answer_verify,
    narrow,
    read_question,
)
from communicator.answers.releases import Standing
from communicator.answers.shadows import Comparison, Comparisons, Difference
from communicator.errors import RemoteProtocolError
from communicator.protocol import Message, encode
from communicator.protocol.limits import LINE_BYTES_HARD
from tests.canary.running import crash

CELL = CellKey("alpha", "billing", "2.0", "b1")
NAMES = CELL._asdict()


def question(**parameters):
    return read_question(Message("CANARY_GET_REPORT", parameters))


def told(message):
    assert message.command == "CANARY_CURRENT_REPORT"
    return json.loads(message.get("report"))


def entries_of(records):
    return [Entry(number, float(number), 1e9 + number, record) for number, record in enumerate(records, 1)]


def failures(count, detail=""):
    for number in range(count):
        yield RunBegan(run_id=f"r{number}", **NAMES)
        yield RunEnded(run_id=f"r{number}", outcome="failure", cause="CRASH", signal=11, detail=detail, **NAMES)


def fold(entries):
    state = State()
    for entry in entries:
        apply(state, entry)
    return state


def test_without_a_view_the_report_is_meant():
    assert question()[:2] == ("report", 0)
    assert question(offset="7", server="beta").cell.server == "beta"


@pytest.mark.parametrize(("said", "is_brief"), [({}, False), ({"brief": "true"}, True), ({"brief": "no"}, False)])
def test_a_report_of_features_may_be_brief(said, is_brief):
    assert question(view="features", **said).is_brief is is_brief


def test_an_explanation_is_about_one_version_on_one_server():
    assert question(view="explain", **NAMES).cell == CELL
    assert question(view="explain", **{**NAMES, "build": ""}).cell.build == ""


@pytest.mark.parametrize(
    ("parameters", "reason"),
    [
        ({"view": "all"}, "parameter view: 'all' is none of report, explain, events, verify"),
        ({"view": "explain", "service": "a", "version": "1"}, "explain needs the parameter server"),
        ({"view": "explain", "server": "a", "version": "1"}, "explain needs the parameter service"),
        ({"view": "explain", "server": "a", "service": "b"}, "explain needs the parameter version"),
        ({"view": "events", "after": "-1"}, "parameter after: -1 is negative"),
        ({"view": "events", "limit": "many"}, "'many' is not an integer"),
        ({"offset": "-1"}, "parameter offset: -1 is negative"),
    ],
    ids=["view", "server", "service", "version", "after", "limit", "offset"],
)
def test_what_makes_no_sense_is_named(parameters, reason):
    with pytest.raises(RemoteProtocolError, match=reason):
        question(**parameters)


@pytest.mark.parametrize(("limit", "taken"), [("", ENTRIES), ("10", 10), ("999999", ENTRIES)])
def test_a_page_has_a_bound(limit, taken):
    assert question(view="events", limit=limit).limit == taken


def is_known(_fact):
    """Of no user of these records it is asked whether he is a stranger."""
    return False


def explained(records):
    """What is told when the ledger holds these records."""
    entries = entries_of(records)
    state = State()
    for entry in entries:
        apply(state, entry)
    return answer_explain(explain(entries, Rules(), state.cells.get(CELL, Cell(CELL)), 100.0, is_known))


def test_an_explanation_of_which_the_ledger_has_forgotten_the_beginning_is_still_of_the_cell_as_it_is():
    known = Cell(CELL, state="good", reason="ran for 700 s without a failure")
    view = told(answer_explain(explain(entries_of(failures(1)), Rules(), known, 100.0, is_known)))
    assert (view["state"], view["reason"]) == ("good", "ran for 700 s without a failure")


def test_an_explanation_has_each_line_each_measure_and_what_comes_next():
    view = told(explained(failures(2)))
    assert {name: view[name] for name in NAMES} == NAMES
    assert [line["seq"] for line in view["lines"]] == [1, 2, 3, 4]
    assert {line["effect"] for line in view["lines"]} == {"counted"}
    assert view["measures"][0]["value"] == 2
    assert view["measures"][0]["limit"] == Rules().a.failures
    assert view["omitted"] == 0
    assert view["next"]


def test_when_time_alone_moves_it_is_told_from_now():
    blocked = CellMoved(old="suspect", new="blocked", rule="a", until_at_s=160.0, **NAMES)
    view = told(explained([*failures(1), blocked]))
    assert view["state"] == "blocked"
    assert view["next_seconds"] == 60.0
    assert told(explained([]))["next_seconds"] is None


def test_of_an_explanation_that_is_too_long_the_oldest_lines_go():
    reasons = [
        CellMoved(old="good", new="suspect", rule="b", reason='"why" ' * 200, first_seq=number, **NAMES)
        for number in range(2_000)
    ]
    message = explained([*failures(1), *reasons])
    view = told(message)
    assert view["omitted"] > 0
    assert view["lines"][-1]["seq"] == 2_002
    assert len(encode(message)) < ANSWER_BYTES + 4096


def test_entries_are_told_as_they_were_written():
    entries = entries_of(failures(1))
    view = told(answer_events(iter(entries), last_seq=9))
    assert view["last_seq"] == 9
    assert view["total"] == 9
    assert view["entries"][0] == {
        "seq": 1,
        "at_s": 1.0,
        "wall_s": 1e9 + 1,
        "record": {"record": "run_began", "run_id": "r0", **NAMES},
    }


def test_of_shadows_the_weightiest_places_that_fit_into_a_line_are_told():
    rows = tuple(Difference(path=f"C.{number}" + '"' * 190, compared=1, differing=1) for number in range(4_000))
    shadow = {"service": "billing", "version": "2", "primary": "alpha"}
    comparisons = [
        Comparison(**shadow, server="beta", differences=rows, omitted=3),
        Comparison(**shadow, server="gamma", differences=rows[:1]),
    ]
    message = answer_shadows(Comparisons(server="alpha", comparisons=tuple(comparisons)))
    assert len(encode(message)) < LINE_BYTES_HARD
    one, other = told(message).pop("comparisons")
    assert one["differences"][0]["path"].startswith("C.0")
    assert 100 < len(one["differences"]) < 4_000
    assert one["omitted"] == 4_003 - len(one["differences"])
    assert (len(other["differences"]), other["omitted"]) == (1, 0)


def test_no_entries_are_an_empty_page():
    assert told(answer_events(iter(()), last_seq=4)) == {"entries": [], "last_seq": 4, "total": 0}


def test_a_page_of_entries_fits_into_a_line():
    message = answer_events(iter(entries_of(failures(500, detail='"' * 2_000))), last_seq=1_000)
    count = len(told(message)["entries"])
    assert 0 < count < ENTRIES
    assert len(encode(message)) < ANSWER_BYTES + 4096


@pytest.mark.parametrize(
    ("fault", "expected"),
    [
        (None, {"entries": 7, "ok": True, "first_break": None, "reason": ""}),
        (Fault(8, "entry 8 is missing"), {"entries": 7, "ok": False, "first_break": 8, "reason": "entry 8 is missing"}),
    ],
    ids=["holds", "does not hold"],
)
def test_whether_a_ledger_holds(fault, expected):
    assert told(answer_verify(Verification(7, fault))) == expected


def test_a_report_of_one_server_has_its_versions_alone():
    records = [RunBegan(server=server, run_id=server, service="billing", version="2.0") for server in ("alpha", "beta")]
    standing = Standing(
        mode="by rule",
        leader="",
        term=0,
        generation=(0, 0),
        denied=0,
        policy_age_seconds=None,
        ledger_entries=2,
        ledger_errors_total=0,
        facts_lost_total=0,
        watchers={},
    )
    known = Known(fold(entries_of([*records, Led(leader="alpha", term=1)])), Tallies(), standing, "alpha", 5.0)
    report = told(answer_report(narrow(known, "beta")))
    assert ([row["server"] for row in report["cells"]], report["total"]) == (["beta"], 1)
    assert told(answer_report(narrow(known, "")))["total"] == 2
    assert narrow(known, "*") is known


@pytest.mark.usefixtures("canary")
async def test_a_running_canary_gives_each_view(router, desk, eventually):
    await crash(router)
    await eventually(desk.cells, lambda cells: cells.get(("billing", "2.0", "b1"), {}).get("failed"))
    view = await desk.report(view="explain", **NAMES)
    assert any(line["effect"] == "counted" and line["what"].endswith("GONE") for line in view["lines"])
    events = await desk.report(view="events", limit="2")
    assert [entry["seq"] for entry in events["entries"]] == [1, 2]
    rest = await desk.report(view="events", after="2")
    assert rest["entries"][0]["seq"] == 3
    assert rest["last_seq"] >= rest["entries"][-1]["seq"]
    found = await desk.report(view="verify")
    assert found["ok"]
    assert (await desk.report(server="beta"))["cells"] == []
