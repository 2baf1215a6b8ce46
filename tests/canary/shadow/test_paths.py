"""Where two replies differ, as a table; and which of these places are declared."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from canary.shadow.paths import NODES, PATH_CHARACTERS, declared, find_differences
from canary.shadow.reply import Reply


def differ(one, other, command="C"):
    return find_differences(Reply("C", one, ""), Reply(command, other, ""))


def in_json(one, other):
    return differ({"b": json.dumps(one)}, {"b": json.dumps(other)})


def _deep(value):
    return '{"key":' * PATH_CHARACTERS + str(value) + "}" * PATH_CHARACTERS


PARAMETERS = {
    "the same": ({"a": "1"}, {"a": "1"}, ""),
    "a value": ({"a": "1", "b": "2"}, {"a": "1", "b": "3"}, "C.b"),
    "types of text": ({"a": "1"}, {"a": "1.0"}, "C.a"),
    "one is missing": ({"a": "1"}, {}, "C.a"),
    "one is more": ({}, {"a": ""}, "C.a"),
    "JSON against text": ({"a": "{}"}, {"a": "x"}, "C.a"),
    "what looks like JSON": ({"a": "{x}"}, {"a": "{y}"}, "C.a"),
    "blanks in JSON": ({"a": '{"x": 1}'}, {"a": '{"x":1}'}, ""),
    "the order of keys": ({"a": '{"x":1,"y":2}'}, {"a": '{"y":2,"x":1}'}, ""),
    "too deep to be read": ({"a": "[" * 100_000}, {"a": "[" * 100_001}, "C.a"),
    "too deep to be shown": ({"a": _deep(1)}, {"a": _deep(2)}, "C.(other)"),
}


@pytest.mark.parametrize(("one", "other", "paths"), PARAMETERS.values(), ids=PARAMETERS)
def test_parameters_differ(one, other, paths):
    assert " ".join(sorted(differ(one, other))) == paths


VALUES = {
    "a number and its text": ({"x": 1}, {"x": "1"}, "C.b.x"),
    "a number and a truth": ({"x": 1}, {"x": True}, "C.b.x"),
    "two ways to write a number": ({"x": 1}, {"x": 1.0}, ""),
    "a key that cannot be shown": ({"\n": 1}, {"\n": 2}, "C.b.*"),
    "a key that is an address": ({"ann@example.org": 1}, {"ann@example.org": 2}, "C.b.*"),
    "keys that are numbers": (
        {"u4711": {"x": 1}, "u4712": {"x": 1}},
        {"u4711": {"x": 2}, "u4712": {"x": 2}},
        "C.b.*.x",
    ),
    "a key with a dot": ({"a.b": 1}, {"a.b": 2}, "C.b.*"),
    "a key that is a name": ({"line-2_b": 1}, {"line-2_b": 2}, "C.b.line-2_b"),
    "a long key": ({"k" * 41: 1}, {}, "C.b.*"),
    "null and nothing": ({"x": None}, {}, "C.b.x"),
    "null and null": ({"x": None}, {"x": None}, ""),
    "an object and a list": ({"x": {}}, {"x": []}, "C.b.x"),
    "an object deep within": ({"x": {"y": {"z": 1, "w": 2}}}, {"x": {"y": {"z": 2, "w": 2}}}, "C.b.x.y.z"),
    "elements": ([1, 2, 3], [1, 5, 6], "C.b[]"),
    "keys of elements": ([{"id": 1, "n": 1}, {"id": 2, "n": 1}], [{"id": 3, "n": 1}, {"id": 4, "n": 1}], "C.b[].id"),
    "length alone": ([1, 2], [1, 2, 3], "C.b[length]"),
    "length and elements": ({"l": [1, 2]}, {"l": [9]}, "C.b.l[] C.b.l[length]"),
    "order in a list": ([1, 2], [2, 1], "C.b[]"),
    "lists in lists": ([[1], [2]], [[1], [3, 4]], "C.b[][] C.b[][length]"),
}


@pytest.mark.parametrize(("one", "other", "paths"), VALUES.values(), ids=VALUES)
def test_json_is_compared_by_path(one, other, paths):
    assert " ".join(sorted(in_json(one, other))) == paths


def test_another_command_is_a_path_of_its_own():
    assert differ({"a": "1"}, {"a": "2"}, command="ERROR") == {"C": ("C", "ERROR")}


def test_both_sides_of_a_difference_are_told():
    assert in_json({"x": 1, "y": [True]}, {"y": [None]}) == {"C.b.x": (1, None), "C.b.y[]": (True, None)}


def test_what_is_too_large_is_looked_at_in_part():
    found = in_json(list(range(2 * NODES)), [-1, *range(1, 2 * NODES)])
    assert set(found) == {"C.(other)"}


TREE = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.text("ab", max_size=2),
    lambda below: st.lists(below, max_size=3) | st.dictionaries(st.sampled_from("xyz"), below, max_size=3),
)


@given(one=TREE, other=TREE)
def test_two_values_differ_somewhere_or_are_the_same(one, other):
    same = json.dumps([one], sort_keys=True) == json.dumps([other], sort_keys=True)
    assert (in_json([one], [other]) == {}) is same
    assert set(in_json([one], [other])) == set(in_json([other], [one]))


DECLARED = {
    "itself": ("C.at", "C.at", True),
    "another": ("C.at", "C.bt", False),
    "a beginning of a name": ("C.a", "C.at", False),
    "what lies below": ("C.body", "C.body.items[].id", True),
    "what lies above": ("C.body.items", "C.body", False),
    "keys of elements": ("C.body.items[].id", "C.body.items[].id", True),
    "other keys of elements": ("C.body.items[].id", "C.body.items[].price", False),
    "a list": ("C.items", "C.items[]", True),
    "its length": ("C.items", "C.items[length]", True),
    "its length alone": ("C.items[length]", "C.items[]", False),
    "any command": ("*.at", "C.at", True),
    "any key": ("C.body.*.id", "C.body.items[].id", True),
    "any one key": ("C.*.id", "C.body.items[].id", False),
    "all of a command": ("C", "C.at", True),
    "all": ("*", "C.at", True),
}


@pytest.mark.parametrize(("pattern", "path", "is_declared"), DECLARED.values(), ids=DECLARED)
def test_a_path_is_declared(pattern, path, is_declared):
    assert declared([pattern])(path) is is_declared
    assert declared(["X.y", pattern])(path) is is_declared


def test_without_patterns_nothing_is_declared():
    assert not declared([])("C.at")
