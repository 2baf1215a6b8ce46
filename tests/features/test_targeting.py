from importlib import import_module

import pytest
from openfeature.contrib.tools.flagd.core.targeting.custom_ops import normalize_version

from communicator.features.targeting import NESTING, OPERATORS, may_give_nothing, outcomes, require_targeting

# A function of the same name hides the module.
library = import_module("openfeature.contrib.tools.flagd.core.targeting.targeting")
VARIANTS = ("on", "off", "true", "1")
WITHOUT_A_TABLE = {"if", "?:", "and", "or", "filter", "map", "all", "some", "none"}
"""What json_logic evaluates itself."""


def test_the_operators_are_those_of_the_library_but_log_and_reduce():
    assert set(library.OPERATORS) - OPERATORS == {"log"}
    assert OPERATORS - set(library.OPERATORS) == WITHOUT_A_TABLE


def nested(levels):
    rule = {"var": "x"}
    for _ in range(levels):
        rule = {"!": rule}
    return rule


def loops(deep):
    """Loops of 50 in each other."""
    rule = {"==": [{"var": ""}, 2]}
    for _ in range(deep):
        rule = {"some": [[1] * 50, rule]}
    return rule


SOUND = {
    "nothing": {},
    "a condition": {"if": [{"var": "x"}, "on"]},
    "null is the default": {"if": [{"var": "x"}, "on", None]},
    "a boolean names a variant": {"if": [{"var": "x"}, True]},
    "a number too": {"?:": [{"var": "x"}, 1, "off"]},
    "a variant by the context": {"var": "variant"},
    "one argument without its list": {"if": {"var": "x"}},
    "shares": {"fractional": [["on", 10], ["off", 90]]},
    "shares by something else": {"fractional": [{"var": "host"}, ["on"], ["off", -5]]},
    "a weight by the context": {"fractional": [["on", {"var": "share"}], ["off", 0]]},
    "a share by a rule": {"fractional": [[{"if": [{"var": "x"}, "on"]}, 1], ["off", 1]]},
    "shares of a condition may be called anything": {"if": [{"fractional": [[False, 1], ["x", 1]]}, "on"]},
    "versions": {"if": [{"sem_ver": [{"var": "version"}, ">=", "v2.5"]}, "on"]},
    "a comparison by the context": {"if": [{"sem_ver": [{"var": "version"}, {"var": "by"}, "1"]}, "on"]},
    "beginnings": {"if": [{"starts_with": [{"var": "host"}, "lab-"]}, "on"]},
    "loops": {"if": [{"and": [loops(1), {"some": [{"var": "x"}, {"==": [{"var": ""}, 1]}]}]}, "on"]},
    "a loop without a rule": {"if": [{"some": []}, "on", {"if": [{"none": {"var": "x"}}, "off"]}]},
    "as deep as can be": {"if": [nested(NESTING - 3), "on"]},
}
FAULTY = {
    "no rule": ("on", "'on' is no rule"),
    "two operators": ({"var": "x", "in": []}, "has the keys ['in', 'var']: write exactly one operator"),
    "an empty condition": ({"if": [{}, "on"]}, "has the keys []"),
    "an unknown operator": ({"if": [{"startswith": ["a", "b"]}, "on"]}, "unknown operator 'startswith'"),
    "a path to an operator": ({"if": [{"a.b": 1}, "on"]}, "unknown operator 'a.b'"),
    "what doubles a text again and again": (
        {"reduce": [[1] * 50, {"cat": [{"var": "accumulator"}] * 2}, "x"]},
        "the operator 'reduce' can take any time",
    ),
    "loops in loops": ({"if": [loops(4), "on"]}, "steps (limit 10000)"),
    "a loop over what loops find": (
        {"if": [{"some": [{"map": [[1] * 200, 1]}, {"in": [{"var": ""}, [1] * 50]}]}, "on"]},
        "steps (limit 10000)",
    ),
    "a loop over a list of the context with a long rule": (
        {"if": [{"all": [{"var": "x"}, {"in": [{"var": ""}, [1] * 200]}]}, "on"]},
        "steps (limit 10000)",
    ),
    "what writes to the output": ({"log": "on"}, "the operator 'log' writes"),
    "an unknown variant": ({"if": [{"var": "x"}, "onn"]}, "it gives the variant 'onn'"),
    "an unknown variant otherwise": ({"if": [{"var": "x"}, "on", "onn"]}, "it gives the variant 'onn'"),
    "an unknown share": ({"fractional": [["onn", 1], ["off", 1]]}, "it gives the variant 'onn'"),
    "a list": ({"if": [{"var": "x"}, ["on"]]}, "it gives the variant"),
    "no shares": ({"fractional": []}, "fractional has no shares"),
    "only by whom": ({"fractional": {"var": "host"}}, "fractional has no shares"),
    "shares without their lists": ({"fractional": ["on", 50, "off", 50]}, "a share of fractional is 50"),
    "a share of three": ({"fractional": [["on", 1, 2]]}, "a share of fractional is ['on', 1, 2]"),
    "half a weight": ({"fractional": [["on", 0.5]]}, "a weight of fractional is 0.5"),
    "a weight that is true": ({"fractional": [["on", True]]}, "a weight of fractional is True"),
    "no weight": ({"fractional": [["on", 0], ["off", -1]]}, "the weights of fractional are 0 together"),
    "too much weight": ({"fractional": [["on", 2**31]]}, "make them 1 to 2147483647"),
    "two versions": ({"if": [{"sem_ver": ["1.0", "2.0"]}, "on"]}, "sem_ver has 2 arguments"),
    "an unknown comparison": ({"if": [{"sem_ver": [{"var": "v"}, "==", "1.0"]}, "on"]}, "cannot compare by '=='"),
    "a comparison that is a list": ({"if": [{"sem_ver": [{"var": "v"}, [], "1.0"]}, "on"]}, "cannot compare by []"),
    "a version of Debian": ({"if": [{"sem_ver": [{"var": "v"}, "=", "1:2.5.0-1"]}, "on"]}, "'1:2.5.0-1', which is no"),
    "a version of four": ({"if": [{"sem_ver": [{"var": "v"}, "=", "1.2.3.4"]}, "on"]}, "'1.2.3.4', which is no"),
    "a version of null": ({"if": [{"sem_ver": [None, "=", "1.2.3"]}, "on"]}, "None, which is no version"),
    "one text": ({"if": [{"ends_with": ["abc"]}, "on"]}, "take two arguments, not 1"),
    "too deep": ({"if": [nested(NESTING), "on"]}, "nested deeper than 64"),
}


@pytest.mark.parametrize("rule", SOUND.values(), ids=SOUND)
def test_a_sound_rule_is_taken(rule):
    require_targeting(rule, VARIANTS)


@pytest.mark.parametrize(("rule", "words"), FAULTY.values(), ids=FAULTY)
def test_a_faulty_rule_is_refused_with_the_place_and_a_remedy(rule, words):
    with pytest.raises(ValueError, match=r": |which is not among") as caught:
        require_targeting(rule, VARIANTS)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "version", ["1", "v1.2", "V1.2.3", "1.2.3-rc.1", "1.2-rc1+build.5", "01.2.3", "1.2.3.4", "a", "", "1:2"]
)
def test_a_version_is_what_the_library_reads_as_one(version):
    def is_version(read):
        try:
            read(version)
        except ValueError:
            return False
        return True

    rule = {"if": [{"sem_ver": [{"var": "v"}, "=", version]}, "on"]}
    assert is_version(lambda _: require_targeting(rule, VARIANTS)) == is_version(normalize_version)


OUTCOMES = {
    "nothing": ({}, set(), True),
    "a condition without else": ({"if": [{"var": "x"}, "on"]}, {"on"}, True),
    "a condition with else": ({"if": [{"var": "x"}, "on", "off"]}, {"on", "off"}, False),
    "several conditions": ({"if": [{"var": "x"}, "on", {"var": "y"}, True, None]}, {"on", "true"}, True),
    "shares with weight": ({"fractional": [["on", 1], ["off", 0]]}, {"on"}, False),
    "shares in a condition": (
        {"if": [{"var": "x"}, {"fractional": [["on"], ["1"]]}, "off"]},
        {"on", "off", "1"},
        False,
    ),
    "what the context says": ({"if": [{"var": "x"}, {"var": "y"}]}, None, True),
}


@pytest.mark.parametrize(("rule", "expected", "nothing"), OUTCOMES.values(), ids=OUTCOMES)
def test_what_a_rule_can_give_is_told_as_far_as_it_can_be(rule, expected, nothing):
    assert outcomes(rule) == expected
    assert may_give_nothing(rule) is nothing
