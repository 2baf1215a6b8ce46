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
    Position,
    Template,
    Unary,
    Variable,
)
from communicator.reporter.values import Items, Type, Value, ValueTypeError, text_of, type_of


class MisfitError(ValueTypeError):
    """An operation can never be done.

    Args:
        position: Where it stands.
        what: Why.
    """

    def __init__(self, position: Position, what: str) -> None:
        super().__init__(what)
        self.position = position


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


def variables_in(expression: Expression) -> Iterator[str]:
    """The variables whose values an expression takes; without any it is always worth the same."""
    match expression:
        case Variable(name):
            yield name
        case Template(parts):
            yield from (part.name for part in parts if isinstance(part, Variable))
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


def evaluate(expression: Expression, variables: Mapping[str, Value]) -> Value:
    """Compute an expression.

    Args:
        expression: What to compute.
        variables: What ``$name`` stands for.

    Raises:
        ValueTypeError: A variable is not set, or its type does not fit.
    """
    match expression:
        case Literal(value):
            return value
        case Template(parts):
            return "".join(part if isinstance(part, str) else text_of(_look_up(part, variables)) for part in parts)
        case Variable():
            return _look_up(expression, variables)
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


def _look_up(variable: Variable, variables: Mapping[str, Value]) -> Value:
    try:
        return variables[variable.name]
    except KeyError:
        raise ValueTypeError(f"variable {variable.name!r} is not set") from None
