"""PURE: what other rules would have decided over the same facts, beside what was decided; it reads no file and knows no ledger.

Facts, operators' orders and what other canaries decided are taken as they came; what the canary of the ledger decided is left out
and decided anew by the real judge, as a canary does: after each fact, and whenever time alone decides something in between.
"""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple, TypeGuard

import msgspec

from canary.judge.apply import apply
from canary.judge.decide import decide, next_deadline_s
from canary.judge.state import State
from canary.records import (
    AnyRecord,
    CellMoved,
    Entry,
    Frozen,
    OfLeader,
    OfRun,
    OverrideEnded,
    PolicyIssued,
    ProbeGranted,
    Record,
    RulesSet,
    RunExcused,
    ServerBooted,
    ServerJudged,
    VersionJudged,
)
from canary.rules import Rules

ROUNDS = 64
"""Decisions that follow from each other, at most."""
REVISION = "replay"
SAME_S = 1.0
"""Decisions so close in time are at the same one: a canary needs a moment for each."""

Decided = CellMoved | ProbeGranted | VersionJudged | ServerJudged | Frozen


class Decision(NamedTuple):
    """One decision, when it was taken or would have been."""

    at_s: float
    """By the ledger's clock."""
    record: Decided

    @property
    def subject(self) -> tuple[str, ...]:
        """What it is about."""
        record = self.record
        match record:
            case CellMoved() | ProbeGranted():
                return record.key
            case VersionJudged():
                return ("*", record.service, record.version, record.build)
            case ServerJudged():
                return (record.server,)
            case Frozen():
                return ("*", record.scope)

    @property
    def gist(self) -> tuple[object, ...]:
        """What has to be the same for two decisions to be the same."""
        record = self.record
        match record:
            case CellMoved():
                return (record.new, record.until_at_s is not None, record.rule, record.mode, record.suppressed_by)
            case VersionJudged():
                return (record.state, record.rule, record.mode, record.suppressed_by)
            case ServerJudged():
                return (record.state, record.mode)
            case ProbeGranted():
                return (record.number,)
            case Frozen():
                return (record.is_on,)


class Pair(NamedTuple):
    """A decision that was taken, and the same one, or the one in its place, as it would have been."""

    was: Decision | None
    would: Decision | None

    @property
    def is_same(self) -> bool:
        """Whether both decided the same at the same time."""
        return (
            self.was is not None
            and self.would is not None
            and self.was.gist == self.would.gist
            and abs(self.shift_s) < SAME_S
        )

    @property
    def shift_s(self) -> float:
        """How much later it would have been; 0 where there is nothing to compare."""
        return 0.0 if self.was is None or self.would is None else self.would.at_s - self.was.at_s

    @property
    def at_s(self) -> float:
        """When the first of them was, or would have been."""
        return min(one.at_s for one in (self.was, self.would) if one is not None)


class Replay(NamedTuple):
    """What came of it."""

    server: str
    """Whose ledger it is."""
    facts: int
    """What happened, orders and decisions of other canaries among it."""
    pairs: Sequence[Pair]
    """In the order of time."""


def replay(entries: Iterable[Entry], rules: Rules) -> Replay:
    """Judge what happened by other rules.

    Args:
        entries: A ledger, in order, from its beginning or from later on; then what was before is not known.
        rules: The other rules.

    Raises:
        ValueError: No entry tells whose ledger it is.
    """
    told = list(entries)
    server = home_of(told)
    judge = _Judge(server, rules)
    judge.take(told[0].at_s, RulesSet(rules=msgspec.json.encode(rules).decode(), revision=REVISION))
    facts = [entry for entry in told if not _is_decided(entry.record, server)]
    for entry in facts:
        judge.wait(entry.at_s)
        judge.take(entry.at_s, entry.record)
    judge.wait(told[-1].at_s)
    was = [Decision(entry.at_s, entry.record) for entry in told if _is_shown(entry.record, server)]
    return Replay(server, len(facts), _paired(was, judge.decisions))


def home_of(entries: Iterable[Entry]) -> str:
    """The server whose ledger this is: its facts come from no other ledger.

    Raises:
        ValueError: No entry tells.
    """
    for entry in entries:
        record = entry.record
        if isinstance(record, OfRun | ServerBooted) and not record.origin_seq:
            return record.server
    raise ValueError("there is no run and no start of a server of its own in it")


class _Judge:
    """A canary without a ledger, a router and a clock."""

    def __init__(self, server: str, rules: Rules) -> None:
        self.decisions: list[Decision] = []
        self._server = server
        self._rules = rules
        self._state = State()
        self._looked_at_s = 0.0

    def take(self, at_s: float, record: AnyRecord) -> None:
        """Something happens, and whatever follows is decided."""
        self._look(at_s, self._put(at_s, record))
        self._look(at_s, None)

    def wait(self, until_at_s: float) -> None:
        """Time passes, and whatever it alone decides is decided when it is due."""
        while (due_s := self._due_s()) is not None and due_s <= until_at_s:
            self._looked_at_s = due_s
            self._look(due_s, None)

    def _due_s(self) -> float | None:
        return next_deadline_s(self._state, self._rules, self._server, self._leads, self._looked_at_s)

    @property
    def _leads(self) -> bool:
        return self._state.leader == self._server

    def _look(self, at_s: float, trigger: Entry | None) -> None:
        self._looked_at_s = max(self._looked_at_s, at_s)
        for turn in range(ROUNDS):
            following = decide(self._state, self._rules, self._server, self._leads, at_s, trigger, again=turn > 0)
            if not following:
                return
            for record in following:
                self._decide(at_s, record)

    def _decide(self, at_s: float, record: Record) -> None:
        self._put(at_s, record)  # type: ignore[arg-type] # any Record is one of them
        if _is_shown(record, self._server):
            self.decisions.append(Decision(at_s, record))

    def _put(self, at_s: float, record: AnyRecord) -> Entry:
        entry = Entry(self._state.seq + 1, at_s, 0.0, record)
        apply(self._state, entry)
        return entry


def _is_decided(record: AnyRecord, server: str) -> bool:
    """Whether the canary of this ledger has decided this, so that it is to be decided anew; what others did is a fact."""
    if isinstance(record, Frozen):
        return record.actor is None
    if isinstance(record, OverrideEnded):
        return record.cause == "expired"
    if isinstance(record, CellMoved | RunExcused | ProbeGranted):
        return not record.origin_seq
    if isinstance(record, OfLeader):
        return record.leader in ("", server)
    return isinstance(record, RulesSet | PolicyIssued)


def _is_shown(record: Record, server: str) -> TypeGuard[Decided]:
    """Whether this is a decision of this ledger's canary that people care for."""
    return isinstance(record, Decided) and _is_decided(record, server)


def _paired(was: Sequence[Decision], would: Sequence[Decision]) -> list[Pair]:
    """Decisions beside each other, subject by subject: the same ones, then those in the place of others."""
    groups: dict[tuple[str, ...], tuple[list[Decision], list[Decision]]] = {}
    for side, decisions in enumerate((was, would)):
        for one in decisions:
            groups.setdefault(one.subject, ([], []))[side].append(one)
    pairs = (pair for group in groups.values() for pair in _aligned(*group))
    return sorted(pairs, key=lambda pair: pair.at_s)


def _aligned(was: Sequence[Decision], would: Sequence[Decision]) -> Iterable[Pair]:
    matcher = SequenceMatcher(None, [one.gist for one in was], [one.gist for one in would], autojunk=False)
    for kind, first, last, first_would, last_would in matcher.get_opcodes():
        if kind == "equal":
            yield from map(Pair, was[first:last], would[first_would:last_would])
        else:
            yield from (Pair(one, None) for one in was[first:last])
            yield from (Pair(None, one) for one in would[first_would:last_would])
