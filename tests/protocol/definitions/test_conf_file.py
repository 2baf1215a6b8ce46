"""The ancestor's configuration files: what is read, and what is only said."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.protocol.definitions.conf_file import read_conf_file


def read(text):
    conf = read_conf_file(text.encode() if isinstance(text, str) else text)
    values = {key: entry.value for key, entry in conf.preamble.entries.items()}
    sections = {
        name: {key: entry.value for key, entry in section.entries.items()} for name, section in conf.sections.items()
    }
    return values, sections, [line for line, _ in conf.remarks]


@pytest.mark.parametrize(
    ("text", "preamble", "sections"),
    [
        ("", {}, {}),
        ("# c\n; c\n\n   # c\n", {}, {}),
        ("description = a file", {"description": "a file"}, {}),
        ("  a=1 \nb  =  2\t\nc=", {"a": "1", "b": "2", "c": ""}, {}),
        ("a = 1\r\nb = 2\r\n", {"a": "1", "b": "2"}, {}),
        ("\ufeffa = 1", {"a": "1"}, {}),
        ("[my-address]\nbest-type = x", {}, {"my_address": {"best_type": "x"}}),
        ("[a]\nx = 1\n[b]\nx = 2\n[]\ny = 3", {"y": "3"}, {"a": {"x": "1"}, "b": {"x": "2"}}),
        ("[a] # of all\nx = 1", {}, {"a": {"x": "1"}}),
        ("a = one \\\n   two \\\nthree\nb = 2", {"a": "one    two three", "b": "2"}, {}),
        ("# a comment \\\na = 1\nb = 2", {"b": "2"}, {}),
        ("a = 1\\", {"a": "1"}, {}),
        (r"a = x\\y\n\t\rz\d", {"a": "x\\y\n\t\rz\\d"}, {}),
        ('a = \'x y \'\nb = "p=q"\nc = "half', {"a": "x y ", "b": "p=q", "c": '"half'}, {}),
        ("a = b = c", {"a": "b = c"}, {}),
    ],
)
def test_what_is_read(text, preamble, sections):
    assert read(text) == (preamble, sections, [])


@pytest.mark.parametrize(
    ("text", "preamble", "sections", "lines"),
    [
        ("\nflags", {}, {}, [2]),
        ("= x", {}, {}, [1]),
        ("two words = x\na = 1", {"a": "1"}, {}, [1]),
        ("flags += x", {}, {}, [1]),
        ("[a\nx = 1", {"x": "1"}, {}, [1]),
        ("[a] x = 1\ny = 2", {}, {"a": {"y": "2"}}, [1]),
        ("[ a ]\nx = 1", {}, {"a": {"x": "1"}}, [1]),
        ("[a]\nx = 1\n[a]\nx = 2", {}, {"a": {"x": "2"}}, [3, 4]),
        ("a \\\n= 1\n\nb", {"a": "1"}, {}, [4]),
        (b"a = \xff\nb = 1", {"a": "\ufffd", "b": "1"}, {}, [0]),
    ],
)
def test_what_is_odd_is_said_and_the_rest_is_read(text, preamble, sections, lines):
    assert read(text) == (preamble, sections, lines)


@given(st.one_of(st.binary(), st.text(alphabet="[]=#;\\\"' ab_-\n\r").map(str.encode)))
def test_any_bytes_can_be_read(content):
    conf = read_conf_file(content)
    assert all(isinstance(line, int) and text for line, text in conf.remarks)
