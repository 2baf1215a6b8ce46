"""What the page alone shows: sizes and times of day."""

import pytest

from exporters.page import words


@pytest.mark.parametrize(
    ("number", "text"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1 KiB"), (300_000, "293 KiB"), (1_023_700, "1,000 KiB"), (5 << 20, "5 MiB")],
)
def test_sizes(number, text):
    assert words.bytes_text(number) == text


@pytest.mark.parametrize(
    ("wall_s", "text"),
    [(0, "00:00:00 UTC"), (1_795_626_900, "17:15:00 UTC"), (-1, "-"), (1e300, "-"), (float("nan"), "-")],
)
def test_times_of_day(wall_s, text):
    assert words.time_of_day(wall_s) == text


@pytest.mark.parametrize(("text", "shown"), [("", ""), ("no clock", "No clock"), ("ökonom", "Ökonom")])
def test_a_sentence_begins_with_a_capital(text, shown):
    assert words.opened(text) == shown
