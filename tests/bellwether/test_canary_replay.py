"""Entries read back, and what other rules would have decided as a table; docs/canary.md shows the same."""

import json
from pathlib import Path

import msgspec
import pytest

from bellwether.answers import to_json
from bellwether.canary_replay import document, read_entries, render
from bellwether.failure import CommandError
from canary.judge.replay import Decision, Pair, Replay, replay
from canary.records import CellMoved, Entry, Frozen, ServerJudged, VersionJudged, encode_record
from tests.bellwether.canary_sample import screen
from tests.canary.judge.trial import Trial, crashes, rules

LINE = b'{"seq":1,"at_s":2.5,"wall_s":3.5,"record":{"record":"led","leader":"a","term":1},"later":"h"}\n'
EARLIER = """\
    AT  ABOUT          WAS                          WOULD BE
1013 s  alpha/fluid 2  blocked (rule a): never      60 s earlier: blocked (rule
                       worked in 7 tries over 63 s  a): never worked in 3 tries
                       (limit 5 over 60 s)          over 3 s (limit 3 over 2 s)
1613 s  alpha/fluid 2  probe 1 granted              60 s earlier: probe 1
                                                    granted
1613 s  alpha/fluid 2  probation (rule probe): may  60 s earlier: probation
                       be tried once, as probe 1    (rule probe): may be tried
                                                    once, as probe 1

✖ 18 facts of alpha: 2 decisions are the same, 3 differ"""


def acting(**tables):
    return rules(caps={"min_routable": 0, "routable_share": 0}, **tables)


@pytest.fixture(scope="module")
def entries():
    trial = Trial(acting(), ("alpha",))
    trial.play(crashes(10), 1_000.0)
    return trial.entries


def exported(entries):
    for entry in entries:
        told = {**entry._asdict(), "record": msgspec.Raw(encode_record(entry.record))}
        yield msgspec.json.encode(told) + b"\n"


def test_what_was_exported_is_read_back(entries):
    assert read_entries([*exported(entries), b"\n"]) == entries


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        ([], "there are no entries in it"),
        ([b"\n"], "there are no entries in it"),
        ([LINE, b"nonsense\n"], "line 2 is no entry as 'bellwether canary events' writes them"),
        ([b'{"seq":1}\n'], "line 1 is no entry"),
        ([LINE.replace(b'"led"', b'"later"')], "line 1 is no entry"),
        ([LINE, LINE], "line 2: entry 1 comes after entry 1"),
    ],
    ids=["nothing", "blank", "nonsense", "bare", "unknown", "twice"],
)
def test_what_is_no_export_names_its_line(lines, reason):
    with pytest.raises(CommandError, match=reason):
        read_entries(lines)


def test_what_would_have_been_stands_beside_what_was(entries):
    found = replay(entries, acting(a={"failures": 3, "span_s": 2}))
    assert screen(render(found, 1)) == EARLIER


def test_the_page_shows_it():
    assert f"```text\n{EARLIER}\n```" in (Path(__file__).parents[2] / "docs/canary.md").read_text()


def test_equal_rules_decide_the_same(entries):
    shown = screen(render(replay(entries, acting()), 5))
    assert "✔ 18 facts of alpha: these rules decide what was decided, 5 times" in shown
    assert shown.endswith("The entries begin with 5: what was before is not known to the replay.")


def test_where_nothing_was_decided_there_is_no_table():
    assert (
        screen(render(Replay("alpha", 2, []), 1)) == "✔ 2 facts of alpha: these rules decide what was decided, 0 times"
    )


NAMES = {"service": "x", "version": "2", "build": "b"}
MOVED = {"server": "alpha", "old": "good", "rule": "b", "reason": "why", **NAMES}


@pytest.mark.parametrize(
    ("record", "about", "text"),
    [
        (CellMoved(new="suspect", until_at_s=9.0, **MOVED), "alpha/x 2 build b", "ejected (rule b): why"),
        (
            CellMoved(new="suspect", mode="detected", suppressed_by="gap", **MOVED),
            "alpha/x 2 build b",
            "suspect (rule b, held back by gap): why",
        ),
        (VersionJudged(state="held", rule="c", reason="why", **NAMES), "*/x 2 build b", "held (rule c): why"),
        (
            ServerJudged(server="alpha", state="sick", mode="detected", reason="why"),
            "alpha",
            "sick (rule d, dry run): why",
        ),
        (Frozen(scope="*", is_on=True, reason="why"), "all services", "frozen: why"),
        (Frozen(scope="x", is_on=False, reason="why"), "x", "no longer frozen: why"),
    ],
    ids=["ejected", "held back", "held", "sick", "frozen", "thawed"],
)
def test_each_decision_has_its_words(record, about, text):
    shown = screen(render(Replay("alpha", 1, [Pair(Decision(5.0, record), None)]), 1), 120)
    assert f"5 s  {about}" in shown
    assert text in shown


def test_programs_get_each_decision(entries):
    told = json.loads(to_json(document(replay(entries, acting(a={"failures": 100})))))
    assert (told["server"], told["facts"]) == ("alpha", 18)
    lost = [pair for pair in told["pairs"] if pair["would"] is None]
    assert lost[0]["was"]["record"]["new"] == "blocked"
    assert not lost[0]["same"]


def test_a_replay_takes_what_a_file_holds(entries):
    assert read_entries(exported([Entry(9, 1.0, 2.0, entries[0].record)]))[0].seq == 9
