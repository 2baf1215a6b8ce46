"""Lines that passed the router."""

from datetime import UTC, datetime

import pytest

from bellwether.tap import Filter, to_line
from communicator.protocol import Message

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)


def tapped(line, direction="in", link="printer"):
    return Message("TAPPED", {"direction": direction, "link": link, "line": line})


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (tapped("STATUS"), "03:04:05.678 < printer     STATUS"),
        (tapped("STATUS", "out"), "03:04:05.678 > printer     STATUS"),
        (tapped("A b=c", "in", "a_very_long_name"), "03:04:05.678 < a_very_long_name A b=c"),
        (tapped("A b=\x1b[31m"), "03:04:05.678 < printer     A b=\\x1b[31m"),
        (Message("TAPPED"), "03:04:05.678 ?             "),
    ],
)
def test_a_line_of_the_trace(message, line):
    assert to_line(message, WHEN) == line


@pytest.mark.parametrize(
    ("wanted", "line", "passes"),
    [
        (Filter(), "printer/PRINT", True),
        (Filter(), "no message at all", True),
        (Filter(service="printer"), "printer/PRINT", True),
        (Filter(service="printer"), "alpha:printer/PRINT a=b", True),
        (Filter(service="printer"), "<alpha:printer asker/DONE", True),
        (Filter(service="printer"), "scanner/SCAN", False),
        (Filter(service="printer"), "no message at all", False),
        (Filter(command="PRINT"), "printer/PRINT a=b", True),
        (Filter(command="PRINT"), "printer/STOP", False),
        (Filter("printer", "PRINT"), "printer/PRINT", True),
        (Filter("printer", "PRINT"), "scanner/PRINT", False),
    ],
)
def test_a_filter_lets_through_what_is_wanted(wanted, line, passes):
    assert wanted.wants(tapped(line)) is passes
