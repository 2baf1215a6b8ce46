"""PURE: entries of a canary's ledger as lines of JSON, and whether the ledger holds; it asks nobody."""

from collections.abc import Iterator
from typing import NamedTuple

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bellwether.colours import coloured
from bellwether.failure import CommandError
from communicator.answers.explanations import LedgerCheck, LedgerEntry, LedgerPage
from communicator.protocol.message import Message
from communicator.wording.marks import BAD, DOUBTFUL, GOOD

_INDENT = (0, 0, 0, 2)


class EventsPage(NamedTuple):
    """Some entries of a ledger."""

    lines: list[str]
    """Each entry as JSON, as it came."""
    last: int
    """The number of the last of these; 0 when there is none."""
    newest: int
    """The number of the newest entry there is."""


def read_events(message: Message) -> EventsPage:
    """The entries that CANARY_CURRENT_REPORT carries.

    Raises:
        CommandError: It carries none in a way we understand.
    """
    try:
        told = msgspec.json.decode(message.get("report"), type=LedgerPage)
        last = msgspec.json.decode(told.entries[-1], type=LedgerEntry).seq if told.entries else 0
    except (ValueError, RecursionError) as error:
        raise CommandError(f"the canary's entries cannot be read: {error}") from None
    return EventsPage([bytes(entry).decode() for entry in told.entries], last, told.last_seq)


def render_verification(found: LedgerCheck) -> RenderableType:
    """Whether a ledger is as it was written, and what is known is what it comes to."""
    return Group(*_parts(found))


def _parts(found: LedgerCheck) -> Iterator[RenderableType]:
    if found.first_break is None:
        yield Text.assemble(coloured(GOOD), f" the chain holds: {found.entries} entries are as they were written")
    else:
        yield Text.assemble(coloured(BAD), f" the chain is broken at entry {found.first_break}: {found.reason}")
        yield Padding(Text(f"the {found.entries} entries before it are as they were written"), _INDENT)
    if found.state_matches:
        yield Text.assemble(coloured(GOOD), " what the canary knows is what its entries come to")
    else:
        yield Text.assemble(coloured(DOUBTFUL), " what the canary knows is not what its entries come to:")
        yield from (Padding(Text(one), _INDENT) for one in found.differences)
