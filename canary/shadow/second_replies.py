"""PURE: brings together what shadow and reference say of the same conversation; it compares neither."""

from collections import OrderedDict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

KEPT = 2_000
"""Conversations of one side that wait for the other side."""
KEPT_S = 60.0
"""They end at the same time, and each is compared within seconds."""


class Differing(NamedTuple):
    """Where a reply to the same message differs from the primary's."""

    command: str
    """Of the primary's."""
    paths: frozenset[str]


Side = Mapping[tuple[int, int], Differing]
"""By reply of the primary: what it is, and the how manieth of its kind in the conversation."""


class _Kept(NamedTuple):
    side: Side
    at_s: float


class Sides:
    """What one side has said in the newest conversations."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def keep(self, conversation: str, side: Side, now_s: float) -> None:
        """Keep a conversation for when the other side is heard."""
        self._kept[conversation] = _Kept(side, now_s)
        while len(self._kept) > KEPT or next(iter(self._kept.values())).at_s + KEPT_S < now_s:
            self._kept.popitem(last=False)

    def get(self, conversation: str) -> Side:
        """What was said in a conversation; nothing where it was not heard of, or long ago."""
        kept = self._kept.get(conversation)
        return {} if kept is None else kept.side


def join(shadow: Side, reference: Side) -> Iterator[tuple[Differing, Differing]]:
    """The replies to the same message, in the order in which the shadow's were heard."""
    for which, differing in shadow.items():
        if which in reference:
            yield differing, reference[which]
