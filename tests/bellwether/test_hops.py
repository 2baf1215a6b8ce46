"""What routers tell of a message that is traced."""

from datetime import UTC, datetime

import pytest

from bellwether.hops import Hop, read_hop, to_line
from communicator.protocol import Message

WHEN = datetime(2026, 1, 2, 3, 4, 5, 678_900, tzinfo=UTC)
TOLD = {"trace": "t", "server": "beta", "hop": "1", "action": "forwarded", "next": "gamma"}


def test_a_hop_is_read():
    assert read_hop(Message("TRACE_HOP", TOLD), "t") == Hop("1", "beta", "forwarded", "gamma")


def test_a_hop_without_a_server_is_of_its_sender():
    message = Message("TRACE_HOP", {"trace": "t", "action": "failed"}, sent_from_server="beta")
    assert read_hop(message, "t") == Hop("?", "beta", "failed")


@pytest.mark.parametrize("message", [Message("TRACE_HOP", {**TOLD, "trace": "u"}), Message("TRACED", TOLD)])
def test_what_is_of_no_concern_is_passed_over(message):
    assert read_hop(message, "t") is None


@pytest.mark.parametrize(
    ("action", "is_last"), [("forwarded", False), ("delivered", True), ("cached", True), ("failed", True), ("", False)]
)
def test_where_a_message_goes_no_further(action, is_last):
    assert Hop("0", "alpha", action).is_last is is_last


@pytest.mark.parametrize(
    ("hop", "line"),
    [
        (Hop("0", "alpha", "forwarded", "beta"), "03:04:05.678  0 alpha        forwarded to beta"),
        (Hop("12", "alpha", "failed", reason="no_route"), "03:04:05.678 12 alpha        failed (no_route)"),
        (Hop("1", "beta", "delivered", "\x1b[31m"), "03:04:05.678  1 beta         delivered to \\x1b[31m"),
    ],
)
def test_a_hop_in_a_line(hop, line):
    assert to_line(hop, WHEN) == line
