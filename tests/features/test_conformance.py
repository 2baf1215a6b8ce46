"""What flagd publishes that an evaluator must come to, by way of the SDK and our provider; flags and rules in our own words.

Buckets depend on the name of the flag, so flags whose shares are published bear the published names.
"""

import json

import pytest
from openfeature.evaluation_context import EvaluationContext

from communicator.features.document import read_flags

STAFF = {"==": [{"var": "email"}, "ann@example.org"]}
SUITS = ("clubs", "diamonds", "hearts", "spades")


def flag(variants, default=None, targeting=None, state="ENABLED", **metadata):
    keys = {"defaultVariant": default, "targeting": targeting, "metadata": metadata}
    return {"state": state, "variants": variants} | {key: value for key, value in keys.items() if value}


def words(*names, targeting=None, default="none"):
    """A flag of texts: each variant says its own name."""
    return flag({name: name for name in (*names, default)}, default, targeting)


def suits(seed, prefix=""):
    shares = {"fractional": [{"cat": [seed, {"var": "user.name"}]}, *([suit, 25] for suit in SUITS)]}
    return flag({suit: prefix + suit for suit in SUITS} | {"wild": "wild"}, "wild", shares)


def by_version(comparison, version):
    return words(
        "hit", "miss", targeting={"if": [{"sem_ver": [{"var": "version"}, comparison, version]}, "hit", "miss"]}
    )


KEY = {"var": "targetingKey"}
FLAGS = {
    "truth": flag({"yes": True, "no": False}, "yes", text="a", number=1, share=1.2, sure=True),
    "text": flag({"hello": "hi", "leave": "bye"}, "hello"),
    "whole": flag({"one": 1, "ten": 10}, "ten"),
    "part": flag({"tenth": 0.1, "half": 0.5}, "half"),
    "thing": flag({"empty": {}, "full": {"title": "x", "count": 100, "shown": True}}, "full"),
    "no-truth": flag({"zero": False, "more": True}, "zero"),
    "no-text": flag({"zero": "", "more": "x"}, "zero"),
    "no-whole": flag({"zero": 0, "more": 1}, "zero"),
    "no-part": flag({"zero": 0.0, "more": 1.0}, "zero"),
    "no-thing": flag({"zero": {}, "more": {"a": 1}}, "zero"),
    "no-truth-for-staff": flag({"zero": False, "more": True}, "more", {"if": [STAFF, "zero"]}),
    "no-text-for-staff": flag({"zero": "", "more": "x"}, "more", {"if": [STAFF, "zero"]}),
    "no-whole-for-staff": flag({"zero": 0, "more": 1}, "more", {"if": [STAFF, "zero"]}),
    "no-part-for-staff": flag({"zero": 0.0, "more": 1.0}, "more", {"if": [STAFF, "zero"]}),
    "dark-truth": flag({"yes": True}, "yes", state="DISABLED"),
    "dark-text": flag({"hello": "hi"}, "hello", state="DISABLED"),
    "dark-whole": flag({"one": 1}, "one", state="DISABLED"),
    "dark-part": flag({"half": 0.5}, "half", state="DISABLED"),
    "dark-thing": flag({"full": {"a": 1}}, "full", state="DISABLED"),
    "null-default": flag({"yes": True, "no": False}) | {"defaultVariant": None},
    "no-default": flag({"small": 10, "big": 1000}),
    "null-for-others": flag({"chief": "CEO", "other": "CFO"}, None, {"if": [STAFF, "chief", None]}),
    "nothing-for-others": flag({"chief": "CEO", "other": "CFO"}, None, {"if": [STAFF, "chief"]}),
    "int32": flag({"one": 1, "max": 2**31 - 1}, "max"),
    "int53": flag({"one": 1, "max": 2**53 - 1}, "max"),
    "ten": flag({"tenth": 0.1, "ten": 10.0}, "ten"),
    "by-key": words("hit", targeting={"if": [{"==": [KEY, "5c3d"]}, "hit", None]}),
    "by-time": flag(
        {"past": -1, "future": 1},
        "past",
        {"if": [{"<": [{"var": "$flagd.timestamp"}, {"var": "time"}]}, "future", "past"]},
    ),
    "ends": words(
        "front",
        "back",
        targeting={
            "if": [
                {"starts_with": [{"var": "id"}, "abc"]},
                "front",
                {"ends_with": [{"var": "id"}, "xyz"]},
                "back",
                "none",
            ]
        },
    ),
    "is-front": words("true", "false", targeting={"if": [{"starts_with": [{"var": "id"}, "abc"]}, "true", "false"]}),
    "truth-as-variant": words("true", "false", targeting={"starts_with": [{"var": "id"}, "abc"]}),
    "end-as-variant": words("true", "false", targeting={"ends_with": [{"var": "id"}, "abc"]}),
    "one-argument": words("true", "false", targeting={"starts_with": ["abc"]}),
    "one-argument-of-ends": words("true", "false", targeting={"ends_with": ["abc"]}),
    "equal-2": by_version("=", "2.0.0"),
    "above-2": by_version(">", "2.0.0"),
    "below-2": by_version("<", "2.0.0"),
    "minor-3": by_version("~", "3.0.0"),
    "major-3": by_version("^", "3.0.0"),
    "v-1": by_version("=", "v1.0.0"),
    "short-1": by_version("^", "1"),
    "build-1": by_version("=", "1.0.0+build"),
    "version-as-variant": words("true", "false", targeting={"sem_ver": [{"var": "version"}, "=", "1.0.0"]}),
    "no-comparison": words("true", "false", targeting={"sem_ver": [{"var": "version"}, "===", "1.0.0"]}),
    "fractional-flag": suits({"var": "$flagd.flagKey"}),
    "fractional-flag-A-shared-seed": suits("shared-seed"),
    "fractional-flag-B-shared-seed": suits("shared-seed", "ace-of-"),
    "fractional-flag-shorthand": words("heads", "tails", targeting={"fractional": [["heads"], ["tails", 1]]}),
    "edges": words("lower", "upper", targeting={"fractional": [KEY, ["lower", 50], ["upper", 50]]}),
    "buckets": flag(
        {f"bucket{number}": number for number in range(1, 26)},
        None,
        {"fractional": [{"var": "by"}, *([f"bucket{number}", 1] for number in range(1, 26))]},
    ),
    "single": words("only", targeting={"fractional": [["only", 1]]}),
    "rule-as-share": words(
        "gold",
        "plain",
        targeting={
            "fractional": [KEY, [{"if": [{"==": [{"var": "tier"}, "gold"]}, "gold", "plain"]}, 50], ["plain", 50]]
        },
    ),
    "context-as-share": words(
        "red", "green", "blue", targeting={"fractional": [KEY, [{"var": "color"}, 50], ["blue", 50]]}
    ),
    "rule-as-weight": words(
        "red",
        "blue",
        targeting={"fractional": [KEY, ["red", {"if": [{"==": [{"var": "tier"}, "gold"]}, 100, 0]}], ["blue", 10]]},
    ),
    "share-as-condition": words(
        "big", "small", targeting={"if": [{"fractional": [[False, 0], [True, 100]]}, "big", "small"]}
    ),
    "share-as-false-condition": words(
        "big", "small", targeting={"if": [{"fractional": [[False, 100], [True, 0]]}, "big", "small"]}
    ),
    "share-by-nothing": words("a", "b", targeting={"fractional": [{"var": "missing"}, ["a", 50], ["b", 50]]}),
    "no-weight": words("a", "b", targeting={"fractional": [KEY, ["a", 0], ["b", 0]]}),
    "less-than-nothing": words("a", "b", targeting={"fractional": [KEY, ["a", -50], ["b", 100]]}),
    "null-variant": flag({"one": 1, "two": 2}, "two", {"if": [True, None]}),
    "number-variant": flag({"1": 1, "2": 2}, "1", {"if": [True, 2]}),
    "unknown-variant": flag({"one": 1, "two": 2}, "two", {"if": [True, "three"]}),
    "unknown-operator": flag({"one": 1, "two": 2}, "two", {"invalid": ["no"]}),
    "empty-targeting": flag({"one": 1, "two": 2}, "one") | {"targeting": {}},
}
STATIC = {
    "truth": ("boolean", True),
    "text": ("string", "hi"),
    "whole": ("integer", 10),
    "part": ("float", 0.5),
    "thing": ("object", {"title": "x", "count": 100, "shown": True}),
    "no-truth": ("boolean", False),
    "no-text": ("string", ""),
    "no-whole": ("integer", 0),
    "no-part": ("float", 0.0),
    "no-thing": ("object", {}),
    "int32": ("integer", 2147483647),
    "int53": ("integer", 9007199254740991),
    "ten": ("float", 10.0),
    "empty-targeting": ("integer", 1),
}
CASES = [
    *((name, {}, "DEFAULT", default) for name, default in (("null-default", True), ("null-default", False), ("no-default", 100))),
    *((f"no-{kind}-for-staff", {"email": "ann@example.org"}, "TARGETING_MATCH", value)
      for kind, value in (("truth", False), ("text", ""), ("whole", 0), ("part", 0.0))),
    *((f"no-{kind}-for-staff", {"email": "bob@example.org"}, "DEFAULT", value)
      for kind, value in (("truth", True), ("text", "x"), ("whole", 1), ("part", 1.0))),
    ("null-for-others", {"email": "bob@example.org"}, "DEFAULT", "mine"),
    ("null-for-others", {"email": "ann@example.org"}, "TARGETING_MATCH", "CEO"),
    ("nothing-for-others", {"email": "bob@example.org"}, "DEFAULT", "mine"),
    ("by-key", {"targetingKey": "5c3d"}, "TARGETING_MATCH", "hit"),
    ("by-key", {"targetingKey": "f20b"}, "DEFAULT", "none"),
    ("by-time", {"time": 1}, "TARGETING_MATCH", -1),
    ("by-time", {"time": 4133980802}, "TARGETING_MATCH", 1),
    *(("ends", {"id": text}, "TARGETING_MATCH", value)
      for text, value in (("abcdef", "front"), ("uvwxyz", "back"), ("abcxyz", "front"), ("lmnopq", "none"), (3, "none"))),
    ("truth-as-variant", {"id": "abcdef"}, "TARGETING_MATCH", "true"),
    ("truth-as-variant", {"id": "xyz"}, "TARGETING_MATCH", "false"),
    *((name, {"id": 123}, "DEFAULT", "none")
      for name in ("truth-as-variant", "end-as-variant", "one-argument", "one-argument-of-ends")),
    *((name, {"version": version}, "TARGETING_MATCH", value) for name, version, value in (
        ("equal-2", "2.0.0", "hit"), ("above-2", "2.1.0", "hit"), ("below-2", "1.9.0", "hit"), ("below-2", "2.0.0-alpha", "hit"),
        ("equal-2", "2.0.0.0", "miss"), ("above-2", "2.0.0.0", "miss"), ("below-2", "2.0.0.0", "miss"),
        ("minor-3", "3.0.1", "hit"), ("minor-3", "3.1.0", "miss"), ("major-3", "3.1.0", "hit"), ("major-3", "4.0.0", "miss"),
        ("v-1", "1.0.0", "hit"), ("v-1", "v1.0.0", "hit"), ("v-1", "V1.0.0", "hit"), ("v-1", "2.0.0", "miss"),
        ("short-1", "1.5.0", "hit"), ("short-1", "1.0", "hit"), ("short-1", "1", "hit"), ("short-1", 1, "hit"),
        ("short-1", "2.0.0", "miss"), ("build-1", "1.0.0", "hit"), ("build-1", "1.0.0+other", "hit"), ("build-1", "2.0.0", "miss"),
    )),
    ("version-as-variant", {"version": "not-a-version"}, "DEFAULT", "none"),
    ("no-comparison", {"version": "1.0.0"}, "DEFAULT", "none"),
    *(("fractional-flag", {"user": {"name": name}}, "TARGETING_MATCH", value) for name, value in (
        ("jack", "diamonds"), ("queen", "diamonds"), ("ten", "clubs"), ("nine", "clubs"))),
    *((f"fractional-flag-{flag}-shared-seed", {"user": {"name": name}}, "TARGETING_MATCH", prefix + value)
      for flag, prefix in (("A", ""), ("B", "ace-of-"))
      for name, value in (("seven", "hearts"), ("eight", "hearts"), ("nine", "diamonds"), ("two", "diamonds"))),
    *(("fractional-flag-shorthand", {"targetingKey": key}, "TARGETING_MATCH", value)
      for key, value in (
          ("jon@company.com", "tails"), ("jane@company.com", "tails"),
          ("user-1", "heads"), ("user-2", "tails"), ("user-3", "heads"))),
    *(("edges", {"targetingKey": key}, "TARGETING_MATCH", value) for key, value in (
        ("ejOoVL", "lower"), ("bY9fO-", "lower"), ("SI7p-", "lower"), ("6LvT0", "upper"), ("ceQdGm", "upper"))),
    ("single", {"targetingKey": "anybody"}, "TARGETING_MATCH", "only"),
    *(("rule-as-share", {"targetingKey": key, "tier": tier}, "TARGETING_MATCH", value) for key, tier, value in (
        ("jon@company.com", "gold", "gold"), ("jon@company.com", "basic", "plain"),
        ("user1", "gold", "plain"), ("user1", "basic", "plain"))),
    *(("context-as-share", {"targetingKey": key, "color": color}, "TARGETING_MATCH", value) for key, color, value in (
        ("jon@company.com", "red", "red"), ("jon@company.com", "green", "green"), ("user1", "red", "blue"))),
    ("context-as-share", {"targetingKey": "jon@company.com"}, "DEFAULT", "none"),
    *(("rule-as-weight", {"targetingKey": key, "tier": tier}, "TARGETING_MATCH", value) for key, tier, value in (
        ("jon@company.com", "gold", "red"), ("jon@company.com", "basic", "blue"),
        ("user1", "gold", "red"), ("user1", "basic", "blue"))),
    ("share-as-condition", {"targetingKey": "anybody"}, "TARGETING_MATCH", "big"),
    ("share-as-false-condition", {"targetingKey": "anybody"}, "TARGETING_MATCH", "small"),
    ("share-by-nothing", {"targetingKey": "anybody"}, "DEFAULT", "none"),
    ("no-weight", {"targetingKey": "anybody"}, "DEFAULT", "none"),
    ("less-than-nothing", {"targetingKey": "anybody"}, "TARGETING_MATCH", "b"),
    ("null-variant", {}, "DEFAULT", 2),
    ("number-variant", {}, "TARGETING_MATCH", 2),
]  # fmt: skip
BUCKETS = (
    (True, 5), (False, 1), ("user1", 22), ("user2", 16), (123, 20), (456, 12), (1.23, 14), (4.56, 18), ("123", 22), ("true", 24),
    ("1.23", 4), (0, 8), (0.0, 8), (-0.0, 8), (1.0, 23), (1, 23), (-2.0, 12), (-2, 12), (2.0**53, 10), (2**31 - 1, 10),
    (-(2**31), 8), (23, 21), (24, 11), (255, 13), (256, 13), (65535, 4), (65536, 11), (-24, 4), (-25, 16), (1e20, 19), (-1e20, 25),
    (65504.0, 16), (65505.0, 17), (2.0**-14, 22), (2.0**-24, 23), (3.5e38, 1), (1.7976931348623157e308, 17), (5e-324, 2),
    ({"a": 1, "b": 2}, 23), ({"b": 2, "a": 1}, 23), ({"z": 1, "aa": 2}, 21), ({"b": 2, "a": {"b": 1}}, 9), ({"key": -0.0}, 10),
    ({"\u00ff": 2, "aaa": 1}, 12), ({}, 3), ({"a": {}, "b": []}, 7), ({"a": [1, [], 3], "b": None}, 3), ({"a": [[[[[]]]]]}, 15),
    ("", 4), ("a", 6), ("1" + "2345678901" * 2 + "23", 4), ("1" + "2345678901" * 2 + "234", 14), ("a" * 255, 18), ("a" * 256, 7),
    ("\u00e9" * 11, 16), ("\u00e9" * 12, 19),
)  # fmt: skip
"""Into which of 25 equal shares a value falls: types, whole floats, limits of numbers, order of keys, lengths of texts."""
KINDS = {bool: "boolean", str: "string", int: "integer", float: "float", dict: "object"}
FALLBACKS = {"boolean": False, "string": "mine", "integer": 3, "float": 0.7, "object": {"mine": True}}


def details(client, name, kind, default, attributes):
    attributes = dict(attributes)
    context = EvaluationContext(attributes.pop("targetingKey", None), attributes)
    return getattr(client, f"get_{kind}_details")(name, default, context)


@pytest.fixture
def client(sdk):
    return sdk(FLAGS)


@pytest.mark.parametrize(("name", "kind", "value"), [(name, *case) for name, case in STATIC.items()])
def test_a_value_comes_back_as_it_was_written(client, name, kind, value):
    told = details(client, name, kind, FALLBACKS[kind], {})
    assert (repr(told.value), told.reason, told.error_code) == (repr(value), "STATIC", None)


@pytest.mark.parametrize(("name", "context", "reason", "value"), CASES)
def test_a_rule_comes_to_what_is_published(client, name, context, reason, value):
    kind = KINDS[type(value)]
    default = value if name in ("null-default", "no-default") else FALLBACKS[kind]
    told = details(client, name, kind, default, context)
    assert (told.value, told.reason, told.error_code) == (value, reason, None)


@pytest.mark.parametrize(("by", "bucket"), BUCKETS, ids=[f"{by!r:.30}" for by, _ in BUCKETS])
def test_a_value_falls_into_the_published_share(client, by, bucket):
    assert details(client, "buckets", "integer", 0, {"by": by}).value == bucket


@pytest.mark.parametrize("kind", ["truth", "text", "whole", "part", "thing"])
def test_a_disabled_flag_gives_the_default_of_the_code(client, kind):
    kind_of = {"truth": "boolean", "text": "string", "whole": "integer", "part": "float", "thing": "object"}[kind]
    told = details(client, f"dark-{kind}", kind_of, FALLBACKS[kind_of], {})
    assert (told.value, told.reason, told.variant) == (FALLBACKS[kind_of], "DISABLED", None)


ERRORS = {
    ("nowhere", "string"): "FLAG_NOT_FOUND",
    ("unknown-operator", "integer"): "PARSE_ERROR",
    ("unknown-variant", "integer"): "GENERAL",
    **{("truth", kind): "TYPE_MISMATCH" for kind in ("string", "integer", "float", "object")},
    **{("text", kind): "TYPE_MISMATCH" for kind in ("boolean", "integer", "float", "object")},
    **{("whole", kind): "TYPE_MISMATCH" for kind in ("boolean", "string")},
    **{("part", kind): "TYPE_MISMATCH" for kind in ("boolean", "string")},
}


@pytest.mark.parametrize(("asked", "code"), ERRORS.items())
async def test_an_error_gives_its_code_and_the_default_of_the_code(client, asked, code):
    name, kind = asked
    told = details(client, name, kind, FALLBACKS[kind], {})
    assert (told.value, told.reason, told.error_code) == (FALLBACKS[kind], "ERROR", code)
    told = await getattr(client, f"get_{kind}_details_async")(name, FALLBACKS[kind])
    assert (told.value, told.reason, told.error_code) == (FALLBACKS[kind], "ERROR", code)


def test_metadata_comes_with_the_value(client):
    assert details(client, "truth", "boolean", "mine", {}).flag_metadata == {
        "text": "a",
        "number": 1,
        "share": 1.2,
        "sure": True,
    }
    assert details(client, "text", "string", "", {}).flag_metadata == {}


def purposeful(flag):
    return flag | {"metadata": {"owner": "web", "type": "permission"}}


def test_rules_under_a_name_are_found_however_they_are_spaced(sdk):
    text = json.dumps(
        {
            "$evaluators": {"staff": STAFF},
            "flags": {
                f"f{number}": purposeful(words("hi", "bye", targeting={"if": ["HERE", "hi", "bye"]}))
                for number in range(3)
            },
        }
    )
    for spaced in ('{"$ref":"staff"}', '{\n"$ref": "staff"\n}', '{ "$ref" : "staff" }'):
        text = text.replace('"HERE"', spaced, 1)
    read = read_flags(text)
    client = sdk({name: json.loads(flag) for name, flag in read.flags.items()})
    assert read.faults == ()
    for name in read.flags:
        assert details(client, name, "string", "mine", {"email": "ann@example.org"}).value == "hi"
        assert details(client, name, "string", "mine", {"email": "user@example.com"}).value == "bye"


def test_a_rule_whose_name_leads_nowhere_is_an_error_of_the_flag(sdk):
    client = sdk({"f": words("hi", targeting={"if": [{"$ref": "nowhere"}, "hi"]})})
    told = details(client, "f", "string", "mine", {})
    assert (told.value, told.error_code) == ("mine", "PARSE_ERROR")


REFUSED = {"one-argument", "one-argument-of-ends", "no-comparison", "no-weight", "unknown-variant", "unknown-operator"}


@pytest.mark.parametrize("name", FLAGS)
def test_what_is_published_as_an_error_is_refused_before_it_is_evaluated_and_nothing_else(name):
    text = json.dumps({"flags": {name: purposeful(FLAGS[name])}})
    assert (read_flags(text).faults != ()) is (name in REFUSED)
