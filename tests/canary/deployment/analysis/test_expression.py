"""Conditions on a value, as people write them."""

import pytest

from canary.deployment.analysis.expression import parse_condition


@pytest.mark.parametrize(
    ("text", "good", "bad"),
    [
        ("< 0.3", [0.29, -1], [0.3, 4]),
        ("<=0.3", [0.3], [0.301]),
        ("> 2", [2.1], [2, 1]),
        (">= 2", [2, 3], [1.9]),
        ("== 0", [0, -0.0], [0.1]),
        ("!= 0", [1], [0]),
        ("between 1 and 3", [1, 2, 3], [0.9, 3.1]),
        ("  BETWEEN -1e3   AND +.5 ", [-1000, 0.5], [0.6]),
    ],
)
def test_a_condition_holds_for_some_values(text, good, bad):
    holds = parse_condition(text)
    assert [holds(value) for value in (*good, *bad)] == [True] * len(good) + [False] * len(bad)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "0.3",
        "< ",
        "<> 3",
        "< x",
        "< 5%",
        "< nan",
        "< inf",
        "between 1",
        "between 1 and 2 and 3",
        "= 2",
        "< 1 or > 3",
    ],
)
def test_what_is_none_is_refused_by_name(text):
    with pytest.raises(ValueError, match=r"is not a condition such as '< 0\.3'"):
        parse_condition(text)


def test_nothing_is_between_the_larger_and_the_smaller_number():
    with pytest.raises(ValueError, match="nothing is between 3 and 1"):
        parse_condition("between 3 and 1")
