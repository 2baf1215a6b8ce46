"""When a line on a person's terminal was heard."""

from datetime import UTC, datetime

import pytest

from bellwether.screen_line import stamp


@pytest.mark.parametrize(
    ("microseconds", "shown"), [(0, "03:04:05.000"), (999, "03:04:05.000"), (678_900, "03:04:05.678")]
)
def test_a_time_of_day(microseconds, shown):
    assert stamp(datetime(2026, 1, 2, 3, 4, 5, microseconds, tzinfo=UTC)) == shown
