"""PURE: what daemons answer, read for a command or passed on to a program; it asks nobody."""

from collections.abc import Sequence
from typing import Any, TypeVar

import msgspec

from bellwether.failure import CommandError
from communicator.answers.reading import read_answer
from communicator.errors import MalformedAnswerError
from communicator.protocol.message import Message
from communicator.wording.characters import printable_json

T = TypeVar("T")


def read_told(message: Message, parameter: str, shape: type[T], what: str) -> T:
    """An answer as values; no text in it can steer a terminal.

    Args:
        message: The answer.
        parameter: Which of its parameters holds JSON.
        shape: What that holds.
        what: How it is called, such as ``the timekeeper's report``.

    Raises:
        CommandError: It holds no such thing.
    """
    try:
        return read_answer(message.get(parameter), shape)
    except MalformedAnswerError as error:
        raise CommandError(f"{what} cannot be read: {error}") from None


def as_told(message: Message, parameter: str, what: str, **besides: Sequence[str]) -> str:
    """An answer as it came, for programs.

    Args:
        message: The answer.
        parameter: Which of its parameters holds JSON.
        what: How it is called.
        besides: What was found out elsewhere, as further keys.

    Raises:
        CommandError: It is no JSON object.
    """
    try:
        text = message.get(parameter).encode()
        told = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        return to_json({**told, **besides})
    except (ValueError, RecursionError) as error:
        raise CommandError(f"{what} cannot be read: {error}") from None


def to_json(value: Any, *, indent: bool = True) -> str:  # noqa: ANN401 - whatever a command has found out
    """Anything of ours, for programs, on several lines or on one; what could steer a terminal is escaped."""
    encoded = msgspec.json.encode(value)
    return printable_json((msgspec.json.format(encoded) if indent else encoded).decode())
