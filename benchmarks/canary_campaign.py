"""The part of a run that is about the canary: which figures are taken, how often and in which order; it judges nothing."""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.canary_decisions import measure_decisions
from benchmarks.canary_detection import measure_accused, measure_blocks, measure_found
from benchmarks.canary_ledger import measure_ledger
from benchmarks.canary_results import FULL_ENTRIES, CanaryResults
from benchmarks.errors import BenchmarkError
from communicator.errors import BellwetherError


@dataclass(frozen=True, slots=True, kw_only=True)
class CanaryEffort:
    """How much is done."""

    facts: int = 20_000
    plays: int = 3
    entries: int = FULL_ENTRIES
    appends: int = 1_000
    lives: int = 2_000
    """Of a good version in a simple world; a tenth of them of one that never works, a twentieth of one that fails more."""


class CanaryCampaign:
    """Takes the figures that are asked for; what fails is noted and the rest goes on.

    Args:
        effort: How much to do.
        results: Where the figures go.
        problems: Where failures go.
        say: Told what comes next.
    """

    def __init__(
        self, effort: CanaryEffort, results: CanaryResults, problems: list[str], say: Callable[[str], None]
    ) -> None:
        self._effort = effort
        self._results = results
        self._problems = problems
        self._say = say

    def run(self) -> None:
        """Take all of them; the ledger holds what the judges decided before."""
        effort, found = self._effort, self._results
        with self._survive("decisions of the canary"):
            self._say(f"decisions of the canary on {effort.facts:,} facts")
            found.decisions, records = measure_decisions(effort.facts, effort.plays)
            self._say(f"a ledger of {effort.entries:,} entries")
            with tempfile.TemporaryDirectory(prefix="bench-") as folder:
                found.ledger = measure_ledger(Path(folder), records, effort.entries, effort.appends)
        self._say(f"{effort.lives:,} lives of good versions, and some of bad ones")
        found.accused += measure_accused(effort.lives)
        found.blocks += measure_blocks(max(1, effort.lives // 10))
        found.found += measure_found(max(1, effort.lives // 20))

    @contextmanager
    def _survive(self, what: str) -> Iterator[None]:
        try:
            yield
        except (BellwetherError, BenchmarkError) as error:
            self._problems.append(f"{what}: {error}")
