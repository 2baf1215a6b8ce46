import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from communicator.reporter.arithmetic import EQUAL, GREATER, LESS, UNORDERED, operate, result_type, signed
from communicator.reporter.syntax import Operator
from communicator.reporter.values import Address, Regex, Timestamp, Type, ValueTypeError, Word, type_of

A, B = Address("10.5.34.255"), Address("10.5.33.0")
S = 1_000_000_000


@pytest.mark.parametrize(
    ("left", "operator", "right", "result"),
    [
        (3, "+", 2, 5),
        (20, "-", 4, 16),
        (3, "*", 2, 6),
        (20, "/", 4, 5),
        (-7, "/", 2, -3),
        (7, "/", -2, -3),
        (27, "%", 11, 5),
        (-7, "%", 2, -1),
        (7, "%", -2, 1),
        (3, "+", 2.5, 5.5),
        (3.5, "-", 2, 1.5),
        (20, "/", 8.0, 2.5),
        (27.5, "%", 11, 5.5),
        (-27.5, "%", 11, -5.5),
        (Timestamp(123 * S), "+", 5, Timestamp(128 * S)),
        (33.5, "+", Timestamp(123 * S), Timestamp(156_500_000_000)),
        (Timestamp(123 * S), "-", 5.001, Timestamp(117_999_000_000)),
        (33, "-", Timestamp(123 * S), Timestamp(-90 * S)),
        (Timestamp(300), "-", Timestamp(100), Timestamp(200)),
        (Timestamp(300), "+", Timestamp(100), Timestamp(400)),
        (Address("127.0.0.1", 80), "+", 256, Address("127.0.1.1", 80)),
        (256, "+", Address("192.168.3.57"), Address("192.168.4.57")),
        (Address("172.131.4.1"), "-", 256, Address("172.131.3.1")),
        (A, "-", B, 511),
        (Word("ident"), "+", Word("ifier"), Word("identifier")),
        ("single", "+", Word("word"), "singleword"),
        ("single", "+", 36, "single36"),
        (258, "+", "single", "258single"),
        ("a|b", "+", Regex("[0-9]+"), Regex(r"a\|b[0-9]+")),
        (Regex("[0-9]+"), "+", "c{3}", Regex(r"[0-9]+c\{3\}")),
        (Regex("[0-9]+"), "+", Regex("(a|b)?"), Regex("[0-9]+(a|b)?")),
        ("abc", "*", 3, "abcabcabc"),
        ("zero", "*", 0, ""),
        (13, "<=>", 10, GREATER),
        (10.0, "<=>", 10, EQUAL),
        (9.05, "<=>", 10, LESS),
        (math.nan, "<=>", 1, UNORDERED),
        (1, "<=>", math.nan, UNORDERED),
        ("str9", "<=>", "str2", GREATER),
        (Word("a"), "<=>", "a", EQUAL),
        (Timestamp(1), "<=>", Timestamp(2), LESS),
        (Address("127.0.0.100"), "<=>", Address("10.127.0.100"), GREATER),
        (Address("9.0.0.1"), "<=>", Address("10.0.0.1"), LESS),
        (A, "<=>", A, EQUAL),
        (Address("a.example"), "<=>", Address("b.example"), LESS),
    ],
)
def test_operations(left, operator, right, result):
    found = operate(Operator(operator), left, right)
    assert found == result
    assert type_of(found) is type_of(result)
    assert result_type(Operator(operator), type_of(left), type_of(right)) is type_of(result)


@pytest.mark.parametrize(
    ("left", "operator", "right", "words"),
    [
        (1, "<=>", "1", "no '<=>' between integer and string"),
        (A, "+", B, "no '+' between address and address"),
        (A, "+", "x", "no '+'"),
        ("a", "-", "b", "no '-'"),
        (Timestamp(1), "*", 2, "no '*'"),
        (None, "+", 1, "no '+' between void and integer"),
        (1, "/", 0, "by zero"),
        (1, "%", 0, "by zero"),
        (1.0, "/", 0, "by zero"),
        (1.0, "%", 0.0, "by zero"),
        (2**127 - 1, "+", 1, "128 bits"),
        (-(2**127), "-", 1, "128 bits"),
        (2**100, "*", 2**100, "128 bits"),
        ("a", "*", -1, "not repeated -1 times"),
        ("a" * 1024, "*", 2**40, "not repeated"),
        (Timestamp(1), "+", math.nan, "no span of time"),
        (Address("255.255.255.255"), "+", 1, "no neighbour"),
        (Address("host.example"), "+", 1, "no numeric address"),
    ],
)
def test_what_cannot_be_computed(left, operator, right, words):
    with pytest.raises(ValueTypeError) as caught:
        operate(Operator(operator), left, right)
    assert words in str(caught.value)


def test_signs():
    assert signed(Operator.SUBTRACT, 3) == -3
    assert signed(Operator.SUBTRACT, 3.5) == -3.5
    assert signed(Operator.SUBTRACT, Timestamp(5)) == Timestamp(-5)
    assert signed(Operator.ADD, "text") == "text"
    with pytest.raises(ValueTypeError, match="string has no negative"):
        signed(Operator.SUBTRACT, "text")
    with pytest.raises(ValueTypeError, match="128 bits"):
        signed(Operator.SUBTRACT, -(2**127))


@given(st.integers(-(2**127), 2**127 - 1), st.integers(-(2**127), 2**127 - 1).filter(bool))
def test_quotient_and_remainder_make_the_dividend_again(dividend, divisor):
    if (dividend, divisor) == (-(2**127), -1):
        return
    quotient, remainder = operate(Operator.DIVIDE, dividend, divisor), operate(Operator.MODULO, dividend, divisor)
    assert quotient * divisor + remainder == dividend
    assert abs(remainder) < abs(divisor)
    assert remainder == 0 or (remainder < 0) == (dividend < 0)


def test_types_without_an_operation():
    with pytest.raises(ValueTypeError):
        result_type(Operator.ADD, Type.LIST, Type.LIST)
