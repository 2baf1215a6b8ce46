"""Which of the servers that are reached count for the quorum, and who vouches for the others; it keeps nothing and asks nobody."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from typing import NamedTuple

VOUCHERS = 2
"""Servers that count and say that they are linked to another one, for that one to count: one alone may have invented it."""


class Standing(NamedTuple):
    """Who counts."""

    counted: frozenset[str]
    """The servers that count by their name, reached or not; our own is not among them."""
    vouched_by: Mapping[str, tuple[str, ...]]
    """Each server that is reached and does not count, to those that vouch for it: fewer than `VOUCHERS`."""


def find_standing(
    known: AbstractSet[str], reached: AbstractSet[str], neighbors: Callable[[str], AbstractSet[str]]
) -> Standing:
    """Who counts, beginning with those of whom it is certain, and going on from each who is found.

    The word of a server that is not reached is old, and says nothing: what it told of may have been forgotten since.

    Args:
        known: The servers that count for certain.
        reached: The servers there is a way to.
        neighbors: To whom a server says that it is linked.
    """
    counted, open_ = set(known), set(reached - known)
    vouched_by: dict[str, tuple[str, ...]] = dict.fromkeys(sorted(open_), ())
    ahead = sorted(known & reached)
    while ahead and open_:
        voucher = ahead.pop()
        for server in sorted(open_ & neighbors(voucher)):
            vouched_by[server] += (voucher,)
            if len(vouched_by[server]) == VOUCHERS:
                del vouched_by[server]
                open_.discard(server)
                counted.add(server)
                ahead.append(server)
    return Standing(frozenset(counted), vouched_by)
