"""Answers as values: what real daemons told, what is missing or null, what steers a screen, and what is no answer."""

import json
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.answers.clocks import ClockReport, Host, Local, Point
from communicator.answers.clusters import Graph
from communicator.answers.explanations import Explanation
from communicator.answers.reading import read_answer
from communicator.answers.releases import CanaryReport, Cell
from communicator.answers.router import Statistics
from communicator.errors import MalformedAnswerError

RECORDED = Path(__file__).parent / "recorded"
SHAPES = {
    "CANARY_GET_REPORT": CanaryReport,
    "CLOCK_GET_REPORT": ClockReport,
    "CLUSTER_GET_GRAPH": Graph,
    "ROUTER_GET_STATS": Statistics,
    "explain": Explanation,
    "history": tuple[Point, ...],
}
WHOLE = [CanaryReport, ClockReport, Graph, Statistics, Explanation]


@pytest.mark.parametrize("name", SHAPES)
def test_what_real_daemons_told_is_understood(name):
    text = (RECORDED / f"{name}.json").read_text()
    read = read_answer(text, SHAPES[name])
    assert read
    assert read == msgspec.json.decode(text, type=SHAPES[name]), "null stands only where a shape has a place for it"
    if isinstance(told := json.loads(text), dict) and "server" in told:
        assert read.server == told["server"]


@pytest.mark.parametrize("shape", WHOLE)
def test_what_is_missing_is_not_known_and_what_is_new_is_ignored(shape):
    assert read_answer('{"of a later release": [1]}', shape) == shape()


@pytest.mark.parametrize("shape", WHOLE)
def test_what_is_null_is_not_known(shape):
    keys = [field.encode_name for field in msgspec.structs.fields(shape)]
    assert read_answer(json.dumps(dict.fromkeys(keys)), shape) == shape()


@pytest.mark.parametrize(
    "told",
    [
        {"local": {"server": None, "claim": None, "pairs": None, "sources": None}},
        {"local": {"claim": {"state": None, "reasons": None, "daemon": None, "upstreams": None}}},
        {"hosts": [None], "pairs": [None], "contradictions": [None]},
    ],
)
def test_what_is_null_within_is_not_known_either(told):
    assert read_answer(json.dumps(told), ClockReport) == ClockReport()


def test_nothing_that_is_told_can_steer_what_shows_it():
    told = {"hosts": [{"host": "a\x1b[2J", "reasons": ["one\ntwo"]}], "local": {"sources": {"\x1b": 1}}}
    for text in (json.dumps(told), json.dumps(told, ensure_ascii=False)):
        report = read_answer(text, ClockReport)
        assert report.hosts[0].host == "a\\x1b[2J"
        assert report.hosts[0].reasons == ("one\\ntwo",)
        assert report.local.sources == {"\\x1b": 1}


def test_what_hides_in_a_text_is_shown_though_it_needs_no_escape():
    (cell,) = read_answer('{"cells":[{"server":"a","service":"b","reason":"\u202egood"}]}', CanaryReport).cells
    assert cell.reason == "\\u202egood"


def test_a_text_that_may_be_shown_is_as_it_was_told():
    text = 'a "quoted" \\ path'
    assert read_answer(json.dumps({"server": text}), CanaryReport).server == text


GARBAGE = ["", "nonsense", "null", "[]", "3", '{"server": 1}', '{"server": "a"', '{"server": "\\ud800"}', "\ud800"]


@pytest.mark.parametrize("text", [*GARBAGE, '{"cells": 7}', '{"cells": [{}]}', "[" * 200_000], ids=range(12))
def test_what_is_no_answer_is_refused(text):
    with pytest.raises(MalformedAnswerError, match=r"."):
        read_answer(text, CanaryReport)


@pytest.mark.parametrize("text", ['{"local": 3}', '{"hosts": {}}', '{"solved": "yes"}', '{"contradictions": ["a"]}'])
def test_what_is_of_another_shape_is_refused_by_name(text):
    with pytest.raises(MalformedAnswerError, match=r"at `\$"):
        read_answer(text, ClockReport)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from(["local", "hosts", "claim", "pairs", "cells", "links", "lines", "host", "server", "x"]),
            inner,
        )
    ),
)


@given(JSON, st.sampled_from(WHOLE))
def test_any_document_is_an_answer_or_refused(document, shape):
    with suppress(MalformedAnswerError):
        assert isinstance(read_answer(json.dumps(document), shape), shape)


@given(st.text(), st.text())
def test_no_text_is_left_that_cannot_be_shown(name, key):
    report = read_answer(json.dumps({"local": {"server": name, "sources": {key: 1}}}), ClockReport)
    assert report.local.name.isprintable()
    assert all(one.isprintable() for one in report.local.sources)


def test_shapes_are_values():
    assert ClockReport(local=Local("a"), hosts=(Host("b"),)) == ClockReport(local=Local("a"), hosts=(Host("b"),))
    assert hash(Cell("a", "b")) == hash(Cell("a", "b"))
