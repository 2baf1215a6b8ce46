"""Text of somebody else's: what steers, or cannot be seen, is made visible."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.wording.characters import printable


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
