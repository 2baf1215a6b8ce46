"""PURE: how many of many things are shown, the worst first; it does not know what they are."""

from typing import NamedTuple


class Bound(NamedTuple):
    """How many are shown."""

    troubled: int
    """Those that are not well, at most."""
    well: int
    """Up to so many in all are filled up with those that are: the page is calm where nothing is wrong."""

    def of(self, troubled: int) -> int:
        """How many of a list that begins with so many that are not well."""
        return max(self.well, min(self.troubled, troubled))
