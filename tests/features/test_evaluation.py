import json

import pytest
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import OpenFeatureError

from communicator.features.document import require_flag, switched_off
from communicator.features.evaluation import Evaluator

MATCH = {"if": [{"==": [{"var": "host"}, "alpha"]}, "on"]}


@pytest.fixture
def evaluator(flag):
    def make(**keys):
        made = Evaluator()
        made.replace({"f": require_flag("f", flag(**keys))})
        return made

    return make


def loaded(definition):
    made = Evaluator()
    made.replace({"f": json.dumps(definition).encode()})
    return made


def told(evaluator, context):
    evaluated = evaluator.evaluated("f", context)
    return evaluated.reason, json.loads(bytes(evaluated.value)), evaluated.variant, evaluated.error_code


def outcome(evaluator, kind, default, **attributes):
    try:
        details = evaluator.evaluate(kind, "f", default, EvaluationContext(attributes.pop("key", None), attributes))
    except OpenFeatureError as error:
        return str(error.error_code)
    return details.value, details.variant, str(details.reason)


REASONS = {
    "static": ({}, {}, (False, "off", "STATIC")),
    "matched": ({"targeting": MATCH}, {"host": "alpha"}, (True, "on", "TARGETING_MATCH")),
    "not matched": ({"targeting": MATCH}, {"host": "beta"}, (False, "off", "DEFAULT")),
    "no default": ({"defaultVariant": None}, {}, ("mine", None, "DEFAULT")),
    "disabled": ({"state": "DISABLED"}, {}, ("mine", None, "DISABLED")),
}


@pytest.mark.parametrize(("keys", "attributes", "expected"), REASONS.values(), ids=REASONS)
def test_a_flag_gives_value_variant_and_reason(evaluator, keys, attributes, expected):
    for kind in ("boolean", None):
        assert outcome(evaluator(**keys), kind, "mine", **attributes) == expected


VARIANTS = {"boolean": True, "string": "a", "integer": 1, "float": 0.5, "object": {"a": 1}}
DEFAULTS = {"boolean": False, "string": "d", "integer": 7, "float": 0.7, "object": {}}


@pytest.mark.parametrize("asked", VARIANTS)
@pytest.mark.parametrize("defined", VARIANTS)
def test_a_flag_has_one_type_and_integers_are_floats_too(evaluator, defined, asked):
    made = evaluator(variants={"v": VARIANTS[defined]}, defaultVariant="v")
    value = VARIANTS[defined]
    is_fit = asked == defined or (asked, defined) == ("float", "integer")
    assert outcome(made, asked, DEFAULTS[asked]) == ((value, "v", "STATIC") if is_fit else "TYPE_MISMATCH")
    assert outcome(made, None, None) == (value, "v", "STATIC")


def test_an_integer_asked_for_as_a_float_is_one(evaluator):
    value, *_ = outcome(evaluator(variants={"v": 3}, defaultVariant="v"), "float", 0.5)
    assert repr(value) == "3.0"


@pytest.mark.parametrize("kind", VARIANTS)
def test_no_type_is_held_against_the_default_of_the_code(evaluator, kind):
    assert outcome(evaluator(state="DISABLED"), kind, DEFAULTS[kind]) == (DEFAULTS[kind], None, "DISABLED")
    assert outcome(evaluator(defaultVariant=None), kind, DEFAULTS[kind]) == (DEFAULTS[kind], None, "DEFAULT")


def test_a_caller_that_changes_an_object_does_not_change_the_flag(evaluator):
    made = evaluator(variants={"v": {"list": [1]}}, defaultVariant="v")
    value, *_ = outcome(made, "object", {})
    value["list"].append(2)
    assert outcome(made, "object", {})[0] == {"list": [1]}


def test_a_default_that_is_an_object_is_given_back_itself(evaluator):
    mine = {"list": [1]}
    assert outcome(evaluator(state="DISABLED"), "object", mine)[0] is mine


def test_a_feature_that_is_off_gives_its_off_variant_to_everybody(flag):
    made = Evaluator()
    made.replace({"f": switched_off(require_flag("f", flag(defaultVariant="on", targeting=MATCH)))})
    assert outcome(made, "boolean", "mine", host="alpha") == (False, "off", "DISABLED")
    assert told(made, {"host": "alpha"}) == ("DISABLED", False, "off", "")
    made.replace({"f": switched_off(require_flag("f", flag(variants={"a": 1}, defaultVariant="a")))})
    assert outcome(made, "integer", 9) == (9, None, "DISABLED")


ERRORS = {
    "an unknown flag": (None, "FLAG_NOT_FOUND", "flag 'f' is not defined"),
    "no JSON": (b"{", "GENERAL", "flag 'f': JSONDecodeError: "),
    "no state": (b'{"variants":{"a":true}}', "PARSE_ERROR", ""),
    "another state": (b'{"state":"ON","variants":{"a":true}}', "PARSE_ERROR", "Incorrect 'state'"),
    "an unknown operator": (
        b'{"state":"ENABLED","variants":{"a":true},"targeting":{"x":1}}',
        "PARSE_ERROR",
        "targeting",
    ),
    "an unknown default": (b'{"state":"ENABLED","variants":{"a":true},"defaultVariant":"b"}', "GENERAL", "variant b"),
    "a division by nothing": (
        b'{"state":"ENABLED","variants":{"a":true},"targeting":{"/":[1,0]}}',
        "GENERAL",
        "flag 'f': ZeroDivisionError: ",
    ),
}


@pytest.mark.parametrize(("definition", "code", "words"), ERRORS.values(), ids=ERRORS)
def test_whatever_goes_wrong_is_an_error_of_openfeature(definition, code, words):
    made = Evaluator()
    made.replace({"f": definition})
    assert outcome(made, "boolean", "mine") == code
    assert told(made, {}) == ("ERROR", None, "", code)
    assert words in made.evaluated("f", {}).message


def test_an_integer_too_large_for_a_float_is_an_error(evaluator):
    assert outcome(evaluator(variants={"v": 10**400}, defaultVariant="v"), "float", 0.5) == "GENERAL"


def test_variants_of_several_types_can_only_be_asked_for_by_one():
    made = loaded({"state": "ENABLED", "variants": {"a": True, "b": "x"}, "defaultVariant": "a"})
    assert outcome(made, None, None) == "GENERAL"
    assert outcome(made, "boolean", "mine") == (True, "a", "STATIC")


def test_one_bad_definition_costs_no_other_flag(flag):
    made = Evaluator()
    made.replace({"bad": b"{}", "f": require_flag("f", flag())})
    assert outcome(made, "boolean", "mine") == (False, "off", "STATIC")


def test_definitions_are_replaced_one_by_one(flag):
    made = Evaluator()
    first, second = require_flag("f", flag()), require_flag("f", flag(defaultVariant="on"))
    assert made.replace({"f": first, "g": first, "gone": None}) == ("f", "g")
    assert outcome(made, "boolean", "mine")[0] is False
    assert made.replace({"f": second, "g": first}) == ("f",)
    assert outcome(made, "boolean", "mine")[0] is True
    assert (made.definition("f"), made.definition("h"), set(made.names)) == (second, None, {"f", "g"})
    assert made.replace({"f": None}) == ("f",)
    assert outcome(made, "boolean", "mine") == "FLAG_NOT_FOUND"


EVALUATED = {
    "a value": ({"targeting": MATCH}, {"host": "alpha"}, ("TARGETING_MATCH", True, "on", "")),
    "the default of the code": ({"state": "DISABLED"}, {}, ("DISABLED", None, "", "")),
    "a share": (
        {"targeting": {"fractional": [["on", 10], ["off", 90]]}},
        {"targetingKey": "user-1"},
        ("TARGETING_MATCH", False, "off", ""),
    ),
    "no text as a key": ({}, {"targetingKey": 5}, ("ERROR", None, "", "INVALID_CONTEXT")),
}


@pytest.mark.parametrize(("keys", "context", "expected"), EVALUATED.values(), ids=EVALUATED)
def test_who_has_no_evaluator_is_told_the_value(evaluator, keys, context, expected):
    assert told(evaluator(**keys), context) == expected


LESS = {"if": [{"<": [{"var": "age"}, 18]}, "on"]}
DOTTED = {"if": [{"==": [{"var": "server.name"}, "alpha"]}, "on"]}
TRAPS = {
    "an attribute that is missing is less than any number": (LESS, {}, (True, "on", "TARGETING_MATCH")),
    "which another condition prevents": (
        {"if": [{"and": [{"var": "age"}, {"<": [{"var": "age"}, 18]}]}, "on"]},
        {},
        (False, "off", "DEFAULT"),
    ),
    "a dot leads into an object": (DOTTED, {"server": {"name": "alpha"}}, (True, "on", "TARGETING_MATCH")),
    "and so not to an attribute with a dot in its name": (DOTTED, {"server.name": "alpha"}, (False, "off", "DEFAULT")),
    "a version of Debian is none": (
        {"if": [{"sem_ver": [{"var": "version"}, ">", "1.0"]}, "on"]},
        {"version": "1:2.5.0-1"},
        (False, "off", "DEFAULT"),
    ),
    "shares need a targeting key": ({"fractional": [["on", 1]]}, {}, (False, "off", "DEFAULT")),
    "and are matches, never splits": ({"fractional": [["on", 1]]}, {"key": "user-1"}, (True, "on", "TARGETING_MATCH")),
}


@pytest.mark.parametrize(("rule", "attributes", "expected"), TRAPS.values(), ids=TRAPS)
def test_where_the_evaluator_may_surprise(evaluator, rule, attributes, expected):
    assert outcome(evaluator(targeting=rule), "boolean", "mine", **attributes) == expected


def users(evaluator, *shares):
    """Who of 500 users gets the variant on."""
    made = evaluator(targeting={"fractional": list(shares)})
    return {number for number in range(500) if outcome(made, "boolean", "mine", key=f"user-{number}")[0] is True}


def test_a_share_keeps_its_users_when_it_grows_and_stands_first(evaluator):
    tenth = users(evaluator, ["on", 10], ["off", 90])
    assert 20 < len(tenth) < 90
    assert tenth == users(evaluator, ["on", 100], ["off", 900])
    assert tenth < users(evaluator, ["on", 25], ["off", 75])
    assert not tenth & users(evaluator, ["off", 75], ["on", 25])
