"""PURE: whether a message, or bytes, are what a script expects; it says what differs, and decides nothing."""

from collections.abc import Iterator, Mapping

from communicator.protocol.message import Message
from communicator.reporter.conversion import READERS
from communicator.reporter.values import Items, Regex, Type, Value, ValueTypeError, compile_regex, text_of, type_of

_BYTE_VALUES = 256
_SHOWN_BYTES = 64
_SHOWN_CHARACTERS = 200
_NO_ITEMS = Items(())
_FIELDS = {name: name for name in ("command", "server", "service")}
_FIELDS |= {"sent_server": "sent_from_server", "sent_service": "sent_from_service"}
_READ = (Type.INTEGER, Type.FLOATING_POINT, Type.TIMESTAMP)
"""What is compared by its value, however that is written."""


def own_field(message: Message, name: str) -> str | None:
    """A field of the message itself, by the name scripts give it; None when there is no such field."""
    return getattr(message, _FIELDS[name]) if name in _FIELDS else None


def matches(expected: Value, text: str) -> bool:
    """Whether a text is as expected.

    Args:
        expected: A string is equal to it, a number or a time is what it reads as, a regular expression matches it as a whole;
            a void is content with anything.
        text: What came.

    Raises:
        ValueTypeError: The regular expression is none.
    """
    if isinstance(expected, Regex):
        return compile_regex(expected.source).fullmatch(text) is not None
    kind = type_of(expected)
    try:
        if kind in _READ:
            return READERS[kind](text) == expected
    except ValueTypeError:
        return False
    return expected is None or text_of(expected) == text


def differences(message: Message, expected: Mapping[str, Value]) -> list[str]:
    """What is wrong with a message.

    Args:
        message: What came.
        expected: The arguments of ``verify_message``, computed.

    Returns:
        One text for each difference; none when the message is as expected.
    """
    found: list[str] = []
    for name, value in expected.items():
        if (text := own_field(message, name)) is not None:
            found += _difference(name, text, value)
    lists = [expected.get(f"{which}_parameters", _NO_ITEMS) for which in ("required", "optional", "forbidden")]
    required, optional, forbidden = (list(each.pairs) if isinstance(each, Items) else [] for each in lists)
    for number, (name, value) in enumerate(required + optional):
        if name in message.parameters:
            found += _difference(f"parameter {name!r}", message.parameters[name], value)
        elif number < len(required):
            found.append(f"parameter {name!r} is missing")
    found += [f"parameter {name!r} is forbidden" for name, _ in forbidden if name in message.parameters]
    return found


def _difference(what: str, text: str, expected: Value) -> Iterator[str]:
    try:
        if not matches(expected, text):
            yield f"{what} is {_shortened(text)!r}, not {_wanted(expected)}"
    except ValueTypeError as error:
        yield f"{what} cannot be compared: {error}"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN_CHARACTERS else f"{text[:_SHOWN_CHARACTERS]}…"


def _wanted(value: Value) -> str:
    kind = type_of(value)
    return repr(_shortened(text_of(value))) if kind in (Type.STRING, Type.IDENTIFIER) else f"{kind} {text_of(value)!r}"


def to_bytes(values: Value) -> bytes:
    """The bytes an array stands for: integers are bytes, strings are UTF-8.

    Raises:
        ValueTypeError: It holds something else.
    """
    if not isinstance(values, tuple):
        raise ValueTypeError(f"bytes are given as an array, not {type_of(values)}")
    joined = bytearray()
    for value in values:
        if isinstance(value, int) and 0 <= value < _BYTE_VALUES:
            joined.append(value)
        elif isinstance(value, str):
            joined += value.encode()
        else:
            raise ValueTypeError(f"{text_of(value)!r} is neither a byte (0 to 255) nor a string")
    return bytes(joined)


def data_difference(data: bytes, expected: bytes) -> str:
    """Where received bytes differ from those expected; empty when they begin with them."""
    if data.startswith(expected):
        return ""
    pairs = enumerate(zip(data, expected, strict=False))
    at = next((number for number, (left, right) in pairs if left != right), len(data))
    found = f"{data[at]:#04x}" if at < len(data) else "the end"
    return f"byte {at} is {found}, not {expected[at]:#04x}; received so far: {show_bytes(data)}"


def show_bytes(data: bytes, size: int = _SHOWN_BYTES) -> str:
    """Bytes in hexadecimal, at most `size` of them."""
    return data[:size].hex(" ") + (" …" if len(data) > size else "")
