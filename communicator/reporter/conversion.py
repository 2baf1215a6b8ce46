"""PURE: a value to one of another type, as `type:` asks for it; where there is no way, it says so."""

from collections.abc import Callable

from communicator.reporter import values
from communicator.reporter.values import Type, Value

_EMPTY: dict[Type, Value] = {Type.INTEGER: 0, Type.TIMESTAMP: values.Timestamp(0), Type.FLOATING_POINT: 0.0}

READERS: dict[Type, Callable[[str], Value]] = {
    Type.ADDRESS: values.parse_address,
    Type.FLOATING_POINT: values.parse_float,
    Type.IDENTIFIER: values.Word,
    Type.INTEGER: values.parse_integer,
    Type.STRING: str,
    Type.TIMESTAMP: values.parse_timestamp,
}
"""What reads a text as a value of each type."""


def read(text: str, target: str) -> Value:
    """Read the parameter of a message; an empty one is a zero, where there is one.

    Args:
        text: The parameter.
        target: The name of the type it is to have.

    Raises:
        ValueTypeError: It does not read as that.
    """
    kind = Type(target)
    return _EMPTY[kind] if not text and kind in _EMPTY else READERS[kind](text)


def convert(value: Value, target: str) -> Value:  # noqa: PLR0911 - one answer for each way
    """Give a value another type; a text is read, a number is rounded towards zero.

    Args:
        value: What to convert.
        target: The name of the type.

    Raises:
        ValueTypeError: There is no way.
    """
    kind, own = Type(target), values.type_of(value)
    if kind is own:
        return value
    match kind, value:
        case Type.VOID, _:
            return None
        case (
            (Type.STRING | Type.IDENTIFIER),
            (str() | int() | float() | values.Timestamp() | values.Address()),
        ):
            return READERS[kind](values.text_of(value))
        case _, str() if kind in READERS:
            return READERS[kind](value)
        case Type.FLOATING_POINT, int():
            return values.parse_float(str(value))
        case Type.INTEGER, float() if abs(value) < float(1 << 127):
            return values.bounded(int(value))
        case Type.TIMESTAMP, (int() | float()):
            return values.parse_timestamp(f"{value:.9f}" if isinstance(value, float) else str(value))
        case _:
            raise values.ValueTypeError(f"{own} {values.text_of(value)!r} does not become {kind}")
