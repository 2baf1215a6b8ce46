"""PURE: entries of a canary's ledger as lines of JSON, and whether the ledger holds; it asks nobody."""

from typing import NamedTuple

import msgspec
from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from bellwether.colours import coloured
from bellwether.failure import CommandError
from communicator.answers.explanations import LedgerCheck, LedgerEntry, LedgerPage
from communicator.protocol.message import Message
from communicator.wording.marks import BAD, GOOD

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
    """Whether a ledger is as it was written."""
    if found.first_break is None:
        return Text.assemble(coloured(GOOD), f" the ledger holds: {found.entries} entries are as they were written")
    return Group(
        Text.assemble(coloured(BAD), f" the ledger does not hold: {found.reason}"),
        Padding(Text(f"the {found.entries} entries before that are as they were written"), _INDENT),
    )
