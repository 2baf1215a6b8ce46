"""Whatever is taken as sound is evaluated without an error, for everybody; and off is off."""

import json

from hypothesis import given
from hypothesis import strategies as st
from openfeature.evaluation_context import EvaluationContext

from communicator.features.document import about, is_one_sided, off_variant, require_flag, switched_off
from communicator.features.evaluation import Evaluator

NAMES = st.sampled_from(["on", "off", "on", "off", "on", "off", "true", "1"])
ATTRIBUTES = st.sampled_from(["host", "version", "targetingKey", "a.b", ""])
LITERALS = st.none() | st.booleans() | st.integers(-2, 2) | st.floats(-2, 2) | st.text(max_size=3) | NAMES
VERSIONS = st.sampled_from(["1", "v2.0.0", "1.0.0-rc1", "1:2-3", "", "a"])


def operations(parts):
    """Rules as people write them, right and wrong."""
    shares = st.lists(st.lists(parts | st.integers(-1, 3), max_size=3), max_size=3)
    return st.one_of(
        st.builds(lambda arguments: {"if": arguments}, st.lists(parts, max_size=5)),
        st.builds(lambda shares: {"fractional": shares}, shares),
        st.builds(lambda by, shares: {"fractional": [by, *shares]}, parts, shares),
        st.builds(lambda one, other: {"sem_ver": [one, ">=", other]}, parts | VERSIONS, VERSIONS),
        st.builds(lambda one, other: {"starts_with": [one, other]}, parts, parts),
        st.builds(
            lambda name, part: {name: part}, st.sampled_from(["!", "and", "or", "ends_with", "nonsense", "$ref"]), parts
        ),
        st.builds(
            lambda name, one, other: {name: [one, other]},
            st.sampled_from(["==", "<", "in", "cat", "merge"]),
            parts,
            parts,
        ),
    )


WILD = st.recursive(LITERALS | st.builds(lambda name: {"var": name}, ATTRIBUTES), operations, max_leaves=12)
CONTEXTS = st.builds(
    EvaluationContext,
    st.none() | st.text(max_size=5),
    st.dictionaries(
        ATTRIBUTES, st.none() | st.booleans() | st.integers() | st.text(max_size=5) | VERSIONS | NAMES, max_size=4
    ),
)
CONDITIONS = st.one_of(
    st.builds(lambda name: {"var": name}, ATTRIBUTES),
    st.builds(lambda name, value: {"==": [{"var": name}, value]}, ATTRIBUTES, LITERALS),
    st.builds(
        lambda by, version: {"sem_ver": [{"var": "version"}, by, version]}, st.sampled_from(["<", "^"]), VERSIONS
    ),
    st.builds(lambda text: {"!": {"ends_with": [{"var": "host"}, text]}}, st.text(max_size=2)),
)
SHARES = st.lists(st.tuples(NAMES, st.integers(-1, 3)).map(list), min_size=1, max_size=3)
RULES = st.recursive(
    NAMES | st.none() | st.booleans(),
    lambda results: st.one_of(
        st.builds(lambda parts: {"if": parts}, st.tuples(CONDITIONS, results, CONDITIONS, results, results).map(list)),
        st.builds(lambda one, result: {"if": [one, result]}, CONDITIONS, results),
        st.builds(lambda shares: {"fractional": shares}, SHARES),
        st.builds(lambda by, shares: {"fractional": [{"var": by}, *shares]}, ATTRIBUTES, SHARES),
    ),
    max_leaves=6,
)
FLAGS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(["ENABLED", "ENABLED", "DISABLED"]),
        "variants": st.sampled_from([{"on": True, "off": False}, {"on": True, "off": False, "true": True, "1": False}]),
        "targeting": RULES.filter(lambda rule: isinstance(rule, dict)),
        "metadata": st.fixed_dictionaries(
            {"owner": st.just("web"), "type": st.sampled_from(["permission", "kill-switch"])}, optional={"off": NAMES}
        ),
    },
    optional={"defaultVariant": st.none() | NAMES},
)


def sound(flag):
    """The definition, or None where it is refused."""
    try:
        return require_flag("f", json.dumps(flag))
    except ValueError:
        return None


def evaluated(definition, context):
    evaluator = Evaluator()
    evaluator.replace({"f": definition})
    return evaluator.evaluate("boolean", "f", "mine", context)


@given(FLAGS, CONTEXTS)
def test_what_is_sound_gives_one_of_its_variants_or_the_default(flag, context):
    definition = sound(flag)
    if definition is None:
        return
    told = evaluated(definition, context)
    assert told.variant in {None, *flag["variants"]}
    assert told.value == (flag["variants"][told.variant] if told.variant else "mine")


@given(FLAGS, CONTEXTS)
def test_off_gives_everybody_the_same(flag, context):
    definition = sound(flag)
    if definition is None:
        return
    told = evaluated(switched_off(definition), context)
    variant = off_variant(definition)
    assert (told.variant, str(told.reason)) == (variant, "DISABLED")
    assert told.value == (flag["variants"][variant] if variant else "mine")
    assert about(switched_off(definition)) == about(definition)


@given(FLAGS, CONTEXTS.filter(lambda one: one.targeting_key), CONTEXTS.filter(lambda one: one.targeting_key))
def test_what_is_one_sided_gives_two_users_the_same(flag, one, other):
    definition = sound(flag)
    if definition is None or not is_one_sided(definition):
        return
    if "fractional" in json.dumps(flag):  # by an attribute that somebody lacks, nobody's share is his
        return
    assert evaluated(definition, one).variant == evaluated(definition, other).variant


@given(WILD)
def test_whatever_a_rule_is_it_is_taken_or_refused_with_a_reason(rule):
    flag = {"state": "ENABLED", "variants": {"on": True}, "metadata": {"owner": "web", "type": "permission"}}
    told = ""
    try:
        require_flag("f", json.dumps(flag | {"targeting": rule}))
    except ValueError as error:
        told = str(error)
    assert told == "" or told.startswith("flag 'f': targeting: ")
