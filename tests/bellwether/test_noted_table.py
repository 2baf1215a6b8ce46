"""A table with notes, by the width of the screen."""

import pytest
from rich.text import Text

from bellwether.noted_table import render
from tests.bellwether.feature_sample import screen

ROWS = [(Text("alpha"), Text("good")), (Text("be"), Text("x"))]


@pytest.mark.parametrize(
    ("width", "shown"),
    [
        (80, "HOST   IS    WHY\nalpha  good  since it is\nbe     x"),
        (40, "HOST   IS\n    WHY\nalpha  good\n    since it is\nbe     x"),
    ],
    ids=["beside", "below"],
)
def test_notes_stand_where_there_is_room(width, shown):
    assert screen(render(("HOST", "IS", "WHY"), ROWS, ["since it is", ""], width), width) == shown


def test_a_note_that_is_too_long_stays_in_its_column_and_any_other_row_costs_one_line_of_text():
    notes = ["since it is 漢字 " * 4, "short"]
    table = render(("HOST", "IS", "WHY"), ROWS, notes, 60)
    [head, _long, short] = table.renderables
    assert [type(one) for one in (head, short)] == [Text, Text]
    assert screen(table, 60).splitlines() == [
        "HOST   IS    WHY",
        "alpha  good  since it is 漢字 since it is 漢字 since it is",
        "             漢字 since it is 漢字",
        "be     x     short",
    ]
