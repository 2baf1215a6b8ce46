"""What follows for one version on one server: from each place, each way out of it, and nothing where nothing has happened."""

import pytest

from canary.judge.course import COURSES, follow
from canary.judge.state import Cell, Failure, Release, Server, State
from canary.judge.transitions import place_of
from canary.records import CellKey, CellMoved, Frozen, ProbeGranted
from tests.canary.judge.trial import rules

KEY = CellKey("alpha", "fluid", "2", "")
NOW_S = 5_000.0
EXACT = rules()
BLOCKED = {"state": "blocked", "rule": "a", "since_at_s": 4_000.0}
PROBATION = {"state": "probation", "rule": "probe", "since_at_s": 4_900.0, "probes_granted": 1}
EJECTED = {"state": "suspect", "rule": "b", "ever_passed": True, "since_at_s": 4_000.0}
FAILED = {
    "consecutive": 7, "first_failure_at_s": 4_900.0, "last_failure_at_s": 4_963.0, "failed": 7, "first_seq": 3, "last_seq": 9,
}  # fmt: skip


def known(*others, **fields):
    """Alpha's cell, and instances of the same service elsewhere."""
    cells = [Cell(KEY, **fields), *others]
    state = State(now_s=NOW_S)
    for cell in cells:
        state.cells[cell.key] = cell
        state.servers[cell.key.server] = Server(cell.key.server, cells={cell.key: None})
        state.installed.setdefault("fluid", {})[cell.key.server] = cell.key
        release = state.releases.setdefault(cell.key.of, Release(cell.key.of, 0.0))
        release.servers[cell.key.server] = None
        state.versions.setdefault("fluid", {})[cell.key.of] = None
        if cell.until_at_s is not None:
            state.timed[cell.key] = None
    return state


def instance(server, version="1", **fields):
    return Cell(CellKey(server, "fluid", version, ""), **{"state": "good", "ever_passed": True, **fields})


ENOUGH = instance("beta"), instance("gamma")


def told(found):
    """The decisions in short."""
    words = []
    for record in found:
        match record:
            case CellMoved():
                place = place_of(record.new, record.until_at_s)
                words.append(f"{place} {record.rule}" + (f" ({record.suppressed_by})" if record.suppressed_by else ""))
            case ProbeGranted():
                words.append(f"probe {record.number}" + (" as it is" if record.is_live else ""))
            case Frozen():
                words.append(f"frozen {record.scope}")
    return words


def decide(*others, ruled=EXACT, **fields):
    state = known(*(others or ENOUGH), **fields)
    return follow(state, ruled, state.cells[KEY], NOW_S)


TABLE = {
    "nothing has run": ({}, []),
    "it runs": ({"running": 1}, ["observing run"]),
    "it ran": ({"consecutive": 1}, ["observing run"]),
    "it waits for its minute": ({"state": "observing", "running": 1}, []),
    "its minute is over": ({"state": "observing", "successes": 1, "ever_passed": True}, ["proving run"]),
    "it fails": ({"state": "observing", "consecutive": 1}, ["suspect run"]),
    "too little for a verdict": ({"state": "suspect", "consecutive": 4}, []),
    "it recovers": ({"state": "suspect", "successes": 1, "ever_passed": True}, ["proving run"]),
    "it never worked": ({"state": "suspect", **FAILED}, ["blocked a"]),
    "it never worked, and another one of it does": ({"state": "suspect", **FAILED, "healthy": 1}, []),
    "it worked and does not": ({"state": "suspect", **FAILED, "ever_passed": True}, ["ejected b"]),
    "it was good and is not": ({"state": "good", **FAILED, "ever_passed": True}, ["ejected b"]),
    "good, and fails once": ({"state": "good", "ever_passed": True, "consecutive": 1}, []),
    "it bakes": ({"state": "proving", "ever_passed": True, "running": 1, "bake_base_s": NOW_S - 599}, []),
    "it has baked": (
        {"state": "proving", "ever_passed": True, "running": 1, "bake_base_s": NOW_S - 600},
        ["good time"],
    ),
    "it fails before it has": ({"state": "proving", "ever_passed": True, "consecutive": 1}, ["suspect run"]),
    "an ejection lasts": ({**EJECTED, "until_at_s": NOW_S + 1}, []),
    "an ejection is over": ({**EJECTED, "until_at_s": NOW_S}, ["suspect time"]),
    "an ejection is over, and it failed on": ({**EJECTED, "until_at_s": NOW_S, **FAILED}, ["ejected b"]),
    "two successes end it": ({**EJECTED, "until_at_s": NOW_S + 1, "returns": 2}, ["proving run"]),
    "a block lasts": ({**BLOCKED, **FAILED, "until_at_s": NOW_S + 1}, []),
    "a block is over": ({**BLOCKED, **FAILED, "until_at_s": NOW_S}, ["probe 1", "probation probe"]),
    "it works in spite of its block": ({**BLOCKED, "until_at_s": NOW_S + 1, "successes": 1}, ["proving run"]),
    "what it was blocked for was excused": ({**BLOCKED, "until_at_s": NOW_S + 1, "consecutive": 2}, ["suspect a"]),
    "a probe may come": ({**PROBATION, "until_at_s": NOW_S + 9_000}, []),
    "a probe runs": ({**PROBATION, "until_at_s": NOW_S, "probe": "running"}, []),
    "a probe worked": ({**PROBATION, "until_at_s": NOW_S + 1, "successes": 1, "probe": "passed"}, ["proving probe"]),
    "a probe failed": ({**PROBATION, "until_at_s": NOW_S + 1, "probe": "failed"}, ["blocked probe"]),
    "a probe was excused": ({**PROBATION, "until_at_s": NOW_S + 1, "probe": "excused"}, ["blocked probe"]),
    "a probe told nothing": ({**PROBATION, "until_at_s": NOW_S + 1, "probe": "void"}, ["blocked probe"]),
    "nobody came as a probe": (
        {**PROBATION, "since_at_s": NOW_S - 600, "until_at_s": NOW_S + 9_000},
        ["probe 2 as it is", "probation probe"],
    ),
    "nobody came as a probe, after a strike": (
        {**PROBATION, "since_at_s": NOW_S - 600, "until_at_s": NOW_S + 9_000, "strikes": 1},
        [],
    ),
    "nobody came at all": (
        {**PROBATION, "since_at_s": 0.0, "until_at_s": NOW_S, "probe_is_live": True, "probes_granted": 2},
        ["probe 3 as it is", "probation probe"],
    ),
    "it came as it is": (
        {**PROBATION, "since_at_s": 0.0, "until_at_s": NOW_S, "probe_is_live": True, "probe": "running"},
        [],
    ),
    "pardoned": ({**BLOCKED, **FAILED, "until_at_s": NOW_S + 1, "is_pardoned": True}, ["unknown operator"]),
    "nobody has seen it": ({"state": "archived"}, []),
}


@pytest.mark.parametrize("what", TABLE)
def test_what_follows(what):
    fields, expected = TABLE[what]
    assert told(decide(**fields)) == expected


def test_each_place_stands_in_the_table():
    places = {place_of(fields.get("state", "unknown"), fields.get("until_at_s")) for fields, _ in TABLE.values()}
    assert places == set(COURSES)


@pytest.mark.parametrize("what", [what for what, (_, expected) in TABLE.items() if expected])
def test_it_is_said_with_the_state_it_was_in_and_a_reason(what):
    fields, _ = TABLE[what]
    (*_, move) = decide(**fields)
    assert (move.old, move.key) == (fields.get("state", "unknown"), KEY)
    assert move.reason


@pytest.mark.parametrize(
    ("table", "what", "expected"),
    [
        ({"a": {"mode": "dry-run"}}, "it never worked", ["blocked a (dry_run)"]),
        ({"a": {"mode": "dry-run"}}, "a block lasts", ["suspect operator"]),
        ({"a": {"mode": "dry-run"}}, "a probe may come", ["suspect operator"]),
        ({"b": {"mode": "dry-run"}}, "an ejection lasts", ["suspect operator"]),
        ({"caps": {"protected": ["fluid"]}}, "a block lasts", ["suspect operator"]),
        ({"holds": True}, "it never worked", ["blocked a (dry_run)"]),
        ({"holds": True}, "a block lasts", []),
        ({"holds": True}, "a block is over", ["probe 1", "probation probe"]),
        ({"caps": {"frozen_services": 1}}, "it never worked", ["blocked a"]),
    ],
)
def test_what_settings_make_of_it(table, what, expected):
    assert told(decide(ruled=rules(**table), **TABLE[what][0])) == expected


@pytest.mark.parametrize(
    ("what", "elsewhere", "expected"),
    [
        ("it never worked", "1", ["blocked a"]),
        ("it never worked", "2", ["blocked a (last_instance)"]),
        ("it was good and is not", "1", ["ejected b (last_instance)"]),
        ("a block lasts", "1", []),
        ("a block lasts", "2", ["probe 1", "probation probe"]),
        ("an ejection lasts", "1", ["suspect b"]),
        ("a probe may come", "2", []),
    ],
)
def test_what_is_missed(what, elsewhere, expected):
    """Both other instances have gone since; where they were of version 2, that has worked."""
    state = known(instance("beta", elsewhere), instance("gamma", elsewhere), **TABLE[what][0])
    for name in ("beta", "gamma"):
        state.servers[name].lost_at_s = NOW_S - 10.0
    assert told(follow(state, EXACT, state.cells[KEY], NOW_S)) == expected


def test_one_more_service_than_can_be_a_coincidence_freezes_all():
    state = known(*ENOUGH, instance("omega", "2"), state="suspect", **FAILED)
    state.verdicts.extend((NOW_S - 10.0, name) for name in ("ink", "page", "tray"))
    assert told(follow(state, EXACT, state.cells[KEY], NOW_S)) == ["frozen *"]


@pytest.mark.parametrize("state", ["observing", "suspect", "proving", "good"])
def test_after_half_an_hour_of_excused_failures_a_human_is_asked_once(state):
    fields = {"state": state, "unbroken_since_at_s": 1_000.0}
    excused = Failure(1, 2_800.0, KEY, "r", excuse="services")
    known_state = known(*ENOUGH, **fields)
    cell = known_state.cells[KEY]
    cell.streak.append(excused)
    (asked,) = follow(known_state, EXACT, cell, NOW_S)
    assert (asked.new, asked.needs_human) == ("suspect", True)
    assert "limit 1800" in asked.reason
    cell.needs_human = True
    assert follow(known_state, EXACT, cell, NOW_S) == []
