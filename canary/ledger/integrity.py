"""PURE: the numbers and checksums by which a torn or edited ledger shows; it reads no entry itself.

The checksum of an entry is the CRC-32 of its number, its two times as Python writes them (the shortest text that gives the same
double again), each with a blank behind it, then the record as it is stored. It finds what a disk or an editor has damaged. It
is no signature: whoever may write the file can write a checksum that fits.
"""

from collections.abc import Iterable
from typing import NamedTuple
from zlib import crc32


class Row(NamedTuple):
    """An entry as it is stored."""

    seq: int
    at_s: float
    wall_s: float
    payload: str
    """The record as JSON."""
    checksum: int


class Fault(NamedTuple):
    """The first entry that is not as it was written."""

    seq: int
    reason: str


class Verification(NamedTuple):
    """What came of checking entries."""

    checked: int
    """Entries that are as they were written."""
    fault: Fault | None
    """None: all are."""


def checksum_of(seq: int, at_s: float, wall_s: float, payload: str) -> int:
    """The checksum of an entry.

    Args:
        seq: Its number.
        at_s: When, by the ledger's clock, in seconds.
        wall_s: When, by the wall clock, in seconds since 1970.
        payload: Its record, as it is stored.
    """
    return crc32(f"{seq} {at_s!r} {wall_s!r} {payload}".encode())


def verify(after_seq: int, last_seq: int, rows: Iterable[Row]) -> Verification:
    """Check entries up to the first that is not as it was written.

    Args:
        after_seq: The number before the first of them.
        last_seq: The number of the newest one there should be.
        rows: The entries, in the order of their numbers.
    """
    seq = after_seq
    for row in rows:
        if row.seq != seq + 1:
            return Verification(seq - after_seq, Fault(seq + 1, f"entry {seq + 1} is missing"))
        if checksum_of(*row[:4]) != row.checksum:
            return Verification(seq - after_seq, Fault(row.seq, f"entry {row.seq} is not what was written"))
        seq = row.seq
    if seq != last_seq:
        reason = f"entry {seq} is the last, and should be followed by others up to {last_seq}"
        return Verification(seq - after_seq, Fault(seq + 1, reason))
    return Verification(seq - after_seq, None)
