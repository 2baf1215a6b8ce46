"""The timekeeper's report as values, whatever it leaves out, and as it came."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bellwether.clock_report import Claim, Host, Local, Pair, Report, Thresholds, read_report, to_json
from bellwether.failure import CommandError
from communicator.protocol import Message

AGENT = {
    "local": {
        "server": "alpha",
        "boot_id": "b",
        "seq": 3,
        "role": "agent",
        "claim": {
            "state": "synchronized",
            "reasons": ["chronyd last updated the clock 12 s ago"],
            "daemon": "chronyd",
            "upstreams": ["ntp1"],
            "offset_seconds": -0.000012,
            "bound_seconds": 0.0021,
            "stratum": 3,
            "leap": "normal",
            "smear": None,
            "age_seconds": 12,
            "root_delay_seconds": 0.001,
        },
        "kernel": {"unsync": False},
        "sources": {"selected": 1, "unusable": 0},
        "pairs": [{"peer": "beta", "offset_seconds": 0.001, "bound_seconds": 0.0001, "via": "probe"}],
    },
    "solved": False,
    "age_seconds": 2.5,
}


def message(report):
    return Message("CLOCK_CURRENT_REPORT", {"report": report if isinstance(report, str) else json.dumps(report)})


def test_the_word_of_an_agent_is_read():
    report = read_report(message(AGENT))
    assert not report.solved
    assert report.age_seconds == 2.5
    assert report.local.claim == Claim(
        "synchronized",
        -0.000012,
        0.0021,
        "chronyd",
        ("ntp1",),
        3,
        "normal",
        None,
        12,
        ("chronyd last updated the clock 12 s ago",),
    )
    assert report.local.sources == {"selected": 1, "unusable": 0}
    assert report.host_names() == ["alpha", "beta"]
    (pair,) = report.all_pairs()
    assert (pair.from_, pair.to, pair.offset_seconds, pair.via) == ("alpha", "beta", 0.001, "probe")


def test_a_solution_is_read_whatever_else_it_tells():
    told = {
        **AGENT,
        "solved": True,
        "hosts": [{"host": "gamma", "verdict": "wrong", "offset_seconds": 1, "later": []}],
        "pairs": [{"from": "beta", "to": "gamma", "rtt_seconds": 0.001}],
        "has_majority": True,
        "thresholds": {"warn_seconds": 0.001, "critical_seconds": 0.01, "drift_ppm": 50},
        "contradictions": ["alpha, beta"],
    }
    report = read_report(message(told))
    assert report.hosts == (Host("gamma", 1.0, verdict="wrong"),)
    assert report.all_pairs() == (Pair("beta", "gamma", rtt_seconds=0.001),)
    assert report.host_names() == ["alpha", "beta", "gamma"]
    assert report.thresholds == Thresholds(0.001, 0.01)
    assert report.contradictions == ("alpha, beta",)


@pytest.mark.parametrize(
    "told",
    [
        {},
        {"local": None, "hosts": None, "pairs": None, "age_seconds": None, "thresholds": None, "contradictions": None},
        {"local": {"server": None, "claim": None, "pairs": None, "sources": None}},
        {"local": {"claim": {"state": None, "reasons": None, "daemon": None, "upstreams": None}}},
        {"hosts": [None], "pairs": [None], "contradictions": [None]},
    ],
)
def test_what_is_missing_or_null_is_not_known(told):
    assert read_report(message(told)) == Report()
    assert Report().thresholds == Thresholds(0.005, 0.05)


def test_a_host_without_a_name_is_this_one_where_it_alone_speaks():
    alone = Report(local=Local(pairs=(Pair(peer="beta"), Pair())))
    assert alone.host_names() == ["beta", "this host"]
    assert Report(solved=True, hosts=(Host(),)).host_names() == []


def test_nothing_that_is_told_can_steer_a_terminal():
    told = {"hosts": [{"host": "a\x1b[2J", "reasons": ["one\ntwo"]}], "local": {"sources": {"\x1b": 1}}}
    report = read_report(message(told))
    assert report.hosts[0].host == "a\\x1b[2J"
    assert report.hosts[0].reasons == ("one\\ntwo",)
    assert report.local.sources == {"\\x1b": 1}


GARBAGE = ["", "nonsense", "[]", "3", "null", '{"local": 3}', '{"hosts": {}}', '{"solved": "yes"}', "[" * 200_000]


@pytest.mark.parametrize("text", GARBAGE, ids=lambda text: text[:20])
def test_what_is_no_report_is_refused(text):
    with pytest.raises(CommandError, match="the timekeeper's report cannot be read: "):
        read_report(message(text))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["local", "hosts", "claim", "pairs", "x"]), inner),
)


@given(JSON)
def test_any_document_is_a_report_or_refused(document):
    with suppress(CommandError):
        assert isinstance(read_report(message(json.dumps(document))), Report)


def test_programs_get_the_report_as_it_came():
    text = to_json(message({**AGENT, "later": {"unknown": [1, None]}}))
    assert json.loads(text) == {**AGENT, "later": {"unknown": [1, None]}}
    assert text.startswith('{\n  "local": {\n')


@pytest.mark.parametrize("text", ["", "nonsense", "[" * 200_000], ids=lambda text: text[:20])
def test_programs_get_no_garbage(text):
    with pytest.raises(CommandError, match="cannot be read"):
        to_json(message(text))
