"""PURE: what the canary tells others, as JSON shapes and a message; it concludes nothing.

A field that is None (``null``) is not known or does not apply. Readers ignore keys they do not know.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec

from canary.judge.detection import Detections
from canary.judge.overrides import override_of
from canary.judge.releases import last_good
from canary.judge.sentence import reason_of
from canary.judge.state import Cell, State
from canary.records import CellKey, Overridden
from canary.tallies import Tallies
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES_HARD

ROWS = 1_024
"""Versions in one answer at most: with texts as long as usual they take half of a line."""
ANSWER_BYTES = LINE_BYTES_HARD - 4096
"""What the report may take of a line; the rest is for addresses."""


class CellReport(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one service on one server."""

    server: str
    service: str
    version: str
    build: str
    state: str
    """``unknown``, ``observing``, ``proving``, ``good``, ``suspect``, ``blocked``, ``probation`` or ``archived``."""
    since_seconds: float
    """How long it has been in this state."""
    until_seconds: float | None
    """When a block or an ejection ends, from now."""
    rule: str
    reason: str
    """The verdict, in a sentence."""
    held_back_by: str = ""
    """What forbids the verdict that a rule has come to; empty when nothing does, or there is none."""
    passed: int
    failed: int
    excused: int
    """Failures with a common cause: shown, not counted."""
    censored: int
    consecutive: int
    """Failures since the last success."""
    strikes: int
    running: int
    running_seconds: float | None
    """How long the oldest of its runs goes on."""
    override: str
    """``block``, ``allow`` or ``pin`` while an operator says so; else empty."""


class ReleaseReport(msgspec.Struct, frozen=True, kw_only=True):
    """One version in the whole cluster."""

    service: str
    version: str
    build: str
    state: str
    """``ok``, ``suspect`` or ``held``."""
    until_seconds: float | None
    log10_evidence: float | None
    reason: str
    first_seen_seconds: float
    is_last_good: bool


class ServerReport(msgspec.Struct, frozen=True, kw_only=True):
    """A server that is not as it should be."""

    server: str
    state: str
    until_seconds: float | None
    reason: str


class FreezeReport(msgspec.Struct, frozen=True, kw_only=True):
    """No rule acts on its scope."""

    scope: str
    until_seconds: float | None
    reason: str
    by: str
    """Empty when too many verdicts at once did it."""


class OverrideReport(msgspec.Struct, frozen=True, kw_only=True):
    """An operator's word in force."""

    action: str
    server: str
    service: str
    version: str
    build: str
    until_seconds: float
    reason: str
    by: str


class RunCount(msgspec.Struct, frozen=True, kw_only=True):
    """A counter since the canary started."""

    server: str
    service: str
    version: str
    what: str
    count: int


class VerdictCount(msgspec.Struct, frozen=True, kw_only=True):
    """A counter since the canary started."""

    rule: str
    verdict: str
    mode: str
    count: int


class BucketCount(msgspec.Struct, frozen=True, kw_only=True):
    """A bucket of a histogram, and those before it."""

    le_seconds: float
    """Its bound."""
    count: int


class DetectionReport(msgspec.Struct, frozen=True, kw_only=True):
    """A histogram, of what this canary blocked itself: from the first counted failure in a row to the block."""

    buckets: list[BucketCount]
    count: int
    """All, also those that took longer than the last bound."""
    sum_seconds: float


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """The canary itself."""

    mode: str
    """``enforce`` or ``dry-run`` for all rules; ``by-rule`` when each has its own."""
    leader: str
    term: int
    generation: tuple[int, int]
    """Of the policy that the router was given last."""
    denied: int
    """Its entries."""
    policy_age_seconds: float | None
    ledger_entries: int
    ledger_errors_total: int
    facts_lost_total: int
    """What was told and could not be kept."""
    watchers: dict[str, str]
    """What is wrong with each watcher; empty when it works."""


class CurrentReport(msgspec.Struct, frozen=True, kw_only=True):
    """CANARY_CURRENT_REPORT."""

    server: str
    """Empty until the router has told its name."""
    canary: Standing
    cells: list[CellReport]
    """The rows from `offset` on, by service and version."""
    releases: list[ReleaseReport]
    """Of the same rows."""
    servers: list[ServerReport]
    freezes: list[FreezeReport]
    overrides: list[OverrideReport]
    runs_total: list[RunCount]
    failures_total: list[RunCount]
    verdicts_total: list[VerdictCount]
    suppressed_total: dict[str, int]
    """Verdicts not acted upon, by what forbade it."""
    detection_seconds: DetectionReport
    """Since the ledger began."""
    offset: int
    total: int
    """Rows there are."""


class Known(NamedTuple):
    """What a report is made of."""

    state: State
    tallies: Tallies
    standing: Standing
    server: str
    now_s: float
    """On the ledger's clock."""
    only: str = ""
    """The server whose versions alone are wanted; empty: those of all."""


def answer_report(known: Known, offset: int = 0) -> Message:
    """The CANARY_CURRENT_REPORT message, to whoever asked.

    Args:
        known: What there is to tell.
        offset: The first row wanted.

    Returns:
        As many rows as fit into one line, at most `ROWS`.
    """
    limit = ROWS
    while True:
        text = msgspec.json.encode(describe(known, offset=offset, limit=limit)).decode()
        if limit == 1 or wire_bytes(text) <= ANSWER_BYTES:
            return Message("CANARY_CURRENT_REPORT", {"report": text})
        limit //= 2


def describe(known: Known, *, offset: int, limit: int) -> CurrentReport:
    """Put what is known into the shape others read; counters of a version stand on the page of its first row."""
    state, now_s = known.state, known.now_s
    wanted = (key for key in state.cells if known.only in ("", key.server))
    keys = sorted(wanted, key=lambda key: (key.service, key.version, key.build, key.server))
    page = keys[offset : offset + limit]
    running = _running(state)
    shown = {key[:3] for key in page} - {key[:3] for key in keys[:offset]}
    return CurrentReport(
        server=known.server,
        canary=known.standing,
        cells=[_describe_cell(state.cells[key], running[key], state, now_s) for key in page],
        releases=_describe_releases(page, state, now_s),
        servers=[
            ServerReport(
                server=one.name, state="sick", until_seconds=_left(one.sick_until_at_s, now_s), reason=one.reason
            )
            for one in state.servers.values()
            if one.is_sick
        ],
        freezes=[
            FreezeReport(scope=one.scope, until_seconds=_left(one.until_at_s, now_s), reason=one.reason, by=one.by)
            for one in state.freezes.values()
        ],
        overrides=[_describe_override(one, now_s) for one in state.overrides.values()],
        runs_total=_counts(known.tallies.runs.items(), shown),
        failures_total=_counts(known.tallies.failures.items(), shown),
        verdicts_total=[VerdictCount(**row._asdict(), count=count) for row, count in known.tallies.verdicts.items()],
        suppressed_total=dict(known.tallies.suppressed),
        detection_seconds=_describe_detections(state.detections),
        offset=offset,
        total=len(keys),
    )


def _running(state: State) -> dict[CellKey, list[float]]:
    """When the runs of each version on each server began."""
    running: dict[CellKey, list[float]] = defaultdict(list)
    for run in state.runs.values():
        running[run.key].append(run.began_at_s)
    return running


def _describe_cell(cell: Cell, began_at_s: Sequence[float], state: State, now_s: float) -> CellReport:
    key = cell.key
    override = override_of(state, key, now_s)
    return CellReport(
        server=key.server,
        service=key.service,
        version=key.version,
        build=key.build,
        state=cell.state,
        since_seconds=now_s - cell.since_at_s,
        until_seconds=_left(cell.until_at_s, now_s),
        rule=cell.rule,
        reason=reason_of(cell) + (f"; held back by {cell.suppressed_by}" if cell.suppressed_by else ""),
        held_back_by=cell.suppressed_by,
        passed=cell.passed,
        failed=cell.failed,
        excused=cell.excused,
        censored=cell.censored,
        consecutive=cell.consecutive,
        strikes=cell.strikes,
        running=len(began_at_s),
        running_seconds=now_s - min(began_at_s) if began_at_s else None,
        override="" if override is None else override.action,
    )


def _describe_releases(page: Iterable[CellKey], state: State, now_s: float) -> list[ReleaseReport]:
    versions = dict.fromkeys(key.of for key in page)
    good = {service: last_good(state, service) for service in {version.service for version in versions}}
    return [
        ReleaseReport(
            service=version.service,
            version=version.version,
            build=version.build,
            state=release.state,
            until_seconds=_left(release.until_at_s, now_s),
            log10_evidence=release.log10_evidence,
            reason=release.reason,
            first_seen_seconds=now_s - release.first_seen_at_s,
            is_last_good=good[version.service] == version,
        )
        for version in versions
        if (release := state.releases.get(version)) is not None
    ]


def _describe_detections(found: Detections) -> DetectionReport:
    buckets = [BucketCount(le_seconds=bound_s, count=count) for bound_s, count in found.cumulative()]
    return DetectionReport(buckets=buckets, count=found.count, sum_seconds=found.sum_s)


def _describe_override(override: Overridden, now_s: float) -> OverrideReport:
    return OverrideReport(
        action=override.action,
        server=override.server,
        service=override.service,
        version=override.version,
        build=override.build,
        until_seconds=max(0.0, override.until_at_s - now_s),
        reason=override.reason,
        by=f"{override.actor.user}@{override.actor.server}",
    )


def _counts(rows: Iterable[tuple[tuple[str, str, str, str], int]], shown: set[tuple[str, str, str]]) -> list[RunCount]:
    return [
        RunCount(server=server, service=service, version=version, what=what, count=count)
        for (server, service, version, what), count in rows
        if (server, service, version) in shown
    ]


def _left(at_s: float | None, now_s: float) -> float | None:
    return None if at_s is None else max(0.0, at_s - now_s)


def wire_bytes(text: str) -> int:
    """How long a value of a message is once its quotation marks and backslashes are escaped."""
    return len(text.encode()) + text.count('"') + text.count("\\")
