"""Spans of time and moments, in words."""

from datetime import UTC

import pytest

from communicator.wording.spans import age, duration, left, moment, signed, span


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "0 µs"),
        (1.2e-5, "12 µs"),
        (-0.0021, "-2.1 ms"),
        (0.00099949, "999 µs"),
        (0.00099951, "1 ms"),
        (0.9994, "999 ms"),
        (0.9995, "1.00 s"),
        (-75.0, "-75.00 s"),
    ],
)
def test_a_small_span_has_the_unit_that_suits_it(seconds, text):
    assert duration(seconds) == text


@pytest.mark.parametrize(("seconds", "text"), [(1.5, "+1.50 s"), (0.0, "0 µs"), (-0.0, "0 µs"), (-1e-6, "-1 µs")])
def test_ahead_has_a_plus(seconds, text):
    assert signed(seconds) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(-5, "0s"), (0, "0s"), (59.9, "59s"), (60, "1m 0s"), (3599, "59m 59s"), (3600, "1h 0m"), (90_000, "1d 1h")],
)
def test_a_span_has_its_two_largest_units(seconds, text):
    assert span(seconds) == text


def test_what_has_no_end_lasts_until_it_is_lifted():
    assert left(None) == "until it is lifted"
    assert left(61.0) == "for 1m 1s"


@pytest.mark.parametrize(
    ("since_s", "now_s", "text"),
    [(0, 100, "?"), (100, 99.0, "0 s"), (100, 159.9, "59 s"), (100, 160, "1 min"), (1, 7201, "2 h"), (1, 86401, "1 d")],
)
def test_an_age_has_its_largest_unit(since_s, now_s, text):
    assert age(since_s, now_s) == text


@pytest.mark.parametrize(
    ("wall_s", "text"),
    [(0, "01-01 00:00:00"), (1_795_626_900, "11-25 17:15:00"), (-1, "-"), (1e300, "-"), (float("nan"), "-")],
)
def test_moments(wall_s, text):
    assert moment(wall_s, UTC) == text


def test_a_moment_takes_another_form():
    assert moment(1_795_626_900, UTC, "%a %H:%M") == "Wed 17:15"
