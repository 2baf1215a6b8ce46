"""PURE: the book as it is kept in a file, with its hash, so that damage shows; it does not touch the file.

What is left of each span is kept, and when that was by the clock of which boot: so the time while the canary was down counts, and
that while the host was off does not, since nothing but its wall clock would tell.
"""

import hashlib
from collections.abc import Iterable
from typing import Generic, NamedTuple, TypeVar

import msgspec

from canary.book.book import Book
from canary.book.told import BookEntry, read_told

_DAY_S = 86_400.0
_Entry = TypeVar("_Entry")


class Moment(NamedTuple):
    """The clocks of the host, when the file was written or read."""

    boot_id: str
    """Empty: not known."""
    monotonic_s: float
    """Of that boot."""
    wall_s: float
    """Since 1970."""

    def since(self, before: "Moment") -> float:
        """The seconds that have passed for certain since another moment; 0 where nobody can tell."""
        same_boot = self.boot_id != "" and self.boot_id == before.boot_id
        return max(0.0, self.monotonic_s - before.monotonic_s) if same_boot else 0.0


class Kept(NamedTuple):
    """What was found."""

    entries: tuple[BookEntry, ...] = ()
    members: tuple[str, ...] = ()
    alone_s: float = 0.0
    """For how long no majority of the members has been in reach."""
    faults: tuple[str, ...] = ()
    """What could not be read of it."""


class _Told(msgspec.Struct, Generic[_Entry]):
    moment: Moment
    entries: list[_Entry]
    members: list[str] = []
    alone_s: float = 0.0


_Content = _Told[msgspec.Raw]
"""Each entry is read by itself."""


class _File(msgspec.Struct):
    sha256: str
    book: msgspec.Raw


def write_kept(
    entries: Iterable[BookEntry], members: Iterable[str], alone_s: float, moment: Moment, now_s: float
) -> str:
    """The book as text, which `read_kept` reads back.

    Args:
        entries: All that is known.
        members: The servers that have announced a canary.
        alone_s: For how long no majority of them has been in reach.
        moment: The clocks of the host now.
        now_s: The same moment on the clock of the book.
    """
    told = [entry.tell(now_s) for entry in entries]
    text = msgspec.json.encode(_Told(moment, told, sorted(members), alone_s))
    return f'{{"sha256":"{hashlib.sha256(text).hexdigest()}","book":{text.decode()}}}\n'


def read_kept(text: str, moment: Moment, now_s: float) -> Kept:
    """Read what `write_kept` wrote; it never raises, and one bad entry does not void the rest.

    Args:
        text: The content of the file; empty when the file does not exist.
        moment: The clocks of the host now.
        now_s: The same moment on the clock of the book.
    """
    if not text:
        return Kept()
    try:
        file = msgspec.json.decode(text, type=_File)
        content = msgspec.json.decode(file.book, type=_Content)
    except (msgspec.DecodeError, RecursionError) as error:
        return Kept(faults=(str(error) or "nested too deeply",))
    faults = [] if hashlib.sha256(file.book).hexdigest() == file.sha256 else ["it does not have the hash kept with it"]
    passed_s = moment.since(content.moment)
    entries = []
    for each in content.entries:
        try:
            entry = read_told(each, now_s)
        except ValueError as error:
            faults.append(str(error))
        else:
            entries.append(entry.aged(passed_s))
    off_s = moment.wall_s - content.moment.wall_s if moment.boot_id != content.moment.boot_id else passed_s
    # Whether it was off for a month only its wall clock tells, and a wrong one at worst has it ask the others for all.
    alone_s = content.alone_s + (off_s if off_s > _DAY_S else passed_s)
    return Kept(tuple(entries), tuple(content.members), alone_s, tuple(faults))


def put(book: Book, kept: Kept) -> None:
    """Put what was found into a book."""
    for entry in kept.entries:
        book.merge(entry)
