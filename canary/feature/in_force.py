"""PURE: the feature flags in force on this host, made of the book: what services fetch, page by page, and what has changed."""

from bisect import bisect_right
from itertools import takewhile

import msgspec

from canary.book.book import Book
from canary.report import wire_bytes
from communicator.answers.features import PAGE_BYTES, FlagsPage
from communicator.features.document import switched_off

_UNSOUND = (ValueError, LookupError, TypeError, AttributeError)
"""What comes of reading a definition that nobody checked: a member of the cluster may tell any."""


class InForce:
    """What services of this host are to go by.

    Args:
        nonce: Random: it tells this life of the canary from others, whose revisions mean something else.
    """

    def __init__(self, nonce: str) -> None:
        self._nonce = nonce
        self._revision = 0
        """Of these flags: grows when one changes."""
        self._followed = -1
        """The revision of the book that they were made of."""
        self._flags: dict[str, bytes | None] = {}
        """By name; None: defined no more."""
        self._changed: dict[str, int] = {}
        """By name, the revision in which it changed last; the newest at the end."""
        self._names: list[str] = []
        """Those that are defined, in order; empty: to be made anew."""
        self._news: tuple[tuple[int, int], list[str]] = ((-1, -1), [])
        """The names of those that have changed after a revision until another, in order: whoever asks for page after page has
        them found once, and so do others who held the same."""

    @property
    def generation(self) -> str:
        """What a service names that holds these flags."""
        return f"{self._nonce}.{self._revision}"

    def get(self, feature: str) -> bytes | None:
        """A flag as it is in force; None: there is none."""
        return self._flags.get(feature)

    def follow(self, book: Book) -> dict[str, bytes | None]:
        """Take over what has changed in the book.

        Returns:
            The flags that are others now; None: defined no more.
        """
        if book.revision == self._followed:
            return {}
        news = reversed(tuple(book.features_changed(self._followed)))
        found = {feature: _in_force(book, feature) for feature, _ in news}
        self._followed = book.revision
        changed = {feature: flag for feature, flag in found.items() if self._flags.get(feature) != flag}
        if changed:
            self._revision += 1
            self._names = []
        for feature, flag in changed.items():
            self._flags[feature] = flag
            self._changed.pop(feature, None)
            self._changed[feature] = self._revision
        return changed

    def page(self, since: str, after: str) -> FlagsPage:
        """A page of the flags, or of those that have changed.

        Args:
            since: The generation that the asker holds; one that is not known here, or none, gets all flags.
            after: The last name of the page before; empty: the first page.
        """
        revision = self._revision_of(since)
        names = self._all() if revision is None else self._since(revision)
        flags: dict[str, msgspec.Raw] = {}
        left = PAGE_BYTES
        for name in names[bisect_right(names, after) :]:
            flag = self._flags[name] or b"null"
            left -= wire_bytes(name) + wire_bytes(flag.decode()) + len('"":,') + 2
            if left < 0 and flags:
                return FlagsPage(self.generation, flags, is_whole=revision is None, after=next(reversed(flags)))
            flags[name] = msgspec.Raw(flag)
        return FlagsPage(self.generation, flags, is_whole=revision is None)

    def all(self) -> dict[str, bytes | None]:
        """All flags, by name."""
        return dict(self._flags)

    def _revision_of(self, generation: str) -> int | None:
        nonce, _, number = generation.partition(".")
        is_known = nonce == self._nonce and number.isdecimal() and len(number) < len(str(2**63))
        return int(number) if is_known and int(number) <= self._revision else None

    def _all(self) -> list[str]:
        if not self._names:
            self._names = sorted(name for name, flag in self._flags.items() if flag is not None)
        return self._names

    def _since(self, revision: int) -> list[str]:
        if self._news[0] != (revision, self._revision):
            news = takewhile(lambda each: each[1] > revision, reversed(self._changed.items()))
            self._news = (revision, self._revision), sorted(name for name, _ in news)
        return self._news[1]


def _in_force(book: Book, feature: str) -> bytes | None:
    definition = book.definition(feature)
    flag = None if definition is None else definition.flag
    if flag is None or not any(entry.is_open for entry in book.offs(feature).values()):
        return flag
    try:
        return switched_off(flag)
    except _UNSOUND:
        return None  # so that nobody gets anything but the default of the code
