"""PURE: the type and the value of an expression; it knows the variables it is given, and no instruction."""

from collections.abc import Iterable, Iterator, Mapping
from typing import assert_never

from communicator.reporter.arithmetic import operate, result_type, signed, signed_type
from communicator.reporter.syntax import (
    ArrayDisplay,
    Binary,
    Expression,
    ListDisplay,
    Literal,
    MisfitError,
    Pattern,
    Template,
    Unary,
    Variable,
)
from communicator.reporter.values import Items, Regex, Type, Value, ValueTypeError, text_of, type_of


def infer(expression: Expression) -> Type | None:
    """The type an expression will have.

    Args:
        expression: What to look at.

    Returns:
        Its type; None when that depends on a variable.

    Raises:
        MisfitError: It can never be computed.
    """
    match expression:
        case Literal(value):
            return type_of(value)
        case Template():
            return Type.STRING
        case Pattern():
            return Type.REGEX
        case Variable():
            return None
        case Unary() | Binary():
            return _infer_operation(expression)
        case _:
            return _infer_display(expression)


def _infer_operation(expression: Unary | Binary) -> Type | None:
    operands = [expression.operand] if isinstance(expression, Unary) else [expression.left, expression.right]
    types = [kind for kind in map(infer, operands) if kind is not None]
    if len(types) < len(operands):
        return None
    try:
        rule = signed_type if isinstance(expression, Unary) else result_type
        return rule(expression.operator, *types)
    except ValueTypeError as error:
        raise MisfitError(expression.position, str(error)) from None


def _infer_display(expression: ListDisplay | ArrayDisplay) -> Type:
    for each in _parts_of(expression):
        infer(each)
    return Type.ARRAY if isinstance(expression, ArrayDisplay) else Type.LIST


def variables_in(expression: Expression) -> Iterator[Variable]:
    """The variables whose values an expression takes; without any it is always worth the same."""
    match expression:
        case Variable():
            yield expression
        case Template(parts) | Pattern(parts):
            yield from (part for part in parts if isinstance(part, Variable))
        case Literal():
            return
        case _:
            for part in _parts_of(expression):
                yield from variables_in(part)


def _parts_of(expression: Unary | Binary | ListDisplay | ArrayDisplay) -> Iterable[Expression]:
    match expression:
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case ArrayDisplay(values):
            return values
        case ListDisplay(items):
            return (item.value for item in items if item.value is not None)
        case _:
            assert_never(expression)


def pieces_of(expression: Expression) -> Iterable[Expression]:
    """The expressions that have a value each: those in a list or an array, else the expression itself."""
    return _parts_of(expression) if isinstance(expression, ListDisplay | ArrayDisplay) else (expression,)


def evaluate(expression: Expression, variables: Mapping[str, Value]) -> Value:
    """Compute an expression.

    Args:
        expression: What to compute.
        variables: What ``$name`` stands for; one that is not among them is an empty string.

    Raises:
        ValueTypeError: The type of a variable does not fit.
    """
    match expression:
        case Literal(value):
            return value
        case Template(parts) | Pattern(parts):
            text = "".join(part if isinstance(part, str) else text_of(variables.get(part.name, "")) for part in parts)
            return Regex(text) if isinstance(expression, Pattern) else text
        case Variable(name):
            return variables.get(name, "")
        case Unary(operator, operand):
            return signed(operator, evaluate(operand, variables))
        case Binary(operator, left, right):
            return operate(operator, evaluate(left, variables), evaluate(right, variables))
        case _:
            return _evaluate_display(expression, variables)


def _evaluate_display(expression: ListDisplay | ArrayDisplay, variables: Mapping[str, Value]) -> Value:
    match expression:
        case ArrayDisplay(values):
            return tuple(evaluate(value, variables) for value in values)
        case ListDisplay(items):
            return Items(
                tuple((item.name, None if item.value is None else evaluate(item.value, variables)) for item in items)
            )
        case _:
            assert_never(expression)
