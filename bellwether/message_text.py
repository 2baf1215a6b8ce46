"""PURE: reads a message as a person types it; it does not know where the message will go."""

import re
import shlex
from collections.abc import Iterable

from bellwether.failure import CommandError
from communicator.errors import RemoteProtocolError
from communicator.protocol.line_form import decode, parse_head
from communicator.protocol.message import Message
from communicator.protocol.names import is_parameter_name

_QUOTED = re.compile(r'"(?:\\.|[^"\\])*"')


_USAGE = 2
_SHOWN = 80
"""Characters of what was typed that an error shows."""


class MessageTextError(CommandError):
    """What was typed is not a message.

    Args:
        message: What is wrong with it.
    """

    def __init__(self, message: str) -> None:
        super().__init__(message, _USAGE)


def parse_message(words: list[str]) -> Message:
    """Read a message from the words of a command line.

    Three forms are taken::

        service/COMMAND a=b 'c=d e'       several words: the shell has done the quoting
        'service/COMMAND a=b c="d e"'     one text, parameters separated by blanks, quoted as in the shell
        'service/COMMAND a=b;c=d e'       one text in a form of the wire

    It is a form of the wire when a ``;`` stands outside quotes, or a ``<`` or ``{`` in front.

    Args:
        words: At least one; the first starts with ``[[server:]service/]COMMAND``.

    Raises:
        MessageTextError: It is none of them.
    """
    first, *rest = words
    text = first.strip()
    if rest:
        return _message(text, rest)
    if text.startswith(("<", "{")) or ";" in _QUOTED.sub("", text):
        return _decoded(text)
    head, _, parameters = text.partition(" ")
    return _message(head, _split(parameters))


def _split(parameters: str) -> list[str]:
    try:
        return shlex.split(parameters)
    except ValueError as error:
        raise MessageTextError(f"{parameters[:_SHOWN]!r}: {str(error).lower()}") from None


def _decoded(text: str) -> Message:
    try:
        return decode(text.encode())
    except (RemoteProtocolError, UnicodeEncodeError) as error:
        raise MessageTextError(str(error)) from None


def _message(head: str, assignments: Iterable[str]) -> Message:
    if not head:
        raise MessageTextError("the message is empty")
    try:
        found = parse_head(head)
    except RemoteProtocolError:
        raise MessageTextError(f"{head[:_SHOWN]!r} is not [[server:]service/]COMMAND") from None
    return Message(found.command, dict(map(_parameter, assignments)), found.service, found.server)


def _parameter(text: str) -> tuple[str, str]:
    name, equal, value = text.partition("=")
    if not equal:
        raise MessageTextError(
            f'{text[:_SHOWN]!r} is not name=value; a value with blanks needs quotes: name="two words"'
        )
    if not is_parameter_name(name):
        raise MessageTextError(f"{name[:_SHOWN]!r} is not the name of a parameter (letters, digits, underscores)")
    return name, value
