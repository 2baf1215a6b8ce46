"""PURE: how decisions change the state, and the one table of what each transition of a cell resets; it decides nothing."""

from collections import deque
from collections.abc import Mapping
from operator import itemgetter
from typing import Literal

from canary.judge import speakers
from canary.judge.evidence import clear_streak, keep_in_order, release_of, server_of, unsuppress
from canary.judge.releases import is_unproven
from canary.judge.state import Cell, Server, State
from canary.records import (
    ALL,
    LOCAL_RULES,
    CellKey,
    CellMoved,
    CellState,
    Entry,
    ProbeGranted,
    ServerJudged,
    VersionCompared,
    VersionJudged,
)

Place = CellState | Literal["ejected"]
"""A state; `suspect` until some time is `ejected`."""

VERDICTS = 1_000
"""Verdicts kept, of all and of one server."""
AGAINST: frozenset[Place] = frozenset(("blocked", "ejected"))
"""Where a verdict against a version leads."""
TIMED: frozenset[Place] = frozenset(("proving", "blocked", "probation", "ejected"))
"""What time alone may end."""

STREAK = "streak"
"""The failures in a row, and all that is counted of them."""

RESETS: Mapping[tuple[Place, Place], tuple[str, ...]] = {
    ("unknown", "observing"): ("successes",),
    ("observing", "proving"): ("successes", STREAK),
    ("observing", "suspect"): ("successes",),
    ("suspect", "suspect"): ("successes",),
    ("suspect", "proving"): ("successes", STREAK),
    ("suspect", "blocked"): ("successes", "relapses"),
    ("suspect", "ejected"): ("successes", "returns", "relapses", STREAK),
    ("proving", "suspect"): ("successes",),
    ("proving", "ejected"): ("successes", "returns", "relapses", STREAK),
    ("proving", "good"): ("successes", "ejections"),
    ("good", "suspect"): ("successes",),
    ("good", "ejected"): ("successes", "returns", "relapses", STREAK),
    ("ejected", "proving"): ("successes", STREAK),
    ("ejected", "suspect"): ("successes",),
    ("ejected", "ejected"): ("successes", "returns", "relapses", STREAK),
    ("blocked", "suspect"): ("successes",),
    ("blocked", "proving"): ("successes", STREAK),
    ("blocked", "probation"): ("successes", "probe", STREAK),
    ("probation", "suspect"): ("successes", "probe"),
    ("probation", "probation"): ("successes", "probe"),
    ("probation", "proving"): ("successes", "probe", STREAK),
    ("probation", "blocked"): ("successes", "probe"),
}
"""What each transition sets back to its beginning, and nothing else: envoy once forgot one, and ejected for ever."""
RESETS_OF_PARDON = (
    "successes",
    "returns",
    "relapses",
    "ejections",
    "probe",
    "probe_is_live",
    "probes_granted",
    "strikes",
    STREAK,
)
"""What an operator's pardon sets back, whatever the state."""

_BEGINNING = Cell(CellKey("", "", "", ""))


def place_of(state: CellState, until_at_s: float | None) -> Place:
    """The state in which an ejection is one of its own."""
    return "ejected" if state == "suspect" and until_at_s is not None else state


def reset(cell: Cell, counters: tuple[str, ...]) -> None:
    """Set counters back to their beginning."""
    for counter in counters:
        if counter == STREAK:
            clear_streak(cell)
        else:
            setattr(cell, counter, getattr(_BEGINNING, counter))


def move(state: State, entry: Entry, decision: CellMoved) -> None:
    """A cell is in another state, or would be."""
    cell = state.cells.get(decision.key)
    if cell is None:
        return
    state.fresh[cell.key] = None
    new = place_of(decision.new, decision.until_at_s)
    if new in AGAINST and decision.rule in LOCAL_RULES:
        _note_verdict(state, entry.at_s, decision)
    if new == "blocked":
        cell.is_local = all(failure.local_only for failure in cell.streak if not failure.excuse)
    if decision.mode == "detected":
        cell.suppressed_by, cell.suppressed_rule = decision.suppressed_by, decision.rule
        state.suppressed[cell.key] = None
        return
    if new == "archived":
        _drop(state, cell)
        return
    _carry_out(state, cell, entry.at_s, decision)


def grant(state: State, _entry: Entry, decision: ProbeGranted) -> None:
    """One more try has been allowed."""
    cell = state.cells.get(decision.key)
    if cell is not None:
        state.fresh[cell.key] = None
        cell.probes_granted = max(cell.probes_granted, decision.number)
        cell.probe_is_live = decision.is_live


def judge_version(state: State, entry: Entry, decision: VersionJudged) -> None:
    """The leader's word on a version."""
    key = CellKey(ALL, decision.service, decision.version, decision.build)
    release = release_of(state, key, entry.at_s)
    if decision.mode == "detected":
        release.suppressed_by, release.suppressed_rule = decision.suppressed_by or "dry_run", decision.rule
        release.would, release.would_reason = decision.state, decision.reason
        if decision.state == "held":
            state.doubted[release.version] = None
        return
    release.suppressed_by = release.suppressed_rule = release.would = release.would_reason = ""
    release.state = decision.state
    release.rule = decision.rule
    release.until_at_s = decision.until_at_s
    release.reason = decision.reason
    release.log10_evidence = decision.log10_evidence
    release.tried = int(decision.numbers.get("tried", 0))
    for known in (state.held, state.doubted, state.pardoned):
        known.pop(release.version, None)
    if decision.state == "held":
        state.held[release.version] = None
        state.last_block_at_s[decision.service] = entry.at_s
        if not is_unproven(state, release.version):
            _keep_verdict(state.verdicts, entry.at_s, decision.service)


def compare_version(state: State, _entry: Entry, found: VersionCompared) -> None:
    """What the leader sees of a comparison; it moves nothing."""
    if found.service in state.versions:
        state.compared[found.service] = found


def judge_server(state: State, _entry: Entry, decision: ServerJudged) -> None:
    """The leader's word on a server. What failed there while it was sick says nothing of versions."""
    server = server_of(state, decision.server)
    server.reason = decision.reason
    server.sick_until_at_s = decision.until_at_s if decision.state == "sick" else None
    if decision.state == "ok":
        server.verdicts.clear()
        state.sick.pop(server.name, None)
    else:
        state.sick[server.name] = None
    if decision.mode == "detected":
        return
    if server.is_sick or decision.state == "sick":
        _withdraw_evidence(state, server)
    server.is_sick = decision.state == "sick"


def _carry_out(state: State, cell: Cell, at_s: float, decision: CellMoved) -> None:
    old, new = place_of(cell.state, cell.until_at_s), place_of(decision.new, decision.until_at_s)
    reset(cell, RESETS.get((old, new), ()))
    cell.state = decision.new
    cell.since_at_s = at_s
    cell.rule = decision.rule
    cell.reason = decision.reason
    if new == "blocked" and decision.rule in LOCAL_RULES:
        cell.blocked_by, cell.blocked_for = decision.rule, decision.reason
    cell.until_at_s = decision.until_at_s
    cell.strikes = decision.strikes
    cell.needs_human = decision.needs_human
    cell.is_pardoned = False
    cell.ejections += new == "ejected"
    unsuppress(state, cell)
    state.timed.pop(cell.key, None)
    if new in TIMED:
        state.timed[cell.key] = None
    if new == "good":
        cell.ever_good = True
        release = release_of(state, cell.key, at_s)
        release.last_good_at_s = _later(release.last_good_at_s, at_s)


def _note_verdict(state: State, at_s: float, decision: CellMoved) -> None:
    _keep_verdict(server_of(state, decision.server).verdicts, at_s, decision.service)
    if decision.mode == "enforced":
        if not is_unproven(state, decision.key.of):
            _keep_verdict(state.verdicts, at_s, decision.service)
        if decision.new == "blocked":
            _note_detection(state, at_s, decision)
            state.last_block_at_s[decision.service] = _later(state.last_block_at_s.get(decision.service), at_s)


def _note_detection(state: State, at_s: float, decision: CellMoved) -> None:
    """How long it took, for what this canary has blocked itself; what others did, they tell themselves."""
    first_s = state.cells[decision.key].first_failure_at_s
    if not decision.origin_seq and first_s is not None:
        state.detections.note(at_s - first_s)


def _later(known_s: float | None, at_s: float) -> float:
    """What other servers tell may be older than what is known."""
    return at_s if known_s is None else max(known_s, at_s)


def _keep_verdict(verdicts: deque[tuple[float, str]], at_s: float, service: str) -> None:
    keep_in_order(verdicts, (at_s, service), VERDICTS, itemgetter(0))


def _withdraw_evidence(state: State, server: Server) -> None:
    for key in server.cells:
        cell = state.cells[key]
        if cell.state not in ("blocked", "probation"):
            clear_streak(cell)
            cell.relapses = ()
            unsuppress(state, cell)


def _drop(state: State, cell: Cell) -> None:
    """Forget a cell, and whatever is known only because of it."""
    key = cell.key
    del state.cells[key]
    if cell.running:
        for run in [run for run, known in state.runs.items() if known.key == key]:
            del state.runs[run]
    for known in (state.timed, state.suppressed, state.fresh):
        known.pop(key, None)
    server = state.servers.get(key.server)
    if server is not None:
        server.cells.pop(key, None)
        _drop_from(server.services, key.service, key)
        if key.service not in server.services:
            speakers.forget(state, key.server, key.service)
        if not server.cells:
            del state.servers[key.server]
            state.sick.pop(key.server, None)
            state.aside.pop(key.server, None)
    installed = state.installed.get(key.service, {})
    if installed.get(key.server) == key:
        del installed[key.server]
        if not installed:
            del state.installed[key.service]
    _drop_release(state, key)


def _drop_from(services: dict[str, dict[CellKey, None]], service: str, key: CellKey) -> None:
    cells = services.get(service, {})
    cells.pop(key, None)
    if not cells:
        services.pop(service, None)


def _drop_release(state: State, key: CellKey) -> None:
    release = state.releases.get(key.of)
    if release is None:
        return
    release.servers.pop(key.server, None)
    if release.servers:
        return
    del state.releases[key.of]
    for named in (state.held, state.doubted, state.pardoned):
        named.pop(key.of, None)
    versions = state.versions[key.service]
    del versions[key.of]
    if not versions:
        for known in (state.versions, state.failures_of, state.last_block_at_s, state.compared):
            known.pop(key.service, None)
