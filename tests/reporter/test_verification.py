import pytest

from communicator.protocol import Message
from communicator.reporter.values import Address, Items, Regex, Timestamp, ValueTypeError, Word
from communicator.reporter.verification import (
    data_difference,
    differences,
    matches,
    own_field,
    show_bytes,
    to_bytes,
)

HELD = Message(
    "PRINT",
    {"file": "a.txt", "copies": "2", "cache": "no"},
    service="printer",
    server="alpha",
    sent_from_server="beta",
    sent_from_service="asker",
)


def items(**values):
    return Items(tuple(values.items()))


AT_0 = "unterminated subpattern at position 0"
REPEATS = "'*' is not a regular expression: nothing to repeat at position 0"
ALL = {"required_parameters": items(file="a.txt", copies=2)}


@pytest.mark.parametrize(
    "expected",
    [
        {"command": Word("PRINT"), **ALL},
        {"command": Regex("PR.*"), "sent_server": "beta", "sent_service": Regex("ask(er)?"), **ALL},
        {"command": "PRINT", "server": "alpha", "service": Word("printer"), **ALL},
        {
            "command": "PRINT",
            "required_parameters": items(file=None),
            "optional_parameters": items(copies=Regex("[0-9]"), size=9),
        },
        {"command": "PRINT", **ALL, "forbidden_parameters": items(size=None)},
        {"command": "PRINT"},
        {"command": "PRINT", "required_parameters": items(file="a.txt"), "optional_parameters": items(size=Regex("("))},
        {"command": "PRINT", "required_parameters": items(file="a.txt", copies=2.0, cache="no")},
    ],
)
def test_a_message_as_expected(expected):
    assert differences(HELD, expected) == []


@pytest.mark.parametrize(
    ("expected", "found"),
    [
        ({"command": "SCAN", **ALL}, ["command is 'PRINT', not 'SCAN'"]),
        ({"command": Regex("PR"), **ALL}, ["command is 'PRINT', not regex 'PR'"]),
        ({"sent_server": "alpha", **ALL}, ["sent_server is 'beta', not 'alpha'"]),
        ({"service": "", **ALL}, ["service is 'printer', not ''"]),
        ({"command": Regex("(")}, ["command cannot be compared: '(' is not a regular expression: missing ), " + AT_0]),
        ({"optional_parameters": items(file=Regex("*"))}, [f"parameter 'file' cannot be compared: {REPEATS}"]),
        ({"required_parameters": items(file="b.txt", copies=2)}, ["parameter 'file' is 'a.txt', not 'b.txt'"]),
        ({"required_parameters": items(file="a.txt", copies=3)}, ["parameter 'copies' is '2', not integer '3'"]),
        ({"required_parameters": items(file="a.txt", copies=2, size=1)}, ["parameter 'size' is missing"]),
        (
            {"required_parameters": items(file="a.txt"), "optional_parameters": items(copies=3)},
            ["parameter 'copies' is '2', not integer '3'"],
        ),
        ({**ALL, "forbidden_parameters": items(cache=None)}, ["parameter 'cache' is forbidden"]),
        (
            {"required_parameters": items(file=None), "forbidden_parameters": items(copies=None)},
            ["parameter 'copies' is forbidden"],
        ),
    ],
)
def test_what_differs(expected, found):
    assert differences(HELD, expected) == found


@pytest.mark.parametrize(
    ("expected", "text", "is_so"),
    [
        (None, "anything", True),
        (16, "0x10", True),
        (16, "sixteen", False),
        (Timestamp(1_500_000_000), "1.5", True),
        (Timestamp(1), "soon", False),
        (Regex("[0-9]+"), "12", True),
        (Regex("[0-9]+"), "12a", False),
        (Address("127.0.0.1", 80), "127.0.0.1:80", True),
        ("1", "01", False),
    ],
)
def test_matches(expected, text, is_so):
    assert matches(expected, text) is is_so


def test_what_is_no_regular_expression_cannot_match():
    with pytest.raises(ValueTypeError, match="is not a regular expression"):
        matches(Regex("("), "x")


def test_long_texts_are_cut_in_what_is_shown():
    (found,) = differences(Message("X", {"a": "y" * 5000}), {"required_parameters": items(a="z" * 5000)})
    assert len(found) < 500


def test_own_fields():
    assert [
        own_field(HELD, name) for name in ("command", "sent_server", "sent_service", "server", "service", "file")
    ] == [
        *("PRINT", "beta", "asker", "alpha", "printer"),
        None,
    ]


def test_bytes():
    assert to_bytes((1, 255, "é", Word("a"))) == b"\x01\xff\xc3\xa9a"
    for bad in ((256,), (-1,), (1.5,), "text"):
        with pytest.raises(ValueTypeError):
            to_bytes(bad)
    assert show_bytes(b"\x01\x02\x03", 2) == "01 02 …"


def test_where_bytes_differ():
    assert data_difference(b"abcd", b"abc") == ""
    assert data_difference(b"axc", b"abc").startswith("byte 1 is 0x78, not 0x62")
    assert data_difference(b"ab", b"abc").startswith("byte 2 is the end, not 0x63")
