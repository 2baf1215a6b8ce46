"""Text of somebody else's: what steers, or cannot be seen, is made visible."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.wording.characters import printable, printable_json, printable_lines


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("שרת", "שרת"),
        ("\u202etxt.exe", "\\u202etxt.exe"),
        ("a\nb\x07", "a\\nb\\x07"),
        ("\ud800", "\\ud800"),
        ("\x00", "\\x00"),
    ],
    ids=["plain", "hebrew", "override", "control", "surrogate", "null"],
)
def test_what_steers_is_made_visible(text, shown):
    assert printable(text) == shown


@given(st.text(st.characters()))
def test_whatever_is_shown_can_be_seen_and_sent(text):
    shown = printable(text)
    assert shown.isprintable()
    shown.encode()


@given(st.text(st.characters()))
def test_of_several_lines_the_ends_stay(text):
    shown = printable_lines(text)
    assert shown.count("\n") == text.count("\n")
    assert all(line.isprintable() for line in shown.split("\n"))


@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"])), st.text(st.characters(exclude_categories=["Cs"]))
    )
)
def test_a_document_means_the_same_and_nothing_in_it_steers(document):
    shown = printable_json(json.dumps(document, ensure_ascii=False, indent=2))
    assert json.loads(shown) == document
    assert all(line.isprintable() for line in shown.split("\n"))
