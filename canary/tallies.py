"""PURE: what this canary has counted since it started, for Prometheus, from the records of its ledger; it judges nothing."""

from collections import Counter
from typing import NamedTuple

from canary.judge.speakers import was_heard
from canary.judge.state import State
from canary.records import AnyRecord, CellMoved, OfRun, RunEnded, RunPassed, ServerJudged, VersionJudged
from canary.rules import LETTERS

KEYS = 10_000
"""Rows of one count; beyond, new ones are counted under `OTHER`, so that nobody can make series without end."""
OTHER = "other"


class RunRow(NamedTuple):
    """Runs of one version on one server that came to the same."""

    server: str
    service: str
    version: str
    what: str
    """``success``, ``failure``, ``censored``, ``clean``; or the kind of a failure."""
    build: str = ""


class VerdictRow(NamedTuple):
    """Verdicts of one rule."""

    rule: str
    verdict: str
    """The state that follows."""
    mode: str
    """``detected`` counts every one, ``enforced`` those that were acted upon."""


class Tallies:
    """Counters that only grow."""

    def __init__(self) -> None:
        self.runs: Counter[RunRow] = Counter()
        self.failures: Counter[RunRow] = Counter()
        self.verdicts: Counter[VerdictRow] = Counter()
        self.suppressed: Counter[str] = Counter()
        """Verdicts that were not acted upon, by what forbade it."""

    def observe(self, record: AnyRecord, state: State) -> None:
        """Count a record that was put into the ledger, and then into the state; runs of strangers are none of their service."""
        if not was_heard(state, record):
            return
        match record:
            case RunPassed():
                self._count(self.runs, _row(record, "success"))
            case RunEnded():
                self._count(self.runs, _row(record, record.outcome))
                if record.outcome == "failure":
                    self._count(self.failures, _row(record, record.cause))
            case CellMoved() if record.rule in _JUDGING:
                self._count_verdict(record.rule, record.new, record.mode, record.suppressed_by)
            case VersionJudged() if record.rule in _JUDGING:
                self._count_verdict(record.rule, record.state, record.mode, record.suppressed_by)
            case ServerJudged():
                self._count_verdict(record.rule, record.state, record.mode, "")
            case _:
                pass

    def _count(self, counter: Counter[RunRow], row: RunRow) -> None:
        if row not in counter and len(counter) >= KEYS:
            row = RunRow(row.server, OTHER, OTHER, row.what)
        counter[row] += 1

    def _count_verdict(self, rule: str, verdict: str, mode: str, suppressed_by: str) -> None:
        self.verdicts[VerdictRow(rule, verdict, "detected")] += 1
        if mode == "enforced":
            self.verdicts[VerdictRow(rule, verdict, "enforced")] += 1
        if suppressed_by:
            self.suppressed[suppressed_by] += 1


def _row(record: OfRun, what: str) -> RunRow:
    return RunRow(record.server, record.service, record.version, what, record.build)


_JUDGING = frozenset((*LETTERS, "probe", "operator"))
"""Rules whose decisions are verdicts; the others only keep the books."""
