"""Parts of a line on a person's terminal."""

from datetime import UTC, datetime

import pytest

from bellwether.screen_line import printable, stamp


@pytest.mark.parametrize(
    ("microseconds", "shown"), [(0, "03:04:05.000"), (999, "03:04:05.000"), (678_900, "03:04:05.678")]
)
def test_a_time_of_day(microseconds, shown):
    assert stamp(datetime(2026, 1, 2, 3, 4, 5, microseconds, tzinfo=UTC)) == shown


@pytest.mark.parametrize(("text", "shown"), [("é ü", "é ü"), ("\x1b[31m", "\\x1b[31m"), ("a\tb\r", "a\\tb\\r")])
def test_what_steers_a_terminal_is_made_visible(text, shown):
    assert printable(text) == shown
