"""Lines and values of the ancestor's files; the files themselves are compared with its reader in tests/flags."""

import pytest

from communicator.protocol.conf_text import logical_lines, read_value


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("", [(1, "")]),
        ("a\nb\r\nc\rd", [(1, "a"), (2, "b"), (3, "c"), (4, "d")]),
        ("a\\\nb\\\r\nc\n\nd", [(1, "abc"), (4, ""), (5, "d")]),
        ("a\\\\\n\nb", [(1, "a\\"), (3, "b")]),
        ("\\\na", [(1, "a")]),
        ("a\\", [(1, "a")]),
    ],
)
def test_lines(text, lines):
    assert list(logical_lines(text)) == lines


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", ""),
        (r"x\\n\n\t\r\d", "x\\n\n\t\r\\d"),
        ("'a b '", "a b "),
        ('""a""', '"a"'),
        ("\"a'", "\"a'"),
        ('"', '"'),
    ],
)
def test_values(text, value):
    assert read_value(text) == value
