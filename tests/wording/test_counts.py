"""How many there are, and which."""

import pytest

from communicator.wording.counts import count, listed


@pytest.mark.parametrize(("number", "text"), [(0, "0 hosts"), (1, "1 host"), (20_000, "20,000 hosts")])
def test_one_of_a_kind_has_no_plural(number, text):
    assert count(number, "host") == text


@pytest.mark.parametrize(
    ("names", "text"), [("", ""), ("ab", "a, b"), ("abc", "a, b, c"), ("abcd", "a, b and 2 more")], ids=range(4)
)
def test_of_many_names_the_first_are_told(names, text):
    assert listed(list(names), 2) == text
