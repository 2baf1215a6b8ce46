"""PURE: raised flags with what they mean and what to do, the most urgent first; it raises none."""

from collections.abc import Sequence
from dataclasses import dataclass

from communicator.flags.flag import Flag
from communicator.wording.counts import count
from communicator.wording.marks import BAD, DOUBTFUL, GOOD, OPEN, Mark, worst
from communicator.wording.spans import age
from exporters.page.snapshot import Flags
from exporters.page.views.addresses import stable_id, web_address

_URGENT = 50
"""From here on the sitter mails every third day."""
_WEEKLY = 10


@dataclass(frozen=True, slots=True)
class FlagItem:
    """One flag."""

    id: str
    name: str
    mark: Mark
    priority: int
    message: str
    age: str
    by_person: bool
    """Only a person takes it down."""
    help: Sequence[str]
    """Its paragraphs."""
    address: str
    """Where more is told, for a browser."""
    place: str
    """The same where a browser may not go there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagsView:
    """All of them."""

    mark: Mark
    sentence: str
    items: Sequence[FlagItem]
    unreadable: Sequence[tuple[str, str]]
    hidden: int


def flags_view(told: Flags, now_wall_s: float, shown: int | None) -> FlagsView:
    """What is shown of the flags.

    Args:
        told: What is in their directory.
        now_wall_s: Seconds since the epoch.
        shown: How many at most; None: all.
    """
    number = len(told.flags)
    marks = {mark_of(flag) for flag in told.flags}
    return FlagsView(
        mark=worst(marks) if marks else GOOD,
        sentence=f"{count(number, 'flag')} {'is' if number == 1 else 'are'} up" if number else "No flag is up",
        items=[_item(flag, now_wall_s) for flag in told.flags[:shown]],
        unreadable=told.unreadable,
        hidden=0 if shown is None else max(0, number - shown),
    )


def mark_of(flag: Flag) -> Mark:
    """How urgent it is."""
    return BAD if flag.priority >= _URGENT else DOUBTFUL if flag.priority >= _WEEKLY else OPEN


def _item(flag: Flag, now_wall_s: float) -> FlagItem:
    address = web_address(flag.help_uri)
    return FlagItem(
        id=stable_id("flag", str(flag.name)),
        name=str(flag.name),
        mark=mark_of(flag),
        priority=flag.priority,
        message=flag.message,
        age=age(flag.date_s, now_wall_s),
        by_person=flag.manual_down,
        help=[part for part in flag.help.split("\n") if part.strip()],
        address=address,
        place="" if address else flag.help_uri,
    )
