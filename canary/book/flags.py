"""PURE: which entries of a book are about which feature flag, and which flags have changed since; it decides nothing."""

from collections.abc import Iterator
from itertools import takewhile

from canary.book.definition import Definition
from canary.book.entry import Entry

DEFINITIONS = 12_000
"""Definitions remembered: 10,000 flags, and 2,000 that were removed within a month."""
DEFINITIONS_BYTES = 32 * 1024 * 1024
"""What they take together."""
CHANGED = 50_000
"""Flags of which it is known when they changed: more than a book has entries about any, so that those which are forgotten here have
been followed long ago."""


class Flags:
    """The entries of one book that are about feature flags."""

    def __init__(self) -> None:
        self._entries: dict[str, dict[str, None]] = {}
        """By flag, the identifiers of its definition and of all orders about it."""
        self._sizes: dict[str, int] = {}
        """Of each definition, by identifier, in bytes."""
        self.bytes = 0
        """What all definitions take."""
        self.defined = 0
        """Definitions that do not say that the flag is removed."""
        self._changed: dict[str, int] = {}
        """By flag, the revision of the book in which anything about it changed last; the newest at the end."""

    def __iter__(self) -> Iterator[str]:
        return iter(self._entries)

    @property
    def definitions(self) -> int:
        """How many there are."""
        return len(self._sizes)

    def has_room(self, definition: Definition) -> bool:
        """Whether there is room for the definition of another flag."""
        return self.definitions < DEFINITIONS and self.bytes + definition.size_bytes <= DEFINITIONS_BYTES

    def entries(self, feature: str) -> tuple[str, ...]:
        """The identifiers of all that is about a flag."""
        return tuple(self._entries.get(feature, ()))

    def changed(self, since: int) -> Iterator[tuple[str, int]]:
        """The flags about which something has changed after a revision of the book, and when; the newest first."""
        return takewhile(lambda each: each[1] > since, reversed(self._changed.items()))

    def note(self, entry_id: str, entry: Entry | Definition, revision: int) -> None:
        """An entry is new, or has changed; one that is about no flag changes nothing."""
        feature = _feature_of(entry)
        if feature:
            self._entries.setdefault(feature, {})[entry_id] = None
            self._touch(feature, revision)
        if isinstance(entry, Definition):
            self._resize(entry_id, entry.size_bytes)
            self._sizes[entry_id] = entry.size_bytes

    def forget(self, entry_id: str, entry: Entry | Definition, revision: int) -> None:
        """An entry is there no more."""
        feature = _feature_of(entry)
        if feature:
            self._entries[feature].pop(entry_id)
            if not self._entries[feature]:
                del self._entries[feature]
            self._touch(feature, revision)
        self._resize(entry_id, 0)
        self._sizes.pop(entry_id, None)

    def _resize(self, entry_id: str, size_bytes: int) -> None:
        before = self._sizes.get(entry_id, 0)
        self.bytes += size_bytes - before
        self.defined += (size_bytes > 0) - (before > 0)

    def _touch(self, feature: str, revision: int) -> None:
        self._changed.pop(feature, None)
        self._changed[feature] = revision
        if len(self._changed) > CHANGED:
            del self._changed[next(iter(self._changed))]


def _feature_of(entry: Entry | Definition) -> str:
    return entry.feature if isinstance(entry, Definition) else entry.order.feature
