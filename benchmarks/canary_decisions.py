"""How long a canary takes to see what follows from what it hears, in a cluster of some size; it keeps no ledger."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import islice
from statistics import median
from time import perf_counter

from benchmarks.canary_history import SERVERS, Fact, History
from benchmarks.clock_spread import Spread, spread
from benchmarks.errors import BenchmarkError
from canary.judge.apply import apply
from canary.judge.decide import decide, next_deadline_s
from canary.judge.state import State
from canary.records import AnyRecord, CellKey, CellMoved, Entry, RunEnded
from canary.rules import Rules

RULES = Rules(mode="enforce")
LEADER = SERVERS[0]
LOOK_S = 60.0
"""How often all look what time alone decides."""
ROUNDS = 64
"""Decisions that follow from each other; more have no end."""


@dataclass(frozen=True, slots=True)
class DecisionTimes:
    """What one judge takes, in seconds."""

    what: str
    count: int
    least: Spread
    """Of each time the least of several plays of the same history: what the judge itself takes."""
    raw_p99_s: float
    """The 99th percentile as it came, in the middle one of the plays: with what the machine did meanwhile."""


@dataclass(frozen=True, slots=True)
class Decisions:
    """What was played, and what the judges took."""

    facts: int
    cells: int
    """Versions on servers, in the end."""
    decided: int
    blocked: int
    """Versions that were blocked on a server."""
    times: Sequence[DecisionTimes]


AGENT_HEARS = "a fact, agent of its server"
LEADER_HEARS = "a fact, leader"
LOOKS = "time alone, leader"
DEADLINES = "when next, leader"


def _no_times() -> dict[str, list[float]]:
    return {what: [] for what in (AGENT_HEARS, LEADER_HEARS, LOOKS, DEADLINES)}


@dataclass(slots=True)
class Play:
    """A ledger without a file, and the judges of all servers over it. Each play of so many facts is like the others."""

    state: State = field(default_factory=State)
    records: list[AnyRecord] = field(default_factory=list)
    """What happened, and what was decided, in order."""
    now_s: float = 0.0
    times_s: dict[str, list[float]] = field(default_factory=_no_times)

    def run(self, facts: int) -> None:
        """Play so many facts.

        Raises:
            BenchmarkError: A judge never comes to an end.
        """
        looked_s = 0.0
        for at_s, fact in islice(History(self._is_refused).facts(), facts):
            while looked_s + LOOK_S < at_s:
                looked_s += LOOK_S
                self._look(looked_s)
            self._hear(at_s, fact)

    def _hear(self, at_s: float, fact: Fact) -> None:
        """A fact is put into the state, which all share, and each judge decides; of the others only a failure asks something."""
        self.now_s = at_s
        began_s = perf_counter()
        entry = self._write(fact)
        applied_s = perf_counter() - began_s
        others = SERVERS if isinstance(fact, RunEnded) else ()
        for me in dict.fromkeys((fact.server, LEADER, *others)):
            began_s = perf_counter()
            self._decide(me, entry)
            took_s = applied_s + perf_counter() - began_s
            if me == fact.server:
                self.times_s[AGENT_HEARS].append(took_s)
            if me == LEADER:
                self.times_s[LEADER_HEARS].append(took_s)

    def _look(self, at_s: float) -> None:
        self.now_s = at_s
        for me in SERVERS:
            began_s = perf_counter()
            self._decide(me, None)
            looked_s = perf_counter()
            if me == LEADER:
                self.times_s[LOOKS].append(looked_s - began_s)
                next_deadline_s(self.state, RULES, me, leads=True, after_s=at_s)
                self.times_s[DEADLINES].append(perf_counter() - looked_s)

    def _write(self, record: AnyRecord) -> Entry:
        entry = Entry(self.state.seq + 1, self.now_s, self.now_s, record)
        apply(self.state, entry)
        self.records.append(record)
        return entry

    def _decide(self, me: str, trigger: Entry | None) -> None:
        for turn in range(ROUNDS):
            found = decide(self.state, RULES, me, me == LEADER, self.now_s, trigger, again=turn > 0)
            if not found:
                return
            for record in found:
                self._write(record)  # type: ignore[arg-type] # any Record is one of them
        raise BenchmarkError(f"never an end of {found}")

    def _is_refused(self, key: CellKey) -> bool:
        cell = self.state.cells.get(key)
        return cell is not None and cell.state == "blocked"


def measure_decisions(facts: int, plays: int) -> tuple[Decisions, Sequence[AnyRecord]]:
    """Play the same history several times.

    Args:
        facts: How many in each play.
        plays: How many plays.

    Returns:
        The figures, and all that a ledger would hold after one play.

    Raises:
        BenchmarkError: A judge never comes to an end, or decides otherwise in another play.
    """
    played = [Play() for _ in range(plays)]
    for play in played:
        play.run(facts)
    first = played[0]
    if any(play.records != first.records for play in played):
        raise BenchmarkError("the same facts led to other decisions")
    figures = Decisions(
        facts=facts,
        cells=len(first.state.cells),
        decided=len(first.records) - facts,
        blocked=sum(_is_block(record) for record in first.records),
        times=[
            describe(what, [play.times_s[what] for play in played]) for what in first.times_s if first.times_s[what]
        ],
    )
    return figures, first.records


def describe(what: str, plays_s: Sequence[Sequence[float]]) -> DecisionTimes:
    """The spread of the times of several plays, which are those of the same moments."""
    least = [min(times_s) for times_s in zip(*plays_s, strict=True)]
    raw_p99_s = median(spread(times_s).p99_s for times_s in plays_s)
    return DecisionTimes(what, len(least), spread(least), raw_p99_s)


def _is_block(record: AnyRecord) -> bool:
    return isinstance(record, CellMoved) and (record.rule, record.new, record.mode) == ("a", "blocked", "enforced")
