"""PURE: the syntax tree back to text, which parses to an equal tree; comments and layout are not kept."""

import math
import re
from collections.abc import Iterable
from typing import assert_never

from communicator.reporter.syntax import (
    ArrayDisplay,
    Binary,
    Expression,
    Instruction,
    Item,
    ListDisplay,
    Literal,
    Operator,
    Pattern,
    Template,
    Unary,
    Variable,
)
from communicator.reporter.values import Address, Items, Regex, Timestamp, Value, Word

_PRECEDENCE = {
    Operator.COMPARE: 1,
    Operator.ADD: 2,
    Operator.SUBTRACT: 2,
    Operator.MULTIPLY: 3,
    Operator.DIVIDE: 3,
    Operator.MODULO: 3,
}
_HIGHEST = 4
_ESCAPED = str.maketrans({"\\": "\\\\", "'": "\\'", '"': '\\"', "$": "\\$", "\n": "\\n", "\r": "\\r", "\t": "\\t"})


_WRITTEN = {"`": "\\`", "\\$": "\\$"}


def print_program(instructions: Iterable[Instruction]) -> str:
    """Write a script, one instruction to a line."""
    return "".join(f"{print_instruction(instruction)}\n" for instruction in instructions)


def print_instruction(instruction: Instruction) -> str:
    """Write one instruction."""
    parameters = ", ".join(f"{each.name}: {print_expression(each.value)}" for each in instruction.parameters)
    return f"{instruction.name}({parameters})"


def print_expression(expression: Expression, above: int = 0) -> str:  # noqa: PLR0911 - one answer for each node
    """Write one expression.

    Args:
        expression: What to write.
        above: How tightly what stands around it binds; parentheses are set where that is tighter.
    """
    match expression:
        case Literal(value):
            return _literal(value)
        case Variable(name):
            return f"${{{name}}}"
        case Template(parts):
            return '"' + "".join(_part(part) for part in parts) + '"'
        case Pattern(parts):
            return "`" + "".join(_in_pattern(part) for part in parts) + "`"
        case Unary(operator, operand):
            return f"{operator}{print_expression(operand, _HIGHEST)}"
        case Binary(operator, left, right):
            own = _PRECEDENCE[operator]
            text = f"{print_expression(left, own)} {operator} {print_expression(right, own + 1)}"
            return f"({text})" if own < above else text
        case ListDisplay(items):
            return "{ " + ", ".join(_item(item) for item in items) + " }" if items else "{}"
        case ArrayDisplay(values):
            return "[" + ", ".join(print_expression(value) for value in values) + "]"
        case _:
            assert_never(expression)


def _item(item: Item) -> str:
    return item.name if item.value is None else f"{item.name}: {print_expression(item.value)}"


def _part(part: str | Variable) -> str:
    return part.translate(_ESCAPED) if isinstance(part, str) else f"${{{part.name}}}"


def _in_pattern(part: str | Variable) -> str:
    return _pattern(part) if isinstance(part, str) else f"${{{part.name}}}"


def _pattern(source: str) -> str:
    """An escaped dollar sign keeps its one backslash: after two, a brace would begin a variable."""
    return re.sub(r"\\\\|\\\$|[\\`]", lambda found: _WRITTEN.get(found[0], found[0] * 2), source)


def _literal(value: Value) -> str:
    match value:
        case Word() | int():
            return str(value)
        case str():
            return "'" + value.translate(_ESCAPED) + "'"
        case float():
            return "NaN" if math.isnan(value) else repr(value)
        case Regex(source):
            return f"`{_pattern(source)}`"
        case Timestamp():
            return f"@{value}"
        case Address():
            return f"<{value}>"
        case Items() | tuple() | None:
            raise TypeError(f"{value!r} is never one token")
        case _:
            assert_never(value)
