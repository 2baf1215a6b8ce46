"""PURE: words about runs whose beginning was not told yet, kept within bounds; it knows neither runs nor time."""

from canary.evidence.words import ReportWord, RunEndedWord

RUNS = 1_000
"""Runs with such words: far more than one reading of the router's lines can bring out of order."""
WORDS = 8
"""Such words about one run."""


class EarlyWords:
    """By run_id, in the order in which they came."""

    def __init__(self) -> None:
        self._words: dict[str, list[RunEndedWord | ReportWord]] = {}

    def __contains__(self, run_id: str) -> bool:
        """Whether there are any about a run."""
        return run_id in self._words

    def keep(self, run_id: str, word: RunEndedWord | ReportWord) -> bool:
        """Keep a word.

        Returns:
            Whether there was room for it.
        """
        if run_id not in self._words and len(self._words) >= RUNS:
            return False
        words = self._words.setdefault(run_id, [])
        if len(words) >= WORDS:
            return False
        words.append(word)
        return True

    def take(self, run_id: str) -> list[RunEndedWord | ReportWord]:
        """The words about a run, which are not kept any longer."""
        return self._words.pop(run_id, [])
