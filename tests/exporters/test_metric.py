"""Metrics and how reports become samples: tables, and rules every exported metric keeps."""

import re

import msgspec
import pytest

from exporters.metric import (
    NOTHING,
    Definition,
    Kind,
    MalformedReportError,
    Row,
    Target,
    one_of,
    read_field,
    samples_of,
)
from exporters.targets import TARGETS

DEFINITIONS = [metric for target in TARGETS for metric in target.definitions]


class Report(msgspec.Struct):
    load: float | None = None
    doors: dict[str, int] | None = None


TARGET = Target(
    prefix="house",
    service="keeper",
    command="HOUSE_GET_REPORT",
    reply="HOUSE_REPORT",
    parameter="report",
    shape=Report,
    rows=(
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


def test_a_report_becomes_families():
    gauge, counter = TARGET.families('{"load": 2, "doors": {"front": 3}, "unheard_of": []}')
    assert [(sample.name, sample.labels, sample.value) for sample in gauge.samples] == [("house_load", {}, 2.0)]
    assert counter.type == "counter"
    assert [(sample.name, sample.labels, sample.value) for sample in counter.samples] == [
        ("house_doors_total", {"kind": "front"}, 3.0)
    ]


def test_a_metric_without_a_value_is_absent():
    assert [family.name for family in TARGET.families('{"load": 2}')] == ["house_load"]
    assert TARGET.families("{}") == []


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
        '{"doors": {"a": null}}',
        "\ud800",
        '{"load": 1e999}',
    ],
)
def test_a_malformed_report_says_whose_it_is(report):
    with pytest.raises(MalformedReportError, match="HOUSE_REPORT of keeper"):
        TARGET.families(report)


@pytest.mark.parametrize("answered", [True, False])
def test_up_and_duration_are_always_there(answered):
    up, duration = TARGET.outcome(answered=answered, duration_s=0.25)
    assert (up.name, up.samples[0].value) == ("house_up", float(answered))
    assert (duration.name, duration.samples[0].value) == ("house_scrape_duration_seconds", 0.25)


def test_no_two_metrics_have_one_name():
    names = [metric.name for metric in DEFINITIONS]
    assert sorted(set(names)) == sorted(names)


@pytest.mark.parametrize("metric", DEFINITIONS, ids=lambda metric: metric.name)
def test_a_metric_keeps_the_rules_of_its_kind(metric):
    assert re.fullmatch(r"(communicator|timekeeper|canary)_[a-z0-9_]+", metric.name)
    assert metric.name.endswith("_total") == (metric.kind is Kind.COUNTER)
    assert not re.search(r"_(ms|milliseconds|us|kb|mb|percent)(_|$)", metric.name)
    assert metric.help.endswith(".")
    assert not {"cluster", "env", "dc", "region", "zone", "owner", "instance", "job"} & set(metric.labels)
