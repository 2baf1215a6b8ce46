import json

import pytest
from openfeature.contrib.tools.flagd.core import FlagdCore

from communicator.answers.features import DEFINITION_BYTES
from communicator.features.document import (
    About,
    about,
    is_one_sided,
    kind_of,
    off_variant,
    read_flags,
    require_flag,
    switched_off,
)

SOUND = {
    "as small as can be": {},
    "no default": {"defaultVariant": None},
    "disabled": {"state": "DISABLED"},
    "integers and floats": {"variants": {"off": 1, "half": 0.5}},
    "objects and lists": {"variants": {"off": {}, "list": [1]}},
    "texts": {"variants": {"off": ""}},
    "a kill switch has no lifetime": {"metadata": {"type": "kill-switch", "expires": None}},
    "a permission may have one": {"metadata": {"type": "permission", "expires": "2030-01-01"}},
    "further metadata": {"metadata": {"ticket": 12, "risky": True, "share": 0.5}},
    "a variant for off": {"metadata": {"off": "on"}},
    "targeting": {"targeting": {"if": [{"==": [{"var": "host"}, "alpha"]}, "on"]}},
    "empty targeting": {"targeting": {}},
}
FAULTY = {
    "state left out": ({"state": None}, "state: None is none: write 'ENABLED' or 'DISABLED'"),
    "another state": ({"state": "on"}, "state: 'on' is none"),
    "a state that is no text": ({"state": ["ENABLED"]}, "state: ['ENABLED'] is none"),
    "no variants": ({"variants": {}}, "variants: {} names none"),
    "variants as a list": ({"variants": ["on"]}, "variants: ['on'] names none"),
    "mixed types": ({"variants": {"off": False, "on": "yes"}}, "variants: they are of the types boolean, string"),
    "a null": ({"variants": {"off": False, "on": [None], "x": None}}, "types boolean, null, object"),
    "a variant without a name": ({"variants": {"off": False, "": True}}, "variants: '' cannot be a name"),
    "a variant of control characters": ({"variants": {"off": False, "o\nn": True}}, "variants: 'o\\nn' cannot be"),
    "an unknown default": ({"defaultVariant": "of"}, "defaultVariant: 'of' is not among the variants"),
    "a default that is no text": ({"defaultVariant": False}, "defaultVariant: False is not among"),
    "an unknown key": ({"$comment": "why"}, "'$comment': unknown key: take it out"),
    "metadata that is none": ({"metadata": "core"}, "metadata: 'core' is no object"),
    "an object in metadata": ({"metadata": {"links": {}}}, "metadata: 'links' is {}"),
    "no owner": ({"metadata": {"owner": None}}, "metadata: it has no owner"),
    "a blank owner": ({"metadata": {"owner": " "}}, "metadata: it has no owner"),
    "no type": ({"metadata": {"type": None}}, "metadata: type is None"),
    "another type": ({"metadata": {"type": "ops"}}, "write one of experiment, kill-switch, operational, permission"),
    "no lifetime": ({"metadata": {"expires": None}}, "metadata: expires is None: write a date such as '2026-12-31'"),
    "a date in another form": ({"metadata": {"expires": "20261231"}}, "metadata: expires is '20261231'"),
    "a day that there is not": ({"metadata": {"expires": "2026-02-30"}}, "metadata: expires is '2026-02-30'"),
    "a bad date of a permission": ({"metadata": {"type": "permission", "expires": "soon"}}, "expires is 'soon'"),
    "off names no variant": ({"metadata": {"off": "none"}}, "metadata: off names 'none'"),
    "what the canary says": ({"metadata": {"switched_off": True}}, "switched_off is said by the canary alone"),
    "faulty targeting": ({"targeting": {"if": [True, "of"]}}, "targeting: it gives the variant 'of'"),
    "targeting that is no rule": ({"targeting": "on"}, "targeting: 'on' is no rule"),
}
TEXTS = {
    "no JSON": ("{", "it is no JSON: "),
    "an array": ("[]", "[] is no definition"),
    "a constant of Python": ('{"variants": {"off": NaN}}', "NaN is no number in JSON"),
    "a number beyond all": ('{"variants": {"off": 1e999}}', "1e999 is too large a number"),
    "a key twice": ('{"state": "ENABLED", "state": "DISABLED"}', "'state' stands twice in one object"),
    "nested beyond all": ("[" * 100_000, "it is nested too deeply"),
    "no UTF-8": (b'{"state": "\xff"}', "it is no UTF-8"),
}


@pytest.mark.parametrize("keys", SOUND.values(), ids=SOUND)
def test_a_sound_definition_is_taken_and_flagd_core_takes_it_too(flag, keys):
    text = require_flag("web.new-parser", flag(**keys))
    assert json.loads(text) == json.loads(flag(**keys))
    FlagdCore().set_flags(f'{{"flags": {{"web.new-parser": {text.decode()}}}}}')


@pytest.mark.parametrize(("keys", "words"), FAULTY.values(), ids=FAULTY)
def test_a_faulty_definition_is_refused_with_flag_key_and_remedy(flag, keys, words):
    with pytest.raises(ValueError, match=r"^flag 'parser': ") as caught:
        require_flag("parser", flag(**keys))
    assert words in str(caught.value)
    assert str(caught.value).count(": ") >= 2


@pytest.mark.parametrize(("text", "words"), TEXTS.values(), ids=TEXTS)
def test_a_text_that_is_no_definition_is_refused(text, words):
    with pytest.raises(ValueError, match=r"^flag 'parser': ") as caught:
        require_flag("parser", text)
    assert words in str(caught.value)


@pytest.mark.parametrize("name", ["", "-a", "a b", "a/b", "ä", "a\n", "a" * 129])
def test_a_name_that_is_none_is_refused(flag, name):
    with pytest.raises(ValueError, match="its name: write 1 to 128 letters"):
        require_flag(name, flag())


def test_a_definition_has_a_size(flag):
    short = len(require_flag("f", flag(variants={"off": ""})))
    longest = "x" * (DEFINITION_BYTES - short)
    assert len(require_flag("f", flag(variants={"off": longest}))) == DEFINITION_BYTES
    with pytest.raises(ValueError, match=f"{DEFINITION_BYTES + 1} bytes are more than"):
        require_flag("f", flag(variants={"off": longest + "x"}))


def test_what_cannot_be_written_as_unicode_is_refused(flag):
    with pytest.raises(ValueError, match="it cannot be written as JSON"):
        require_flag("f", flag(variants={"off": "\ud800"}))


def test_the_same_definition_has_the_same_bytes_in_whatever_order_it_was_written(flag):
    backwards = json.dumps(dict(reversed(json.loads(flag()).items())), indent=4)
    assert require_flag("f", backwards) == require_flag("f", flag())


UNREADABLE = {
    "{}": 'it has no object "flags"',
    "[]": 'it has no object "flags"',
    '{"flags": []}': 'it has no object "flags"',
    '{"flags": {}}': "its flags are empty",
    "": "it is no JSON",
    '{"flags": {"f": {}, "f": {}}}': "'f' stands twice",
}


@pytest.mark.parametrize(("text", "words"), UNREADABLE.items())
def test_a_document_without_flags_is_refused_as_a_whole(text, words):
    with pytest.raises(ValueError, match=words):
        read_flags(text)


def document(flags, **keys):
    return read_flags(json.dumps({"flags": {name: json.loads(text) for name, text in flags.items()}, **keys}))


def test_a_faulty_flag_costs_itself_alone(flag):
    read = document({"good": flag(), "bad": flag(state="on"), "b d": flag()}, comment="x")
    assert list(read.flags) == ["good"]
    assert [fault.partition(":")[0] for fault in read.faults] == ["'comment'", "flag 'bad'", "flag 'b d'"]


def test_a_flag_that_is_no_object_is_named():
    read = read_flags('{"flags": {"f": 1}, "metadata": {"owner": "web"}}')
    assert (read.flags, read.faults) == ({}, ("flag 'f': 1 is no definition: write an object",))


def test_a_document_says_the_purpose_for_all_flags_that_do_not_say_it(flag):
    common = {"owner": "core", "type": "operational", "expires": "2027-01-01", "version": "8"}
    lacking = flag(metadata={"owner": None, "type": None})
    read = document({"lacks": lacking, "has": flag()}, **{"$schema": "https://flagd.dev", "metadata": common})
    assert read.faults == ()
    assert about(read.flags["lacks"]) == About("core", "operational", "2026-12-31")
    assert about(read.flags["has"]) == About("web", "release", "2026-12-31")
    assert b"version" not in read.flags["lacks"]


def test_rules_under_a_name_are_put_in_place(flag):
    rules = {
        "isStaff": {"or": [{"$ref": "isRoot"}, {"ends_with": [{"var": "email"}, "@x.org"]}]},
        "isRoot": {"var": "root"},
    }
    read = document({"f": flag(targeting={"if": [{"$ref": "isStaff"}, "on"]})}, **{"$evaluators": rules})
    staff = {"or": [{"var": "root"}, {"ends_with": [{"var": "email"}, "@x.org"]}]}
    assert json.loads(read.flags["f"])["targeting"] == {"if": [staff, "on"]}


BAD_RULES = {
    "no such name": ({"$ref": "b"}, {"a": True}, "$ref leads to 'b', which is not in $evaluators"),
    "a circle": ({"$ref": "a"}, {"a": {"!": {"$ref": "a"}}}, "with its $evaluators it grows too large or leads back"),
    "growth without end": (
        {"$ref": "r0"},
        {f"r{i}": {"and": [{"$ref": f"r{i + 1}"}] * 10} for i in range(12)} | {"r12": True},
        "with its $evaluators it grows too large",
    ),
}


@pytest.mark.parametrize(("rule", "rules", "words"), BAD_RULES.values(), ids=BAD_RULES)
def test_a_rule_that_leads_nowhere_costs_its_flag(flag, rule, rules, words):
    read = document({"f": flag(targeting={"if": [rule, "on"]}), "g": flag()}, **{"$evaluators": rules})
    assert list(read.flags) == ["g"]
    assert words in read.faults[0]
    assert read.faults[0].startswith("flag 'f': targeting: ")


OFF = {
    "the variant named off": ({}, "off"),
    "the one that metadata names": ({"metadata": {"off": "on"}}, "on"),
    "the only one that is false": ({"variants": {"new": True, "old": False}, "defaultVariant": "new"}, "old"),
    "two that are false": ({"variants": {"a": False, "b": False, "c": True}, "defaultVariant": "c"}, None),
    "none that is false": ({"variants": {"a": 0, "b": 1}, "defaultVariant": "b"}, None),
    "a text named off": ({"variants": {"off": "plain", "b": "bold"}, "defaultVariant": "b"}, "off"),
}


@pytest.mark.parametrize(("keys", "variant"), OFF.values(), ids=OFF)
def test_off_gives_everybody_the_off_variant_or_the_default_of_the_code(flag, keys, variant):
    some = next(iter(keys.get("variants", {"on": True})))
    whole = require_flag("f", flag(**keys, targeting={"if": [{"var": "x"}, some]}))
    assert off_variant(whole) == variant
    dark = json.loads(switched_off(whole))
    assert "targeting" not in dark
    assert dark["metadata"]["switched_off"] is True
    assert dark["metadata"]["owner"] == "web"
    assert dark["state"] == ("DISABLED" if variant is None else "ENABLED")
    assert variant is None or dark["defaultVariant"] == variant
    assert switched_off(switched_off(whole)) == switched_off(whole)


ONE_SIDED = {
    "no targeting": ({}, True),
    "disabled": ({"state": "DISABLED", "targeting": {"if": [{"var": "x"}, "on", "off"]}}, True),
    "a rule for some": ({"targeting": {"if": [{"var": "x"}, "on"]}}, False),
    "a rule that gives the default": ({"targeting": {"if": [{"var": "x"}, "off"]}}, True),
    "a rule that gives all the same": ({"targeting": {"if": [{"var": "x"}, "on", "on"]}}, True),
    "a share of all": ({"targeting": {"fractional": [["on", 100], ["off", 0]]}}, True),
    "two shares": ({"targeting": {"fractional": [["on", 99], ["off", 1]]}}, False),
    "a variant by the context": ({"targeting": {"var": "variant"}}, False),
    "without a default": ({"defaultVariant": None, "targeting": {"if": [{"var": "x"}, "on"]}}, False),
}


@pytest.mark.parametrize(("keys", "expected"), ONE_SIDED.values(), ids=ONE_SIDED)
def test_a_definition_that_gives_everybody_the_same_is_one_sided(flag, keys, expected):
    assert is_one_sided(require_flag("f", flag(**keys))) is expected


KINDS = {
    "boolean": [True, False],
    "string": ["", "a"],
    "integer": [0, 1],
    "float": [0, 0.5],
    "object": [{}, []],
}


@pytest.mark.parametrize(("kind", "values"), KINDS.items())
def test_a_flag_has_the_type_of_its_variants(kind, values):
    assert kind_of(values) == kind


@pytest.mark.parametrize("values", [[], [None], [True, 1], [True, 0.5], ["a", 1]])
def test_a_flag_has_one_type(values):
    with pytest.raises(ValueError, match="give all of them one type"):
        kind_of(values)
