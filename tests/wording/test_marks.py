"""Marks: each can be told from the others without its colour, and the worst goes first."""

import pytest

from communicator.wording.marks import BAD, DOUBTFUL, GONE, GOOD, OPEN, WORST_FIRST, worst


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        (set(), GONE),
        ({GOOD}, GOOD),
        ({GOOD, OPEN}, OPEN),
        ({GOOD, DOUBTFUL, BAD}, BAD),
        (set(WORST_FIRST), BAD),
    ],
    ids=range(5),
)
def test_the_worst_mark(marks, found):
    assert worst(marks) == found


def test_every_mark_can_be_told_from_the_others_without_its_colour():
    assert len({mark.sign for mark in WORST_FIRST}) == len(WORST_FIRST)
