"""What shadows have said and nobody has heard, as a table."""

import io

from bellwether.screen import Screen
from bellwether.shadow_discarded import render
from communicator.answers.shadows import DiscardedLines
from tests.bellwether.shadow_sample import DISCARDED


def shown(told):
    file = io.StringIO()
    Screen(file=file, width=120).print(render(told))
    return [line.rstrip() for line in file.getvalue().splitlines()]


def test_it_shows_how_much_of_what_and_the_newest():
    assert shown(DISCARDED) == [
        "of what shadows on gamma have said, 14 lines reached nobody",
        "commands: MAIL (12), PRINT (2)",
        "",
        "AGO    SHADOW            DOOR    WHY                            LINE",
        "3s     billing 2.0       unix    the policy has it be a shadow  printer/PRINT file=a.txt",
        "1m 5s  (not registered)  signal  not registered                 SIGNAL secret_code=?",
    ]


def test_nothing_is_told_in_a_sentence():
    assert shown(DiscardedLines()) == ["Nothing that shadows on this host have said was discarded."]
