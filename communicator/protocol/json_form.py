"""The JSON form of a message, which is accepted on input only; it knows the shape of a message and nothing else."""

import json
import re
from typing import Any, NoReturn

from communicator.errors import RemoteProtocolError
from communicator.protocol.limits import PARAMETERS
from communicator.protocol.message import Message
from communicator.protocol.names import TOKEN, is_parameter_name

_TOKEN = re.compile(TOKEN)
_ADDRESS_KEYS = ("service", "server", "sent-from-server", "sent-from-service")
_NAMED_VALUES = {True: "true", False: "false", None: ""}


class _Number(str):
    """A number as it was written, still to be told from a text: it may be a value, but never a name."""

    __slots__ = ()


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
    document = _load(text)
    if not isinstance(document, dict):
        raise RemoteProtocolError("a JSON message must be an object")
    command = _token(document, "command")
    if not command:
        raise RemoteProtocolError("a JSON message needs a command")
    return Message(
        command,
        _parameters(document.get("parameters")),
        *(_token(document, key) for key in _ADDRESS_KEYS),
    )


def _load(text: str) -> Any:  # noqa: ANN401 - any JSON value
    try:
        return json.loads(text, parse_int=_Number, parse_float=_Number, parse_constant=_refuse_constant)
    except (json.JSONDecodeError, RecursionError) as error:
        raise RemoteProtocolError(f"not JSON: {error}") from None


def _refuse_constant(name: str) -> NoReturn:
    raise RemoteProtocolError(f"{name} is not JSON")


def _token(document: dict[str, Any], key: str) -> str:
    value = document.get(key, "")
    if not isinstance(value, str) or isinstance(value, _Number) or (value and _TOKEN.fullmatch(value) is None):
        raise RemoteProtocolError(f"JSON key {key!r}: {str(value)[:80]!r} is not a name")
    return value


def _parameters(value: Any) -> dict[str, str]:  # noqa: ANN401 - any JSON value
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise RemoteProtocolError("JSON key 'parameters' must be an object")
    if len(value) > PARAMETERS:
        raise RemoteProtocolError(f"more than {PARAMETERS} parameters")
    return {name: _text(name, one) for name, one in value.items()}


def _text(name: str, value: Any) -> str:  # noqa: ANN401 - any JSON value
    if not is_parameter_name(name):
        raise RemoteProtocolError(f"{name[:80]!r} is not a parameter name")
    if isinstance(value, bool) or value is None:
        return _NAMED_VALUES[value]
    if not isinstance(value, str):
        raise RemoteProtocolError(f"parameter {name} is neither text, number, true, false nor null")
    if "\0" in value or not _is_utf8(value):
        raise RemoteProtocolError(f"parameter {name} contains a NUL or a lone surrogate")
    return str(value)


def _is_utf8(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True
