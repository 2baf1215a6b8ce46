"""PURE: which reply of the shadow belongs to which one of the primary in one conversation; it does not compare them.

First those that are known to answer the same message: by its number, then by the ID it carried. Then by order: of each command
to each addressee the k-th with the k-th. In each round a reply of the same command goes first; what is left over is a pair with
another command where both have as many replies left. Replies that are known to answer different messages are never a pair.
"""

from collections.abc import Callable, Hashable, Sequence
from typing import NamedTuple

from canary.shadow.reply import Reply


class Alignment(NamedTuple):
    """The replies of one conversation."""

    pairs: list[tuple[Reply, Reply]]
    """Of the primary, and of the shadow."""
    unpaired_primary: int
    unpaired_shadow: int


class Round(NamedTuple):
    """One rule by which replies belong together."""

    key: Callable[[Reply], Hashable | None]
    """Replies with the same key do; None: it says nothing of this one."""
    needs_as_many: bool = False
    """Only where both have as many."""


def _by_number(reply: Reply) -> Hashable | None:
    return None if reply.number < 0 else reply.number


def _by_id(reply: Reply) -> Hashable | None:
    return reply.correlation_id or None


def _by_order(reply: Reply) -> Hashable:
    return reply.addressee


def _and_command(key: Callable[[Reply], Hashable | None]) -> Callable[[Reply], Hashable | None]:
    def both(reply: Reply) -> Hashable | None:
        found = key(reply)
        return None if found is None else (found, reply.command)

    return both


ROUNDS = tuple(
    round_
    for key in (_by_number, _by_id, _by_order)
    for round_ in (Round(_and_command(key)), Round(key, needs_as_many=True))
)


def align(primary: Sequence[Reply], shadow: Sequence[Reply]) -> Alignment:
    """Pair the replies of one conversation, each in the order in which it came."""
    left, right = list(primary), list(shadow)
    pairs: list[tuple[Reply, Reply]] = []
    for round_ in ROUNDS:
        if not (left and right):
            break
        found = _pair(left, right, round_)
        pairs += [(left[one], right[other]) for one, other in found]
        left = _without(left, {one for one, _ in found})
        right = _without(right, {other for _, other in found})
    return Alignment(pairs, len(left), len(right))


def _pair(left: list[Reply], right: list[Reply], round_: Round) -> list[tuple[int, int]]:
    """The places of replies that belong together."""
    lefts, rights = _grouped(left, round_), _grouped(right, round_)
    found = []
    for key, places in lefts.items():
        others = rights.get(key, [])
        if round_.needs_as_many and len(places) != len(others):
            continue
        found += [
            (one, other) for one, other in zip(places, others, strict=False) if not left[one].contradicts(right[other])
        ]
    return found


def _grouped(replies: list[Reply], round_: Round) -> dict[Hashable, list[int]]:
    groups: dict[Hashable, list[int]] = {}
    for place, reply in enumerate(replies):
        key = round_.key(reply)
        if key is not None:
            groups.setdefault(key, []).append(place)
    return groups


def _without(replies: list[Reply], places: set[int]) -> list[Reply]:
    return [reply for place, reply in enumerate(replies) if place not in places]
