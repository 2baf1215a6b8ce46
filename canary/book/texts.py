"""PURE: texts that many entries of a book have in common, each held once."""

from collections.abc import Sequence
from typing import TypeVar

import msgspec

from canary.book.decision import Decided
from canary.book.definition import Definition
from canary.book.entry import Entry, Lift
from canary.book.order import Order
from canary.book.told import BookEntry

_Told = TypeVar("_Told", Order, Lift, Definition)
_ORDER = ("kind", "server", "service", "build", "user", "given_on", "origin")
"""Texts that many orders have in common,"""
_LIFT = ("cause", "user", "given_on")
"""so many of what ended them,"""
_DEFINITION = ("file", "user", "given_on", "reason")
"""and so many definitions of flags."""


class Texts:
    """The texts of one book.

    Args:
        limit: How many are held; beyond that they are found anew.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._texts: dict[str, str] = {}

    def shared(self, entry: BookEntry) -> BookEntry:
        """The same entry, with the texts that others hold already."""
        if isinstance(entry, Decided):
            return entry
        if len(self._texts) > self._limit:
            self._texts.clear()
        if isinstance(entry, Definition):
            return self._with_shared(entry, _DEFINITION)
        lift = None if entry.lift is None else self._with_shared(entry.lift, _LIFT)
        return Entry(self._with_shared(entry.order, _ORDER), entry.place, entry.ends_s, lift)

    def _with_shared(self, told: _Told, names: Sequence[str]) -> _Told:
        texts = ((name, getattr(told, name)) for name in names)
        return msgspec.structs.replace(told, **{name: self._texts.setdefault(text, text) for name, text in texts})
