"""What each kind of provider is asked, and how its answer is read."""

import json
import math
import re

import pytest

from canary.deployment.analysis.queries import fill, queries_of, question, read_counts, read_sample
from canary.deployment.spec import Check, Spec
from communicator.answers.deployments import Counts
from communicator.errors import MalformedAnswerError, RemoteProtocolError

SPEC = Spec(name="web", service="billing", version="2.5.0")


def vector(*samples):
    result = [{"metric": labels, "value": [1.5, value]} for labels, value in samples]
    return json.dumps(
        {"status": "success", "data": {"resultType": "vector", "result": result}, "warnings": ["x"]}
    ).encode()


@pytest.mark.parametrize(
    ("query", "since_s", "filled"),
    [
        ('sum(increase(a{version="$version"}[$since]))', 90.4, 'sum(increase(a{version="2.5.0"}[90s]))'),
        ('a{job="$service",v="$version"}[$since]', 0.0, 'a{job="billing",v="2.5.0"}[1s]'),
        ("$versions $sinces $x $$service", 1.0, "$versions $sinces $x $billing"),
    ],
)
def test_places_of_a_query_are_filled_in(query, since_s, filled):
    assert fill(query, SPEC, since_s) == filled


@pytest.mark.parametrize("version", ['2"} or vector(1) #', "2'", "2`", "2\\", "2\n", "$since"])
def test_a_version_stays_inside_its_quotes(version):
    filled = fill("$version", Spec(name="web", service="billing", version=version), 5.0)
    assert not set(filled) & set("\"'`\n")
    assert re.sub(r"\\x(..)", lambda found: chr(int(found[1], 16)), filled) == version


@pytest.mark.parametrize(
    ("body", "number"),
    [
        (vector(), None),
        (vector(({}, "12.5")), 12.5),
        (vector(({"a": "b"}, "+Inf")), math.inf),
        (b'{"status":"success","data":{"resultType":"scalar","result":[1,"3"]}}', 3.0),
    ],
)
def test_one_number_is_read(body, number):
    assert read_sample(body) == number


def test_no_number_is_read_as_such():
    assert math.isnan(read_sample(vector(({}, "NaN"))))


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (
            vector(({"a": "1"}, "1"), ({"a": "2"}, "2")),
            "2 series, among them {a='1'}: make one of them, such as by sum()",
        ),
        (b'{"status":"error","errorType":"bad_data","error":"parse error"}', "it refuses the query: 'parse error'"),
        (b'{"status":"success","data":{"resultType":"matrix","result":[]}}', "the query gives a 'matrix'"),
        (b"<html>", "this is no answer of Prometheus: JSON is malformed"),
        (b"", "this is no answer of Prometheus"),
        (b"[]", "this is no answer of Prometheus"),
        (b"\xff\xfe", "this is no answer of Prometheus"),
        (vector(({}, "many")), "this is no answer of Prometheus"),
        (b'{"status":"success","data":{"resultType":"vector","result":[{"metric":{}}]}}', "this is no answer"),
    ],
)
def test_what_is_no_number_is_refused_by_name(body, told):
    with pytest.raises(MalformedAnswerError, match=re.escape(told)):
        read_sample(body)


def test_a_service_is_asked_with_the_version_and_what_the_query_says():
    message = question("alpha:billing/COUNTS what=orders;of=$version;since=$since", SPEC, 90.0, "s1")
    assert (message.server, message.service, message.command) == ("alpha", "billing", "COUNTS")
    assert message.parameters == {"version": "2.5.0", "what": "orders", "of": "2.5.0", "since": "90", "serial": "s1"}


def test_a_version_is_no_parameter():
    message = question("billing/COUNTS of=$version", Spec(name="web", service="billing", version='2;x="1'), 0.0, "s1")
    assert message.parameters == {"version": '2;x="1', "of": '2;x="1', "serial": "s1"}


@pytest.mark.parametrize("query", ["COUNTS", "<alpha:me billing/COUNTS", "bill ing/COUNTS"])
def test_what_is_no_question_is_refused(query):
    with pytest.raises(RemoteProtocolError):
        question(query, SPEC, 0.0, "s1")


@pytest.mark.parametrize(
    ("text", "counts"),
    [
        ('{"events": 900, "failures": 3.0, "more": true}', Counts(events=900, failures=3)),
        ('{"value": 0.25}', Counts(value=0.25)),
        ('{"value": null}', Counts()),
        ("{}", Counts()),
    ],
)
def test_counts_are_read(text, counts):
    assert read_counts(text) == counts


@pytest.mark.parametrize("text", ["", "3", "[1]", '{"value": "3"}', '{"value": NaN}', '{"value": true}'])
def test_what_are_no_counts_is_refused(text):
    with pytest.raises(MalformedAnswerError, match="this is not JSON such as"):
        read_counts(text)


def test_the_same_question_is_asked_once_and_failures_first():
    same = Check(name="x", provider="message", events="a/B", failures="a/B")
    other = Check(name="x", provider="command", events="all", failures="bad")
    assert (queries_of(same), queries_of(other)) == (("a/B",), ("bad", "all"))
