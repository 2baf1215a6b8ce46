"""PURE: how often feature flags were evaluated on this host, by day, and when each was asked for; it keeps nothing."""

from collections.abc import Iterable
from typing import NamedTuple

from communicator.answers.features import Evaluations

DAY_S = 86_400.0
DAYS = 40
"""How long sums of a day are kept."""
ROWS = 20_000
"""Rows of a day; what comes beyond is counted under no flag."""
SHOWN = 20_000
"""Rows since the canary started."""


class Row(NamedTuple):
    """What is counted."""

    day: int
    """Since 1970, by the wall clock."""
    feature: str
    variant: str
    reason: str


class Asked(NamedTuple):
    """When a flag was asked for."""

    first: int
    """A day, since 1970, within the days that are kept;"""
    last: int
    """and another one."""


class Tally:
    """The counts of one canary.

    Args:
        today: Since 1970.
        rows: What was kept, with its counts.
    """

    def __init__(self, today: int, rows: Iterable[tuple[Row, int]] = ()) -> None:
        self.first_day = today
        """Since when evaluations are counted."""
        self._asked: dict[str, Asked] = {}
        self._today: dict[tuple[str, str, str], None] = {}
        """What has a row today."""
        self._day = today
        self._pending: dict[Row, int] = {}
        self._shown: dict[str, dict[tuple[str, str], int]] = {}
        self._rows_shown = 0
        for row, _count in rows:
            self.first_day = min(self.first_day, row.day)
            self._note(row)
            if row.day == today:
                self._today[row[1:]] = None

    def add(self, counts: Iterable[Evaluations], day: int) -> None:
        """Some flags were evaluated.

        Args:
            counts: How often.
            day: Since 1970.
        """
        if day != self._day:
            self._day, self._today = day, {}
            self._forget(day - DAYS)
        for one in counts:
            key = (one.feature, one.variant, one.reason)
            if key not in self._today and len(self._today) >= ROWS:
                key = ("", "", "")
            self._today[key] = None
            row = Row(day, *key)
            self._pending[row] = self._pending.get(row, 0) + one.count
            self._note(row)
            self._show(key, one.count)

    def take(self) -> dict[Row, int]:
        """What is to be added to what is kept; it counts from nothing again."""
        taken, self._pending = self._pending, {}
        return taken

    def put_back(self, rows: dict[Row, int]) -> None:
        """What was taken could not be kept; of a disk that stays full no more is remembered than a day holds."""
        for row, count in rows.items():
            if row in self._pending or len(self._pending) <= ROWS:
                self._pending[row] = self._pending.get(row, 0) + count

    def asked(self, feature: str) -> Asked | None:
        """When a flag was asked for on this host; None: never within the days that are kept."""
        return self._asked.get(feature)

    def features(self) -> list[str]:
        """All flags that were asked for."""
        return list(self._asked)

    def evaluations(self, feature: str) -> tuple[Evaluations, ...]:
        """How often a flag was evaluated since the canary started."""
        found = self._shown.get(feature, {})
        return tuple(Evaluations(feature, *key, count) for key, count in sorted(found.items()))

    def _note(self, row: Row) -> None:
        if row.feature:
            known = self._asked.get(row.feature, Asked(row.day, row.day))
            self._asked[row.feature] = Asked(min(known.first, row.day), max(known.last, row.day))

    def _show(self, key: tuple[str, str, str], count: int) -> None:
        feature, *rest = key
        shown = self._shown.setdefault(feature, {})
        variant, reason = rest
        if (variant, reason) not in shown:
            if self._rows_shown >= SHOWN:
                return
            self._rows_shown += 1
        shown[variant, reason] = shown.get((variant, reason), 0) + count

    def _forget(self, day: int) -> None:
        self._asked = {name: asked for name, asked in self._asked.items() if asked.last > day}
