"""PURE: the type and the value of an expression; it knows the variables it is given, and no instruction."""

from collections.abc import Iterable, Iterator, Mapping

from communicator.reporter import syntax
from communicator.reporter.arithmetic import operate, result_type, signed, signed_type
from communicator.reporter.values import Items, Regex, Type, Value, ValueTypeError, text_of, type_of


def infer(expression: syntax.Expression) -> Type | None:
    """The type an expression will have.

    Args:
        expression: What to look at.

    Returns:
        Its type; None when that depends on a variable.

    Raises:
        MisfitError: It can never be computed.
    """
    match expression:
        case syntax.Literal(value):
            return type_of(value)
        case syntax.Variable():
            return None
        case syntax.Unary() | syntax.Binary():
            return _infer_operation(expression)
        case _:
            for part in _parts_of(expression):
                infer(part)
            return _WITH_PARTS[type(expression)]


def _infer_operation(expression: syntax.Unary | syntax.Binary) -> Type | None:
    operands = [infer(operand) for operand in _parts_of(expression)]
    types = [kind for kind in operands if kind is not None]
    if len(types) < len(operands):
        return None
    try:
        rule = signed_type if isinstance(expression, syntax.Unary) else result_type
        return rule(expression.operator, *types)
    except ValueTypeError as error:
        raise syntax.MisfitError(expression.position, str(error)) from None


_WITH_PARTS: dict[type, Type] = {
    syntax.Template: Type.STRING,
    syntax.Pattern: Type.REGEX,
    syntax.ListDisplay: Type.LIST,
    syntax.ArrayDisplay: Type.ARRAY,
}


def variables_in(expression: syntax.Expression) -> Iterator[syntax.Variable]:
    """The variables whose values an expression takes; without any it is always worth the same."""
    if isinstance(expression, syntax.Variable):
        yield expression
    for part in _parts_of(expression):
        yield from variables_in(part)


def _parts_of(expression: syntax.Expression) -> Iterable[syntax.Expression]:
    match expression:
        case syntax.Template(parts) | syntax.Pattern(parts):
            return (part for part in parts if isinstance(part, syntax.Variable))
        case syntax.Unary(_, operand):
            return (operand,)
        case syntax.Binary(_, left, right):
            return left, right
        case syntax.ArrayDisplay(values):
            return values
        case syntax.ListDisplay(items):
            return (item.value for item in items if item.value is not None)
        case _:
            return ()


def pieces_of(expression: syntax.Expression) -> Iterable[syntax.Expression]:
    """The expressions that have a value each: those in a list or an array, else the expression itself."""
    return _parts_of(expression) if isinstance(expression, syntax.ListDisplay | syntax.ArrayDisplay) else (expression,)


def evaluate(expression: syntax.Expression, variables: Mapping[str, Value]) -> Value:
    """Compute an expression.

    Args:
        expression: What to compute.
        variables: What ``$name`` stands for; one that is not among them is an empty string.

    Raises:
        ValueTypeError: The type of a variable does not fit.
    """
    match expression:
        case syntax.Literal(value):
            return value
        case syntax.Template(parts) | syntax.Pattern(parts):
            text = "".join(part if isinstance(part, str) else text_of(variables.get(part.name, "")) for part in parts)
            return Regex(text) if isinstance(expression, syntax.Pattern) else text
        case syntax.Variable(name):
            return variables.get(name, "")
        case syntax.Unary(operator, operand):
            return signed(operator, evaluate(operand, variables))
        case syntax.Binary(operator, left, right):
            return operate(operator, evaluate(left, variables), evaluate(right, variables))
        case _:
            return _evaluate_display(expression, variables)


def _evaluate_display(expression: syntax.ListDisplay | syntax.ArrayDisplay, variables: Mapping[str, Value]) -> Value:
    if isinstance(expression, syntax.ArrayDisplay):
        return tuple(evaluate(value, variables) for value in expression.values)
    pairs = ((item.name, None if item.value is None else evaluate(item.value, variables)) for item in expression.items)
    return Items(tuple(pairs))
