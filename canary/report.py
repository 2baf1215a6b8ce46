"""PURE: what the canary tells others of versions, in pages that fit into a line; it concludes nothing."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple

import msgspec

from canary.judge.caps import is_sick
from canary.judge.detection import Detections
from canary.judge.overrides import override_of
from canary.judge.releases import last_good
from canary.judge.sentence import reason_of
from canary.judge.state import Cell, State
from canary.records import CellKey, Version, VersionCompared
from canary.tallies import RunRow, Tallies
from communicator.answers import releases
from communicator.answers.histogram import Bucket, Histogram
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES_HARD

ROWS = 1_024
"""Versions in one answer at most: with texts as long as usual they take half of a line."""
STRANGERS = 32
"""Users told of whose runs count for nobody: each is a line for people."""
UNHEARD = 32
"""Commands told in a row that never came: an explanation has them all."""
ANSWER_BYTES = LINE_BYTES_HARD - 4096
"""What the report may take of a line; the rest is for addresses."""


class Known(NamedTuple):
    """What a report is made of."""

    state: State
    tallies: Tallies
    standing: releases.Standing
    server: str
    now_s: float
    """On the ledger's clock."""
    overrides: tuple[releases.Override, ...] = ()
    """What operators have ordered."""
    unheard: Mapping[str, tuple[str, ...]] = {}
    """By service that runs here, which commands never came to its version."""
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


def describe(known: Known, *, offset: int, limit: int) -> releases.CanaryReport:
    """Put what is known into the shape others read; counters of a version stand on the page of its row."""
    state, now_s = known.state, known.now_s
    wanted = (key for key in state.cells if known.only in ("", key.server))
    keys = sorted(wanted, key=lambda key: (key.service, key.version, key.build, key.server))
    page = keys[offset : offset + limit]
    running = _running(state)
    return releases.CanaryReport(
        server=known.server,
        canary=known.standing,
        cells=tuple(_describe_cell(state.cells[key], running[key], known) for key in page),
        releases=_describe_releases(page, state, now_s),
        servers=tuple(
            releases.SickServer(one.name, "sick", _left(one.sick_until_at_s, now_s), one.reason)
            for one in state.servers.values()
            if is_sick(state, one.name, now_s)
        ),
        freezes=tuple(
            releases.Freeze(one.scope, _left(one.until_at_s, now_s), one.reason, one.by)
            for one in state.freezes.values()
        ),
        overrides=known.overrides,
        strangers=tuple(_describe_strangers(known)),
        runs_total=_counts(known.tallies.runs.items(), set(page)),
        failures_total=_counts(known.tallies.failures.items(), set(page)),
        verdicts_total=tuple(releases.VerdictCount(*row, count) for row, count in known.tallies.verdicts.items()),
        suppressed_total=dict(known.tallies.suppressed),
        detection_seconds=_describe_detections(state.detections),
        offset=offset,
        total=len(keys),
    )


def _describe_strangers(known: Known) -> Iterator[releases.Stranger]:
    wanted = (each for each in reversed(known.state.strangers.items()) if known.only in ("", each[0].server))
    for key, row in islice(wanted, STRANGERS):
        yield releases.Stranger(
            server=key.server,
            user=key.user,
            runs=row.runs,
            failed=row.failed,
            services=len(row.services),
            service=row.service,
            version=row.version,
            seen_seconds=known.now_s - row.seen_at_s,
        )


def _running(state: State) -> dict[CellKey, list[float]]:
    """When the runs of each version on each server began."""
    running: dict[CellKey, list[float]] = defaultdict(list)
    for run in state.runs.values():
        running[run.key].append(run.began_at_s)
    return running


def _describe_cell(cell: Cell, began_at_s: Sequence[float], known: Known) -> releases.Cell:
    key, state, now_s = cell.key, known.state, known.now_s
    is_here = key.server == known.server and state.installed.get(key.service, {}).get(key.server) == key
    override = override_of(state, key, now_s)
    return releases.Cell(
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
        unheard=known.unheard.get(key.service, ())[:UNHEARD] if is_here else (),
    )


def _describe_releases(page: Iterable[CellKey], state: State, now_s: float) -> tuple[releases.Release, ...]:
    versions = dict.fromkeys(key.of for key in page)
    good = {service: last_good(state, service) for service in {version.service for version in versions}}
    return tuple(
        releases.Release(
            service=version.service,
            version=version.version,
            build=version.build,
            state="ok" if is_over else release.state,
            until_seconds=None if is_over else _left(release.until_at_s, now_s),
            log10_evidence=release.log10_evidence if told is None else told.log10_evidence,
            reason=release.reason,
            would=release.would,
            would_reason=release.would_reason,
            held_back_by=release.suppressed_by,
            comparison=None if told is None else _describe_comparison(told),
            first_seen_seconds=now_s - release.first_seen_at_s,
            is_last_good=good[version.service] == version,
        )
        for version in versions
        if (release := state.releases.get(version)) is not None
        for is_over in (release.until_at_s is not None and release.until_at_s <= now_s,)
        for told in (_comparison_of(state, version),)
    )


def _comparison_of(state: State, version: Version) -> VersionCompared | None:
    told = state.compared.get(version.service)
    return told if told is not None and (told.version, told.build) == (version.version, version.build) else None


def _describe_comparison(told: VersionCompared) -> releases.Comparison:
    numbers = told.numbers
    return releases.Comparison(
        against_version=told.against_version,
        against_build=told.against_build,
        level=told.level,
        held_back_by=told.suppressed_by,
        log10_evidence=told.log10_evidence,
        suspect_log10=numbers.get("suspect_log10", 0.0),
        held_log10=numbers.get("held_log10", 0.0),
        failures_new=int(numbers.get("failures_new", 0)),
        failures_old=int(numbers.get("failures_old", 0)),
        expected_new=numbers.get("expected_new", 0.0),
        differs_on=told.differs_on,
        reason=told.reason,
        servers=tuple(
            releases.ComparedServer(one.server, one.is_new, one.failures, one.seconds, one.weight)
            for one in told.servers
        ),
    )


def _describe_detections(found: Detections) -> Histogram:
    buckets = tuple(Bucket(*each) for each in found.cumulative())
    return Histogram(buckets=buckets, count=found.count, sum_seconds=found.sum_s)


def _counts(rows: Iterable[tuple[RunRow, int]], shown: set[CellKey]) -> tuple[releases.RunCount, ...]:
    return tuple(
        releases.RunCount(*row[:4], count, row.build)
        for row, count in rows
        if CellKey(row.server, row.service, row.version, row.build) in shown
    )


def _left(at_s: float | None, now_s: float) -> float | None:
    return None if at_s is None else max(0.0, at_s - now_s)


def wire_bytes(text: str) -> int:
    """How long a value of a message is once its quotation marks and backslashes are escaped."""
    return len(text.encode()) + text.count('"') + text.count("\\")
