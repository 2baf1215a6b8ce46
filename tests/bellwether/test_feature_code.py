"""What names a flag in code: a table of snippets for each language."""

import pytest

from bellwether.feature_code import Reference, other_references, python_references

NAMES = {"new-parser", "old.menu"}

PYTHON = {
    "boolean": ("client.get_boolean_value('new-parser', False)", [(1, "new-parser", "call")]),
    "string": ("client.get_string_value('new-parser', '')", [(1, "new-parser", "call")]),
    "integer": ("client.get_integer_value('new-parser', 0)", [(1, "new-parser", "call")]),
    "float": ("client.get_float_value('new-parser', 0.0)", [(1, "new-parser", "call")]),
    "object": ("client.get_object_value('new-parser', {})", [(1, "new-parser", "call")]),
    "details": ("self.flags.client.get_boolean_details('new-parser', False)", [(1, "new-parser", "call")]),
    "async": ("await client.get_object_details_async('new-parser', {})", [(1, "new-parser", "call")]),
    "bare": ("get_boolean_value('new-parser', False)", [(1, "new-parser", "call")]),
    "keyword": (
        "client.get_boolean_value(default_value=False, flag_key='new-parser')",
        [(1, "new-parser", "call")],
    ),
    "unpacked": ("client.get_boolean_value('new-parser', **more)", [(1, "new-parser", "call")]),
    "undefined": ("\nclient.get_boolean_value('new-parsr', False)", [(2, "new-parsr", "call")]),
    "joined": ("client.get_boolean_value('new-' 'parser', False)", [(1, "new-parser", "call")]),
    "over lines": ("client.get_boolean_value(\n    'new-parser',\n    False,\n)", [(2, "new-parser", "call")]),
    "constant": (
        "FLAG = 'new-parser'\nclient.get_boolean_value(FLAG, False)",
        [(1, "new-parser", "literal"), (2, "new-parser", "call")],
    ),
    "annotated constant": (
        "FLAG: Final = 'new-parsr'\nclient.get_boolean_value(FLAG, False)",
        [(2, "new-parsr", "call")],
    ),
    "constant bound twice": (
        "FLAG = 'a'\nFLAG = 'b'\nclient.get_boolean_value(FLAG, False)",
        [(3, "", "call")],
    ),
    "made": ("client.get_boolean_value(f'new-{what}', False)", [(1, "", "call")]),
    "variable": ("client.get_boolean_value(name, False)", [(1, "", "call")]),
    "a number": ("client.get_boolean_value(7, False)", [(1, "", "call")]),
    "literal": ("FLAGS = {'old.menu': 1, 'other': 2}", [(1, "old.menu", "literal")]),
    "in another text": ("print('the new-parser')", []),
    "comment": ("# client.get_boolean_value('new-parser', False)", []),
    "settings": ("settings.get_string_value('path')", []),
    "no arguments": ("client.get_boolean_value()", []),
    "another method": ("client.get_boolean('new-parser2', False)", []),
    "odd escape": (r"re.compile('\d'); client.get_boolean_value('new-parser', False)", [(1, "new-parser", "call")]),
}


@pytest.mark.parametrize(("text", "found"), PYTHON.values(), ids=PYTHON)
def test_python_is_read_by_its_syntax(text, found):
    assert python_references(text.encode(), NAMES) == [Reference(*one) for one in found]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b"x = 1\nprint 'a'\n", "no Python: line 2: "),
        (b"# coding: none-such\n", "no Python: line "),
        (b"x = '\xff'\n", "no Python: line "),
        (b"x\0", "no Python: "),
        (b"(" * 5000, "no Python: "),
    ],
    ids=["syntax", "coding", "bytes", "nul", "nested"],
)
def test_what_is_no_python_says_where(text, reason):
    with pytest.raises(ValueError, match=f"^{reason}"):
        python_references(text, NAMES)


def test_another_encoding_is_python_too():
    text = "# coding: latin-1\nclient.get_boolean_value('new-parser', 'ä')".encode("latin-1")
    assert python_references(text, NAMES) == [Reference(2, "new-parser", "call")]


CALLS = {
    "Java": 'boolean on = client.getBooleanValue("new-parser", false);',
    "Java, typed": 'client.getStringDetails("new-parser", "", context)',
    "Kotlin": 'client.getIntegerValue("new-parser", 1)',
    "JavaScript": "await client.getBooleanValue('new-parser', false)",
    "JavaScript, several lines": "client.getObjectValue(\n  `new-parser`,\n  {})",
    "TypeScript": "client.getObjectValue<Menu>('new-parser', empty)",
    "React": "const { value } = useBooleanFlagValue('new-parser', false)",
    "React, any type": "const on = useFlag('new-parser', false)",
    "Go": 'client.BooleanValue(ctx, "new-parser", false, openfeature.EvaluationContext{})',
    "Go, made context": 'client.IntValueDetails(context.Background(), "new-parser", 1)',
    ".NET": 'await client.GetBooleanValueAsync("new-parser", false)',
    "PHP": "$client->getBooleanValue('new-parser', false)",
    "Ruby": "client.fetch_boolean_value(flag_key: 'new-parser', default_value: false)",
    "Rust": 'client.get_bool_value("new-parser", None, None).await',
    "Rust, typed": 'client.get_struct_value::<Menu>("new-parser", None, None)',
    "Swift": 'client.getBooleanValue(key: "new-parser", defaultValue: false)',
    "C++": 'client->GetBooleanValue("new-parser", false);',
    "OFREP": "curl -d '{}' http://127.0.0.1:9741/ofrep/v1/evaluate/flags/new-parser",
    "plain message": "echo 'canary/FEATURE_EVALUATE feature=new-parser' >&3",
}


@pytest.mark.parametrize("text", CALLS.values(), ids=CALLS)
def test_an_evaluation_in_another_language_is_found_by_its_pattern(text):
    assert [one.name for one in other_references(text, ()) if one.how == "pattern"] == ["new-parser"]
    assert other_references(text, NAMES) == other_references(text, ())


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("\n\nx = 'old.menu'", [(3, "old.menu", "literal")]),
        ('show("old.menu")', [(1, "old.menu", "literal")]),
        ("x = 'old.menu2'", []),
        ("old.menu = 1", []),
        ('config.getStringValue("path")', []),
        ('json.IntValue("count")', []),
        ("client.getBooleanValue(name, false)", []),
        ("use strict", []),
        ("a\nclient.getBooleanValue('b', c)\n'old.menu'", [(2, "b", "pattern"), (3, "old.menu", "literal")]),
    ],
)
def test_what_merely_equals_a_name_is_less_certain(text, found):
    assert other_references(text, NAMES) == [Reference(*one) for one in found]


@pytest.mark.parametrize(
    "text", ["getBooleanValue(" + " " * 100_000, "int_value<" * 50_000, "FEATURE_EVALUATE " * 30_000, "'" * 300_000]
)
def test_a_hostile_file_takes_no_longer_than_another(text):
    assert other_references(text, NAMES) == []
