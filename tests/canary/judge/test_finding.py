import pytest

from canary.judge.finding import number_of


@pytest.mark.parametrize(
    ("count", "what", "expected"),
    [
        (1, "try", "1 try"),
        (5, "try", "5 tries"),
        (0, "failure", "0 failures"),
        (1, "time", "1 time"),
        (2, "time", "2 times"),
    ],
)
def test_a_number_of_things(count, what, expected):
    assert number_of(count, what) == expected
