"""Marks in the colours of a terminal."""

import pytest

from bellwether.colours import coloured
from communicator.wording.marks import BAD, GONE, GOOD, OPEN, TRIED, WORST_FIRST


@pytest.mark.parametrize(
    ("mark", "style"),
    [(GOOD, "green"), (TRIED, "yellow"), (BAD, "red"), (OPEN, "cyan"), (GONE, "dim")],
)
def test_a_mark_has_its_colour(mark, style):
    assert coloured(mark) == (mark.sign, style)


def test_every_mark_has_one():
    assert all(style for _, style in map(coloured, WORST_FIRST))
