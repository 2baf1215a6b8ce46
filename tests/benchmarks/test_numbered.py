import pytest

from benchmarks.numbered import DIGITS, Tally, number_line, tally

DELIVERED = b"<alpha:a beta:b/PAYLOAD data=" + b"x" * DIGITS + b"\n"


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ((0, 1, 2, 3), Tally(4, 0, 0, 0, 0, 1.0)),
        ((0, 1, 3), Tally(3, 1, 0, 0, 0, 1.0)),
        ((0, 1, 2, 2, 3), Tally(5, 0, 1, 0, 0, 1.0)),
        ((0, 2, 1, 3), Tally(4, 0, 0, 1, 0, 1.0)),
        ((0, 1, 2, 3, 4), Tally(5, 0, 0, 0, 1, 1.0)),
        ((), Tally(0, 4, 0, 0, 0, 1.0)),
    ],
)
def test_what_is_missing_twice_or_out_of_place_is_counted(numbers, expected):
    assert tally(b"".join(number_line(DELIVERED, number) for number in numbers), DELIVERED, 4, 1.0) == expected


@pytest.mark.parametrize(
    "foreign",
    [
        DELIVERED.replace(b"alpha", b"gamma"),
        b"<alpha:a beta:b/PAYLOAD data=xx\n",
        number_line(DELIVERED, 3).replace(b"0003", b"0x03"),
        number_line(DELIVERED, 3)[:-1],
    ],
)
def test_a_line_that_nobody_sent_is_told_apart(foreign):
    lines = b"".join(number_line(DELIVERED, number) for number in range(3))
    assert tally(lines + foreign, DELIVERED, 3, 1.0) == Tally(4, 0, 0, 0, 1, 1.0)


def test_a_number_changes_no_length():
    assert len(number_line(DELIVERED, 999_999)) == len(DELIVERED)
