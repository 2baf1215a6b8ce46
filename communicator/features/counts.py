"""PURE: how often flags came to which variant and for which reason in this process, until somebody takes the counts."""

import msgspec

from communicator.answers.features import NAME_CHARACTERS, Counts, Evaluations
from communicator.features.document import NAME

ROWS = 20_000
"""Rows that are held at most: twice the flags of a full cluster."""
TAKEN_BYTES = 24 * 1024
"""What is taken at once, as JSON: quoted into a message it stays far below the length of a line."""

_Row = tuple[str, str, str]


class EvaluationCounts:
    """Counts evaluations.

    Threads may count at the same time; a count may get lost then, which is cheaper than a lock in each evaluation.
    """

    def __init__(self) -> None:
        self._counts: dict[_Row, int] = {}
        self.dropped = 0
        """Evaluations that were not counted: of what cannot be a flag, or beyond `ROWS`."""

    def __len__(self) -> int:
        return len(self._counts)

    def add(self, feature: str, variant: str, reason: str) -> None:
        """Count one evaluation."""
        row = (feature, variant, reason)
        count = self._counts.get(row)
        if count is not None:
            self._counts[row] = count + 1
        elif len(self._counts) < ROWS and _can_be_told(row):
            self._counts[row] = 1
        else:
            self.dropped += 1

    def take(self) -> Counts:
        """Some of the counts, as large as one message takes; they are counted from nothing again. Empty: there are none."""
        taken: list[Evaluations] = []
        left = TAKEN_BYTES
        while self._counts:
            row, count = self._counts.popitem()
            told = Evaluations(*row, count)
            left -= len(msgspec.json.encode(told)) + 1
            if left < 0:
                self._counts[row] = self._counts.get(row, 0) + count
                break
            taken.append(told)
        return Counts(tuple(taken))


def _can_be_told(row: _Row) -> bool:
    return NAME.fullmatch(row[0]) is not None and all(len(word) <= NAME_CHARACTERS for word in row)
