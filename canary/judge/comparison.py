"""PURE: what rule C remembers: who runs beside whom, and which failures speak; it judges no version.

What counts is the *incident*, not the run: a cell that has failed says nothing more until a run of it has passed, since what
fails again a second later mostly fails for the same reason. Nor does it count as running meanwhile. So in each moment there are
servers at risk of a first failure, the trial's and the control's, each once however many runs it has, and that is all that
`canary.judge.two_arms` needs. It is taken at the failure itself, not as a mean over some time before: while a version is rolled
out the mean lags behind the truth, and a share that is too small accuses the new version.

Servers count by how often the control failed there before the comparison began, per time at risk (`canary.judge.host_rates`).

What another server tells late says who ran, and not beside whom: a failure that is older than the ambient filter waits is not
counted. The trial is the version that was first seen last, by when that happened, whoever was heard first. The runs of a server
that is out of reach are set aside, and count again when it is back.

A failure is counted when the ambient filter can no longer excuse it. Of an outage the new version may be the first to die, and
taking back what was counted too early would be too late for a verdict.
"""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import msgspec

from canary.judge.comparing import ComparedCell, ComparedFailure, Comparison
from canary.judge.host_rates import Past, relative_rates
from canary.judge.overrides import covers_version
from canary.judge.state import EXCUSE_S, State
from canary.judge.two_arms import PLACES, Failed, TwoArms
from canary.records import (
    ALL,
    CellMoved,
    DeploymentMoved,
    Entry,
    OfRun,
    Pardoned,
    RulesSet,
    RunBegan,
    RunEnded,
    RunExcused,
    RunKey,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerLost,
    Version,
    VersionJudged,
)
from canary.records.deployments import matches
from canary.rules import AmbientSettings, RuleCSettings

ROLES = frozenset({"live", "standby"})
"""Who does the service's work; a probe or a shadow fails for reasons of its own."""
VERSIONS = 32
"""Versions of a service remembered."""
CELLS = 4_096
"""Cells of a service remembered: more than a cluster has servers, times the versions of a roll-out."""
UNSETTLED = 10_000
"""Failures that wait: of more than that in a minute, nobody can say what they have in common."""


def observe(state: State, entry: Entry) -> None:
    """Fold an entry into what rule C knows; `canary.judge.apply` calls it after its own work on the entry.

    Args:
        state: Its comparisons are changed in place, and nothing else.
        entry: The next one of the ledger, at the time when it happened.
    """
    settle(state, state.now_s)
    fold = _FOLDS.get(type(entry.record))
    if fold is not None:
        fold(state, entry, entry.record)
    if state.aside and isinstance(entry.record, OfRun | ServerBooted | ServerBack):
        _bring_back(state, entry.record.server)


def settle(state: State, now_s: float) -> None:
    """Count the failures that no common cause can excuse any more."""
    while state.unsettled and is_due(state, state.unsettled[0], now_s):
        failure = state.unsettled.popleft()
        comparison = state.comparisons.get(failure.trial.service)
        if comparison is not None and speaks(state, comparison, failure):
            comparison.arms.add(failure.failed, state.compare_margin)
            may_count = comparison.arms.may_reach(state.compare_limit_log10)
            comparison.log10_e = comparison.arms.log10_e if may_count else 0.0


def is_due(state: State, failure: ComparedFailure, now_s: float) -> bool:
    """Whether the time in which a common cause could show has passed."""
    return failure.at_s + state.compare_settle_s <= now_s


def speaks(state: State, comparison: Comparison, failure: ComparedFailure) -> bool:
    """Whether a failure belongs to this comparison, had no common cause, and did not happen on a sick server."""
    is_of_it = failure.trial == comparison.trial and failure.seq > comparison.since_seq
    server = state.servers.get(failure.server)
    return is_of_it and RunKey(failure.server, failure.run_id) not in state.excused and not (server and server.is_sick)


def _began(state: State, entry: Entry, record: RunBegan) -> None:
    if record.role in ROLES and record.run not in state.ended:
        _enter(_comparison(state, record.key.of, entry), record, state.now_s)


def _passed(state: State, entry: Entry, record: RunPassed) -> None:
    if record.role not in ROLES or record.run in state.ended:
        return
    comparison = _comparison(state, record.key.of, entry._replace(at_s=entry.at_s - record.lasted_s))
    cell = _enter(comparison, record, state.now_s)
    cell.is_failing = False
    _keep_time(cell, state.now_s)


def _comparison(state: State, version: Version, entry: Entry) -> Comparison:
    """That of the version's service; the version that was first seen last is the trial from here on."""
    comparison = state.comparisons.get(version.service)
    if comparison is None:
        comparison = state.comparisons[version.service] = Comparison(trial=version, since_seq=entry.seq)
    first_s = comparison.first_s
    if entry.at_s < first_s.get(version, math.inf):
        first_s.pop(version, None)
        first_s[version] = entry.at_s
        comparison.known.setdefault(version, None)
        _choose_trial(comparison, entry.seq, state.now_s)
    if len(comparison.known) > VERSIONS:
        kept = {comparison.trial, comparison.control}
        oldest = min((old for old in comparison.known if old not in kept), key=lambda old: first_s.get(old, -math.inf))
        comparison.known.pop(oldest)
        comparison.cells.pop(oldest, None)
        first_s.pop(oldest, None)
    return comparison


def _choose_trial(comparison: Comparison, seq: int, now_s: float) -> None:
    """The newest one; of two that were first seen at the same time, the one that was heard of later."""
    first_s = comparison.first_s
    newest = max(reversed(first_s), key=first_s.__getitem__)
    if newest != comparison.trial:
        comparison.trial = newest
        comparison.control = _last_good(comparison)
        _restart(comparison, seq, now_s)


def _last_good(comparison: Comparison) -> Version | None:
    """Of those before the trial."""
    known = comparison.known.items()
    found_s = {version: at_s for version, at_s in known if at_s is not None and version != comparison.trial}
    return max(found_s, key=found_s.__getitem__, default=None)


def _restart(comparison: Comparison, seq: int, now_s: float) -> None:
    """All that happened so far is the past, and says how servers differ."""
    for cells in comparison.cells.values():
        for cell in cells.values():
            _keep_time(cell, now_s)
            cell.past_seconds, cell.seconds = cell.past_seconds + cell.seconds, 0.0
            cell.past_failures, cell.failures = cell.past_failures + cell.failures, 0
    comparison.since_seq = seq
    comparison.arms, comparison.log10_e = TwoArms(), 0.0
    comparison.told, comparison.told_mode, comparison.told_suppressed_by = "ok", "enforced", ""
    if comparison.control is not None:
        before = comparison.cells.get(comparison.control, {})
        past = {server: Past(cell.past_failures, cell.past_seconds) for server, cell in before.items()}
        comparison.weights = relative_rates(past)


def _keep_time(cell: ComparedCell, now_s: float) -> None:
    """Add up how long it was at risk, whenever that may have changed."""
    cell.seconds = cell.at_risk_s(now_s)
    cell.at_risk_since_s = now_s if cell.is_at_risk else None


def _enter(comparison: Comparison, record: OfRun, now_s: float) -> ComparedCell:
    """A run goes on; twice told, it is one."""
    version = record.key.of
    cell = comparison.cells.setdefault(version, {}).setdefault(record.server, ComparedCell())
    cell.runs[record.run_id] = None
    _keep_time(cell, now_s)
    if sum(map(len, comparison.cells.values())) > CELLS:
        oldest = next(of for of, cells in comparison.cells.items() if cells)
        _forget(comparison, oldest, next(iter(comparison.cells[oldest])))
    return cell


def _forget(comparison: Comparison, version: Version, server: str) -> None:
    cells = comparison.cells.get(version, {})
    cells.pop(server, None)
    if not cells:
        comparison.cells.pop(version, None)


def _ended(state: State, entry: Entry, record: RunEnded) -> None:
    comparison = state.comparisons.get(record.service)
    cell = comparison.cells.get(record.key.of, {}).get(record.server) if comparison else None
    if comparison is None or cell is None or record.run_id not in cell.runs:
        return  # how much ran beside it is not known
    if record.outcome == "failure" and not cell.is_failing:
        if not record.local_only and not cell.is_aside:
            cell.failures, cell.incident = cell.failures + 1, record.run_id
            _await(state, comparison, entry, record)
        cell.is_failing = True
    del cell.runs[record.run_id]
    _keep_time(cell, state.now_s)


def _excused(state: State, _entry: Entry, record: RunExcused) -> None:
    """It says nothing of its server either."""
    comparison = state.comparisons.get(record.service)
    cell = comparison.cells.get(record.key.of, {}).get(record.server) if comparison else None
    if cell is not None and cell.incident == record.run_id:
        cell.incident = ""
        if cell.failures:
            cell.failures -= 1
        elif cell.past_failures:
            cell.past_failures -= 1


def _await(state: State, comparison: Comparison, entry: Entry, record: RunEnded) -> None:
    """Remember a failure of the trial or the control, when both of them ran."""
    version, trial, control = record.key.of, comparison.trial, comparison.control
    if control is None or version not in {trial, control} or entry.at_s + state.compare_settle_s < state.now_s:
        return
    new, old = _at_risk(comparison, trial), _at_risk(comparison, control)
    if not new or not old:  # most failures: they are placed only where they will count
        return
    is_new = version == trial
    failed = Failed(
        is_new,
        comparison.arms.place_of(record.server, is_new=is_new),
        _by_place(comparison, new, is_new=True),
        _by_place(comparison, old, is_new=False),
    )
    if len(state.unsettled) == UNSETTLED:
        state.unsettled.popleft()
    state.unsettled.append(ComparedFailure(entry.seq, state.now_s, record.server, record.run_id, trial, failed))


def _at_risk(comparison: Comparison, version: Version) -> list[str]:
    """The servers where this version may have a first failure."""
    return [server for server, cell in comparison.cells.get(version, {}).items() if cell.is_at_risk]


def _by_place(comparison: Comparison, servers: Iterable[str], *, is_new: bool) -> tuple[float, ...]:
    """The weights of servers at risk, added up by their place."""
    found = [0.0] * PLACES
    places = 0
    for server in servers:
        place = comparison.arms.place_of(server, is_new=is_new)
        found[place] += comparison.weights.get(server, 1.0)
        places = max(places, place + 1)
    return tuple(found[:places])


def _server_booted(state: State, _entry: Entry, record: ServerBooted) -> None:
    """Its runs are over."""
    for cell in _cells_of(state, record.server):
        cell.runs.clear()
        _keep_time(cell, state.now_s)


def _server_lost(state: State, _entry: Entry, record: ServerLost) -> None:
    """Nobody hears how its runs end, until it is back."""
    state.aside[record.server] = None
    for cell in _cells_of(state, record.server):
        cell.is_aside = True
        _keep_time(cell, state.now_s)


def _bring_back(state: State, server: str) -> None:
    """Whatever is heard of a server, it is in reach again."""
    if server not in state.aside:
        return
    del state.aside[server]
    for cell in _cells_of(state, server):
        cell.is_aside = False
        _keep_time(cell, state.now_s)


def _cells_of(state: State, server: str) -> Iterator[ComparedCell]:
    for comparison in state.comparisons.values():
        for cells in comparison.cells.values():
            if server in cells:
                yield cells[server]


def _moved(state: State, entry: Entry, record: CellMoved) -> None:
    """A version was found good somewhere, or is seen no more."""
    comparison = state.comparisons.get(record.service)
    if comparison is None or record.mode != "enforced":
        return
    if record.new == "good" and record.key.of in comparison.known:
        _find_good(comparison, record.key.of, entry, state.now_s)
    if record.new == "archived":
        _forget(comparison, record.key.of, record.server)
        if not comparison.cells:
            del state.comparisons[record.service]


def _find_good(comparison: Comparison, version: Version, entry: Entry, now_s: float) -> None:
    comparison.known[version] = max(entry.at_s, comparison.known[version] or entry.at_s)
    if comparison.control is None and version != comparison.trial:
        comparison.control = version
        _restart(comparison, entry.seq, now_s)


def _judged(state: State, entry: Entry, record: VersionJudged) -> None:
    version = Version(record.service, record.version, record.build)
    comparison = state.comparisons.get(record.service)
    if comparison is None:
        return
    if record.state != "ok" and record.mode == "enforced" and version in comparison.known:
        comparison.known[version] = None
    if record.rule != "c" or version != comparison.trial:
        return
    if record.state == "ok":
        _restart(comparison, entry.seq, state.now_s)
    comparison.told, comparison.told_mode = record.state, record.mode
    comparison.told_suppressed_by = record.suppressed_by


def _deployed(state: State, entry: Entry, record: DeploymentMoved) -> None:
    """A deployment begins: its version is the trial from here on, beside the one that it takes the place of."""
    comparison = state.comparisons.get(record.service)
    if comparison is None or record.phase != "pending":
        return
    known = [one for one in comparison.known if matches(record.trial, one.version, one.build)]
    if known:  # else it will be seen, and be the newest
        newest = max(known, key=lambda one: comparison.first_s.get(one, -math.inf))
        comparison.first_s.pop(newest, None)
        comparison.first_s[newest] = entry.at_s
        comparison.trial = newest
    old = [one for one in comparison.known if matches((record.from_version, record.from_build), one.version, one.build)]
    if known and old:
        comparison.control = old[0]
    _restart(comparison, entry.seq, state.now_s)


def _pardoned(state: State, entry: Entry, record: Pardoned) -> None:
    comparison = state.comparisons.get(record.service)
    if comparison is not None and record.server == ALL and covers_version(record, comparison.trial):
        _restart(comparison, entry.seq, state.now_s)


class _LimitsOnly(msgspec.Struct):
    margin: float = RuleCSettings().margin
    suspect_log10: float = RuleCSettings().suspect_log10


class _SpansOnly(msgspec.Struct):
    around_s: float = AmbientSettings().around_s
    elsewhere_s: float = AmbientSettings().elsewhere_s


class _RulesRead(msgspec.Struct):
    """What is read of the rules; a newer canary may have written keys that are not known here."""

    c: _LimitsOnly = msgspec.field(default_factory=_LimitsOnly)
    ambient: _SpansOnly = msgspec.field(default_factory=_SpansOnly)


def _ruled(state: State, _entry: Entry, record: RulesSet) -> None:
    rules = msgspec.json.decode(record.rules, type=_RulesRead)
    state.compare_margin, state.compare_limit_log10 = rules.c.margin, rules.c.suspect_log10
    state.compare_settle_s = max(rules.ambient.around_s, rules.ambient.elsewhere_s) + EXCUSE_S


_FOLDS: Mapping[type, Callable[[State, Entry, Any], None]] = {
    RunBegan: _began,
    RunPassed: _passed,
    RunEnded: _ended,
    RunExcused: _excused,
    ServerBooted: _server_booted,
    ServerLost: _server_lost,
    CellMoved: _moved,
    VersionJudged: _judged,
    DeploymentMoved: _deployed,
    Pardoned: _pardoned,
    RulesSet: _ruled,
}
