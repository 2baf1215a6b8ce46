"""PURE: anything that stands in the book, read as others tell it."""

import msgspec

from canary.book.decision import Decided, DecidedTold, read_decided
from canary.book.definition import Definition, DefinitionTold, read_definition
from canary.book.entry import Entry, Told, read_order_told

BookEntry = Entry | Decided | Definition
_READER: msgspec.json.Decoder[Told | DecidedTold | DefinitionTold] = msgspec.json.Decoder(
    Told | DecidedTold | DefinitionTold
)


def read_told(text: bytes | msgspec.Raw, now_s: float) -> BookEntry:
    """Read what somebody tells.

    Args:
        text: What an entry's `tell` gives, as JSON.
        now_s: On the clock of this host.

    Raises:
        ValueError: The entry makes no sense; the text names what is wrong.
    """
    try:
        match _READER.decode(text):
            case DecidedTold() as told:
                return read_decided(told, now_s)
            case DefinitionTold() as told:
                return read_definition(told, now_s)
            case Told() as told:
                return read_order_told(told, now_s)
    except RecursionError:
        raise ValueError("nested too deeply") from None
