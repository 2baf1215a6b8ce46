"""Evaluated flags as answers of the protocol."""

import json

import msgspec
import pytest

from communicator.answers.features import Evaluated
from exporters.ofrep.answers import (
    bulk_reply,
    etag_of,
    fault_body,
    flag_of,
    is_known,
    not_found_reply,
    refused_reply,
    single_reply,
)

DEFINITION = b'{"metadata":{"owner":"web","switched_off":true},"variants":{"on":true}}'


def told(reply):
    return reply.status, json.loads(reply.body)


def evaluated(reason, value="null", variant="", **failed):
    return Evaluated(reason, msgspec.Raw(value.encode()), variant, **failed)


@pytest.mark.parametrize(
    ("found", "answer"),
    [
        (evaluated("STATIC", "true", "on"), {"reason": "STATIC", "variant": "on", "value": True}),
        (evaluated("SPLIT", '{"a":[1.0]}', "x"), {"reason": "SPLIT", "variant": "x", "value": {"a": [1.0]}}),
        (evaluated("DISABLED"), {"reason": "DISABLED", "variant": ""}),
        (evaluated("DISABLED", "false", "off"), {"reason": "DISABLED", "variant": "off", "value": False}),
        (evaluated("INVENTED", "1", "one"), {"reason": "UNKNOWN", "variant": "one", "value": 1}),
    ],
)
def test_a_flag_has_a_reason_a_variant_and_the_value_if_it_is_not_the_codes_own(found, answer):
    expected = {"key": "a", "metadata": {"owner": "web", "switched_off": True}, **answer}
    assert told(single_reply("a", found, DEFINITION, is_stale=False)) == (200, expected)


def test_while_the_canary_is_away_flags_are_stale():
    reply = single_reply("a", evaluated("STATIC", "true", "on"), b"{}", is_stale=True)
    assert told(reply) == (200, {"key": "a", "reason": "STALE", "variant": "on", "value": True, "metadata": {}})


@pytest.mark.parametrize(
    ("code", "status", "as_told"),
    [
        ("FLAG_NOT_FOUND", 404, "FLAG_NOT_FOUND"),
        ("PARSE_ERROR", 400, "PARSE_ERROR"),
        ("TARGETING_KEY_MISSING", 400, "TARGETING_KEY_MISSING"),
        ("INVALID_CONTEXT", 400, "INVALID_CONTEXT"),
        ("GENERAL", 400, "GENERAL"),
        ("TYPE_MISMATCH", 400, "GENERAL"),
        ("PROVIDER_NOT_READY", 400, "GENERAL"),
    ],
)
@pytest.mark.parametrize(("message", "details"), [("it is so", "it is so"), ("", None)])
def test_a_failure_has_a_code_of_the_protocol_and_words(code, status, as_told, message, details):
    found = evaluated("ERROR", error_code=code, message=message)
    expected = {"key": "a", "errorCode": as_told, "errorDetails": details or f"flag 'a' could not be evaluated: {code}"}
    assert told(single_reply("a", found, None, is_stale=False)) == (status, expected)


def test_all_flags():
    flags = [
        flag_of("a", evaluated("STATIC", "1.0", "one"), b"{}", is_stale=False),
        flag_of("b", evaluated("ERROR", error_code="GENERAL", message="no"), b"{}", is_stale=False),
    ]
    assert told(bulk_reply(flags)) == (
        200,
        {
            "flags": [
                {"key": "a", "reason": "STATIC", "variant": "one", "value": 1.0, "metadata": {}},
                {"key": "b", "errorCode": "GENERAL", "errorDetails": "no"},
            ]
        },
    )
    assert b'"value":1.0' in bulk_reply(flags).body, "or a client takes it for an integer"


def test_refusals():
    assert told(not_found_reply("../x")) == (
        404,
        {"key": "../x", "errorCode": "FLAG_NOT_FOUND", "errorDetails": "there is no flag '../x'"},
    )
    assert told(refused_reply("a", "PARSE_ERROR", "no")) == (
        400,
        {"key": "a", "errorCode": "PARSE_ERROR", "errorDetails": "no"},
    )
    assert told(refused_reply("", "PARSE_ERROR", "no")) == (400, {"errorCode": "PARSE_ERROR", "errorDetails": "no"})
    assert json.loads(fault_body("ours")) == {"errorDetails": "ours"}


def test_an_entity_tag_is_that_of_the_answer():
    tag = etag_of(b"one")
    assert tag == etag_of(b"one") != etag_of(b"other")
    assert tag.startswith('"')
    assert tag.endswith('"')


@pytest.mark.parametrize(
    ("held", "known"),
    [("", False), ('"a"', True), ('W/"a"', True), ('"b", "a"', True), ('"b"', False), ("*", True), ("a", False)],
)
def test_what_the_asker_has(held, known):
    assert is_known(held, '"a"') == known
