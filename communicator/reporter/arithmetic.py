"""PURE: what the operators of the language do, as one table by the types of their operands; it knows no variable.

Integers divide as in the ancestor: towards zero, and a remainder has the sign of the dividend.
"""

import ipaddress
import math
import re
from collections.abc import Callable
from operator import add, mul, sub, truediv
from typing import Any

import msgspec

from communicator.protocol.addresses import read_ip
from communicator.protocol.values import NS_PER_S
from communicator.reporter.syntax import Operator
from communicator.reporter.values import Address, Regex, Timestamp, Type, Value, ValueTypeError, Word, bounded, type_of

LESS, EQUAL, GREATER, UNORDERED = -1, 0, 1, -2
"""What a comparison answers; they are integers of the language, too."""

STRING_CHARACTERS = 1024 * 1024
"""No string becomes longer by repetition: no line of the protocol may be longer either."""

Do = Callable[[Any, Any], Value]
Rule = tuple[Type, Do]
"""The type of the result, and how it is made."""

INT, FLOAT, STRING, WORD = Type.INTEGER, Type.FLOATING_POINT, Type.STRING, Type.IDENTIFIER
TIME, ADDRESS, REGEX = Type.TIMESTAMP, Type.ADDRESS, Type.REGEX
_TEXTS = (STRING, WORD)
_NUMBERS = (INT, FLOAT)


def result_type(operator: Operator, left: Type, right: Type) -> Type:
    """The type an operation gives.

    Raises:
        ValueTypeError: There is no such operation.
    """
    return _rule(operator, left, right)[0]


def operate(operator: Operator, left: Value, right: Value) -> Value:
    """Compute.

    Raises:
        ValueTypeError: There is no such operation, or its result is not representable.
    """
    try:
        value = _rule(operator, type_of(left), type_of(right))[1](left, right)
    except ZeroDivisionError:
        raise ValueTypeError(f"division of {left!r} by zero") from None
    except OverflowError:
        raise ValueTypeError(f"{left!r} {operator} {right!r} is too large") from None
    return bounded(value) if isinstance(value, int) else value


def signed_type(operator: Operator, operand: Type) -> Type:
    """The type of a value with a sign before it.

    Raises:
        ValueTypeError: It takes no such sign.
    """
    if operator is Operator.SUBTRACT and operand not in (*_NUMBERS, TIME):
        raise ValueTypeError(f"a value of type {operand} has no negative")
    return operand


def signed(operator: Operator, value: Value) -> Value:
    """A value with a sign before it.

    Raises:
        ValueTypeError: It takes no such sign.
    """
    signed_type(operator, type_of(value))
    if operator is not Operator.SUBTRACT:
        return value
    match value:
        case Timestamp(nanoseconds):
            return Timestamp(-nanoseconds)
        case int():
            return bounded(-value)
        case _:
            return -value  # type: ignore[operator]  # a float: signed_type has refused the rest


def _rule(operator: Operator, left: Type, right: Type) -> Rule:
    rule = _RULES.get((operator, left, right))
    if rule is None:
        raise ValueTypeError(f"there is no '{operator}' between {left} and {right}")
    return rule


def compare(left: Any, right: Any) -> int:  # noqa: ANN401 - any two that the table lets through
    """How two values compare that have an order; `UNORDERED` where one is ``NaN``."""
    if left != left or right != right:  # noqa: PLR0124 - only NaN differs from itself
        return UNORDERED
    return int(left > right) - int(left < right)


def _compare_addresses(left: Address, right: Address) -> int:
    return compare(_address_key(left), _address_key(right))


def _address_key(address: Address) -> tuple[str, int, int, str, int, str]:
    ip = read_ip(address.host)
    if ip is None:
        return (address.path, 0, 0, address.host, address.port, address.mask)
    return (address.path, ip.version, int(ip), "", address.port, address.mask)


def _later(time: Timestamp, seconds: float) -> Timestamp:
    if not math.isfinite(seconds):
        raise ValueTypeError(f"{seconds!r} is no span of time")
    whole = int(seconds)
    return Timestamp(time.nanoseconds + whole * NS_PER_S + round((seconds - whole) * NS_PER_S))


def _divide(left: int, right: int) -> int:
    quotient = abs(left) // abs(right)
    return quotient if (left < 0) == (right < 0) else -quotient


def _remainder(left: int, right: int) -> int:
    return left - right * _divide(left, right)


def _float_remainder(left: float, right: float) -> float:
    if right == 0:
        raise ZeroDivisionError
    return math.fmod(left, right)


def _repeat(text: str, times: int) -> str:
    if times < 0 or times * len(text) > STRING_CHARACTERS:
        raise ValueTypeError(f"a string is not repeated {times} times")
    return str(text) * times


def _ip(address: Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    ip = read_ip(address.host)
    if ip is None:
        raise ValueTypeError(f"{str(address)!r} is no numeric address: it cannot be computed with")
    return ip


def _move(address: Address, distance: int) -> Address:
    try:
        return msgspec.structs.replace(address, host=str(_ip(address) + distance))
    except ipaddress.AddressValueError:
        raise ValueTypeError(f"{str(address)!r} has no neighbour at a distance of {distance}") from None


def _distance(left: Address, right: Address) -> int:
    return int(_ip(left)) - int(_ip(right))


_RULES: dict[tuple[Operator, Type, Type], Rule] = {}


def _add(operator: Operator, lefts: tuple[Type, ...], rights: tuple[Type, ...], result: Type, do: Do) -> None:
    """Add a rule for each pair of types that has none yet: the narrower one stands first."""
    for left in lefts:
        for right in rights:
            _RULES.setdefault((operator, left, right), (result, do))


for kinds in (_NUMBERS, _TEXTS, (TIME,)):
    _add(Operator.COMPARE, kinds, kinds, INT, compare)
_add(Operator.COMPARE, (ADDRESS,), (ADDRESS,), INT, _compare_addresses)
for sign, do in ((Operator.ADD, add), (Operator.SUBTRACT, sub), (Operator.MULTIPLY, mul)):
    _add(sign, (INT,), (INT,), INT, do)
    _add(sign, _NUMBERS, _NUMBERS, FLOAT, do)
_add(Operator.ADD, (WORD,), (WORD,), WORD, lambda left, right: Word(left + right))
_add(Operator.ADD, _TEXTS + _NUMBERS, _TEXTS + _NUMBERS, STRING, lambda left, right: f"{left}{right}")
_add(Operator.ADD, (TIME,), _NUMBERS, TIME, _later)
_add(Operator.ADD, _NUMBERS, (TIME,), TIME, lambda left, right: _later(right, left))
_add(Operator.ADD, (TIME,), (TIME,), TIME, lambda left, right: Timestamp(left.nanoseconds + right.nanoseconds))
_add(Operator.ADD, (ADDRESS,), (INT,), ADDRESS, _move)
_add(Operator.ADD, (INT,), (ADDRESS,), ADDRESS, lambda left, right: _move(right, left))
_add(Operator.ADD, (REGEX,), (REGEX,), REGEX, lambda left, right: Regex(left.source + right.source))
_add(Operator.ADD, (REGEX,), _TEXTS, REGEX, lambda left, right: Regex(left.source + re.escape(right)))
_add(Operator.ADD, _TEXTS, (REGEX,), REGEX, lambda left, right: Regex(re.escape(left) + right.source))
_add(Operator.SUBTRACT, (TIME,), _NUMBERS, TIME, lambda left, right: _later(left, -right))
_add(Operator.SUBTRACT, _NUMBERS, (TIME,), TIME, lambda left, right: _later(Timestamp(-right.nanoseconds), left))
_add(Operator.SUBTRACT, (TIME,), (TIME,), TIME, lambda left, right: Timestamp(left.nanoseconds - right.nanoseconds))
_add(Operator.SUBTRACT, (ADDRESS,), (INT,), ADDRESS, lambda left, right: _move(left, -right))
_add(Operator.SUBTRACT, (ADDRESS,), (ADDRESS,), INT, _distance)
_add(Operator.MULTIPLY, _TEXTS, (INT,), STRING, _repeat)
_add(Operator.DIVIDE, (INT,), (INT,), INT, _divide)
_add(Operator.DIVIDE, _NUMBERS, _NUMBERS, FLOAT, truediv)
_add(Operator.MODULO, (INT,), (INT,), INT, _remainder)
_add(Operator.MODULO, _NUMBERS, _NUMBERS, FLOAT, _float_remainder)
