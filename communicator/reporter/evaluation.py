"""PURE: the type and the value of an expression; it knows the variables it is given, and no instruction."""

from collections.abc import Iterable, Iterator, Mapping

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
        case Variable():
            return None
        case Unary() | Binary():
            return _infer_operation(expression)
        case _:
            for part in _parts_of(expression):
                infer(part)
            return _WITH_PARTS[type(expression)]


def _infer_operation(expression: Unary | Binary) -> Type | None:
    operands = [infer(operand) for operand in _parts_of(expression)]
    types = [kind for kind in operands if kind is not None]
    if len(types) < len(operands):
        return None
    try:
        rule = signed_type if isinstance(expression, Unary) else result_type
        return rule(expression.operator, *types)
    except ValueTypeError as error:
        raise MisfitError(expression.position, str(error)) from None


_WITH_PARTS = {Template: Type.STRING, Pattern: Type.REGEX, ListDisplay: Type.LIST, ArrayDisplay: Type.ARRAY}


def variables_in(expression: Expression) -> Iterator[Variable]:
    """The variables whose values an expression takes; without any it is always worth the same."""
    if isinstance(expression, Variable):
        yield expression
    for part in _parts_of(expression):
        yield from variables_in(part)


def _parts_of(expression: Expression) -> Iterable[Expression]:
    match expression:
        case Template(parts) | Pattern(parts):
            return (part for part in parts if isinstance(part, Variable))
        case Unary(_, operand):
            return (operand,)
        case Binary(_, left, right):
            return left, right
        case ArrayDisplay(values):
            return values
        case ListDisplay(items):
            return (item.value for item in items if item.value is not None)
        case _:
            return ()


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
    if isinstance(expression, ArrayDisplay):
        return tuple(evaluate(value, variables) for value in expression.values)
    pairs = ((item.name, None if item.value is None else evaluate(item.value, variables)) for item in expression.items)
    return Items(tuple(pairs))
