"""Counts under names that others choose, within a bound."""

from collections import Counter

NAMES_COUNTED = 1000
"""Names counted one by one; further ones become `OTHER`."""
OTHER = "other"


class NamedCounts(Counter[str]):
    """How often each name was met; no count ever goes down."""

    def add(self, name: str) -> int:
        """Count a name once more, or `OTHER` when it is new and there are too many; how often that was."""
        counted = name if name in self or len(self) < NAMES_COUNTED else OTHER
        self[counted] += 1
        return self[counted]
