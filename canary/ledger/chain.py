"""PURE: the chain of hashes that makes a changed, missing or moved entry show; it reads no entry itself.

Each hash is the SHA-256 of the hash before it, a line feed, and the *canonical bytes* of its entry: its number, its two times
as Python writes them (the shortest text that gives the same double again), each with a blank behind it, then the record as it
is stored. The first entry has the hash of the ledger's own identifier before it, so that no entry of one ledger fits into
another.
"""

from collections.abc import Iterable
from hashlib import sha256
from typing import NamedTuple


class Link(NamedTuple):
    """An entry as it is stored."""

    seq: int
    at_s: float
    wall_s: float
    payload: str
    """The record as JSON."""
    hash: str


class Place(NamedTuple):
    """A place in the chain: up to where it is known."""

    seq: int
    hash: str


class ChainBreak(NamedTuple):
    """The first entry that is not as it was written."""

    seq: int
    reason: str


class Verification(NamedTuple):
    """What came of checking a chain."""

    checked: int
    """Entries that are as they were written."""
    end: Place
    """The last one of them."""
    broken: ChainBreak | None
    """None: all are."""


def first_place(ledger_id: str) -> Place:
    """Where the chain of a ledger begins: before its first entry."""
    return Place(0, sha256(f"bellwether ledger {ledger_id}".encode()).hexdigest())


def hash_of(before: str, seq: int, at_s: float, wall_s: float, payload: str) -> str:
    """The hash of an entry.

    Args:
        before: The hash of the entry before it, in hexadecimal.
        seq: Its number.
        at_s: When, by the ledger's clock, in seconds.
        wall_s: When, by the wall clock, in seconds since 1970.
        payload: Its record, as it is stored.

    Returns:
        64 hexadecimal digits.
    """
    return sha256(f"{before}\n{seq} {at_s!r} {wall_s!r} {payload}".encode()).hexdigest()


def digest_of(place: Place, state: str) -> str:
    """What shows that a snapshot is as it was written, and belongs to its place in the chain."""
    return sha256(f"{place.hash}\n{place.seq} {state}".encode()).hexdigest()


def verify(start: Place, links: Iterable[Link]) -> Verification:
    """Check entries that follow a known place, up to the first that is not as it was written.

    Args:
        start: The place before the first of them.
        links: The entries, in order.
    """
    seq, last = start
    for link in links:
        if link.seq != seq + 1:
            reason = f"entry {seq + 1} is missing" if link.seq > seq else f"entry {link.seq} stands twice"
            return Verification(seq - start.seq, Place(seq, last), ChainBreak(min(seq + 1, link.seq), reason))
        if hash_of(last, *link[:4]) != link.hash:
            reason = f"entry {link.seq} is not what was written, or one before it was taken out"
            return Verification(seq - start.seq, Place(seq, last), ChainBreak(link.seq, reason))
        seq, last = link.seq, link.hash
    return Verification(seq - start.seq, Place(seq, last), None)
