"""PURE: how often feature flags were evaluated on this host, by day, and when each was asked for; it keeps nothing."""

from collections import Counter
from collections.abc import Callable, Iterable
from typing import NamedTuple

from communicator.answers.features import Evaluations

_Key = tuple[str, str, str]
_NOBODY: _Key = ("", "", "")
DAY_S = 86_400.0
DAYS = 40
"""How long sums of a day are kept."""
ROWS = 20_000
"""Rows of a day; what comes beyond is counted under no variant."""
ROWS_OF_FLAG = 64
"""Rows of a day of one flag; what comes beyond is counted under no variant, so that invented ones crowd out no other flag."""
UNKNOWN = 500
"""Rows of a day of what is no flag; what comes beyond is counted under no name, so that nobody is crowded out by invented ones."""
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
        self._today: set[_Key] = set()
        """What has a row today,"""
        self._rows: Counter[str] = Counter()
        """how many each flag has,"""
        self._unknown = 0
        """and how many rows are about what is no flag."""
        self._day = today
        self._pending: dict[Row, int] = {}
        self._shown: dict[str, dict[tuple[str, str], int]] = {}
        self._rows_shown = 0
        for row, _count in rows:
            self.first_day = min(self.first_day, row.day)
            self._note(row)
            if row.day == today:
                self._today.add(row[1:])
                self._rows[row.feature] += 1

    def add(self, counts: Iterable[Evaluations], day: int, is_defined: Callable[[str], bool]) -> None:
        """Some flags were evaluated.

        Args:
            counts: How often.
            day: Since 1970.
            is_defined: Whether there is a flag of that name: any service may tell any.
        """
        if day != self._day:
            self._day, self._today, self._rows, self._unknown = day, set(), Counter(), 0
            self._forget(day - DAYS)
        for one in counts:
            key = self._place((one.feature, one.variant, one.reason), is_defined)
            row = Row(day, *key)
            self._pending[row] = self._pending.get(row, 0) + one.count
            self._note(row)
            self._show(key, one.count)

    def _place(self, key: _Key, is_defined: Callable[[str], bool]) -> _Key:
        """Where something is counted: a flag that is defined has one row in any case."""
        if key in self._today:
            return key
        feature = key[0]
        if not is_defined(feature):
            if self._unknown >= UNKNOWN or len(self._today) >= ROWS:
                return _NOBODY
            self._unknown += 1
        elif self._rows[feature] >= ROWS_OF_FLAG or len(self._today) >= ROWS:
            key = (feature, "", "")
            if key in self._today:
                return key
        self._today.add(key)
        self._rows[feature] += 1
        return key

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
        variant, reason = rest
        if (variant, reason) not in self._shown.get(feature, {}):
            if self._rows_shown >= SHOWN:
                return
            self._rows_shown += 1
        shown = self._shown.setdefault(feature, {})
        shown[variant, reason] = shown.get((variant, reason), 0) + count

    def _forget(self, day: int) -> None:
        self._asked = {name: asked for name, asked in self._asked.items() if asked.last > day}
