from datetime import UTC, datetime

import pytest

from timekeeper.solution.leap_season import may_be_near_leap


@pytest.mark.parametrize(
    ("moment", "is_near"),
    [
        ("2016-12-30T23:59:00", False),
        ("2016-12-31T00:00:00", True),
        ("2016-12-31T23:59:59", True),
        ("2017-01-01T00:00:00", True),
        ("2017-01-01T23:59:59", True),
        ("2017-01-02T00:00:00", False),
        ("2015-06-30T12:00:00", True),
        ("2015-07-15T12:00:00", False),
        ("2024-02-28T12:00:00", False),
        ("2024-02-29T12:00:00", True),
    ],
)
def test_near_the_end_of_a_month(moment, is_near):
    assert may_be_near_leap(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp()) is is_near


@pytest.mark.parametrize(
    ("utc_s", "is_near"),
    [(None, True), (-1.0, False), (0.0, True), (253_402_128_000.0, False), (253_402_300_800.0, False), (1e300, False)],
)
def test_a_time_that_is_not_known_or_none(utc_s, is_near):
    assert may_be_near_leap(utc_s) is is_near


def test_no_time_at_all():
    assert not may_be_near_leap(float("nan"))
