"""PURE: how facts about runs and servers change the state; it counts, and knows neither rules nor verdicts."""

import math
from bisect import insort
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from typing import TypeVar

from canary.judge.shadow_runs import note_end, note_run
from canary.judge.state import LIVE, SHADOW, Brief, Cell, Failure, LiveRun, Release, Server, State
from canary.records import (
    CellKey,
    Entry,
    GaveUp,
    OfRun,
    RunBegan,
    RunEnded,
    RunExcused,
    RunKey,
    RunPassed,
    ServerBack,
    ServerBooted,
    ServerLost,
)

RUNS = 20_000
"""Runs that go on: twice what a router holds registrations. The oldest is forgotten."""
ENDED = 20_000
"""Runs remembered as over, so that what is told twice counts once; and as many excuses."""
FAILURES = 10_000
"""Failures kept of all servers."""
BRIEFS = 256
"""Failures kept of one server, and of one service: what happens around a failure is a matter of a minute."""
STREAK = 64
"""Failures kept of one cell; the ones before are counted, and too old to be excused."""
BREAK_S = 600.0
"""When a version was not tried for so long, what it fails then is another story."""

Kept = TypeVar("Kept")

PROBE = "probe"
HUNG = "HUNG"
"""The kind of `canary.evidence.kinds` of a run that goes on, and answers nothing."""
GAVE_UP = "GAVE_UP"
"""The kind of `canary.evidence.kinds` that a supervisor tells when it starts a service no more."""


def begin(state: State, entry: Entry, fact: RunBegan) -> None:
    """A run has begun; once per run."""
    if fact.role == SHADOW:
        note_run(state, entry, fact)
        return
    if fact.run in state.runs or fact.run in state.ended:
        return
    cell = _see(state, entry, fact)
    _enter(state, cell, LiveRun(fact.run_id, cell.key, fact.role, entry.at_s, config_hash=fact.config_hash))
    cell.is_stopped = False
    if fact.config_hash and fact.config_hash != cell.config_hash:
        cell.config_changed = bool(cell.config_hash and cell.consecutive)
        cell.config_hash = fact.config_hash
        cell.config_starts = 0
    if _is_probe(cell, fact.role, entry.at_s):
        cell.probe = "running"


def succeed(state: State, entry: Entry, fact: RunPassed) -> None:
    """A run has lasted long enough; once per run. It clears what had failed before it."""
    if fact.role == SHADOW:
        note_run(state, entry, fact)
        return
    if state.ended.get(fact.run):
        return
    run = state.runs.get(fact.run)
    if run is not None and run.has_passed:
        return
    cell = _see(state, entry, fact)
    cell.passed += 1
    cell.ever_passed = True
    cell.successes += 1
    cell.returns += 1
    if fact.run in state.ended:
        state.ended[fact.run] = True
        return
    if run is None:
        run = LiveRun(fact.run_id, cell.key, fact.role, entry.at_s - fact.lasted_s)
        _enter(state, cell, run)
    run.has_passed = True
    cell.healthy += 1
    clear_streak(cell)
    if _is_probe(cell, run.role, run.began_at_s):
        cell.probe = "passed"
    unsuppress(state, cell)


def end(state: State, entry: Entry, fact: RunEnded) -> None:
    """A run is over; once per run, and also when its beginning was never told."""
    if fact.role == SHADOW:
        note_end(state, entry, fact)
        return
    if fact.run in state.ended:
        return
    cell = _see(state, entry, fact)
    run = state.runs.pop(fact.run, None)
    if run is None:
        run = LiveRun(fact.run_id, cell.key, fact.role, entry.at_s - fact.lasted_s, config_hash=cell.config_hash)
        _install(state, cell, run.role)
    else:
        _leave(cell, run, entry.at_s)
    _remember(state.ended, fact.run, run.has_passed)
    if GAVE_UP in (fact.cause, *fact.causes):
        cell.has_given_up = True
    if fact.outcome == "failure":
        _fail(state, entry, fact, cell, run)
    else:
        cell.censored += fact.outcome == "censored"
        cell.is_stopped = cell.running == 0
    if _is_probe(cell, run.role, run.began_at_s) and cell.probe != "passed":
        cell.probe = "failed" if fact.outcome == "failure" else "void"


def give_up(state: State, entry: Entry, fact: GaveUp) -> None:
    """A supervisor starts a service no more; the run that ended last tells of that itself."""
    if fact.role != SHADOW:
        _see(state, entry, fact).has_given_up = True


def excuse(state: State, _entry: Entry, fact: RunExcused) -> None:
    """A failure no longer counts."""
    if fact.run in state.excused:
        return
    _remember(state.excused, fact.run, fact.excuse)
    for failure in islice(reversed(state.failures), BRIEFS):
        if (failure.key.server, failure.run_id) == fact.run:
            failure.excuse = fact.excuse
            break
    cell = state.cells.get(fact.key)
    if cell is None or not cell.failed:  # its failure was not heard of: it happened long before what was
        return
    state.fresh[cell.key] = None
    cell.failed -= 1
    cell.excused += 1
    cell.relapses = tuple(each for each in cell.relapses if each[1] != fact.run_id)
    failure_here = next((one for one in reversed(cell.streak) if one.run_id == fact.run_id), None)
    if failure_here is not None and not failure_here.excuse:
        failure_here.excuse = fact.excuse
        _recount(cell, failure_here)
    if cell.probe == "failed" and cell.streak and cell.streak[-1].run_id == fact.run_id:
        cell.probe = "excused"


def boot(state: State, entry: Entry, fact: ServerBooted) -> None:
    """A server has started."""
    server = server_of(state, fact.server)
    server.booted_at_s = entry.at_s - fact.ago_s
    server.lost_at_s = None


def lose(state: State, entry: Entry, fact: ServerLost) -> None:
    """A server is out of reach; any fact about it ends that."""
    server = server_of(state, fact.server)
    server.lost_at_s = server.dropped_at_s = entry.at_s


def find_back(state: State, _entry: Entry, fact: ServerBack) -> None:
    """It is in reach again, and what runs there counts as it did before."""
    if fact.server in state.servers:
        state.servers[fact.server].lost_at_s = None


def clear_streak(cell: Cell) -> None:
    """Forget the failures in a row."""
    cell.streak.clear()
    cell.consecutive = 0
    cell.first_failure_at_s = cell.last_failure_at_s = cell.unbroken_since_at_s = None
    cell.first_seq = cell.last_seq = 0
    cell.config_changed = False
    cell.config_starts = 0
    cell.needs_human = cell.has_given_up = False


def server_of(state: State, name: str) -> Server:
    """What is known of a server, from now on."""
    server = state.servers.get(name)
    if server is None:
        server = state.servers[name] = Server(name)
    return server


def release_of(state: State, key: CellKey, at_s: float) -> Release:
    """What is known of a version, from now on."""
    version = key.of
    release = state.releases.get(version)
    if release is None:
        release = state.releases[version] = Release(version, at_s)
        state.versions.setdefault(version.service, {})[version] = None
    release.first_seen_at_s = min(release.first_seen_at_s, at_s)
    return release


def bake_s(cell: Cell, now_s: float) -> float:
    """How long its runs have lasted together since the last failure."""
    return cell.baked_s + cell.running * now_s - cell.bake_base_s


def bake_ends_s(cell: Cell, lasts_s: float) -> float:
    """When its runs will have lasted so long, if they go on and no other begins; infinite when none goes on."""
    return (lasts_s - cell.baked_s + cell.bake_base_s) / cell.running if cell.running else math.inf


def _is_probe(cell: Cell, role: str, began_at_s: float) -> bool:
    """Whether a run is the one that was granted: one that says so, or, where that was allowed, one that began since as itself."""
    is_live = role == LIVE and cell.probe_is_live and began_at_s >= cell.since_at_s
    return cell.state == "probation" and (role == PROBE or is_live)


def _see(state: State, entry: Entry, fact: OfRun) -> Cell:
    """The cell of a run, the newest one seen from now on: cells stand in the order in which they were last seen."""
    key = fact.key
    server = server_of(state, key.server)
    server.lost_at_s = None
    cell = state.cells.pop(key, None)
    if cell is None:
        cell = Cell(key, since_at_s=entry.at_s)
        server.cells[key] = None
    release_of(state, key, entry.at_s).servers[key.server] = None
    state.cells[key] = cell
    cell.seen_at_s = state.now_s
    same_service = server.services.setdefault(key.service, {})
    same_service.pop(key, None)
    same_service[key] = None
    state.fresh[key] = None
    return cell


def _enter(state: State, cell: Cell, run: LiveRun) -> None:
    if len(state.runs) >= RUNS:
        oldest = state.runs.pop(next(iter(state.runs)))
        owner = state.cells.get(oldest.key)
        if owner is not None:
            _leave(owner, oldest, run.began_at_s)
    state.runs[RunKey(run.key.server, run.run_id)] = run
    cell.running += 1
    cell.bake_base_s += max(run.began_at_s, cell.bakes_from_at_s)
    _install(state, cell, run.role)


def _leave(cell: Cell, run: LiveRun, at_s: float) -> None:
    began_s = max(run.began_at_s, cell.bakes_from_at_s)
    cell.running -= 1
    cell.healthy -= run.has_passed
    cell.bake_base_s = cell.bake_base_s - began_s if cell.running else 0.0
    cell.baked_s += at_s - began_s


def _install(state: State, cell: Cell, role: str) -> None:
    """What runs live is what the server has; a probe is not yet."""
    if role == LIVE:
        state.installed.setdefault(cell.key.service, {})[cell.key.server] = cell.key


def _fail(state: State, entry: Entry, fact: RunEnded, cell: Cell, run: LiveRun) -> None:
    cell.failed += 1
    cell.consecutive += 1
    cell.is_stopped = False
    began_at_s = min(run.began_at_s, entry.at_s - fact.lasted_s)
    last = cell.streak[-1] if cell.streak else None
    if last is None or cell.unbroken_since_at_s is None or began_at_s - last.at_s > BREAK_S:
        cell.unbroken_since_at_s = entry.at_s
    if cell.first_failure_at_s is None:
        cell.first_failure_at_s, cell.first_seq = entry.at_s, entry.seq
    cell.last_failure_at_s, cell.last_seq = entry.at_s, entry.seq
    cell.config_starts += run.config_hash == cell.config_hash
    if cell.ever_passed:
        cell.relapses = (*cell.relapses[1 - STREAK :], (entry.at_s, fact.run_id))
    cell.baked_s = 0.0
    cell.bakes_from_at_s = entry.at_s
    cell.bake_base_s = cell.running * entry.at_s
    _note(state, cell, _failure(entry, fact, run))


def _failure(entry: Entry, fact: RunEnded, run: LiveRun) -> Failure:
    return Failure(
        seq=entry.seq,
        at_s=entry.at_s,
        key=fact.key,
        run_id=fact.run_id,
        local_only=fact.local_only,
        causes=(fact.cause, *fact.causes),
        config_hash=run.config_hash,
    )


def _note(state: State, cell: Cell, failure: Failure) -> None:
    """Keep a failure wherever somebody will look for it; each place has its own copy, as one read from a file would."""
    brief = Brief(failure.at_s, failure.key, failure.run_id)
    keep_in_order(cell.streak, failure, STREAK, _told_at_s)
    keep_in_order(state.failures, replace(failure), FAILURES, _told_at_s)
    keep_in_order(state.servers[cell.key.server].recent, brief, BRIEFS, _told_at_s)
    keep_in_order(state.failures_of.setdefault(cell.key.service, deque()), brief, BRIEFS, _told_at_s)


def _told_at_s(failure: Failure | Brief) -> float:
    return failure.at_s


def keep_in_order(kept: deque[Kept], one: Kept, limit: int, at_s: Callable[[Kept], float]) -> None:
    """Keep the newest of some things, the oldest first, though what another server tells may come late.

    Args:
        kept: What is kept so far.
        one: What comes to it.
        limit: How many are kept.
        at_s: When such a thing happened.
    """
    if not kept or at_s(kept[-1]) <= at_s(one):
        kept.append(one)
    else:
        insort(kept, one, key=at_s)
    if len(kept) > limit:
        kept.popleft()


def _remember(known: dict[RunKey, Kept], run: RunKey, what: Kept) -> None:
    """Keep what is known of a run. Many old ones go at once: to find the oldest is slow where others went before."""
    known[run] = what
    if len(known) > ENDED:
        for old in list(islice(known, ENDED // 4)):
            del known[old]


def _recount(cell: Cell, excused: Failure) -> None:
    """One failure less in a row; the first and the last one may be others now."""
    cell.consecutive -= 1
    cell.config_starts -= excused.config_hash == cell.config_hash and cell.config_starts > 0
    counted = [failure for failure in cell.streak if not failure.excuse]
    if cell.consecutive == 0:
        cell.first_failure_at_s = cell.last_failure_at_s = None
        cell.first_seq = cell.last_seq = 0
    elif counted:
        cell.last_failure_at_s, cell.last_seq = counted[-1].at_s, counted[-1].seq
        if cell.first_seq == excused.seq:
            cell.first_failure_at_s, cell.first_seq = counted[0].at_s, counted[0].seq


def unsuppress(state: State, cell: Cell) -> None:
    """Forget the verdict that did not come to pass."""
    cell.suppressed_by = ""
    cell.suppressed_rule = ""
    state.suppressed.pop(cell.key, None)
