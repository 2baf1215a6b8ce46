"""PURE: what the canary tells others, as JSON shapes and a message; it concludes nothing.

A field that is None (``null``) is not known or does not apply. Readers ignore keys they do not know.
"""

import msgspec

from canary.runs import Run, Runs, Tally, Version
from communicator.protocol import Message
from communicator.protocol.limits import LINE_BYTES_HARD

ROWS = 256
"""Versions in one answer at most: with texts as long as usual they take a tenth of a line."""
ANSWER_BYTES = LINE_BYTES_HARD - 4096
"""What the report may take of a line; the rest is for addresses."""


class RunReport(msgspec.Struct, frozen=True, kw_only=True):
    """The newest run of a version."""

    run_id: str
    role: str
    pid: int | None
    config_hash: str
    age_seconds: float
    """Since it started."""
    lasted_seconds: float | None
    """None while it runs."""
    reason: str | None
    """``unregister``, ``lost``, ``replaced``, ``router_stop``, ``host_down``, ``blocked``; ``unseen`` when its end was
    not told, ``other`` when the router gave a reason not known here; None while it runs."""


class VersionReport(msgspec.Struct, frozen=True, kw_only=True):
    """One version of one service on this server."""

    service: str
    version: str
    """Empty when the service does not say."""
    build: str
    started: int
    running: int
    ended: dict[str, int]
    """How many runs ended, by reason."""
    last: RunReport


class EndReport(msgspec.Struct, frozen=True, kw_only=True):
    """A counter for the exporter: builds of one version are told apart in `VersionReport` only."""

    server: str
    service: str
    version: str
    reason: str
    """A reason, as above."""
    count: int


class CurrentReport(msgspec.Struct, frozen=True, kw_only=True):
    """CANARY_CURRENT_REPORT: all that is known; nothing is judged, nothing is blocked."""

    server: str
    """Empty until the router has told its name."""
    versions: list[VersionReport]
    """The rows from `offset` on."""
    runs_ended_total: list[EndReport]
    """Runs that ended, of the same rows."""
    offset: int
    total: int
    """Rows there are."""
    runs_kept: int
    runs_forgotten_total: int
    """Runs that had to make room for newer ones."""
    unmatched_ends_total: int
    """Ends of runs whose beginning was never told, or that were forgotten."""


def answer_report(runs: Runs, *, server: str, now_s: float, offset: int = 0) -> Message:
    """The CANARY_CURRENT_REPORT message, to whoever asked.

    Args:
        runs: What is known.
        server: The name of this host's router.
        now_s: The monotonic clock, in seconds.
        offset: The first row wanted.

    Returns:
        As many rows as fit into one line, at most `ROWS`.
    """
    limit = ROWS
    while True:
        report = describe_runs(runs, server=server, now_s=now_s, offset=offset, limit=limit)
        text = msgspec.json.encode(report).decode()
        if limit == 1 or _wire_bytes(text) <= ANSWER_BYTES:
            return Message("CANARY_CURRENT_REPORT", {"report": text})
        limit //= 2


def describe_runs(runs: Runs, *, server: str, now_s: float, offset: int, limit: int) -> CurrentReport:
    """Put what is known into the shape others read; arguments as for `answer_report`."""
    tallies = list(runs.tallies())
    rows = tallies[offset : offset + limit]
    return CurrentReport(
        server=server,
        versions=[_describe_version(version, tally, now_s) for version, tally in rows],
        runs_ended_total=[
            EndReport(server=server, service=version.service, version=version.version, reason=reason, count=count)
            for version, tally in rows
            for reason, count in tally.ended.items()
        ],
        offset=offset,
        total=len(tallies),
        runs_kept=len(runs),
        runs_forgotten_total=runs.forgotten,
        unmatched_ends_total=runs.unmatched_ends,
    )


def _wire_bytes(text: str) -> int:
    """How long a value of a message is once its quotation marks and backslashes are escaped."""
    return len(text.encode()) + text.count('"') + text.count("\\")


def _describe_version(version: Version, tally: Tally, now_s: float) -> VersionReport:
    return VersionReport(
        service=version.service,
        version=version.version,
        build=version.build,
        started=tally.started,
        running=tally.running,
        ended=dict(tally.ended),
        last=_describe_run(tally.last, now_s),
    )


def _describe_run(run: Run, now_s: float) -> RunReport:
    return RunReport(
        run_id=run.run_id,
        role=run.role,
        pid=run.pid,
        config_hash=run.config_hash,
        age_seconds=now_s - run.started_s,
        lasted_seconds=None if run.ended_s is None else run.ended_s - run.started_s,
        reason=run.reason or None,
    )
