"""The JSON form of a message, which is accepted on input only; it knows the shape of a message and nothing else."""

import re

import msgspec

from communicator.errors import RemoteProtocolError
from communicator.protocol.limits import LINE_BYTES, PARAMETERS
from communicator.protocol.message import Message
from communicator.protocol.names import TOKEN, is_parameter_name

_TOKEN = re.compile(TOKEN)
_QUOTES = 16 * PARAMETERS
"""Quotation marks beside those that are escaped: each key has one, and is built though nobody asks for it. Four times what so many
parameters need."""
_ADDRESS_KEYS = ("service", "server", "sent-from-server", "sent-from-service")
_NAMED_VALUES = {b"true": "true", b"false": "false", b"null": ""}
_OBJECT = msgspec.json.Decoder(dict[str, msgspec.Raw])
"""Its values stay as they were written: a number keeps its text, and what nobody asks for is passed over without being built."""
_STRING = msgspec.json.Decoder(str)


def decode_json(text: str) -> Message:
    """Read a message in the JSON form.

    Numbers keep the text they were written in (the ancestor sends them through a double); ``true``, ``false`` and ``null``
    become ``"true"``, ``"false"`` and ``""``; unknown keys are ignored.

    Args:
        text: One JSON object.

    Returns:
        The message.

    Raises:
        RemoteProtocolError: It is not JSON, or not the JSON of a message.
    """
    try:
        written = text.encode()
    except UnicodeEncodeError:
        raise RemoteProtocolError("a JSON message contains a lone surrogate") from None
    check_size(len(written))
    if written.replace(b'\\"', b"").count(b'"') > _QUOTES:
        raise RemoteProtocolError(f"a JSON message has more than {_QUOTES} quotation marks; use the line form")
    document = _read_object(written, "a JSON message")
    command = _token(document, "command")
    if not command:
        raise RemoteProtocolError("a JSON message needs a command")
    return Message(
        command,
        _parameters(document.get("parameters")),
        *(_token(document, key) for key in _ADDRESS_KEYS),
    )


def check_size(size_bytes: int) -> None:
    """Refuse a message in the JSON form that is too long: it cannot be read in steps.

    Raises:
        RemoteProtocolError: It is.
    """
    if size_bytes > LINE_BYTES:
        raise RemoteProtocolError(f"a JSON message is longer than {LINE_BYTES} bytes; use the line form")


def _read_object(text: bytes, what: str) -> dict[str, msgspec.Raw]:
    """The values of an object, each as it was written; they are not copied, for there may be thousands."""
    if text[:1] != b"{":
        raise RemoteProtocolError(f"{what} must be an object")
    try:
        return _OBJECT.decode(text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise RemoteProtocolError(f"not JSON: {error}") from None


def _read_string(text: bytes) -> str:
    try:
        return _STRING.decode(text)
    except msgspec.DecodeError as error:  # half a pair of surrogates: passing over it, nobody looked
        raise RemoteProtocolError(f"not JSON: {error}") from None


def _token(document: dict[str, msgspec.Raw], key: str) -> str:
    written = bytes(document.get(key, b'""'))
    value = _read_string(written) if written[:1] == b'"' else None
    if value is None or (value and _TOKEN.fullmatch(value) is None):
        raise RemoteProtocolError(f"JSON key {key!r}: {written[:80].decode(errors='replace')!r} is not a name")
    return value


def _parameters(raw: msgspec.Raw | None) -> dict[str, str]:
    written = b"null" if raw is None else bytes(raw)
    if written == b"null":
        return {}
    parameters = _read_object(written, "JSON key 'parameters'")
    if len(parameters) > PARAMETERS:
        raise RemoteProtocolError(f"more than {PARAMETERS} parameters")
    return {name: _text(name, bytes(one)) for name, one in parameters.items()}


def _text(name: str, written: bytes) -> str:
    if not is_parameter_name(name):
        raise RemoteProtocolError(f"{name[:80]!r} is not a parameter name")
    if written in _NAMED_VALUES:
        return _NAMED_VALUES[written]
    if written[:1] in b"{[":
        raise RemoteProtocolError(f"parameter {name} is neither text, number, true, false nor null")
    if written[:1] != b'"':
        return written.decode()
    value = _read_string(written)
    if "\0" in value:
        raise RemoteProtocolError(f"parameter {name} contains a NUL")
    return value
