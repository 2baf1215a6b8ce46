"""PURE: one entry of the ledger put into the state, by a table from record to function; it decides nothing."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from canary.judge import comparison, deploying, evidence, transitions
from canary.judge.overrides import covers, covers_version
from canary.judge.speakers import is_heard
from canary.judge.state import Freeze, Heard, State
from canary.records import (
    ALL,
    CellKey,
    CellMoved,
    DeploymentMoved,
    Entry,
    FlagChanged,
    Frozen,
    GaveUp,
    HoldHeard,
    Led,
    LedgerMet,
    OfLeader,
    Overridden,
    OverrideEnded,
    Pardoned,
    PolicyIssued,
    ProbeGranted,
    RulesSet,
    RunBegan,
    RunEnded,
    RunExcused,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerJudged,
    ServerLost,
    ShadowCompared,
    Started,
    Stopped,
    TaskBegun,
    TaskEnded,
    VersionCompared,
    VersionJudged,
)

OBEYED = 10_000
"""Orders that are obeyed once and remembered as such: as many as the book of the cluster holds."""
DECIDED = 10_000
"""Subjects of decisions remembered: more than the book of the cluster holds."""
FLAGS_TOLD = 30_000
"""Definitions and orders about feature flags remembered as told: more than the book of the cluster holds."""
FACTS = (RunBegan, RunPassed, RunEnded, GaveUp, ServerBooted, ServerLost, ServerBack)


def apply(state: State, entry: Entry) -> None:
    """Put an entry into the state, which is changed in place.

    The entries of a ledger, put in one after the other, always give the same state. An entry costs the same however many
    came before it.

    Args:
        state: What the entries before have made.
        entry: The next one.
    """
    origin_seq: int = getattr(entry.record, "origin_seq", 0)
    if origin_seq or isinstance(entry.record, FACTS):
        state.fresh.clear()
    state.now_s = max(state.now_s, entry.at_s)
    state.seq = entry.seq
    happened = entry._replace(at_s=entry.happened_at_s)
    if is_heard(state, happened):
        STEPS[type(entry.record)](state, happened, entry.record)
        comparison.observe(state, happened)
    if isinstance(entry.record, OfLeader) and entry.record.leader:
        _note_decided(state, entry.record)
    if origin_seq:
        _hear(state, entry.record.server, origin_seq)  # type: ignore[union-attr] # what has an origin has a server


def _hear(state: State, server: str, seq: int) -> None:
    heard = state.heard.get(server)
    if heard is not None:
        heard.seq = max(heard.seq, seq)


def _note_decided(state: State, record: OfLeader) -> None:
    state.decided.pop(record.subject, None)
    state.decided[record.subject] = (record.term, record.leader, record.number)
    while len(state.decided) > DECIDED:
        del state.decided[next(iter(state.decided))]


def override(state: State, _entry: Entry, record: Overridden) -> None:
    """An operator's word holds."""
    state.overrides[record.number] = record
    state.override_number = max(state.override_number, record.number)


def end_override(state: State, _entry: Entry, record: OverrideEnded) -> None:
    """It holds no longer, and rules may act again on what it spoke of."""
    order = state.overrides.pop(record.number, None)
    if order is not None:
        state.fresh.update(dict.fromkeys(_covered(state, order)))


def pardon(state: State, _entry: Entry, record: Pardoned) -> None:
    """The evidence against a version is forgotten; what it has shown for itself is not. What was said of it a leader takes back."""
    _note_obeyed(state, record.order)
    for version in state.versions.get(record.service, ()) if record.server == ALL else ():
        release = state.releases[version]
        if covers_version(record, version) and (release.state != "ok" or release.suppressed_by):
            state.pardoned[version] = None
    for key in list(_covered(state, record)):
        cell = state.cells[key]
        transitions.reset(cell, transitions.RESETS_OF_PARDON)
        evidence.unsuppress(state, cell)
        cell.is_pardoned = True
        state.fresh[key] = None


def _covered(state: State, order: Overridden | Pardoned) -> Iterator[CellKey]:
    for version in state.versions.get(order.service, ()):
        keys = (CellKey(server, *version) for server in state.releases[version].servers)
        yield from (key for key in keys if covers(order, key))


def _note_obeyed(state: State, order: str) -> None:
    if order:
        state.obeyed[order] = None
        while len(state.obeyed) > OBEYED:
            del state.obeyed[next(iter(state.obeyed))]


def freeze(state: State, _entry: Entry, record: Frozen) -> None:
    """Rules are frozen, or no longer."""
    if record.is_on:
        by = record.actor.user if record.actor else ""
        state.freezes[record.scope] = Freeze(record.scope, record.until_at_s, record.reason, by, record.order)
    else:
        _note_obeyed(state, record.order)
        state.freezes.pop(record.scope, None)
        state.verdicts.clear()


def note_flag(state: State, _entry: Entry, record: FlagChanged) -> None:
    """Of feature flags it is only known what was told."""
    state.flags_told.pop(record.order, None)
    state.flags_told[record.order] = record.place
    while len(state.flags_told) > FLAGS_TOLD:
        del state.flags_told[next(iter(state.flags_told))]


def set_rules(state: State, _entry: Entry, record: RulesSet) -> None:
    """Other rules are in force."""
    state.rules_revision = record.revision
    _look_at_all(state)


def lead(state: State, _entry: Entry, record: Led) -> None:
    """Another server leads."""
    state.leader, state.term = record.leader, record.term
    _look_at_all(state)


def issue(state: State, _entry: Entry, record: PolicyIssued) -> None:
    """A policy has got its number."""
    state.term, state.policy_number = max(state.term, record.term), record.number


def start(state: State, _entry: Entry, _record: Started) -> None:
    """The canary has started, and may have died between a fact and what follows from it."""
    _look_at_all(state)


def meet_ledger(state: State, _entry: Entry, record: LedgerMet) -> None:
    """What is told of a server comes from another ledger, and its numbers begin anew; another server may have had to go."""
    state.heard.pop(record.in_place_of, None)
    state.heard[record.server] = Heard(record.ledger)


def note_nothing(_state: State, _entry: Entry, _record: Stopped | HoldHeard) -> None:
    """This changes nothing of what the judge knows."""


def _look_at_all(state: State) -> None:
    state.fresh = dict.fromkeys(state.cells)


STEPS: Mapping[type, Callable[[State, Entry, Any], None]] = {
    RunBegan: evidence.begin,
    RunPassed: evidence.succeed,
    RunEnded: evidence.end,
    GaveUp: evidence.give_up,
    RunExcused: evidence.excuse,
    ServerBooted: evidence.boot,
    ServerLost: evidence.lose,
    ServerBack: evidence.find_back,
    CellMoved: transitions.move,
    ProbeGranted: transitions.grant,
    VersionJudged: transitions.judge_version,
    VersionCompared: transitions.compare_version,
    ServerJudged: transitions.judge_server,
    Overridden: override,
    OverrideEnded: end_override,
    Pardoned: pardon,
    Frozen: freeze,
    FlagChanged: note_flag,
    RulesSet: set_rules,
    Led: lead,
    PolicyIssued: issue,
    DeploymentMoved: deploying.move_deployment,
    TaskBegun: deploying.begin_task,
    TaskEnded: deploying.end_task,
    ShadowCompared: deploying.compare_shadow,
    Started: start,
    Stopped: note_nothing,
    HoldHeard: note_nothing,
    LedgerMet: meet_ledger,
}
