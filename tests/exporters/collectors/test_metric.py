"""Metrics and how reports become samples: tables, and rules every exported metric keeps."""

import re

import msgspec
import pytest

from communicator.errors import MalformedAnswerError
from exporters.collectors import bounds
from exporters.collectors.metric import (
    NOTHING,
    Answer,
    Definition,
    Kind,
    Row,
    asked_target,
    one_of,
    read_field,
    samples_of,
)
from exporters.collectors.targets import TARGETS
from exporters.questions import Question

DEFINITIONS = [metric for target in TARGETS for metric in target.definitions]


class Report(msgspec.Struct):
    load: float | None = None
    doors: dict[str, int] | None = None


ANSWER = Answer(Question("keeper", "HOUSE_GET_REPORT", "HOUSE_REPORT", "report"), Report)
TARGET = asked_target(
    "home",
    "house",
    "keeper",
    (
        Row(Definition("house_load", Kind.GAUGE, "Load."), read_field("load")),
        Row(Definition("house_doors_total", Kind.COUNTER, "Doors.", ("kind",)), read_field("doors")),
    ),
)


@pytest.mark.parametrize(
    ("value", "samples"),
    [
        (None, NOTHING),
        (0, {(): 0.0}),
        (1.5, {(): 1.5}),
        (True, {(): 1.0}),
        (False, {(): 0.0}),
        ({}, {}),
        ({"a": 1, "b": 2}, {("a",): 1.0, ("b",): 2.0}),
    ],
)
def test_what_is_not_known_has_no_samples(value, samples):
    assert samples_of(value) == samples


@pytest.mark.parametrize(
    ("current", "samples"),
    [
        ("b", {("a",): 0.0, ("b",): 1.0}),
        (None, NOTHING),
    ],
)
def test_exactly_one_state_of_a_set_is_1(current, samples):
    assert one_of(("a", "b"), current) == samples


def families(report):
    return TARGET.translate(ANSWER.read(report)).families


def test_a_report_becomes_families():
    gauge, counter = families('{"load": 2, "doors": {"front": 3}, "unheard_of": []}')
    assert [(sample.name, sample.labels, sample.value) for sample in gauge.samples] == [("house_load", {}, 2.0)]
    assert counter.type == "counter"
    assert [(sample.name, sample.labels, sample.value) for sample in counter.samples] == [
        ("house_doors_total", {"kind": "front"}, 3.0)
    ]


def test_a_metric_without_a_value_is_absent():
    assert [family.name for family in families('{"load": 2}')] == ["house_load"]
    assert families("{}") == []


@pytest.mark.parametrize(
    "report",
    [
        "",
        "{",
        "[]",
        "null",
        "3",
        '{"load": "high"}',
        '{"doors": [1]}',
        '{"doors": {"a": "b"}}',
        "\ud800",
        '{"load": 1e999}',
    ],
)
def test_a_malformed_report_says_whose_it_is(report):
    with pytest.raises(MalformedAnswerError, match="HOUSE_REPORT of keeper"):
        ANSWER.read(report)


def test_one_that_goes_too_deep_is_malformed_too():
    with pytest.raises(MalformedAnswerError, match="HOUSE_REPORT of keeper"):
        ANSWER.read('{"doors": ' + "[" * 200_000)


def test_a_number_that_no_metric_can_hold_makes_a_report_malformed():
    """JSON has integers of any length; a collector that told such a one is down, and that is all."""
    report = ANSWER.read('{"doors": {"front": 1' + "0" * 400 + "}}")
    with pytest.raises(MalformedAnswerError, match="home"):
        TARGET.translate(report)


def test_a_metric_with_too_many_series_keeps_the_same_ones_and_what_is_left_out_is_counted():
    doors = {f"door{number:04}": number for number in range(bounds.CLOSED + 3)}
    backwards = dict(reversed(doors.items()))
    for told in (doors, backwards):
        (family,), dropped = TARGET.translate(Report(doors=told))
        assert [sample.labels["kind"] for sample in family.samples] == sorted(doors)[: bounds.CLOSED]
        assert dropped == 3


def test_a_metric_within_its_bound_keeps_all():
    told = {f"door{number}": number for number in range(bounds.CLOSED)}
    (family,), dropped = TARGET.translate(Report(doors=told))
    assert (len(family.samples), dropped) == (bounds.CLOSED, 0)


@pytest.mark.parametrize("answered", [True, False])
def test_up_and_duration_are_always_there(answered):
    up, duration = TARGET.outcome(answered=answered, duration_s=0.25)
    assert (up.name, up.samples[0].value) == ("house_up", float(answered))
    assert (duration.name, duration.samples[0].value) == ("house_scrape_duration_seconds", 0.25)


def test_no_two_metrics_have_one_name():
    names = [metric.name for metric in DEFINITIONS]
    assert sorted(set(names)) == sorted(names)


def test_a_metric_keeps_the_rules_of_its_kind():
    for metric in DEFINITIONS:
        assert re.fullmatch(r"(bellwether|communicator|timekeeper|canary|sitter|host|exporter)_[a-z0-9_]+", metric.name)
        assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER), metric.name
        assert not re.search(r"_(ms|milliseconds|us|kb|mb|percent)(_|$)", metric.name)
        assert metric.help.endswith("."), metric.name
        of_targets = {"cluster", "env", "dc", "region", "zone", "owner", "instance", "job"}
        assert not of_targets & set(metric.labels), metric.name
