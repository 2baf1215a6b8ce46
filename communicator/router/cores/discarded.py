"""What shadows of this host have said to nobody: counted, and the newest of it; it decides nothing."""

from collections import Counter, deque
from typing import NamedTuple

from communicator.answers.shadows import Discarded, DiscardedLines
from communicator.router.cores.statistics import fill
from communicator.router.cores.tapping import shown
from communicator.router.vocabulary.named_counts import NamedCounts
from communicator.router.vocabulary.registry import Behind

LINES_KEPT = 100
LINE_BYTES_KEPT = 512
"""Head and first parameters: a hundred of them fit into one answer, even where each byte needs an escape."""


class Word(NamedTuple):
    """One line that reaches nobody."""

    behind: Behind
    """Whose it is."""
    door: str
    """Through which it came."""
    line: bytes
    """As it was said: secrets are blanked when somebody asks, which few do."""
    command: str
    reason: str
    at_s: float
    """When, on the monotonic clock."""


class DiscardedWords:
    """Counts that only grow, and the newest lines."""

    def __init__(self) -> None:
        self.total = 0
        self.by_command = NamedCounts()
        self.by_reason: Counter[str] = Counter()
        self._by_shadow = NamedCounts()
        self._newest: deque[Word] = deque(maxlen=LINES_KEPT)

    def add(self, word: Word) -> int:
        """Count a line, and keep its begin; returns how many there are of this shadow."""
        self.total += 1
        self.by_command.add(word.command)
        self.by_reason[word.reason] += 1
        self._newest.append(
            word if len(word.line) <= LINE_BYTES_KEPT else word._replace(line=word.line[:LINE_BYTES_KEPT])
        )
        return self._by_shadow.add(_named(word.behind.service, word.behind.version))

    def of(self, service: str, version: str) -> int:
        """How many lines of a shadow were discarded."""
        return self._by_shadow[_named(service, version)]

    def tell(self, server: str, now_s: float) -> DiscardedLines:
        """All of it.

        Args:
            server: The name of this router.
            now_s: The time, on the monotonic clock.
        """
        newest = tuple(
            fill(Discarded, one, one.behind, line=shown(one.line), ago_s=round(now_s - one.at_s, 3))
            for one in self._newest
        )
        return fill(DiscardedLines, self, server=server, newest=newest)


def _named(service: str, version: str) -> str:
    """A shadow; whoever says itself what it is may say anything, but no service has a blank in its name."""
    return f"{service} {version}"
