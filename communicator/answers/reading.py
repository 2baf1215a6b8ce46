"""PURE: the one way to read what a daemon answers: tolerant of what is new or missing, and harmless to show; it asks nobody."""

from contextlib import suppress
from typing import Any, TypeVar

import msgspec

from communicator.errors import MalformedAnswerError
from communicator.wording.characters import printable

T = TypeVar("T")


def read_answer(text: str, shape: type[T]) -> T:
    """An answer as values: keys that are not known are ignored, and what is missing or null is not known.

    Args:
        text: JSON.
        shape: What it holds: one of the shapes of this package, or a sequence of one.

    Returns:
        Its values; no text in it can steer what shows it.

    Raises:
        MalformedAnswerError: It is not of that shape.
    """
    if text.isprintable() and "\\" not in text:  # what can be shown as it is written
        with suppress(msgspec.DecodeError, RecursionError):  # it may have null where there is to be a value
            return msgspec.json.decode(text, type=shape)
    try:
        return msgspec.convert(_known(msgspec.json.decode(text)), shape)
    except (ValueError, RecursionError) as error:
        raise MalformedAnswerError(str(error)) from None


def _known(value: Any) -> Any:  # noqa: ANN401 - any value of a document
    """The value without what is null in it, and with texts that can be shown."""
    if isinstance(value, dict):
        return {printable(key): _known(each) for key, each in value.items() if each is not None}
    if isinstance(value, list):
        return [_known(each) for each in value if each is not None]
    return printable(value) if isinstance(value, str) else value
